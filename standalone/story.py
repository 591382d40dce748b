"""The story of one port, walked over REST: from the first complaint to the executed order, by what caused what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from standalone.client import Client


@dataclass(frozen=True)
class Hop:
    """One step of the story: when, what, and where it is to be read."""

    at: datetime
    what: str
    where: str


def executed_order(ports: Client) -> dict[str, Any] | None:
    """The executed order that most people complained for, or None where there is none yet."""
    orders = list(ports.pages("/orders", state="executed", page_size=500))
    return max(orders, key=lambda order: order["complainants"], default=None)


def no_order_in_time(ports: Client) -> bool:
    """Whether no order waits for its carrier within its deadlines: each is done, refused, or overdue."""
    now = datetime.now(UTC)
    return all(
        order["overdue_since"] is not None and _moment(order["execute_by"]) < now
        for state in ("ordered", "acknowledged")
        for order in ports.pages("/orders", state=state, page_size=500)
    )


def hops(complaints: Client, ports: Client, order: dict[str, Any]) -> list[Hop]:
    """The steps that led to an executed order, by its own references to its causes, in order of time."""
    behind = _complaints_behind(ports, order)
    steps = _assessed(complaints, behind[0], "first complaint")
    if len(behind) > 1:
        steps += _assessed(complaints, behind[-1], f"complaint number {len(behind)}")
    where = f"{ports.url}/orders/{order['id']}"
    steps.append(Hop(_moment(order["ordered_at"]), f"{order['carrier']} ordered to shut {order['number']}", where))
    steps.append(Hop(_moment(order["acknowledged_at"]), f"acknowledged by {order['carrier']}", where))
    steps.append(Hop(_moment(order["executed_at"]), f"executed, evidence: {order['evidence']}", where))
    return sorted(steps, key=lambda step: step.at)


def _assessed(complaints: Client, identifier: str, which: str) -> list[Hop]:
    where = f"{complaints.url}/complaints/{identifier}"
    complaint = complaints.get(f"/complaints/{identifier}")
    found = complaint["assessment"]
    who = found["attribution"]
    at = f" at {who['carrier']}" if who["carrier"] else ""
    return [
        Hop(_moment(complaint["filed_at"]), f"{which} filed: {complaint['text'][:40]}", where),
        Hop(
            _moment(found["assessed_at"]),
            f"assessed: {found['category']}, {found['industry']}, {who['kind']}{at}",
            f"{where}/assessments",
        ),
    ]


def _complaints_behind(ports: Client, order: dict[str, Any]) -> list[str]:
    """The ids of the complaints that an order stands on, directly or by the enquiry that came first."""
    found: list[str] = []
    for cause in order["causes"]:
        kind, _, identifier = cause.partition(":")
        if kind == "complaint":
            found.append(identifier)
        elif kind == "enquiry":
            enquiry = ports.get(f"/enquiries/{identifier}")
            found += [each.partition(":")[2] for each in enquiry["causes"] if each.startswith("complaint:")]
    return sorted(found)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
