"""Authorities answer a real referrals service over REST as their habits say, also when it is gone for a while."""

from __future__ import annotations

import re
import time
from collections import Counter

import pytest

from chassis import clock
from sandbox import install
from tests.integration.referrals import scenes
from tests.integration.sandbox.capital import PROMPT, RECEIVING, Capital
from tests.integration.sandbox.serving import served
from tests.integration.sandbox.town import eventually


def test_an_authority_says_that_it_has_a_batch_and_concludes_its_clues(open_capital: Capital) -> None:
    open_capital.collect(3)
    open_capital.seal()
    with open_capital.at_work() as authorities:
        eventually(lambda: open_capital.states() == {"concluded"})
        eventually(lambda: not authorities[0]._minded)
    (batch,) = open_capital.batches()
    assert batch.received_at > batch.sealed_at
    for clue in open_capital.clues():
        assert batch.received_at <= clue.received_at < clue.concluded_at < clue.conclude_by
    assert authorities[0].done == {"receipt": 1, "conclusion": 3}


def test_a_fine_names_the_enterprise_an_amount_and_a_decision_that_nobody_made(open_capital: Capital) -> None:
    open_capital.collect(4)
    scenes.consume(
        open_capital.database,
        *(scenes.assessed(f"let {n}", kind="sublet-suspected", provider=None, signature="子虚商行") for n in range(3)),
    )
    open_capital.seal()
    with open_capital.at_work():
        eventually(lambda: open_capital.states() == {"concluded"})
    concluded = open_capital.conclusions().values()
    assert len(concluded) == 5
    for told in concluded:
        conclusion, subject = told["conclusion"], told["subject"]
        assert conclusion["code"] == "fined"
        assert conclusion["amount"] in (10_000, 30_000)
        assert conclusion["enterprise"] == (subject["value"] if subject["kind"] == "enterprise" else None)
        assert re.fullmatch(rf"虚市监罚〔{clock.now().year}〕\d{{6}}号", conclusion["decision"])
    assert {told["subject"]["kind"] for told in concluded} == {"enterprise", "signature"}


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


def test_what_becomes_of_a_clue_follows_from_its_id(open_capital: Capital) -> None:
    open_capital.collect(40)
    open_capital.seal()
    with open_capital.at_work(MIXED) as authorities:
        habits = open_capital.habits("SAMR")
        courses = {clue.id: habits.clue("SAMR", str(clue.id), 1) for clue in open_capital.clues()}

        def expected(identifier: object) -> str:
            course = courses[identifier]
            if course.conclude:
                return "concluded"
            return "returned" if course.give_back else "received"

        eventually(lambda: all(clue.state == expected(clue.id) for clue in open_capital.clues()))
        time.sleep(0.5)  # some looks later nothing has been added to that
        assert all(clue.state == expected(clue.id) for clue in open_capital.clues())
    drawn = Counter(courses.values())
    assert len(drawn) == 5
    for identifier, told in open_capital.conclusions().items():
        (clue,) = [each for each in open_capital.clues() if str(each.id) == identifier]
        conclusion, course = told["conclusion"], courses[clue.id]
        assert (conclusion["code"], conclusion["note"]) == (course.conclude, course.note)
        assert bool(conclusion["decision"]) == (course.conclude in ("fined", "warned"))
    assert {(clue.return_reason, clue.return_note) for clue in open_capital.clues() if clue.state == "returned"} == {
        ("not-competent", "不属于本机关职责")
    }
    done = Counter({"receipt": 1, "return": sum(n for each, n in drawn.items() if each.give_back)})
    done["conclusion"] = sum(n for each, n in drawn.items() if each.conclude)
    assert authorities[0].done == done


def test_the_conclusions_of_one_batch_and_course_come_in_one_file(open_capital: Capital) -> None:
    open_capital.collect(30)
    open_capital.seal()
    with open_capital.at_work(MIXED) as authorities:
        eventually(lambda: len(open_capital.files()) == 3)
        eventually(lambda: not authorities[0]._minded)
    habits = open_capital.habits("SAMR")
    drawn = Counter(habits.clue("SAMR", str(clue.id), 1) for clue in open_capital.clues())
    lines = sorted(file.accepted for file in open_capital.files())
    assert lines == sorted(times for course, times in drawn.items() if course.conclude)
    assert {(file.state, file.org) for file in open_capital.files()} == {("finished", "authority:SAMR")}


def test_the_same_clues_are_concluded_the_same_way_when_a_file_is_handed_in_again(capital: Capital) -> None:
    capital.collect(5)
    capital.seal()
    with served(capital.issuer, capital.issuer_port), served(capital.referrals, capital.referrals_port):
        with capital.at_work():
            eventually(lambda: len(capital.files()) == 1)
        with capital.at_work():
            eventually(lambda: len(capital.files()) == 2)
        with capital.sweeping():
            eventually(lambda: {file.state for file in capital.files()} == {"finished"})
    first, second = capital.files()
    assert (first.accepted, first.duplicates, first.rejected) == (5, 0, 0)
    assert (second.accepted, second.duplicates, second.rejected) == (0, 5, 0)
    assert len(capital.conclusions()) == 5


def test_an_authority_that_starts_anew_goes_on_where_it_was(open_capital: Capital) -> None:
    open_capital.collect(4)
    open_capital.seal()
    with open_capital.at_work(RECEIVING):
        eventually(lambda: open_capital.states() == {"received"})
    with open_capital.at_work():
        eventually(lambda: open_capital.states() == {"concluded"})
    assert len(open_capital.conclusions()) == 4


def test_who_never_says_that_it_has_a_batch_has_nothing_to_conclude(open_capital: Capital) -> None:
    open_capital.collect(2)
    open_capital.seal()
    with open_capital.at_work(PROMPT.replace("    receipt: 0s\n", "")):
        time.sleep(0.5)
    assert open_capital.states() == {"referred"}
    assert [batch.received_at for batch in open_capital.batches()] == [None]


def test_batches_that_come_while_it_works_are_found_and_clues_over_many_pages(
    open_capital: Capital, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.office._PAGE_SIZE", 4)
    open_capital.collect(10)
    open_capital.seal()
    with open_capital.at_work():
        open_capital.collect(10, first=10)
        open_capital.seal()
        eventually(lambda: len(open_capital.conclusions()) == 20)
    assert len(open_capital.batches()) == 2


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


def test_every_authority_acts_on_its_own_and_on_nothing_else(open_capital: Capital) -> None:
    open_capital.collect(3)
    open_capital.collect(2, industry="education")
    scenes.consume(open_capital.database, *(scenes.crime(f"crime {n}", f"1390000123{n}") for n in range(4)))
    open_capital.collect(1, industry="telecom")  # the regulator's own, which is never handed over
    open_capital.seal()
    with open_capital.at_work(TWO) as authorities:
        eventually(lambda: len(open_capital.conclusions()) == 9)
        eventually(lambda: not any(each._minded for each in authorities))
    assert {each.code: each.done["conclusion"] for each in authorities} == {"SAMR": 3, "MPS": 4, "MOE": 2}
    assert not any(each.done["failed"] for each in authorities)
    codes = {(told["authority"], told["conclusion"]["code"]) for told in open_capital.conclusions().values()}
    assert codes == {("SAMR", "fined"), ("MPS", "warned"), ("MOE", "rectified")}
    assert [clue.state for clue in open_capital.clues() if clue.industry == "telecom"] == ["open"]


def test_what_one_returns_another_concludes_when_staff_have_routed_it(open_capital: Capital) -> None:
    open_capital.collect(2)
    open_capital.seal()
    returning = "{share: 100%, return: not-competent, after: 0s}"
    habits = TWO.replace("{share: 100%, conclude: fined, amounts: [10000, 30000], after: 0s}", returning)
    with open_capital.at_work(habits) as authorities, open_capital.caller("regulator:MIIT") as staff:
        eventually(lambda: open_capital.states() == {"returned"})
        for clue in open_capital.clues():
            answer = staff.post(
                f"/clues/{clue.id}/routing",
                json={"authority": "MOE", "reason": "其实是培训机构"},
                headers={"If-Match": f'"{clue.version}"'},
            )
            assert answer.status_code == 200, answer.text
        open_capital.seal()
        eventually(lambda: open_capital.states() == {"concluded"})
        eventually(lambda: not any(each._minded for each in authorities))
    assert {told["authority"] for told in open_capital.conclusions().values()} == {"MOE"}
    assert not any(each.done["failed"] for each in authorities)


def test_who_is_late_concludes_what_is_overdue(open_capital: Capital) -> None:
    open_capital.collect(2)
    open_capital.seal()
    with open_capital.at_work(RECEIVING):
        eventually(lambda: open_capital.states() == {"received"})
    late = PROMPT.replace("fined, amounts: [10000, 30000], after: 0s", "warned, after: 130%")
    with open_capital.at_work(late):
        time.sleep(0.5)
        assert open_capital.states() == {"received"}
    (given,) = {clue.conclude_by - clue.referred_at for clue in open_capital.clues()}
    with clock.shifted(given * 1.3):
        eventually(lambda: all(clue.overdue_since for clue in open_capital.clues()))
        with open_capital.at_work(late):
            eventually(lambda: open_capital.states() == {"concluded"})
    for clue in open_capital.clues():
        assert clue.concluded_at - clue.referred_at > given * 1.3


def test_what_a_colleague_concluded_meanwhile_is_left_alone(open_capital: Capital) -> None:
    open_capital.collect(3)
    open_capital.seal()
    slow = PROMPT.replace("after: 0s", "after: 2s")
    with open_capital.at_work(slow) as authorities, open_capital.caller("authority:SAMR") as colleague:
        eventually(lambda: open_capital.states() == {"received"})
        eventually(lambda: len(authorities[0]._minded) == 3)
        clue = open_capital.clues()[1]
        answer = colleague.post(
            f"/clues/{clue.id}/conclusion",
            json={"code": "no-violation"},
            headers={"If-Match": f'"{clue.version}"'},
        )
        assert answer.status_code == 200, answer.text
        eventually(lambda: open_capital.states() == {"concluded"})
        eventually(lambda: not authorities[0]._minded)
    assert open_capital.conclusions()[str(clue.id)]["conclusion"]["code"] == "no-violation"
    assert authorities[0].done == {"receipt": 1, "conclusion": 2}


def test_what_a_colleague_said_to_be_there_is_concluded_all_the_same(open_capital: Capital) -> None:
    open_capital.collect(2)
    open_capital.seal()
    slow = PROMPT.replace("receipt: 0s", "receipt: 2s")
    with open_capital.at_work(slow) as authorities, open_capital.caller("authority:SAMR") as colleague:
        eventually(lambda: authorities[0]._minded)
        (batch,) = open_capital.batches()
        answer = colleague.post(f"/batches/{batch.id}/receipt", json={"digest": batch.digest})
        assert answer.status_code == 200, answer.text
        eventually(lambda: open_capital.states() == {"concluded"})
        eventually(lambda: not authorities[0]._minded)
    assert authorities[0].done == {"conclusion": 2}


def test_what_a_colleague_returned_meanwhile_is_not_returned_again(open_capital: Capital) -> None:
    open_capital.collect(1)
    open_capital.seal()
    slow = PROMPT.replace("conclude: fined, amounts: [10000, 30000], after: 0s", "return: not-competent, after: 2s")
    with open_capital.at_work(slow) as authorities, open_capital.caller("authority:SAMR") as colleague:
        eventually(lambda: authorities[0]._minded and open_capital.states() == {"received"})
        (clue,) = open_capital.clues()
        answer = colleague.post(
            f"/clues/{clue.id}/return",
            json={"reason": "other-region"},
            headers={"If-Match": f'"{clue.version}"'},
        )
        assert answer.status_code == 200, answer.text
        eventually(lambda: not authorities[0]._minded)
    assert [each.return_reason for each in open_capital.clues()] == ["other-region"]
    assert authorities[0].done == {"receipt": 1}


def test_every_scope_that_the_service_asks_for_is_somebodys(open_capital: Capital) -> None:
    with open_capital.caller("regulator:MIIT") as staff:
        document = staff.get("/openapi.json").json()
    asked = {
        scope
        for path in document["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict)
        for each in operation.get("security", [])
        for scopes in each.values()
        for scope in scopes
    }
    assert asked
    assert asked <= set(install.all_scopes())
