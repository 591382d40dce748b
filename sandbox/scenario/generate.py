"""The scenario: a port register and some days of complaints, made from a seed, with the truth about both.

The same seed and time give the same files, byte for byte. Times are counted back from `now`, so that everything falls
into the windows of the rules; another time gives other complaints of the same people about the same numbers.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis.rules import LEGAL_TIME
from contracts.channels import CHANNELS
from contracts.numbers import SenderNumber
from contracts.provinces import PROVINCES
from sandbox.scenario import cast, messages
from sandbox.scenario.cast import AccessCode, Case, Cast, Senders
from sandbox.scenario.messages import Messages

_DAYS = 6
"""How far back complaints go that count together: less than any window of the rules."""
_SPREAD_DAYS = 4
"""How far apart those are that must never count together: three of them fit into ten days."""
_SURE = 6
"""How many of the complaints that something has to follow from are by different, vouched people in any case."""
_PEOPLE = 400
_VOUCHED = tuple(code for code, channel in CHANNELS.items() if channel.vouched)
_UNVOUCHED = tuple(code for code, channel in CHANNELS.items() if not channel.vouched)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """A row of the register as a carrier files it. `declared_from` is a day by the legal time."""

    number: str
    carrier: str
    province: str
    holder_uscc: str
    holder_name: str
    provider_uscc: str
    provider_name: str
    signature: str
    purpose: str
    declared_from: str
    covers_extensions: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """A complaint in the form of the bulk intake. Times are ISO 8601 with their offset."""

    external_id: str
    channel: str
    received_at: str
    sent_at: str
    complainant_number: str
    complainant_province: str
    sender_number: str
    text: str
    consented: str
    unsubscribed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """The truth about a number that is complained of. `follows` is what the rules make of the complaints, in the end;
    `owner` the carrier that knows the number though nobody filed it (empty: none does)."""

    number: str
    case: Case
    kind: str
    carrier: str
    holder_uscc: str
    provider_uscc: str
    signatures: tuple[str, ...]
    owner: str
    complaints: int

    @property
    def truth(self) -> str:
        """The kind of attribution."""
        return self.case.truth

    @property
    def follows(self) -> str:
        """`order:<ground>`, `enquiry` or `nothing`."""
        return self.case.follows


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a careful reader would call the message of a complaint."""

    external_id: str
    campaign: str
    kind: str
    industry: str
    category: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Everything; complaints are sorted by when they were received."""

    now: datetime
    filings: tuple[Filing, ...]
    senders: tuple[Sender, ...]
    complaints: tuple[Complaint, ...]
    meanings: tuple[Meaning, ...]


def generate(now: datetime, seed: int = 1) -> Scenario:
    """The scenario as it looks at `now` (aware; nothing in it is later)."""
    return _Stage(now.replace(microsecond=0).astimezone(LEGAL_TIME), seed).play()


@dataclass(frozen=True, slots=True)
class _Line:
    """A complaint before it has its number in the file."""

    received_at: datetime
    sent_at: datetime
    channel: str
    person: tuple[str, str]
    sender: str
    text: str
    campaign: str
    kind: str


class _Stage:
    def __init__(self, now: datetime, seed: int) -> None:
        self._now = now
        self._seed = seed
        self._draw = random.Random(f"anning scenario {seed}")
        self._cast: Cast = cast.load()
        self._messages: Messages = messages.load()
        self._taken: set[str] = set()
        self._people = self._make_people()
        self._filings: list[Filing] = []
        self._senders: list[Sender] = []
        self._lines: list[_Line] = []

    def play(self) -> Scenario:
        for group in self._cast.senders:
            self._enter(group)
        self._lines.sort(key=lambda line: (line.received_at, line.sender, line.text))
        ids = [f"S{self._seed}-{self._now:%Y%m%d%H%M%S}-{place:04}" for place in range(1, len(self._lines) + 1)]
        return Scenario(
            now=self._now,
            filings=tuple(self._filings),
            senders=tuple(self._senders),
            complaints=tuple(map(self._complaint, ids, self._lines)),
            meanings=tuple(map(self._meaning, ids, self._lines)),
        )

    def _make_people(self) -> list[tuple[str, str]]:
        """Numbers of complainants with their provinces; some provinces have many people, most have few."""
        provinces = list(PROVINCES)
        weights = [1 / (1 + place) for place in range(len(provinces))]
        self._draw.shuffle(provinces)
        return [
            (self._new_number("154########", ""), self._draw.choices(provinces, weights)[0]) for _ in range(_PEOPLE)
        ]

    # ------------------------------------------------------------------------------------------------ senders

    def _enter(self, group: Senders) -> None:
        at = group.at or ""
        filed = group.provider is not None
        code = self._cast.access_code(at) if filed else None
        prefix = self._new_number(at, "##") if group.case is Case.EXTENDS else at
        if code is not None and group.case is Case.EXTENDS:
            self._file(prefix, code, group)
        for _ in range(group.numbers):
            number = self._new_number(group.number or prefix, "####" if at else "")
            if code is not None and group.case is not Case.EXTENDS:
                self._file(number, code, group)
            count = self._draw.randint(*group.complaints)
            kind = self._draw.choice(group.says)
            signatures = group.signs_as or self._brand(group)
            if count:
                self._senders.append(self._sender(number, group, code, kind, signatures, count))
                self._lines.extend(self._complaints(number, group.case, kind, signatures, count))

    def _brand(self, group: Senders) -> tuple[str, ...]:
        return (self._cast.providers[group.provider].brand,) if group.provider else ()

    def _new_number(self, start: str, extension: str) -> str:
        """A number that nobody has yet; an extension is such that none answers for another one by accident."""
        while True:
            number = messages.scrambled(start + extension, self._draw)
            begun = any(other.startswith(number) or number.startswith(other) for other in self._taken)
            if number not in self._taken and (not extension or extension == "####" or not begun):
                self._taken.add(number)
                return number

    def _file(self, number: str, code: AccessCode, group: Senders) -> None:
        assert group.provider is not None
        provider = self._cast.providers[group.provider]
        late = group.case is Case.DECLARED_LATE
        since = self._now - timedelta(days=1 if late else self._draw.randint(60, 700))
        # What advertises is often filed as something harmless; what notifies really does.
        honest = {"one-time-password": "verification"}.get(group.says[0], "notice")
        advertises = group.case not in (Case.NOTIFIES, Case.SILENT, Case.COMMITS)
        self._filings.append(
            Filing(
                number=number,
                carrier=code.carrier,
                province=code.province or "",
                holder_uscc=self._cast.code_of(code.holder),
                holder_name=self._cast.holders[code.holder].name,
                provider_uscc=self._cast.code_of(group.provider),
                provider_name=provider.name,
                signature=provider.brand,
                purpose=self._draw.choice(("marketing", "notice")) if advertises else honest,
                declared_from=f"{since:%Y-%m-%d}",
                covers_extensions="true" if group.case is Case.EXTENDS else "false",
            )
        )

    def _sender(
        self, number: str, group: Senders, code: AccessCode | None, kind: str, signatures: tuple[str, ...], count: int
    ) -> Sender:
        shown = code or next((each for each in self._cast.access_codes if each.code == group.at), None)
        planned = SenderNumber.parse(number).carriers
        return Sender(
            number=number,
            case=group.case,
            kind=kind,
            carrier=shown.carrier if shown else (planned[0] if planned else ""),
            holder_uscc=self._cast.code_of(shown.holder) if shown else "",
            provider_uscc=self._cast.code_of(group.provider) if group.provider else "",
            signatures=signatures,
            owner=group.owner or "",
            complaints=count,
        )

    # --------------------------------------------------------------------------------------------- complaints

    def _complaints(
        self, number: str, case: Case, kind: str, signatures: tuple[str, ...], count: int
    ) -> Iterator[_Line]:
        templates = self._messages.kinds[kind].templates
        campaigns = self._draw.sample(range(len(templates)), k=min(len(templates), self._draw.randint(1, 2)))
        people = self._complainants(case, count)
        for place, person in enumerate(people):
            campaign = self._draw.choice(campaigns)
            name = self._draw.choice(signatures) if signatures else ""
            said = self._messages.write(templates[campaign], name or "本公司", self._draw)
            sent_at, received_at = self._times(case, place)
            yield _Line(
                received_at=received_at,
                sent_at=sent_at,
                channel=self._channel(case, place),
                person=person,
                sender=number,
                text=messages.signed(said, name, self._draw) if name else said,
                campaign=f"{kind}-{campaign + 1}",
                kind=kind,
            )

    def _complainants(self, case: Case, count: int) -> list[tuple[str, str]]:
        if case is Case.ONE_COMPLAINANT:
            return [self._draw.choice(self._people)] * count
        people = self._draw.sample(self._people, count)
        # Now and then somebody complains again.
        again = [self._draw.random() < 0.1 and place >= _SURE for place in range(count)]
        return [self._draw.choice(people[:place]) if again[place] else people[place] for place in range(count)]

    def _channel(self, case: Case, place: int) -> str:
        if case is Case.UNVOUCHED:
            return self._draw.choice(_UNVOUCHED)
        if place < _SURE or self._draw.random() < 0.85:
            return self._draw.choice(_VOUCHED)
        return self._draw.choice(_UNVOUCHED)

    def _times(self, case: Case, place: int) -> tuple[datetime, datetime]:
        """When a message was sent and when the complaint came in: minutes to hours later, never after now."""
        delay = timedelta(seconds=min(self._draw.lognormvariate(7.5, 1.2), 9 * 3600))
        least = timedelta(minutes=5)
        if case is Case.SPREAD:
            sent_at = self._now - timedelta(days=_SPREAD_DAYS * place + 1)
        else:
            # What is filed late is filed from the day before now, and nothing was sent since.
            until = timedelta(days=2) if case is Case.DECLARED_LATE else delay + least
            sent_at = self._now - until - (timedelta(days=_DAYS) - until) * self._draw.random()
        received_at = sent_at + max(delay, least)
        return sent_at.replace(microsecond=0), received_at.replace(microsecond=0)

    def _complaint(self, external_id: str, line: _Line) -> Complaint:
        return Complaint(
            external_id=external_id,
            channel=line.channel,
            received_at=line.received_at.isoformat(),
            sent_at=line.sent_at.isoformat(),
            complainant_number=line.person[0],
            complainant_province=line.person[1],
            sender_number=line.sender,
            text=line.text,
            consented=self._draw.choices(("no", "unknown", "withdrawn"), (8, 1, 1))[0],
            unsubscribed=self._draw.random() < 0.2,
        )

    def _meaning(self, external_id: str, line: _Line) -> Meaning:
        kind = self._messages.kinds[line.kind]
        return Meaning(
            external_id=external_id,
            campaign=line.campaign,
            kind=line.kind,
            industry=kind.industry,
            category=kind.category,
        )
