"""The agenda releases items at their time, and the book has the owners of unfiled numbers."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from chassis import clock
from sandbox.agenda import Agenda
from sandbox.book import Book


def test_items_are_released_in_the_order_of_their_times() -> None:
    agenda: Agenda[str] = Agenda()
    now = clock.now()
    for item, seconds in [("third", -1), ("first", -3), ("second", -2)]:
        agenda.add(now + timedelta(seconds=seconds), item)
    assert [agenda.take() for _ in range(3)] == ["first", "second", "third"]


def test_take_waits_for_the_next_item_and_returns_an_earlier_one_added_meanwhile() -> None:
    agenda: Agenda[str] = Agenda()
    due = clock.now() + timedelta(milliseconds=150)
    agenda.add(due, "later")
    threading.Timer(0.03, agenda.add, (clock.now(), "sooner")).start()
    assert agenda.take() == "sooner"
    assert agenda.take() == "later"
    assert clock.now() >= due


def test_closing_the_agenda_ends_a_waiting_take() -> None:
    agenda: Agenda[str] = Agenda()
    agenda.add(clock.now() + timedelta(hours=1), "never")
    threading.Timer(0.03, agenda.close).start()
    assert agenda.take() is None


def test_a_book_has_the_owner_of_a_number_or_that_it_has_none(tmp_path: Path) -> None:
    file = tmp_path / "book.csv"
    file.write_text("number,carrier\n10690461123,CMCC\n10690461124,\n")
    book = Book(file)
    assert (book.knows("10690461123"), book.owner("10690461123")) == (True, "CMCC")
    assert (book.knows("10690461124"), book.owner("10690461124")) == (True, None)
    assert not book.knows("10690461125")


def test_a_book_that_appears_later_or_changes_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "book.csv"
    book = Book(file)
    assert not book.knows("10690461123")
    file.write_text("number,carrier\n10690461123,CMCC\n")
    assert book.owner("10690461123") == "CMCC"
    file.write_text("number,carrier\n10690461123,CUCC\n10690461124,\n")
    assert book.owner("10690461123") == "CUCC"


@pytest.mark.parametrize("number", ["10690461123", ""])
def test_without_a_book_no_number_is_known(number: str) -> None:
    assert not Book(None).knows(number)
