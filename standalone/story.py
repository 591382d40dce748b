"""The story of one enterprise, read over REST along the causes: from a refused filing back to the first complaint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from standalone.client import Client
from standalone.loop import Services


@dataclass(frozen=True)
class Hop:
    """One step of the story: when, what, because of what, and its address."""

    at: datetime
    what: str
    because: str
    where: str


def no_order_awaited(ports: Client) -> bool:
    """Whether every order within its deadlines is executed or refused."""
    now = datetime.now(UTC)
    return all(
        order["overdue_since"] is not None and _moment(order["execute_by"]) < now
        for state in ("ordered", "acknowledged")
        for order in ports.pages("/orders", state=state, page_size=500)
    )


def executed_orders(ports: Client) -> list[dict[str, Any]]:
    """The executed orders that are based on complaints, those with most complainants first."""
    orders = ports.pages("/orders", state="executed", page_size=500)
    return sorted(
        (order for order in orders if order["ground"] != "listing"), key=lambda order: -int(order["complainants"])
    )


def port_of_a_listed(services: Services) -> dict[str, Any] | None:
    """A port that complaints had shut, whose provider is listed for a fine and refused new ports; None without one."""
    effective = services["credit"].pages("/entries", state="effective", ground="fined", page_size=500)
    listed = {each["code"] for each in effective if each["new_resources"] == "refuse"}
    for order in executed_orders(services["ports"]):
        if order["provider"] in listed:
            # A number covered only by a shorter filing is not a port of its own.
            found = services["ports"].get("/ports", carrier=order["carrier"], number=order["number"])["items"]
            if found:
                return dict(found[0])
    return None


def hops(services: Services, filing: dict[str, Any]) -> list[Hop]:
    """The steps that led to a refused filing, by the references stored with each decision, in order of time."""
    entry = services["credit"].get(f"/entries/{filing['listing']}")
    clue = services["referrals"].get(f"/clues/{_named(entry['causes'], 'clue')}")
    order = next(each for each in executed_orders(services["ports"]) if each["provider"] == entry["code"])
    steps = [
        *_complaints(services, clue, order),
        *_of_order(services["ports"], order),
        *_of_clue(services["referrals"], clue),
        *_of_entry(services["credit"], entry),
        *_of_listing(services["ports"], entry),
        Hop(
            _moment(filing["recorded_at"]),
            f"{filing['carrier']} files {filing['number']} for the same provider: {filing['decision']}",
            filing["reasons"][0],
            f"{services['ports'].url}/filings/{filing['id']}",
        ),
    ]
    return sorted(steps, key=lambda step: step.at)


def _complaints(services: Services, clue: dict[str, Any], order: dict[str, Any]) -> Iterator[Hop]:
    """The complaint that opened the clue, and the one that completed the window of the order."""
    opened_by, completed_by = _named(clue["causes"], "complaint"), _named(order["causes"][::-1], "complaint")
    for which, identifier in {"first complaint": opened_by, "completing complaint": completed_by}.items():
        where = f"{services['complaints'].url}/complaints/{identifier}"
        complaint = services["complaints"].get(f"/complaints/{identifier}")
        found = complaint["assessment"]
        who = found["attribution"]
        yield Hop(_moment(complaint["filed_at"]), f"{which} filed: {complaint['text'][:40]}", "a citizen", where)
        yield Hop(
            _moment(found["assessed_at"]),
            f"assessed: {found['category']}, {found['industry']}, {who['kind']} at {who['carrier'] or 'no carrier'}",
            "; ".join(found["reasons"][:4]),
            f"{where}/assessments",
        )


def _of_order(ports: Client, order: dict[str, Any]) -> Iterator[Hop]:
    where = f"{ports.url}/orders/{order['id']}"
    carrier = order["carrier"]
    yield Hop(_moment(order["ordered_at"]), f"{carrier} ordered to shut {order['number']}", order["reasons"][0], where)
    yield Hop(_moment(order["acknowledged_at"]), f"acknowledged by {carrier}", "the order", where)
    yield Hop(_moment(order["executed_at"]), f"executed, evidence: {order['evidence']}", "the order", where)


def _of_clue(referrals: Client, clue: dict[str, Any]) -> Iterator[Hop]:
    where = f"{referrals.url}/clues/{clue['id']}"
    authority, counts = clue["authority"], clue["counts"]
    yield Hop(
        _moment(clue["opened_at"]),
        f"clue opened on {clue['subject']['name'] or clue['subject']['value']}, {clue['industry']}, {clue['period']}",
        clue["causes"][0],
        where,
    )
    yield Hop(
        _moment(clue["referred_at"]),
        f"referred to {authority}: {counts['complaints']} complaints of {counts['complainants']} people",
        f"{authority} is competent for {clue['industry']}",
        f"{referrals.url}/batches/{clue['batch']}",
    )
    yield Hop(_moment(clue["received_at"]), f"received by {authority}, which quoted the digest", "the batch", where)
    found = clue["conclusion"]
    yield Hop(_moment(clue["concluded_at"]), f"{authority} concluded: {found['code']}, {found['amount']:,} yuan",
              f"decision {found['decision']}", where)  # fmt: skip


def _of_entry(credit: Client, entry: dict[str, Any]) -> Iterator[Hop]:
    where = f"{credit.url}/entries/{entry['id']}"
    yield Hop(
        _moment(entry["proposed_at"]),
        f"proposed for the {entry['list']} list, {entry['tier']}: {entry['code']}",
        entry["causes"][0],
        where,
    )
    yield Hop(
        _moment(entry["effective_at"]),
        f"listed until {_moment(entry['until']):%Y-%m-%d}, confirmed by a second person",
        entry["article"],
        where,
    )


def _of_listing(ports: Client, entry: dict[str, Any]) -> Iterator[Hop]:
    shut = [
        order
        for order in ports.pages("/orders", ground="listing", page_size=500)
        if f"listing:{entry['id']}" in order["causes"]
    ]
    if shut:
        yield Hop(
            min(_moment(order["ordered_at"]) for order in shut),
            f"its other ports ordered shut: {len(shut)} at {', '.join(sorted({each['carrier'] for each in shut}))}",
            f"listing:{entry['id']}",
            f"{ports.url}/listings/{entry['id']}",
        )


def _named(causes: list[str], kind: str) -> str:
    """The id in the first reference of that kind."""
    return next(each.partition(":")[2] for each in causes if each.startswith(f"{kind}:"))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
