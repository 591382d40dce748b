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
    def settled(self) -> bool:
        """Whether nothing is under way any more: all assessed and heard, no order or enquiry waits in time."""
        orders, enquiries = self.ports["orders"], self.ports["enquiries"]
        return bool(
            self.complaints["waiting"] == 0
            and self.ports["complaints"]["heard"] == self.complaints["assessed"]
            and orders["pending"] == 0
            and enquiries["pending"] == 0
        )

    def imported(self, count: str) -> int:
        """The sum of one count over all files."""
        return sum(int(each[count]) for each in self.imports)


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
        "orders": orders,
        "enquiries": enquiries,
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
        ("assessed = complaints heard by ports", document["assessed"], figures.ports["complaints"]["heard"]),
        (
            "ordered = executed + refused + overdue + pending + lifted",
            orders["ordered"],
            sum(orders[state] for state in ("executed", "refused", "overdue", "pending", "lifted")),
        ),
        (
            "enquiries sent = answered + unanswered + pending",
            enquiries["sent"],
            sum(enquiries[state] for state in ("answered", "unanswered", "pending")),
        ),
    ]
