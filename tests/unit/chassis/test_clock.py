"""The application clock, which tests can freeze and shift."""

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


def test_a_frozen_clock_is_in_utc_for_a_time_in_any_zone() -> None:
    in_beijing = datetime(2026, 7, 1, 20, tzinfo=timezone(timedelta(hours=8)))
    with clock.frozen(in_beijing):
        assert clock.now() == NOON
        assert clock.now().tzinfo is UTC


def test_a_shifted_clock_keeps_running() -> None:
    with clock.shifted(timedelta(days=3)):
        first = clock.now()
        assert timedelta(days=3) - timedelta(seconds=5) < first - datetime.now(UTC) < timedelta(days=3, seconds=5)
        while clock.now() == first:
            pass


def test_nested_clocks_are_restored_one_by_one() -> None:
    with clock.frozen(NOON):
        with clock.frozen(NOON + timedelta(hours=1)):
            assert clock.now() == NOON + timedelta(hours=1)
        assert clock.now() == NOON


def fail_at_noon() -> None:
    with clock.frozen(NOON):
        raise ZeroDivisionError


def test_an_exception_restores_the_clock() -> None:
    with pytest.raises(ZeroDivisionError):
        fail_at_noon()
    assert clock.now() != NOON
