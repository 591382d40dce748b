"""The figures of a run, each asked of the service that owns it, and the equations that must hold between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from standalone.client import Client


@dataclass(frozen=True)
class Figures:
    """What the services say at one moment. `complaints` and `ports` are their statistics, `imports` the counts of the
    files of complaints that were handed in."""

    complaints: dict[str, Any]
    ports: dict[str, Any]
    imports: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def asked(cls, complaints: Client, ports: Client, imports: list[dict[str, Any]]) -> Figures:
        """Ask both services now."""
        return cls(complaints.get("/statistics"), ports.get("/statistics"), imports)

    @property
    def worked_off(self) -> bool:
        """Whether every complaint is assessed and heard of, and every enquiry answered or given up."""
        return self.heard and self.ports["enquiries"]["states"]["sent"] == 0

    @property
    def heard(self) -> bool:
        """Whether every complaint is assessed, and those about ports are known there."""
        return bool(self.complaints["waiting"] == 0 and self.ports["evidence"]["complaints"] == self.about_ports)

    @property
    def about_ports(self) -> int:
        """Complaints that ports is told of: those whose sender is a port."""
        kinds = self.complaints["attribution"]
        return int(kinds["declared"] + kinds["sublet-suspected"] + kinds["unregistered"])

    def imported(self, count: str) -> int:
        """The sum of one count over all files."""
        return sum(int(each[count]) for each in self.imports)


ANSWERED = ("answered", "unanswered")


def summary(figures: Figures, seconds: float) -> dict[str, Any]:
    """The figures of a whole run as one document, reconciled."""
    complaints, orders, enquiries = figures.complaints, figures.ports["orders"], figures.ports["enquiries"]
    kinds = complaints["attribution"]
    document: dict[str, Any] = {
        "read": figures.imported("lines_read"),
        "rejected": figures.imported("rejected"),
        "duplicates": figures.imported("duplicates"),
        "filed": complaints["filed"],
        "assessed": complaints["assessed"],
        "not_spam": complaints["not_spam"],
        "attribution": {
            "declared": kinds["declared"],
            "sublet": kinds["sublet-suspected"],
            "unregistered": kinds["unregistered"],
            "p2p": kinds["p2p"],
            "other": kinds["other"],
        },
        "orders": {
            **{name: orders[name] for name in ("ordered", "acknowledged", "executed", "refused", "overdue")},
            "open": orders["states"]["ordered"] + orders["states"]["acknowledged"],
        },
        "enquiries": {"sent": enquiries["sent"], **{name: enquiries["states"][name] for name in ANSWERED}},
        "seconds": round(seconds, 2),
    }
    document["reconciled"] = [
        {"equation": equation, "left": left, "right": right, "holds": left == right}
        for equation, left, right in _equations(document, figures)
    ]
    return document


def _equations(document: dict[str, Any], figures: Figures) -> list[tuple[str, int, int]]:
    orders, enquiries = document["orders"], document["enquiries"]
    return [
        (
            "read = rejected + duplicates + filed",
            document["read"],
            document["rejected"] + document["duplicates"] + document["filed"],
        ),
        ("filed = assessed", document["filed"], document["assessed"]),
        ("assessed = sum of attribution", document["assessed"], sum(document["attribution"].values())),
        (
            "declared + sublet + unregistered = complaints that ports has heard of",
            figures.about_ports,
            figures.ports["evidence"]["complaints"],
        ),
        (
            "ordered = executed + refused + open",
            orders["ordered"],
            orders["executed"] + orders["refused"] + orders["open"],
        ),
        ("enquiries sent = answered + unanswered", enquiries["sent"], sum(enquiries[name] for name in ANSWERED)),
    ]
