"""The figures of a run, read from the owning services, and the equations that must hold between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.vocabulary import OF_PORTS
from standalone.client import Client

Equation = tuple[str, int, int]
"""An equation in words, with both sides."""

ANSWERED = ("answered", "unanswered")
CLUES = ("opened", "referred", "received", "returned", "concluded", "overdue")


@dataclass(frozen=True)
class Figures:
    """The statistics of each service at one moment, and `imports`, the counts of the uploaded files of complaints."""

    complaints: dict[str, Any]
    referrals: dict[str, Any]
    ports: dict[str, Any]
    credit: dict[str, Any]
    imports: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def fetch(cls, services: Mapping[str, Client], imports: list[dict[str, Any]]) -> Figures:
        """Read the statistics of all services."""
        statistics = {
            name: services[name].get("/statistics") for name in ("complaints", "referrals", "ports", "credit")
        }
        return cls(**statistics, imports=imports)

    @property
    def settled(self) -> bool:
        """Whether every complaint is assessed and consumed, and every enquiry is answered or unanswered."""
        return self.consumed and self.ports["enquiries"]["states"]["sent"] == 0

    @property
    def consumed(self) -> bool:
        """Whether every complaint is assessed and consumed by every service that needs it."""
        return bool(
            self.complaints["waiting"] == 0
            and self.ports["evidence"]["complaints"] == self.about_ports
            and self.referrals["complaints"]["received"] == self.complaints["assessed"]
        )

    @property
    def handed_over(self) -> bool:
        """Whether every referred clue is concluded, returned, or at least overdue."""
        return bool(self.referrals["clues"]["in_time"] == 0)

    @property
    def about_ports(self) -> int:
        """The count of complaints that ports consumes: those whose sender is a port."""
        return sum(int(self.complaints["attribution"][kind]) for kind in OF_PORTS)

    def imported(self, count: str) -> int:
        """The sum of one count over all files."""
        return sum(int(each[count]) for each in self.imports)


def summary(figures: Figures, seconds: float) -> dict[str, Any]:
    """The figures of a whole run as one document, reconciled."""
    complaints, orders, enquiries = figures.complaints, figures.ports["orders"], figures.ports["enquiries"]
    kinds, clues = complaints["attribution"], figures.referrals["clues"]
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
            "declared_late": kinds["declared-late"],
            "p2p": kinds["p2p"],
            "other": kinds["other"],
        },
        "in_clues": figures.referrals["complaints"]["in_clues"],
        "set_aside": figures.referrals["complaints"]["set_aside"],
        "clues": {name: clues[name] for name in CLUES},
        "orders": {
            **{name: orders[name] for name in ("ordered", "acknowledged", "executed", "refused", "overdue")},
            "open": orders["states"]["ordered"] + orders["states"]["acknowledged"],
        },
        "enquiries": {"sent": enquiries["sent"], **{name: enquiries["states"][name] for name in ANSWERED}},
        "listings": figures.credit["states"]["effective"],
        "refused_filings": figures.ports["filings"]["refused_by_listing"],
        "ordered_by_listing": orders["grounds"]["listing"],
        "shut_by_listing": orders["by_listing"]["executed"],
        "seconds": round(seconds, 2),
    }
    document["reconciled"] = [
        {"equation": equation, "left": left, "right": right, "holds": left == right}
        for equation, left, right in (*_of_complaints(document, figures), *_of_measures(document, figures))
    ]
    return document


def _of_complaints(document: dict[str, Any], figures: Figures) -> Iterator[Equation]:
    yield (
        "read = rejected + duplicates + filed",
        document["read"],
        document["rejected"] + document["duplicates"] + document["filed"],
    )
    yield "filed = assessed", document["filed"], document["assessed"]
    yield "assessed = sum of attribution", document["assessed"], sum(document["attribution"].values())
    yield (
        "declared + sublet + unregistered + declared late = complaints that ports has consumed",
        figures.about_ports,
        figures.ports["evidence"]["complaints"],
    )
    yield (
        "assessed as spam = in clues + set aside",
        document["assessed"] - document["not_spam"],
        document["in_clues"] + document["set_aside"],
    )


def _of_measures(document: dict[str, Any], figures: Figures) -> Iterator[Equation]:
    orders, enquiries, clues = document["orders"], document["enquiries"], figures.referrals["clues"]
    states = clues["states"]
    yield (
        "ordered = executed + refused + open",
        orders["ordered"],
        orders["executed"] + orders["refused"] + orders["open"],
    )
    yield "enquiries sent = answered + unanswered", enquiries["sent"], sum(enquiries[name] for name in ANSWERED)
    yield (
        "clues opened = collecting + with an authority + returned + concluded",
        clues["opened"],
        states["open"] + states["referred"] + states["received"] + states["returned"] + states["routed"]
        + states["concluded"],
    )  # fmt: skip
    yield (
        "clues concluded = sum of what was concluded",
        states["concluded"],
        sum(clues["conclusions"].values()),
    )
    yield (
        "listings = listings that ports enforces",
        document["listings"],
        figures.ports["listings"]["in_force"],
    )
    grounds = figures.ports["orders"]["grounds"]
    yield (
        "ordered = for complaints + by hand + for listings",
        orders["ordered"],
        sum(count for ground, count in grounds.items() if ground not in ("by-hand", "listing"))
        + grounds["by-hand"]
        + figures.ports["orders"]["by_listing"]["ordered"],
    )
