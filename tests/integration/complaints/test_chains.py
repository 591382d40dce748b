"""The persons in the chain of an assessment: staff who filed or corrected the complaint, and no one else."""

from __future__ import annotations

from tests.integration.complaints.scenes import Office, report
from tests.parts.chains import chains

ASSESSED = "complaint-assessed.v1"


def test_what_a_channel_files_has_no_person_in_its_chain(office: Office) -> None:
    office.post("/complaints", report("a-1"), org="channel:app", by="app-system")
    office.import_lines(report("a-2"), org="channel:app")
    office.assess()
    assert chains(office.database, ASSESSED) == [None, None]


def test_what_staff_file_alone_or_in_a_file_has_them_in_its_chain(office: Office) -> None:
    office.post("/complaints", report("a-1", channel="staff"), org="regulator:MIIT", by="li")
    office.import_lines(report("a-2", channel="staff"), org="regulator:MIIT")
    office.assess()
    assert sorted(map(str, chains(office.database, ASSESSED))) == ["li", "system-1"]


def test_every_correction_adds_its_person(office: Office) -> None:
    identifier = office.post("/complaints", report("a-1"), org="channel:app").json()["id"]
    office.assess()
    for version, (person, industry) in enumerate((("wang", "education"), ("li", "travel")), 1):
        body = {"note": "核对过", "industry": industry}
        answer = office.post(f"/complaints/{identifier}/corrections", body, by=person, If_Match=f'"{version}"')
        assert answer.status_code == 201, answer.text
    assert chains(office.database, ASSESSED) == [None, "wang", "li wang"]
