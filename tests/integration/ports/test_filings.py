"""Filing ports, one or many: accepted, already known, or refused."""

from __future__ import annotations

from datetime import datetime

import msgspec
import pytest
import sqlalchemy as sa

from chassis import clock
from chassis.calendar import LEGAL_TIME
from chassis.database import Database
from chassis.field_errors import InvalidFieldsError
from chassis.sweeper import Slice
from services.ports.commands.filings import FilingOutcome
from services.ports.commands.forms import FilingForm, FilingLine, read_form
from services.ports.commands.orders import acknowledge_order, execute_order, lift_order
from services.ports.sweeps import PUBLISH_HISTORIES
from tests.integration.ports.scenes import (
    HOLDER,
    NOON,
    NUMBER,
    OTHER_HOLDER,
    PROVIDER,
    assessed,
    consume,
    file,
    five,
    form,
    hours,
    orders,
    published,
    rows,
    target,
)


class Staff:
    subject = "li"
    organisation = "regulator:MIIT"


def shut(database: Database) -> None:
    """File NUMBER at CMCC, complain about it, and execute the order that follows."""
    file(database, form())
    consume(database, *five())
    addressed = target(orders(database)[0].id)
    with database.begin() as tx:
        acknowledge_order(tx, addressed)
    with database.begin() as tx:
        execute_order(tx, addressed, "switched off")


def statuses(database: Database) -> list[str]:
    return [row.status for row in rows(database, "SELECT status FROM ports ORDER BY number")]


def test_a_filing_enters_the_register_and_is_published_with_its_decision(database: Database) -> None:
    (filed,) = file(database, form())
    assert filed.outcome is FilingOutcome.ACCEPTED
    assert statuses(database) == ["declared"]
    assert (published(database, "port-declared.v2"), published(database, "filing-decided.v1")) == (1, 1)


def test_the_same_filings_again_add_nothing(database: Database) -> None:
    forms = [form(f"{NUMBER[:10]}{n:04}") for n in range(50)]
    assert {each.outcome for each in file(database, *forms)} == {FilingOutcome.ACCEPTED}
    before = rows(database, "SELECT count(*) FROM outbox")
    again = [form(f"{NUMBER[:10]}{n:04}") for n in range(50)]
    assert {each.outcome for each in file(database, *again)} == {FilingOutcome.KNOWN}
    assert rows(database, "SELECT count(*) FROM outbox") == before


def test_a_port_that_is_filed_twice_in_one_file_ends_with_the_later_filing(database: Database) -> None:
    first = form(declared_from="2020-01-01", signature="虚构生活")
    second = form(declared_from="2021-01-01")
    assert [each.outcome for each in file(database, first, first, second)] == [
        FilingOutcome.ACCEPTED, FilingOutcome.KNOWN, FilingOutcome.ACCEPTED,
    ]  # fmt: skip
    history = rows(database, "SELECT signature, valid_from, valid_to FROM filings ORDER BY valid_from")
    assert [row.signature for row in history] == ["虚构生活", "样例服务"]
    assert history[0].valid_to == history[1].valid_from
    assert history[1].valid_to is None
    assert published(database, "port-declared.v2") == 2
    assert published(database, "filing-recorded.v1") == 3


def outbox_bytes(database: Database) -> int:
    return int(rows(database, "SELECT sum(length(payload)) FROM outbox")[0][0])


def test_twice_as_many_filings_of_a_port_publish_twice_as_much(database: Database) -> None:
    """A filing publishes the port, itself, and the end of the one before it."""
    days = [f"{2019 + each // 300}-{each // 25 % 12 + 1:02}-{each % 25 + 1:02}" for each in range(200)]
    for day in days[:100]:
        file(database, form(declared_from=day, signature=f"虚构{day}"))
    half = outbox_bytes(database)
    for day in days[100:]:
        file(database, form(declared_from=day, signature=f"虚构{day}"))
    assert outbox_bytes(database) == pytest.approx(2 * half, rel=0.02)
    assert published(database, "filing-recorded.v1") == 2 * len(days) - 1


def publish_histories(database: Database, limit: int) -> int:
    with database.begin() as tx:
        return PUBLISH_HISTORIES.run(tx, Slice(limit))


def test_the_filings_of_the_last_release_are_published_in_parts_before_their_ports(database: Database) -> None:
    numbers = [f"{NUMBER[:10]}{n:04}" for n in range(5)]
    file(database, *(form(number, declared_from="2020-01-01", signature="虚构生活") for number in numbers))
    file(database, *(form(number, declared_from="2021-01-01") for number in numbers))
    with database.begin() as tx:
        tx.execute(sa.text("UPDATE ports SET history_version = 0"))  # as the last release leaves a port
        tx.execute(sa.text("DELETE FROM outbox"))
    file(database, form(numbers[0], declared_from="2022-01-01", signature="虚构生活"))
    assert [publish_histories(database, 2) for _ in range(3)] == [2, 2, 0]
    facts = rows(database, "SELECT aggregateid, type FROM outbox ORDER BY aggregateid, position")
    of_port: dict[str, list[str]] = {}
    for fact in facts:
        if fact.type != "filing-decided.v1":
            of_port.setdefault(fact.aggregateid, []).append(fact.type)
    history = ["filing-recorded.v1", "filing-recorded.v1"]
    assert of_port == {
        f"CMCC:{number}": [*history, *(history[:1] if number == numbers[0] else ()), "port-declared.v2"]
        for number in numbers
    }
    assert rows(database, "SELECT id FROM ports WHERE history_version <> version") == []


def test_a_later_filing_ends_the_stored_one(database: Database) -> None:
    file(database, form(declared_from="2020-01-01"))
    file(database, form(declared_from="2021-01-01", holder=OTHER_HOLDER))
    ends = rows(database, "SELECT holder, valid_to IS NULL AS holds FROM filings ORDER BY valid_from")
    assert [(row.holder, row.holds) for row in ends] == [(HOLDER, False), (OTHER_HOLDER, True)]


def test_one_number_can_be_filed_at_two_carriers(database: Database) -> None:
    file(database, form(carrier="CMCC"), form(carrier="CUCC"))
    assert statuses(database) == ["declared", "declared"]


def test_executing_an_order_shuts_the_port_in_the_register_and_lifting_reopens_it(database: Database) -> None:
    shut(database)
    assert statuses(database) == ["shut"]
    with database.begin() as tx:
        lift_order(tx, target(orders(database)[0].id), "a mistake")
    assert statuses(database) == ["declared"]
    assert published(database, "port-declared.v2") == 3
    (audited,) = rows(database, "SELECT act, object, reason FROM audit_log")
    assert (audited.act, audited.object) == ("order-lifted", f"order:{orders(database)[0].id}")


def test_while_an_order_is_in_force_new_filings_are_refused_once_and_known_ones_stay_known(database: Database) -> None:
    shut(database)
    order = orders(database)[0].id
    refused = file(database, form(holder=OTHER_HOLDER), form(holder=OTHER_HOLDER), form())
    assert [each.outcome for each in refused] == [FilingOutcome.REFUSED, FilingOutcome.REFUSED, FilingOutcome.KNOWN]
    assert str(order) in refused[0].reasons[0]
    assert file(database, form(holder=OTHER_HOLDER))[0].filing == refused[0].filing
    assert len(rows(database, "SELECT 1 FROM filings WHERE decision = 'refused'")) == 1
    assert statuses(database) == ["shut"]


def test_a_filing_without_a_day_that_is_refused_again_adds_nothing(database: Database) -> None:
    shut(database)
    undated = form(holder=OTHER_HOLDER, declared_from=None)
    (refused,) = file(database, undated)
    before = rows(database, "SELECT count(*) FROM outbox")
    again = file(database, undated, undated)
    assert {each.filing for each in again} == {refused.filing}
    assert rows(database, "SELECT count(*) FROM outbox") == before
    (dated,) = file(database, form(holder=OTHER_HOLDER))
    assert dated.filing != refused.filing


def test_after_the_lifting_the_same_filing_is_accepted(database: Database) -> None:
    shut(database)
    file(database, form(holder=OTHER_HOLDER, declared_from="2026-01-01"))
    with database.begin() as tx:
        lift_order(tx, target(orders(database)[0].id), "a mistake")
    (filed,) = file(database, form(holder=OTHER_HOLDER, declared_from="2026-01-01"))
    assert filed.outcome is FilingOutcome.ACCEPTED


def test_after_the_lifting_only_messages_sent_since_then_count(database: Database) -> None:
    with clock.frozen(NOON + hours(0.5)):
        shut(database)
        with database.begin() as tx:
            lift_order(tx, target(orders(database)[0].id), "a mistake")
    later = NOON.replace(day=12)
    consume(database, *five(version=3), *(assessed(f"before {n}") for n in range(5)))
    assert len(orders(database)) == 1
    consume(database, *(assessed(f"since {n}", sent=later) for n in range(5)))
    assert [row.state for row in orders(database)] == ["lifted", "ordered"]


def test_a_complaint_that_caused_an_order_causes_no_second_one_when_it_is_corrected(database: Database) -> None:
    with clock.frozen(NOON + hours(0.5)):
        shut(database)
        with database.begin() as tx:
            lift_order(tx, target(orders(database)[0].id), "a mistake")
    later = NOON.replace(day=12)
    consume(database, *five(version=3, sent=later)[:4])
    consume(database, five(version=3, sent=later)[4])
    assert len(orders(database)) == 1
    consume(database, assessed("a sixth", sent=later))
    assert len(orders(database)) == 2


GOOD = {
    "number": NUMBER,
    "carrier": "CMCC",
    "holder_uscc": HOLDER,
    "holder_name": "示例短信信息技术有限公司",
    "provider_uscc": PROVIDER,
    "provider_name": "样例服务中心有限公司",
    "signature": "样例服务",
    "purpose": "notice",
    "declared_from": "2020-01-01",
}


def read(fields: dict[str, str], now: datetime = NOON) -> FilingForm:
    return read_form(msgspec.convert(fields, FilingLine), now)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", ""),
        ("number", "13900001234"),
        ("number", "95588"),
        ("number", "1069"),
        ("number", "hello"),
        ("number", "1069012356657112345678"),
        ("carrier", "CMC"),
        ("carrier", ""),
        ("holder_uscc", "91350000M0CKHA1D3F"),
        ("holder_uscc", "91350000"),
        ("provider_uscc", ""),
        ("holder_name", " "),
        ("holder_name", "x" * 201),
        ("provider_name", "a\tb"),
        ("signature", "长" * 41),
        ("purpose", "spam"),
        ("province", "44"),
        ("declared_from", "2020-02-30"),
        ("declared_from", "20200101"),
        ("declared_from", "2999-01-01"),
    ],
)
def test_a_wrong_field_of_a_form_is_named(field: str, value: str) -> None:
    with pytest.raises(InvalidFieldsError) as unfit:
        read({**GOOD, field: value})
    assert [fault.field for fault in unfit.value.errors] == [field]


def test_all_errors_of_a_form_are_reported_at_once() -> None:
    with pytest.raises(InvalidFieldsError) as unfit:
        read(dict.fromkeys(GOOD, ""))
    assert {fault.field for fault in unfit.value.errors} == set(GOOD) - {"declared_from"}


def test_a_provincial_access_code_requires_its_province() -> None:
    provincial = {**GOOD, "number": "10629001947213"}
    with pytest.raises(InvalidFieldsError) as unfit:
        read(provincial)
    assert [fault.field for fault in unfit.value.errors] == ["province"]
    assert read({**provincial, "province": "440000"}).province == "440000"


def test_numbers_and_codes_are_read_in_common_spellings() -> None:
    written = {**GOOD, "number": "+86 1069 0123 5665 71", "holder_uscc": "91350000-m0ckha1d3-e"}
    form = read(written)
    assert (form.number, form.access_code, form.holder) == (NUMBER, NUMBER[:8], HOLDER)


def test_a_day_begins_at_midnight_in_beijing_and_today_is_not_the_future() -> None:
    # 12:00 UTC on the tenth is still the tenth in Beijing; 17:00 UTC is the eleventh.
    form = read({**GOOD, "declared_from": "2026-06-10"})
    assert form.valid_from == datetime(2026, 6, 10, tzinfo=LEGAL_TIME)
    with pytest.raises(InvalidFieldsError):
        read({**GOOD, "declared_from": "2026-06-11"})
    read({**GOOD, "declared_from": "2026-06-11"}, NOON.replace(hour=17))
