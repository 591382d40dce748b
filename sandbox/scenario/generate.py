"""The scenario: a port register and some days of complaints, generated from a seed, with the truth about both.

The same seed and time give the same files, byte for byte. Times are counted back from `now`, so that everything is
within the windows of the rules; another time gives other complaints of the same people about the same numbers.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from chassis.calendar import LEGAL_TIME
from contracts.numbers import SenderNumber
from sandbox.scenario import cast, messages
from sandbox.scenario.cast import AccessCode, Cast, SenderCase, SenderGroup
from sandbox.scenario.messages import Messages
from sandbox.scenario.people import UNVOUCHED, Person, Population
from sandbox.scenario.records import ComplaintDraft, FilingRecord, Scenario, SenderRecord, numbered

_DAYS = 6
"""The age of the oldest complaint that counts together with others: less than any window of the rules."""
_SPREAD_DAYS = 4
"""The distance of complaints that must never count together: three of them fit into ten days."""
_PEOPLE = 400


def generate(now: datetime, seed: int = 1) -> Scenario:
    """The scenario at `now` (aware; nothing in it is later)."""
    return _Generator(now.replace(microsecond=0).astimezone(LEGAL_TIME), seed).play()


class _Generator:
    def __init__(self, now: datetime, seed: int) -> None:
        self._now = now
        self._seed = seed
        self._draw = random.Random(f"anning scenario {seed}")
        self._cast: Cast = cast.load()
        self._messages: Messages = messages.load()
        self._population = Population(_PEOPLE, self._draw)
        self._taken: set[str] = set(self._population.numbers)
        self._filings: list[FilingRecord] = []
        self._senders: list[SenderRecord] = []
        self._drafts: list[ComplaintDraft] = []

    def play(self) -> Scenario:
        for group in self._cast.senders:
            self._enter(group)
        prefix = f"S{self._seed}-{self._now:%Y%m%d%H%M%S}"
        complaints, classifications = numbered(self._drafts, prefix, self._messages, self._draw)
        return Scenario(
            now=self._now,
            filings=tuple(self._filings),
            senders=tuple(self._senders),
            complaints=complaints,
            classifications=classifications,
        )

    # ------------------------------------------------------------------------------------------------ senders

    def _enter(self, group: SenderGroup) -> None:
        at = group.at or ""
        filed = group.provider is not None
        code = self._cast.access_code(at) if filed else None
        prefix = self._new_number(at, "##") if group.case is SenderCase.EXTENDS else at
        if code is not None and group.case is SenderCase.EXTENDS:
            self._file(prefix, code, group)
        for _ in range(group.numbers):
            number = self._new_number(group.number or prefix, "####" if at else "")
            if code is not None and group.case is not SenderCase.EXTENDS:
                self._file(number, code, group)
            count = self._draw.randint(*group.complaints)
            kind = self._draw.choice(group.messages)
            signatures = group.signs_as or self._brand(group)
            if count:
                self._senders.append(self._sender(number, group, code, kind, signatures, count))
                self._drafts.extend(self._complaints(number, group.case, kind, signatures, count))

    def _brand(self, group: SenderGroup) -> tuple[str, ...]:
        return (self._cast.providers[group.provider].brand,) if group.provider else ()

    def _new_number(self, start: str, extension: str) -> str:
        """An unused number that no other number than `start` covers by accident."""
        others = self._taken - {start}
        while True:
            number = messages.scrambled(start + extension, self._draw)
            if not any(other.startswith(number) or number.startswith(other) for other in others):
                self._taken.add(number)
                return number

    def _file(self, number: str, code: AccessCode, group: SenderGroup) -> None:
        assert group.provider is not None
        provider = self._cast.providers[group.provider]
        late = group.case is SenderCase.DECLARED_LATE
        since = self._now - timedelta(days=1 if late else self._draw.randint(60, 700))
        # Advertising is often filed as something harmless; notifications are filed as such.
        honest = {"one-time-password": "verification"}.get(group.messages[0], "notice")
        advertises = group.case not in (SenderCase.NOTIFIES, SenderCase.SILENT, SenderCase.COMMITS)
        self._filings.append(
            FilingRecord(
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
                covers_extensions="true" if group.case is SenderCase.EXTENDS else "false",
            )
        )

    def _sender(
        self,
        number: str,
        group: SenderGroup,
        code: AccessCode | None,
        kind: str,
        signatures: tuple[str, ...],
        count: int,
    ) -> SenderRecord:
        shown = code or next((each for each in self._cast.access_codes if each.code == group.at), None)
        planned = SenderNumber.parse(number).carriers
        return SenderRecord(
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
        self, number: str, case: SenderCase, kind: str, signatures: tuple[str, ...], count: int
    ) -> Iterator[ComplaintDraft]:
        templates = self._messages.kinds[kind].templates
        campaigns = self._draw.sample(range(len(templates)), k=min(len(templates), self._draw.randint(1, 2)))
        people = self._complainants(case, count)
        for place, person in enumerate(people):
            campaign = self._draw.choice(campaigns)
            name = self._draw.choice(signatures) if signatures else ""
            said = self._messages.write(templates[campaign], name or "本公司", self._draw)
            sent_at, received_at = self._times(case, place)
            yield ComplaintDraft(
                received_at=received_at,
                sent_at=sent_at,
                channel=self._channel(case, place),
                person=person,
                sender=number,
                text=messages.signed(said, name, self._draw) if name else said,
                campaign=f"{kind}-{campaign + 1}",
                kind=kind,
            )

    def _complainants(self, case: SenderCase, count: int) -> list[Person]:
        return (
            [self._population.one()] * count if case is SenderCase.ONE_COMPLAINANT else self._population.several(count)
        )

    def _channel(self, case: SenderCase, place: int) -> str:
        return self._draw.choice(UNVOUCHED) if case is SenderCase.UNVOUCHED else self._population.channel(place)

    def _times(self, case: SenderCase, place: int) -> tuple[datetime, datetime]:
        """The times of the message and of the complaint: minutes to hours later, never after now."""
        delay = timedelta(seconds=min(self._draw.lognormvariate(7.5, 1.2), 9 * 3600))
        least = timedelta(minutes=5)
        if case is SenderCase.SPREAD:
            sent_at = self._now - timedelta(days=_SPREAD_DAYS * place + 1)
        else:
            # A late filing is filed the day before now, and no message was sent after it.
            until = timedelta(days=2) if case is SenderCase.DECLARED_LATE else delay + least
            sent_at = self._now - until - (timedelta(days=_DAYS) - until) * self._draw.random()
        received_at = sent_at + max(delay, least)
        return sent_at.replace(microsecond=0), received_at.replace(microsecond=0)
