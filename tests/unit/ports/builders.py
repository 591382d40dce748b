"""Builders for the objects that decisions use: short to call, complete in content."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from chassis.aggregate import Cause
from chassis.citation import Citation
from chassis.ids import new_id
from chassis.redaction import Written
from contracts.credit import Restriction
from services.ports.model import Addressed, Enquiry, Listing, Order, PortFiling, ShutdownGround
from services.ports.policy.decisions import ThresholdRule, ThresholdRules
from services.ports.policy.evidence import Evidence, RegisterEntry, RegisterExtract
from services.ports.policy.independence import AutomaticRule
from services.ports.policy.windows import ComplainantThreshold

NOON = datetime(2020, 11, 6, 12, tzinfo=UTC)
NOW = NOON + timedelta(days=20)
NUMBER = "10690123566571"
HOLDER, OTHER_HOLDER = "91350000M0CKHA1D3E", "91510000M0CKHB2D25"
PROVIDER = "91630000M0CKPC3D5Q"
BECAUSE = Cause("complaint-1", "event-1")
CITATION = Citation(rule="shutdown.commercial", version="CN-2015", legal_source="a test", mark="D")
AT_ONCE = AutomaticRule(channels=1, span=timedelta(), citation=CITATION)
"""An order needs a person for no complaints but those of staff."""
_NAMES = UUID("00000000-0000-0000-0000-00000000000a")


def days(count: float) -> timedelta:
    return timedelta(days=count)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def complaint(
    name: str,
    *,
    by: str | None = None,
    also: str | None = None,
    sent: datetime = NOON,
    crime: bool = False,
    hint: str = "declared",
    carrier: str | None = "CMCC",
    holder: str | None = HOLDER,
    signature: str | None = "样例服务",
    filed_signature: str | None = "样例服务",
    signature_unreadable: bool = False,
    channel: str = "app",
    arrived: datetime = NOON,
    actors: tuple[str, ...] = (),
) -> Evidence:
    """The complaint of that name; without `by` each has a complainant of its own. `also` is the complainant's surrogate
    in the adjacent quarter."""
    return Evidence(
        complaint=uuid5(_NAMES, name),
        number=NUMBER,
        complainant=uuid5(_NAMES, f"complainant of {by or name}"),
        sent_at=sent,
        category="suspected-crime" if crime else "commercial",
        hint=hint,
        carrier=carrier,
        holder=holder,
        signature=signature,
        filed_signature=filed_signature,
        vouched=True,
        capped=False,
        province=None,
        complainant_also=None if also is None else uuid5(_NAMES, f"complainant of {also}"),
        signature_unreadable=signature_unreadable,
        channel=channel,
        arrived_at=arrived,
        actors=actors,
    )


def unregistered(name: str, *, by: str | None = None, sent: datetime = NOON) -> Evidence:
    return complaint(name, by=by, sent=sent, hint="unregistered", carrier=None, holder=None, filed_signature=None)


def unreadable(name: str) -> Evidence:
    return complaint(name, signature=None, signature_unreadable=True)


def sublet(name: str, *, sent: datetime = NOON, filed_signature: str = "样例服务") -> Evidence:
    return complaint(name, sent=sent, hint="sublet-suspected", signature="模拟到家", filed_signature=filed_signature)


def filed(
    *,
    carrier: str = "CMCC",
    number: str = NUMBER,
    holder: str = HOLDER,
    signature: str = "样例服务",
    since: datetime = NOON - timedelta(days=365),
    on_record_from: datetime | None = None,
    covers: bool = True,
    filed_by: tuple[str, ...] = (),
) -> RegisterEntry:
    return RegisterEntry(
        carrier=carrier,
        number=number,
        id=new_id(),
        holder=holder,
        provider=PROVIDER,
        signature=signature,
        province=None,
        covers=covers,
        valid_from=since,
        valid_to=None,
        on_record_from=on_record_from,
        filed_by=filed_by,
    )


def register(*entries: RegisterEntry) -> RegisterExtract:
    return RegisterExtract(entries)


def rules(
    commercial: int = 5, crime: int = 2, sublet: int = 3, unregistered: int = 2, window: int = 10
) -> ThresholdRules:
    """Rules that are in force on every day."""
    bars = {
        ShutdownGround.COMMERCIAL: commercial,
        ShutdownGround.SUSPECTED_CRIME: crime,
        ShutdownGround.SUBLET: sublet,
        ShutdownGround.UNREGISTERED: unregistered,
    }
    return lambda ground, on: ThresholdRule(ComplainantThreshold(bars[ground], days(window)), CITATION)


def filing(
    *,
    holder: str = HOLDER,
    provider: str = PROVIDER,
    signature: str = "样例服务",
    since: datetime = NOON,
    recorded: datetime = NOW,
    covers_extensions: bool = False,
) -> PortFiling:
    return PortFiling(
        id=new_id(),
        holder=holder,
        holder_name="示例短信信息技术有限公司",
        provider=provider,
        provider_name="样例服务中心有限公司",
        signature=signature,
        purpose="notice",
        province=None,
        covers_extensions=covers_extensions,
        valid_from=since,
        valid_to=None,
        recorded_at=recorded,
        on_record_from=since,
        initial=True,
        filed_by=(),
    )


def order(*, at: datetime = NOON, causes: Sequence[str] = ("complaint:1",)) -> Order:
    """An order just placed: two hours to acknowledge it, a day to execute it."""
    placed = Order(
        id=new_id(),
        carrier="CMCC",
        number=NUMBER,
        cause=causes[0],
        correlation_id=BECAUSE.correlation_id,
        ground=ShutdownGround.COMMERCIAL,
        attribution="declared",
        holder=HOLDER,
        provider=PROVIDER,
        signature="样例服务",
        complainants=5,
        reasons=("5 different vouched complainants",),
        rules=(CITATION,),
        causes=tuple(causes),
        ordered_at=at,
        visible_at=at,
        acknowledge_by=at + hours(2),
        execute_by=at + hours(24),
    )
    placed.place(BECAUSE)
    return placed


def enquiry(*, at: datetime = NOON, because: Addressed = Addressed.ACCESS_CODE) -> Enquiry:
    """An enquiry just sent: a day to answer it."""
    sent = Enquiry(
        id=new_id(),
        carrier="CMCC",
        number=NUMBER,
        cause="complaint:1",
        correlation_id=BECAUSE.correlation_id,
        addressed_because=because,
        holder=HOLDER,
        complainants=2,
        reasons=("2 different vouched complainants",),
        rules=(CITATION,),
        causes=("complaint:1",),
        sent_at=at,
        visible_at=at,
        answer_by=at + hours(24),
    )
    sent.send(BECAUSE)
    return sent


def restriction(
    *,
    entry: UUID | None = None,
    new_resources: str = "refuse",
    existing: str = "shut",
    since: datetime = NOON,
) -> Restriction:
    """The terms of an entry of the credit lists."""
    return Restriction(
        entry=entry or new_id(),
        list="adverse",
        tier="general",
        reason="listed-adverse-general",
        article=Written("Order 42, Art. 42"),
        new_resources=new_resources,
        existing=existing,
        since=since,
        until=since + days(365),
    )


def listing(*, code: str = HOLDER, existing: str = "shut", since: datetime = NOON) -> Listing:
    """A listing that just came into force."""
    return Listing.begin(code, restriction(existing=existing, since=since), 1, Cause.beginning("clue-1"))
