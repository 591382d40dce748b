"""One clock for everything that decides, which a test may set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from chassis import clock

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def test_the_time_is_aware_and_in_utc() -> None:
    assert clock.now().tzinfo is UTC
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_frozen_clock_stands_still() -> None:
    with clock.frozen(NOON):
        assert clock.now() == clock.now() == NOON
    assert clock.now() != NOON


def test_a_clock_is_frozen_in_utc_whatever_zone_it_was_told() -> None:
    in_beijing = datetime(2026, 7, 1, 20, tzinfo=timezone(timedelta(hours=8)))
    with clock.frozen(in_beijing):
        assert clock.now() == NOON
        assert clock.now().tzinfo is UTC


def test_a_shifted_clock_goes_on() -> None:
    with clock.shifted(timedelta(days=3)):
        first = clock.now()
        assert timedelta(days=3) - timedelta(seconds=5) < first - datetime.now(UTC) < timedelta(days=3, seconds=5)
        while clock.now() == first:
            pass


def test_clocks_are_set_back_in_the_order_in_which_they_were_set() -> None:
    with clock.frozen(NOON):
        with clock.frozen(NOON + timedelta(hours=1)):
            assert clock.now() == NOON + timedelta(hours=1)
        assert clock.now() == NOON


def fail_at_noon() -> None:
    with clock.frozen(NOON):
        raise ZeroDivisionError


def test_a_failure_sets_the_clock_back() -> None:
    with pytest.raises(ZeroDivisionError):
        fail_at_noon()
    assert clock.now() != NOON
