"""A person who files a complaint with a number of their choice learns nothing about other complaints of that number."""

from __future__ import annotations

import json
from operator import sub
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from httpx2 import Response

from chassis.database import Read
from contracts.complaints import ComplaintAssessed
from services.complaints.commands.filing import file_complaint
from services.complaints.policy.intake import Report
from tests.integration.complaints.scenes import ANNA, BORIS, COMPLAINANT, Office, report
from tests.integration.http.api import problem

OTHER = "13900009999"
"""A number that never complained."""
STAFF = "regulator:MIIT"
CAP = 20


def letter(external_id: str | None = None, **overrides: Any) -> dict[str, Any]:
    """The complaint as a letter to the ministry that staff record."""
    return report(external_id, channel="staff", **overrides)


def record(office: Office, by: str, body: dict[str, Any]) -> Response:
    return office.post("/complaints", body, org=STAFF, by=by)


def shape(answer: Response) -> tuple[int, list[str], dict[str, str]]:
    """What two responses of one meaning have in common: status, headers, and the types of the body."""
    return (
        answer.status_code,
        sorted(answer.headers),
        {name: type(each).__name__ for name, each in answer.json().items()},
    )


def assessed(office: Office) -> list[ComplaintAssessed]:
    office.assess()
    return [each for each in office.events() if isinstance(each, ComplaintAssessed)]


@pytest.mark.parametrize("channel", ["app", "sms"])
def test_staff_file_for_no_channel_but_their_own(office: Office, channel: str) -> None:
    body = report("a-1", channel=channel)
    assert problem(record(office, ANNA, body)) == (403, "forbidden")
    found = office.import_lines(body, letter("l-1"), org=STAFF)
    (error,) = office.get(f"/complaint-imports/{found['id']}/errors", org=STAFF).json()["items"]
    assert (found["accepted"], found["rejected"]) == (1, 1)
    assert (error["line"], error["code"]) == (1, "foreign-channel")


@pytest.mark.parametrize("org", ["channel:app", "channel:staff", "carrier:CMCC", "authority:SAMR"])
def test_the_channel_of_staff_is_for_staff(office: Office, org: str) -> None:
    assert problem(office.post("/complaints", letter(), org=org)) == (403, "forbidden")


@pytest.mark.parametrize("external_id", [None, "letter-7"])
def test_a_repeated_and_a_new_complaint_are_answered_alike_to_all_but_their_channel(
    office: Office, external_id: str | None
) -> None:
    assert office.post("/complaints", report(external_id)).status_code == 201
    assert record(office, BORIS, letter(external_id)).status_code == 201
    by_another_channel = office.post("/complaints", report(external_id, channel="sms"))
    repeated = record(office, ANNA, letter(external_id))
    new = record(office, "carla", letter(external_id, complainant_number=OTHER))
    assert shape(by_another_channel) == shape(repeated) == shape(new)
    assert new.status_code == 201


def test_staff_recognise_what_they_filed_themselves(office: Office) -> None:
    first, again = record(office, ANNA, letter("letter-7")), record(office, ANNA, letter("letter-7"))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["id"] == first.json()["id"]
    assert record(office, ANNA, letter("letter-7", complainant_number=OTHER)).status_code == 409


def test_a_number_that_no_channel_vouches_for_counts_once_for_each_complaint(office: Office) -> None:
    office.post("/complaints", report("a-1"))
    record(office, ANNA, letter())
    record(office, ANNA, letter("another"))
    record(office, BORIS, letter())
    for external_id in ("w-1", "w-2"):
        assert office.post("/complaints", report(external_id, channel="wechat")).status_code == 201
    surrogates = {each.complainant for each in assessed(office)}
    assert len(surrogates) == 6


def test_a_person_of_the_staff_sees_of_a_colleagues_file_only_that_it_was_read(office: Office) -> None:
    media = {"Content-Type": "application/x-ndjson"}
    headers = {**office.token(STAFF, by=ANNA), **media}
    sent = office.client.post("/complaint-imports", content=json.dumps(letter()).encode(), headers=headers)
    office.process_imports()
    path = sent.headers["location"]
    own, other = (office.client.get(path, headers=office.token(STAFF, by=by)).json() for by in (ANNA, BORIS))
    assert (own["accepted"], other["lines_read"]) == (1, 1)
    assert {other[each] for each in ("digest", "accepted", "duplicates", "rejected")} == {None}
    assert problem(office.client.get(f"{path}/errors", headers=office.token(STAFF, by=BORIS))) == (403, "forbidden")


def test_staff_read_no_number_of_a_person_in_an_external_id(office: Office) -> None:
    filed = office.file(f"no-{OTHER}")
    assert office.complaint(filed["id"])["external_id"] == "no-〈号码〉"


def test_what_staff_file_uses_up_nothing_of_what_a_citizen_may_file(office: Office) -> None:
    for place in range(CAP + 5):
        record(office, ANNA, letter(f"l-{place}"))
    office.post("/complaints", report("a-1"))
    assert [each.capped for each in assessed(office)] == [False] * (CAP + 6)


def test_staff_read_the_same_of_a_capped_and_of_a_first_complaint(office: Office) -> None:
    filed = [office.file(f"a-{place}")["id"] for place in range(CAP + 1)]
    office.file("b-1", complainant_number=OTHER)
    office.assess()
    own = {"id", "external_id", "filed_at", "assessed_at"}

    def read(identifier: str) -> dict[str, Any]:
        view = office.complaint(identifier)
        view["assessment"].pop("assessed_at")
        return {name: each for name, each in view.items() if name not in own}

    other = office.rows("SELECT id FROM complaints WHERE external_id = 'b-1'")[0].id
    assert [each.capped for each in assessed(office)].count(True) == 1
    assert read(filed[-1]) == read(str(other)) == read(filed[0])
    assert "complainant" not in read(filed[0])


def test_staff_see_neither_digest_nor_counts_nor_errors_of_a_channels_file(office: Office) -> None:
    found = office.import_lines(report("a-1"), report("a-1", complainant_number=OTHER), report("a-1"))
    assert (found["accepted"], found["duplicates"], found["rejected"]) == (1, 1, 1)
    path = f"/complaint-imports/{found['id']}"
    (listed,) = office.get("/complaint-imports").json()["items"]
    for shown in (office.get(path, org=STAFF).json(), listed):
        assert (shown["state"], shown["lines"], shown["lines_read"]) == ("finished", 3, 3)
        assert {shown[each] for each in ("digest", "accepted", "duplicates", "rejected")} == {None}
    assert problem(office.get(f"{path}/errors", org=STAFF)) == (403, "forbidden")
    assert office.get(f"{path}/errors", org="channel:app").status_code == 200


@pytest.mark.parametrize(("channel", "by"), [("sms", "sms-system"), ("staff", ANNA)])
def test_the_intake_reads_and_writes_the_same_for_a_known_and_an_unknown_number(
    office: Office, channel: str, by: str
) -> None:
    for place in range(3):
        office.file(f"a-{place}")
        record(office, BORIS, letter(f"l-{place}"))

    def touched(number: str) -> dict[str, tuple[int, ...]]:
        body = report(channel=channel, complainant_number=number, external_id=None)
        with office.database.begin() as tx:
            before = accesses(tx)
            assert file_complaint(tx, msgspec.convert(body, Report), by).new
            after = accesses(tx)
        return {table: tuple(map(sub, after[table], before[table])) for table in after}

    touched("13900008888")  # the process reads the data keys of the quarter once
    known, unknown = touched(COMPLAINANT), touched(OTHER)
    assert known == unknown
    assert known["complaints"][-3:] == (1, 0, 0)


def accesses(read: Read) -> dict[str, tuple[int, ...]]:
    """By table, what this connection has done so far: scans of the table and of its indexes, rows that were read by
    them, and rows that were inserted, updated and deleted."""
    counts = (
        "seq_scan, seq_tup_read, coalesce(idx_scan, 0), coalesce(idx_tup_fetch, 0), n_tup_ins, n_tup_upd, n_tup_del"
    )
    rows = read.execute(sa.text(f"SELECT relname, ARRAY[{counts}] AS counts FROM pg_stat_xact_user_tables"))
    return {row.relname: tuple(row.counts) for row in rows}
