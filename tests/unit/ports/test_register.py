"""What the register of ports had on record about a number, and what follows from that."""

from __future__ import annotations

from services.ports.policy.evidence import SenderAttribution, judge
from tests.unit.ports.builders import NOON, NOW, NUMBER, OTHER_HOLDER, complaint, days, filed, register


def test_a_back_dated_filing_names_no_enterprise_for_messages_that_were_sent_before_it_was_on_record() -> None:
    back_dated = filed(holder=OTHER_HOLDER, since=NOON - days(100), on_record_from=NOON + days(1))
    alone = judge(complaint("c"), register(back_dated), NOW)
    assert (alone.attribution, alone.filing) == (SenderAttribution.DECLARED_LATE, None)
    for known in (filed(), filed(number=NUMBER[:8])):
        assert judge(complaint("c"), register(known, back_dated), NOW).filing == known
        assert judge(complaint("c", sent=NOON + days(2)), register(known, back_dated), NOW).filing == back_dated


def test_a_back_dated_filing_that_covers_no_extensions_ends_the_coverage_only_once_it_is_on_record() -> None:
    prefix = NUMBER[:10]
    entries = register(
        filed(number=prefix),
        filed(number=prefix, since=NOON - days(50), on_record_from=NOON + days(1), covers=False),
    )
    assert [each.number for each in entries.at(NOON)] == [prefix]
    assert entries.at(NOON + days(1)) == []
    assert (entries.last_change(NOON), entries.last_change(NOW)) == (None, NOON + days(1))


def test_a_corrected_filing_counts_for_what_was_sent_before_its_correction_was_on_record() -> None:
    since = NOON - days(50)
    wrong, right = filed(holder=OTHER_HOLDER, since=since), filed(since=since, on_record_from=NOON + days(1))
    assert register(right, wrong).at(NOON) == [wrong]
    assert register(right, wrong).at(NOON + days(1)) == [right]
