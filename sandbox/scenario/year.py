"""A year: the four quarters up to the last complete one, in the proportions of the published bulletins.

Every number of a port receives complaints within a few days, like a campaign, in one quarter; its provider returns with
other numbers. Totals and shares are exact except for rounding. The same seed, scale and quarters give the same register
and complaints.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis import calendar
from contracts.industries import CRIME
from contracts.provinces import PROVINCES
from sandbox.scenario import cast, figures, messages
from sandbox.scenario.cast import SenderCase
from sandbox.scenario.enterprises import Enterprise, Enterprises
from sandbox.scenario.figures import Quarter, QuarterCounts
from sandbox.scenario.people import NUMBERS, Population
from sandbox.scenario.records import ComplaintDraft, FilingRecord, Scenario, SenderRecord, numbered

SCALE = 0.01
"""The default share of the published totals."""

_EXTENSION = "#####"
_PROVINCIAL = ("1062", "10630")
_SILENT = 2
_SERVICES = "services"
# One person for two complaints of a quarter, so that no person exceeds the cap.
_LEAST_PEOPLE, _PEOPLE_BY_COMPLAINT = 400, 0.5
_LEAST_DELAY, _LONGEST_DELAY = timedelta(minutes=5), timedelta(hours=9)


def generate(now: datetime, seed: int = 1, scale: float = SCALE) -> Scenario:
    """The year at `now` (aware). `scale`: the share of the published totals, above 0.

    Raises ValueError for another scale.
    """
    if not 0 < scale <= 1:
        raise ValueError(f"a scale is above 0 and at most 1, not {scale}")
    return _Generator(now.replace(microsecond=0), seed, scale).play()


def quarters_before(now: datetime) -> list[str]:
    """The four quarters up to the last complete one, in their order."""
    found = [calendar.preceding(calendar.quarter_of(now))]
    while len(found) < 4:
        found.insert(0, calendar.preceding(found[0]))
    return found


@dataclass(frozen=True, slots=True)
class _AccessCode:
    code: str
    carrier: str
    holder: Enterprise
    province: str


class _Generator:
    def __init__(self, now: datetime, seed: int, scale: float) -> None:
        self._now = now
        self._seed = seed
        self._scale = scale
        self._draw = random.Random(f"anning year {seed}")
        self._figures = figures.load()
        self._estimates = self._figures.estimates
        self._messages = messages.load()
        self._enterprises = Enterprises(self._figures.names, self._estimates.again / 100, self._draw)
        most = max(round(each.total.complaints * scale) for each in self._figures.quarters.values())
        self._population = Population(max(_LEAST_PEOPLE, round(most * _PEOPLE_BY_COMPLAINT)), self._draw)
        # Access codes of the small scenario stay with their holders there.
        self._taken: set[str] = {*self._population.numbers, *(each.code for each in cast.load().access_codes)}
        self._quarters = quarters_before(now)
        self._filings: list[FilingRecord] = []
        self._senders: list[SenderRecord] = []
        self._drafts: list[ComplaintDraft] = []
        self._codes: dict[str, list[_AccessCode]] = {
            carrier: [self._access_code(form, carrier) for form in forms]
            for carrier, forms in self._figures.access_codes.items()
        }

    def play(self) -> Scenario:
        self._fill_register()
        for quarter in self._quarters:
            self._fill(quarter, self._figures.quarters[quarter[4:]])
        prefix = f"Y{self._seed}-{self._quarters[0]}"
        complaints, classifications = numbered(self._drafts, prefix, self._messages, self._draw)
        return Scenario(
            now=self._now,
            filings=tuple(self._filings),
            senders=tuple(self._senders),
            complaints=complaints,
            classifications=classifications,
        )

    # ----------------------------------------------------------------------------------------------- register

    def _access_code(self, form: str, carrier: str) -> _AccessCode:
        code = self._new_number(form)
        province = self._draw.choice(list(PROVINCES)) if code.startswith(_PROVINCIAL) else ""
        return _AccessCode(code, carrier, self._enterprises.new("holder"), province)

    def _fill_register(self) -> None:
        """Ports without complaints, so that every access code is known before the first complaint."""
        for code in (each for codes in self._codes.values() for each in codes):
            for _ in range(_SILENT):
                self._file(self._new_number(code.code + _EXTENSION), code, _SERVICES, self._quarters[0])

    def _file(self, number: str, code: _AccessCode, trade: str, quarter: str) -> Enterprise:
        """File `number` some time before the quarter for a provider of that trade, which is returned."""
        provider = self._enterprises.provider(trade)
        since = calendar.begin_of(quarter) - timedelta(days=self._draw.randint(60, 700))
        self._filings.append(
            FilingRecord(
                number=number,
                carrier=code.carrier,
                province=code.province,
                holder_uscc=code.holder.uscc,
                holder_name=code.holder.name,
                provider_uscc=provider.uscc,
                provider_name=provider.name,
                signature=provider.brand,
                purpose="notice" if trade == _SERVICES else self._draw.choice(("marketing", "notice")),
                declared_from=f"{since:%Y-%m-%d}",
                covers_extensions="false",
            )
        )
        return provider

    def _new_number(self, pattern: str) -> str:
        while True:
            number = messages.scrambled(pattern, self._draw)
            if number not in self._taken:
                self._taken.add(number)
                return number

    # ---------------------------------------------------------------------------------------------- complaints

    def _fill(self, quarter: str, figured: Quarter) -> None:
        by_port, by_mobile = self._divided(figured.counts(self._scale), figured)
        for (topic, carrier), count in by_port.items():
            for size in self._sizes(count, "port"):
                self._enter_port(quarter, topic, carrier, size)
        for topic, count in by_mobile.items():
            for size in self._sizes(count, "p2p"):
                self._enter_mobile(quarter, topic, size)

    def _divided(self, counts: QuarterCounts, figured: Quarter) -> tuple[Counter[tuple[str, str]], Counter[str]]:
        """Complaints by topic (an industry or crime) and carrier, and those about mobiles by topic."""
        mobile = counts.segments["p2p"]
        crime = min(mobile, round(counts.crime * self._estimates.crime_by_mobile / 100))
        by_mobile = Counter(figures.apportioned(mobile - crime, counts.industries)) + Counter({CRIME: crime})
        left = Counter({**counts.industries, CRIME: counts.crime}) - by_mobile
        topics = sorted(left.elements())
        carriers = Counter(figures.apportioned(len(topics), figured.carriers.shares)).elements()
        self._draw.shuffle(topics)
        return Counter(zip(topics, carriers, strict=True)), by_mobile

    def _sizes(self, count: int, segment: str) -> Iterator[int]:
        """The count of complaints for each of some numbers, with that total."""
        least, most = self._estimates.complaints[segment]
        while count:
            size = min(count, self._draw.randint(least, most))
            # The rest would be too small for a number of its own.
            size = count if count - size < least and count <= most else size
            yield size
            count -= size

    def _enter_port(self, quarter: str, topic: str, carrier: str, count: int) -> None:
        code = self._draw.choice(self._codes[carrier])
        number = self._new_number(code.code + _EXTENSION)
        case = self._case(topic, count)
        trade = _SERVICES if topic == CRIME else topic
        provider = None
        if case is not SenderCase.UNREGISTERED:
            filed_for = _SERVICES if case is SenderCase.SUBLETS else trade
            provider = self._file(number, code, filed_for, quarter)
        own = provider is not None and case is not SenderCase.SUBLETS
        signature = provider.brand if own and provider else self._enterprises.stranger(trade)
        knows = case is SenderCase.UNREGISTERED and self._draw.random() >= self._estimates.unknown / 100
        self._complain(
            SenderRecord(
                number=number,
                case=case,
                kind=self._kind(topic),
                carrier=carrier,
                holder_uscc=code.holder.uscc,
                provider_uscc=provider.uscc if provider else "",
                signatures=(signature,),
                owner=carrier if knows else "",
                complaints=count,
            ),
            quarter,
        )

    def _enter_mobile(self, quarter: str, topic: str, count: int) -> None:
        self._complain(
            SenderRecord(
                number=self._new_number(NUMBERS),
                case=SenderCase.MOBILE,
                kind=self._kind(topic),
                carrier="",
                holder_uscc="",
                provider_uscc="",
                signatures=(),
                owner="",
                complaints=count,
            ),
            quarter,
        )

    def _case(self, topic: str, count: int) -> SenderCase:
        """The role of a port with that many complaints; never one that the rules cannot find with so few."""
        declared = SenderCase.COMMITS if topic == CRIME else SenderCase.ADVERTISES
        # A suspected crime under another name is a suspected crime first.
        sublet = SenderCase.COMMITS if topic == CRIME else SenderCase.SUBLETS
        drawn = self._draw.choices(
            (declared, sublet, SenderCase.UNREGISTERED),
            [self._estimates.ports[kind] for kind in ("declared", "sublet-suspected", "unregistered")],
        )[0]
        if count < self._estimates.bars[drawn]:
            drawn = declared
        return drawn if count >= self._estimates.bars[drawn] else SenderCase.QUIET

    def _kind(self, topic: str) -> str:
        category = "suspected-crime" if topic == CRIME else "commercial"
        kinds = self._messages.kinds.items()
        return self._draw.choice([name for name, each in kinds if (each.industry, each.category) == (topic, category)])

    def _complain(self, sender: SenderRecord, quarter: str) -> None:
        self._senders.append(sender)
        self._drafts.extend(self._complaints(sender, quarter))

    def _complaints(self, sender: SenderRecord, quarter: str) -> Iterator[ComplaintDraft]:
        templates = self._messages.kinds[sender.kind].templates
        campaign = self._draw.randrange(len(templates))
        name = sender.signatures[0] if sender.signatures else ""
        begin, span = calendar.begin_of(quarter), timedelta(days=self._estimates.days)
        begun = begin + (calendar.end_of(quarter) - begin - span) * self._draw.random()
        for place, person in enumerate(self._population.several(sender.complaints)):
            said = self._messages.write(templates[campaign], name or "本公司", self._draw)
            received_at = (begun + span * self._draw.random()).replace(microsecond=0)
            delay = timedelta(seconds=round(self._draw.lognormvariate(7.5, 1.2)))
            yield ComplaintDraft(
                received_at=received_at,
                sent_at=received_at - min(max(delay, _LEAST_DELAY), _LONGEST_DELAY),
                channel=self._population.channel(place),
                person=person,
                sender=sender.number,
                text=messages.signed(said, name, self._draw) if name else said,
                campaign=f"{sender.kind}-{campaign + 1}",
                kind=sender.kind,
            )
