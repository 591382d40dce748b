"""Every intake recognises what another one has filed: the same complaint of the same channel is one complaint."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from services.complaints.commands.filing import file_complaint
from services.complaints.policy.intake import Report, ReportOf01
from tests.integration.complaints.scenes import Office, report

SPELLINGS = ("2026-06-01T04:30:17.1234565Z", "2026-06-01T12:30:17.123457+08:00")
"""One moment: times are rounded to microseconds."""


def by_request(office: Office, complaint: dict[str, Any]) -> str:
    """The answer of the intake by request to a complaint."""
    answer = office.post("/complaints", complaint)
    return {201: "new", 200: "known", 409: "differs", 422: "invalid"}[answer.status_code]


def by_file(office: Office, complaint: dict[str, Any]) -> str:
    """The answer of the intake by file to a complaint."""
    found = office.import_lines(complaint)
    if found["rejected"]:
        (error,) = office.get(f"/complaint-imports/{found['id']}/errors").json()["items"]
        return {"complaint-differs": "differs", "invalid": "invalid"}[error["code"]]
    return "new" if found["accepted"] else "known"


def filed(office: Office) -> int:
    count: int = office.get("/statistics").json()["filed"]
    return count


@pytest.mark.parametrize("external_id", ["app-1", None])
@pytest.mark.parametrize("intakes", [(by_request, by_file), (by_file, by_request)])
def test_a_complaint_that_another_intake_has_filed_is_known(
    office: Office, intakes: tuple[Any, Any], external_id: str | None
) -> None:
    first, second = (report(external_id, sent_at=moment) for moment in SPELLINGS)
    assert intakes[0](office, first) == "new"
    assert [intake(office, each) for intake in intakes for each in (first, second)] == ["known"] * 4
    assert filed(office) == 1


@pytest.mark.parametrize("intakes", [(by_request, by_file), (by_file, by_request)])
def test_another_complaint_under_the_id_of_one_that_another_intake_has_filed_is_refused(
    office: Office, intakes: tuple[Any, Any]
) -> None:
    assert intakes[0](office, report("app-1")) == "new"
    assert intakes[1](office, report("app-1", text="another text")) == "differs"


@pytest.mark.parametrize("external_id", ["app-1", None])
@pytest.mark.parametrize("intake", [by_request, by_file])
def test_a_complaint_whose_sender_release_0_1_0_did_not_recognise_is_known(
    office: Office, intake: Any, external_id: str | None
) -> None:
    again = report(external_id, sender_number="1069\u31640123456789")
    with office.database.begin() as tx:
        file_complaint(tx, msgspec.json.decode(json.dumps(again), type=ReportOf01), "app-system")
    assert intake(office, again) == "known"
    assert filed(office) == 1


IDS = ("caf\u00e9-1", "cafe\u0301-1", " caf\u00e9-1", "cafe\u0301-1\u3000\n")
"""One external id in several spellings; the first one is stored."""


@pytest.mark.parametrize("first", IDS)
@pytest.mark.parametrize("intakes", [(by_request, by_file), (by_file, by_request)])
def test_one_external_id_in_several_spellings_is_one_complaint(
    office: Office, intakes: tuple[Any, Any], first: str
) -> None:
    assert intakes[0](office, report(first)) == "new"
    assert [intake(office, report(each)) for intake in intakes for each in IDS] == ["known"] * 8
    assert intakes[1](office, report(IDS[2], text="another text")) == "differs"
    assert [row.external_id for row in office.rows("SELECT external_id FROM complaints")] == [IDS[0]]


def test_of_the_lines_of_a_file_with_one_external_id_in_several_spellings_the_first_is_filed(office: Office) -> None:
    found = office.import_lines(*(report(each) for each in IDS))
    assert (found["accepted"], found["duplicates"]) == (1, 3)


@pytest.mark.parametrize("stored", IDS[1:])
@pytest.mark.parametrize("intake", [by_request, by_file])
def test_a_complaint_that_release_0_1_0_stored_under_its_id_as_sent_is_known(
    office: Office, intake: Any, stored: str
) -> None:
    again = report(stored, sender_number="1069\u31640123456789", sent_at="2026-06-01T04:30:17.1234565Z")
    earlier = again | {"sent_at": "2026-06-01T04:30:17.123456Z"}
    for sent in (earlier, report("app-2")):
        with office.database.begin() as tx:
            file_complaint(tx, msgspec.json.decode(json.dumps(sent), type=ReportOf01), "app-system")
    assert intake(office, again) == intake(office, earlier) == "known"
    assert intake(office, again | {"text": "another text"}) == "differs"
    assert filed(office) == 2


def test_of_a_file_every_line_that_release_0_1_0_stored_is_known(office: Office) -> None:
    with office.database.begin() as tx:
        file_complaint(tx, msgspec.json.decode(json.dumps(report(IDS[2])), type=ReportOf01), "app-system")
    found = office.import_lines(report(IDS[2]), report("app-2"), report(IDS[2]))
    assert (found["accepted"], found["duplicates"]) == (1, 2)


@pytest.mark.parametrize("external_id", ["app-1", None])
@pytest.mark.parametrize("cut_off", [("sent_at",), ("received_at",), ("sent_at", "received_at")])
@pytest.mark.parametrize("intake", [by_request, by_file])
def test_a_request_that_release_0_1_0_read_with_its_times_cut_off_is_known(
    office: Office, intake: Any, external_id: str | None, cut_off: tuple[str, ...]
) -> None:
    again = report(external_id, **{name: f"2026-06-01T04:3{n}:17.1234565Z" for n, name in enumerate(cut_off)})
    earlier = again | {name: again[name].replace("4565Z", "456Z") for name in cut_off}
    with office.database.begin() as tx:
        file_complaint(tx, msgspec.json.decode(json.dumps(earlier), type=Report), "app-system")
    assert intake(office, again) == "known"
    assert filed(office) == 1


def test_a_complaint_that_is_sent_a_microsecond_earlier_is_another_one(office: Office) -> None:
    moment = datetime.fromisoformat("2026-06-01T04:30:17.123457+00:00")
    assert by_request(office, report("app-1", sent_at=moment.isoformat())) == "new"
    earlier = (moment - timedelta(microseconds=1)).isoformat()
    assert by_request(office, report("app-1", sent_at=earlier)) == "differs"
