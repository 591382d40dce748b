"""Assessment: each complaint once, by the register as it was filed when the message was sent."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from chassis.buckets import ALL, bucket_of
from chassis.database import StaleAggregateError
from chassis.sweeper import Slice
from contracts.complaints import ComplaintAssessed
from services.complaints.model import WithdrawalReason
from services.complaints.policy.assessment import assess, standard
from services.complaints.policy.attribution import RegisterPart
from services.complaints.store import complaints as store
from services.complaints.sweeps import ASSESS
from tests.integration.complaints.scenes import HOLDER, NUMBER, PROVIDER, SENT, TEXT, Office, filing, report


def assessed(office: Office) -> ComplaintAssessed:
    [event] = office.events()
    assert isinstance(event, ComplaintAssessed)
    return event


def test_a_complaint_is_assessed_once_and_published_in_full(office: Office) -> None:
    office.declare()
    filed = office.file()
    assert office.assess() == 1
    assert office.assess() == 0
    event = assessed(office)
    assert event.complaint == UUID(filed["id"])
    assert (event.attribution.kind, event.attribution.holder) == ("declared", HOLDER)
    assert (event.attribution.provider, event.attribution.carrier) == (PROVIDER, "CMCC")
    assert (event.category, event.industry, event.vouched) == ("commercial", "retail", True)
    found = office.complaint(filed["id"])
    assert (found["state"], found["version"]) == ("assessed", 1)
    assert found["assessment"]["attribution"]["signature"] == "云杉书店"
    assert found["assessment"]["rules"]


def test_the_complaint_is_the_correlation_id_of_its_events(office: Office) -> None:
    filed = office.file()
    office.assess()
    [row] = office.rows("SELECT payload FROM outbox")
    assert f'"correlationid":"{filed["id"]}"'.encode() in bytes(row.payload)


@pytest.mark.parametrize(
    ("sender", "kind"), [(NUMBER, "unregistered"), ("13900009999", "p2p"), ("95588", "other"), ("客服", "other")]
)
def test_every_sender_has_a_kind(office: Office, sender: str, kind: str) -> None:
    office.file(sender_number=sender)
    office.assess()
    assert assessed(office).attribution.kind == kind


def test_an_unreadable_signature_names_no_provider_and_is_published_as_such(office: Office) -> None:
    office.declare()
    filed = office.file(text="（红枫超市）全场八折")
    office.assess()
    event = assessed(office)
    assert (event.attribution.kind, event.attribution.holder, event.attribution.provider) == ("declared", HOLDER, None)
    assert event.attribution.signature_unreadable
    assert "signature:unreadable" in event.reasons
    assert office.complaint(filed["id"])["assessment"]["attribution"]["signature_unreadable"] is True


def test_an_invisible_mark_before_a_signature_does_not_hide_it(office: Office) -> None:
    office.declare()
    office.file(text="\u200e【红枫超市】全场八折")
    office.assess()
    event = assessed(office)
    assert (event.attribution.kind, event.attribution.provider) == ("sublet-suspected", None)
    assert event.attribution.signature == "红枫超市"
    assert event.excerpt == "【红枫超市】全场八折"


def test_a_port_that_was_filed_after_the_message_is_unregistered(office: Office) -> None:
    office.declare(filing(since=SENT + timedelta(hours=1)))
    office.file()
    office.assess()
    assert assessed(office).attribution.kind == "unregistered"


def test_an_unfiled_number_is_attributed_by_a_covering_prefix_or_its_access_code(office: Office) -> None:
    office.declare(filing(covers_extensions=True), number=NUMBER[:10])
    office.declare(filing(holder="91110108MA01EXAMPB"), number="10657123001", carrier="CMCC")
    office.import_lines(
        report("a-1"), report("a-2", sender_number="10657123002"), report("a-3", sender_number="10620000001")
    )
    office.assess()
    found = {
        event.sender.number: event.attribution for event in office.events() if isinstance(event, ComplaintAssessed)
    }
    assert (found[NUMBER].kind, found[NUMBER].holder) == ("declared", HOLDER)
    assert (found["10657123002"].kind, found["10657123002"].holder) == ("unregistered", "91110108MA01EXAMPB")
    assert (found["10620000001"].kind, found["10620000001"].holder) == ("unregistered", None)


def test_all_holders_of_an_access_code_with_many_ports_are_found(office: Office) -> None:
    for number in range(30):
        holder = HOLDER if number % 3 else "91110108MA01EXAMPB"
        office.declare(
            filing(holder=holder), number=f"{NUMBER[:8]}{number:04}", carrier="CMCC" if number % 2 else "CUCC"
        )
    view = office.get(f"/register/{NUMBER}").json()
    assert view["filings"] == []
    assert {(each["carrier"], each["holder"]) for each in view["holders"]} == {
        ("CMCC", HOLDER),
        ("CUCC", HOLDER),
        ("CMCC", "91110108MA01EXAMPB"),
        ("CUCC", "91110108MA01EXAMPB"),
    }


def test_an_older_snapshot_of_a_port_changes_nothing(office: Office) -> None:
    newest = filing("新签名")
    office.declare(newest, version=2)
    office.declare(msgspec.structs.replace(newest, signature="旧签名"), version=1)
    office.declare(msgspec.structs.replace(newest, signature="又一个"), version=2)
    view = office.get(f"/register/{NUMBER}").json()
    assert [each["signature"] for each in view["filings"]] == ["新签名"]


def test_the_register_is_shown_as_of_a_moment(office: Office) -> None:
    office.declare(filing("旧签名", valid_to=SENT), filing("新签名", since=SENT))
    before = office.get(f"/register/{NUMBER}?at=2026-06-01T04:30:16Z").json()
    after = office.get(f"/register/{NUMBER}?at=2026-06-01T04:30:17Z").json()
    assert [each["signature"] for each in before["filings"]] == ["旧签名"]
    assert [each["signature"] for each in after["filings"]] == ["新签名"]


def test_concurrent_sweeps_assess_every_complaint_once(office: Office) -> None:
    office.import_lines(*(report(f"a-{number}", sender_number=f"106901234{number:05}") for number in range(600)))
    done = []

    def sweep() -> None:
        while True:
            with office.database.begin() as tx:
                count = ASSESS.run(tx, Slice(40))
            if not count:
                return
            done.append(count)

    sweepers = [threading.Thread(target=sweep) for _ in range(3)]
    for each in sweepers:
        each.start()
    for each in sweepers:
        each.join()
    while count := office.assess():
        done.append(count)
    assert sum(done) == 600
    assert office.rows("SELECT count(*), min(version), max(version) FROM assessments")[0] == (600, 1, 1)
    assert len({event.aggregate_id for event in office.events()}) == 600


def test_a_sweep_takes_only_complaints_of_its_buckets(office: Office) -> None:
    office.file()
    own = bucket_of(NUMBER)
    with office.database.begin() as tx:
        assert ASSESS.run(tx, Slice(100, tuple(bucket for bucket in ALL if bucket != own))) == 0
    with office.database.begin() as tx:
        assert ASSESS.run(tx, Slice(100, (own,))) == 1


def test_an_assessment_during_a_filing_uses_the_register_before_or_after_it(office: Office) -> None:
    office.import_lines(*(report(f"a-{number}") for number in range(300)))
    started = threading.Event()

    def file_ports() -> None:
        started.set()
        for version in range(1, 60):
            office.declare(filing("云杉书店" if version % 2 else "红枫超市"), version=version)

    filer = threading.Thread(target=file_ports)
    filer.start()
    started.wait()
    while True:
        with office.database.begin() as tx:
            if not ASSESS.run(tx, Slice(10)):
                break
    filer.join()
    kinds = {event.attribution.kind for event in office.events() if isinstance(event, ComplaintAssessed)}
    assert kinds <= {"declared", "sublet-suspected", "unregistered"}
    assert office.rows("SELECT count(*) FROM assessments")[0][0] == 300


def test_a_stale_complaint_is_not_saved(office: Office) -> None:
    filed = office.file()
    with office.database.begin() as tx:
        [stale] = store.load_complaints(tx, [UUID(filed["id"])])
    office.assess()
    stale.withdraw(WithdrawalReason.TAKEN_BACK, tx.cause)
    with pytest.raises(StaleAggregateError), office.database.begin() as tx:
        store.save_complaints(tx, [stale])
    assert len(office.events()) == 1


def test_a_stored_assessment_is_loaded_unchanged(office: Office) -> None:
    filed = office.file()
    with office.database.begin() as tx:
        [waiting] = store.load_unassessed(tx, [filed["id"]])
        found = assess(waiting, TEXT, RegisterPart(), standard(waiting.sent_at), waiting.filed_at)
        waiting.assess(found, tx.cause)
        store.save_complaints(tx, [waiting])
    with office.database.begin() as tx:
        [stored] = store.load_complaints(tx, [UUID(filed["id"])])
    assert stored.assessment == found
    assert stored.text == TEXT
    assert stored.version == stored.stored_version == 1


def test_a_provincial_administration_sees_the_filings_of_its_province_and_no_holder(office: Office) -> None:
    office.declare(filing(province="440000"))
    for org, seen in (("MIIT", True), ("CA-44", True), ("CA-11", False)):
        view = office.get(f"/register/{NUMBER}", org=f"regulator:{org}").json()
        assert bool(view["filings"]) is seen
    for org, seen in (("MIIT", True), ("CA-44", False)):
        view = office.get(f"/register/{NUMBER[:8]}9999", org=f"regulator:{org}").json()
        assert bool(view["holders"]) is seen
