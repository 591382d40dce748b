"""Simulated authorities act at a real referrals service over REST as their behaviour is configured."""

from __future__ import annotations

import re
import time
from collections import Counter

import pytest

from chassis import clock
from sandbox.people import all_scopes
from tests.integration.referrals import scenes
from tests.integration.sandbox.referrals_simulation import PROMPT, RECEIVING, ReferralsSimulation
from tests.integration.sandbox.serving import served
from tests.integration.sandbox.simulation import eventually, required_scopes


def test_an_authority_returns_the_receipt_of_a_batch_and_concludes_its_clues(
    running_referrals: ReferralsSimulation,
) -> None:
    running_referrals.collect(3)
    running_referrals.seal()
    with running_referrals.authorities() as authorities:
        eventually(lambda: running_referrals.states() == {"concluded"})
        eventually(lambda: not authorities[0]._reserved)
    (batch,) = running_referrals.batches()
    assert batch.received_at > batch.sealed_at
    for clue in running_referrals.clues():
        assert batch.received_at <= clue.received_at < clue.concluded_at < clue.conclude_by
    assert authorities[0].done == {"receipt": 1, "conclusion": 3}


def test_a_fine_has_the_enterprise_an_amount_and_an_invented_decision_number(
    running_referrals: ReferralsSimulation,
) -> None:
    running_referrals.collect(4)
    scenes.consume(
        running_referrals.database,
        *(
            scenes.assessed(f"sublet {n}", kind="sublet-suspected", provider=None, signature="子虚商行")
            for n in range(3)
        ),
    )
    running_referrals.seal()
    with running_referrals.authorities():
        eventually(lambda: running_referrals.states() == {"concluded"})
    concluded = running_referrals.conclusions().values()
    assert len(concluded) == 5
    for event in concluded:
        conclusion, subject = event["conclusion"], event["subject"]
        assert conclusion["code"] == "fined"
        assert conclusion["amount"] in (10_000, 30_000)
        assert conclusion["enterprise"] == (subject["value"] if subject["kind"] == "enterprise" else None)
        assert re.fullmatch(rf"虚市监罚〔{clock.now().year}〕\d{{6}}号", conclusion["decision"])
    assert {event["subject"]["kind"] for event in concluded} == {"enterprise", "signature"}


MIXED = """
poll: 50ms
unlisted: 100%
carriers: {}
authorities:
  SAMR:
    receipt: 100ms
    decides_as: 虚市监罚
    courses:
      - {share: 20%, conclude: fined, amounts: [20000], after: 100ms}
      - {share: 20%, conclude: interviewed, after: 200ms, note: 已约谈}
      - {share: 20%, return: not-competent, after: 100ms, note: 不属于本机关职责}
      - {share: 20%, conclude: warned, after: 5%}
      - {share: 20%}
"""


def test_the_course_of_a_clue_is_determined_by_its_id(running_referrals: ReferralsSimulation) -> None:
    running_referrals.collect(40)
    running_referrals.seal()
    with running_referrals.authorities(MIXED) as authorities:
        habits = running_referrals.behaviour.authorities["SAMR"]
        courses = {clue.id: habits.clue("SAMR", str(clue.id), 1) for clue in running_referrals.clues()}

        def expected(identifier: object) -> str:
            course = courses[identifier]
            if course.conclude:
                return "concluded"
            return "returned" if course.give_back else "received"

        eventually(lambda: all(clue.state == expected(clue.id) for clue in running_referrals.clues()))
        time.sleep(0.5)  # further polls change nothing
        assert all(clue.state == expected(clue.id) for clue in running_referrals.clues())
    drawn = Counter(courses.values())
    assert len(drawn) == 5
    for identifier, event in running_referrals.conclusions().items():
        (clue,) = [each for each in running_referrals.clues() if str(each.id) == identifier]
        conclusion, course = event["conclusion"], courses[clue.id]
        assert (conclusion["code"], conclusion["note"]) == (course.conclude, course.note)
        assert bool(conclusion["decision"]) == (course.conclude in ("fined", "warned"))
    assert {
        (clue.return_reason, clue.return_note) for clue in running_referrals.clues() if clue.state == "returned"
    } == {("not-competent", "不属于本机关职责")}
    done = Counter({"receipt": 1, "return": sum(n for each, n in drawn.items() if each.give_back)})
    done["conclusion"] = sum(n for each, n in drawn.items() if each.conclude)
    assert authorities[0].done == done


def test_the_conclusions_of_one_batch_and_course_are_uploaded_as_one_file(
    running_referrals: ReferralsSimulation,
) -> None:
    running_referrals.collect(30)
    running_referrals.seal()
    with running_referrals.authorities(MIXED) as authorities:
        eventually(lambda: len(running_referrals.files()) == 3)
        eventually(lambda: not authorities[0]._reserved)
    habits = running_referrals.behaviour.authorities["SAMR"]
    drawn = Counter(habits.clue("SAMR", str(clue.id), 1) for clue in running_referrals.clues())
    lines = sorted(file.accepted for file in running_referrals.files())
    assert lines == sorted(times for course, times in drawn.items() if course.conclude)
    assert {(file.state, file.org) for file in running_referrals.files()} == {("finished", "authority:SAMR")}


def test_a_repeated_file_has_the_same_conclusions_and_changes_nothing(referrals: ReferralsSimulation) -> None:
    referrals.collect(5)
    referrals.seal()
    with served(referrals.issuer, referrals.issuer_port), served(referrals.api, referrals.service_port):
        with referrals.authorities():
            eventually(lambda: len(referrals.files()) == 1)
        with referrals.authorities():
            eventually(lambda: len(referrals.files()) == 2)
        with referrals.sweeping():
            eventually(lambda: {file.state for file in referrals.files()} == {"finished"})
    first, second = referrals.files()
    assert (first.accepted, first.duplicates, first.rejected) == (5, 0, 0)
    assert (second.accepted, second.duplicates, second.rejected) == (0, 5, 0)
    assert len(referrals.conclusions()) == 5


def test_an_authority_continues_after_a_restart(running_referrals: ReferralsSimulation) -> None:
    running_referrals.collect(4)
    running_referrals.seal()
    with running_referrals.authorities(RECEIVING):
        eventually(lambda: running_referrals.states() == {"received"})
    with running_referrals.authorities():
        eventually(lambda: running_referrals.states() == {"concluded"})
    assert len(running_referrals.conclusions()) == 4


def test_an_authority_that_returns_no_receipt_concludes_nothing(running_referrals: ReferralsSimulation) -> None:
    running_referrals.collect(2)
    running_referrals.seal()
    with running_referrals.authorities(PROMPT.replace("    receipt: 0s\n", "")):
        time.sleep(0.5)
    assert running_referrals.states() == {"referred"}
    assert [batch.received_at for batch in running_referrals.batches()] == [None]


def test_new_batches_are_found_while_authorities_run_and_listings_have_many_pages(
    running_referrals: ReferralsSimulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.office._PAGE_SIZE", 4)
    running_referrals.collect(10)
    running_referrals.seal()
    with running_referrals.authorities():
        running_referrals.collect(10, first=10)
        running_referrals.seal()
        eventually(lambda: len(running_referrals.conclusions()) == 20)
    assert len(running_referrals.batches()) == 2


TWO = (
    PROMPT
    + """
  MPS:
    receipt: 0s
    decides_as: 虚公行罚
    courses: [{share: 100%, conclude: warned, after: 0s}]
  MOE:
    receipt: 0s
    decides_as: 虚教监罚
    courses: [{share: 100%, conclude: rectified, after: 0s}]
"""
)


def test_every_authority_acts_on_its_own_clues_only(running_referrals: ReferralsSimulation) -> None:
    running_referrals.collect(3)
    running_referrals.collect(2, industry="education")
    scenes.consume(running_referrals.database, *(scenes.crime(f"crime {n}", f"1390000123{n}") for n in range(4)))
    running_referrals.collect(1, industry="telecom")  # the regulator's own clue, which is never handed over
    running_referrals.seal()
    with running_referrals.authorities(TWO) as authorities:
        eventually(lambda: len(running_referrals.conclusions()) == 9)
        eventually(lambda: not any(each._reserved for each in authorities))
    assert {each.code: each.done["conclusion"] for each in authorities} == {"SAMR": 3, "MPS": 4, "MOE": 2}
    assert not any(each.done["failed"] for each in authorities)
    codes = {(event["authority"], event["conclusion"]["code"]) for event in running_referrals.conclusions().values()}
    assert codes == {("SAMR", "fined"), ("MPS", "warned"), ("MOE", "rectified")}
    assert [clue.state for clue in running_referrals.clues() if clue.industry == "telecom"] == ["open"]


def test_a_returned_clue_is_concluded_by_the_authority_that_staff_route_it_to(
    running_referrals: ReferralsSimulation,
) -> None:
    running_referrals.collect(2)
    running_referrals.seal()
    returning = "{share: 100%, return: not-competent, after: 0s}"
    habits = TWO.replace("{share: 100%, conclude: fined, amounts: [10000, 30000], after: 0s}", returning)
    with running_referrals.authorities(habits) as authorities, running_referrals.officer() as staff:
        eventually(lambda: running_referrals.states() == {"returned"})
        for clue in running_referrals.clues():
            answer = staff.post(
                f"/clues/{clue.id}/routing",
                json={"authority": "MOE", "reason": "其实是培训机构"},
                headers={"If-Match": f'"{clue.version}"'},
            )
            assert answer.status_code == 200, answer.text
        running_referrals.seal()
        eventually(lambda: running_referrals.states() == {"concluded"})
        eventually(lambda: not any(each._reserved for each in authorities))
    assert {event["authority"] for event in running_referrals.conclusions().values()} == {"MOE"}
    assert not any(each.done["failed"] for each in authorities)


def test_a_late_authority_concludes_overdue_clues(running_referrals: ReferralsSimulation) -> None:
    running_referrals.collect(2)
    running_referrals.seal()
    with running_referrals.authorities(RECEIVING):
        eventually(lambda: running_referrals.states() == {"received"})
    late = PROMPT.replace("fined, amounts: [10000, 30000], after: 0s", "warned, after: 130%")
    with running_referrals.authorities(late):
        time.sleep(0.5)
        assert running_referrals.states() == {"received"}
    (term,) = {clue.conclude_by - clue.referred_at for clue in running_referrals.clues()}
    with clock.shifted(term * 1.3):
        eventually(lambda: all(clue.overdue_since for clue in running_referrals.clues()))
        with running_referrals.authorities(late):
            eventually(lambda: running_referrals.states() == {"concluded"})
    for clue in running_referrals.clues():
        assert clue.concluded_at - clue.referred_at > term * 1.3


def test_a_clue_that_a_colleague_has_concluded_is_not_changed(running_referrals: ReferralsSimulation) -> None:
    running_referrals.collect(3)
    running_referrals.seal()
    # Long enough for the colleague to conclude first, on a busy machine too.
    slow = PROMPT.replace("after: 0s", "after: 8s")
    with running_referrals.authorities(slow) as authorities, running_referrals.client("authority:SAMR") as colleague:
        eventually(lambda: running_referrals.states() == {"received"})
        eventually(lambda: len(authorities[0]._reserved) == 3)
        clue = running_referrals.clues()[1]
        answer = colleague.post(
            f"/clues/{clue.id}/conclusion",
            json={"code": "no-violation"},
            headers={"If-Match": f'"{clue.version}"'},
        )
        assert answer.status_code == 200, answer.text
        eventually(lambda: running_referrals.states() == {"concluded"})
        eventually(lambda: not authorities[0]._reserved)
    assert running_referrals.conclusions()[str(clue.id)]["conclusion"]["code"] == "no-violation"
    assert authorities[0].done == {"receipt": 1, "conclusion": 2}


def test_clues_of_a_batch_whose_receipt_a_colleague_returned_are_concluded(
    running_referrals: ReferralsSimulation,
) -> None:
    running_referrals.collect(2)
    running_referrals.seal()
    slow = PROMPT.replace("receipt: 0s", "receipt: 2s")
    with running_referrals.authorities(slow) as authorities, running_referrals.client("authority:SAMR") as colleague:
        eventually(lambda: authorities[0]._reserved)
        (batch,) = running_referrals.batches()
        answer = colleague.post(f"/batches/{batch.id}/receipt", json={"digest": batch.digest})
        assert answer.status_code == 200, answer.text
        eventually(lambda: running_referrals.states() == {"concluded"})
        eventually(lambda: not authorities[0]._reserved)
    assert authorities[0].done == {"conclusion": 2}


def test_a_clue_that_a_colleague_has_returned_is_not_returned_again(running_referrals: ReferralsSimulation) -> None:
    running_referrals.collect(1)
    running_referrals.seal()
    # Long enough for the colleague to return it first, on a busy machine too.
    slow = PROMPT.replace("conclude: fined, amounts: [10000, 30000], after: 0s", "return: not-competent, after: 8s")
    with running_referrals.authorities(slow) as authorities, running_referrals.client("authority:SAMR") as colleague:
        eventually(lambda: authorities[0]._reserved and running_referrals.states() == {"received"})
        (clue,) = running_referrals.clues()
        answer = colleague.post(
            f"/clues/{clue.id}/return",
            json={"reason": "other-region"},
            headers={"If-Match": f'"{clue.version}"'},
        )
        assert answer.status_code == 200, answer.text
        eventually(lambda: not authorities[0]._reserved)
    assert [each.return_reason for each in running_referrals.clues()] == ["other-region"]
    assert authorities[0].done == {"receipt": 1}


def test_every_scope_that_the_service_requires_is_granted_to_a_client_or_a_person(
    running_referrals: ReferralsSimulation,
) -> None:
    required = required_scopes(running_referrals)
    assert required
    assert required <= set(all_scopes())
