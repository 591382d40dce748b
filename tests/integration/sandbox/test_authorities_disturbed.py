"""Authorities say what they have to say once, and take nothing for what it is not, whatever is between them and the
service.
"""

from __future__ import annotations

import time
from contextlib import ExitStack

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.integration.sandbox.capital import PROMPT, Capital
from tests.integration.sandbox.serving import Overloaded, served
from tests.integration.sandbox.town import eventually


class _Tampering:
    """An application behind something that changes what batches hold."""

    def __init__(self, app: ASGIApp, was: bytes, becomes: bytes) -> None:
        assert len(was) == len(becomes)
        self._app = app
        self._was, self._becomes = was, becomes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def changed(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": message.get("body", b"").replace(self._was, self._becomes)}
            await send(message)

        meddled = scope["type"] == "http" and scope["path"].endswith("/content")
        await self._app(scope, receive, changed if meddled else send)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [(b'"complainants":3', b'"complainants":9'), (b'"because":"command"', b'"because":"nothing"')],
)
def test_a_batch_that_is_not_what_was_sealed_is_not_said_to_be_there(
    capital: Capital, was: bytes, becomes: bytes
) -> None:
    capital.collect(2)
    capital.seal()
    with (
        served(capital.issuer, capital.issuer_port),
        served(_Tampering(capital.referrals, was, becomes), capital.referrals_port),
        capital.at_work() as authorities,
    ):
        eventually(lambda: authorities[0].done["failed"] >= 2)
    assert capital.states() == {"referred"}
    assert [batch.received_at for batch in capital.batches()] == [None]
    assert authorities[0].done["receipt"] == 0
    with capital.open(), capital.at_work():
        eventually(lambda: capital.states() == {"concluded"})


def test_authorities_wait_for_an_issuer_and_a_service_that_are_not_there_yet(capital: Capital) -> None:
    capital.collect(3)
    capital.seal()
    with capital.at_work(), capital.sweeping(), ExitStack() as later:
        time.sleep(0.5)
        later.enter_context(served(capital.issuer, capital.issuer_port))
        time.sleep(0.5)
        later.enter_context(served(capital.referrals, capital.referrals_port))
        eventually(lambda: capital.states() == {"concluded"})


def test_a_service_that_restarts_again_and_again_hears_everything_once(capital: Capital) -> None:
    for place in range(12):
        capital.collect(3, first=3 * place)
        capital.seal()
    with served(capital.issuer, capital.issuer_port), capital.at_work() as authorities, capital.sweeping():
        for _ in range(3):
            with served(capital.referrals, capital.referrals_port):
                time.sleep(0.4)
        with served(capital.referrals, capital.referrals_port):
            eventually(lambda: capital.states() == {"concluded"})
            eventually(lambda: not authorities[0]._minded)
    assert {clue.version for clue in capital.clues()} == {4}
    assert {batch.version for batch in capital.batches()} == {2}
    assert len(capital.conclusions()) == 36
    assert authorities[0].done["failed"] == 0


@pytest.mark.parametrize("status", [503, 429])
def test_who_is_told_to_wait_waits(capital: Capital, status: int) -> None:
    for place in range(4):
        capital.collect(3, first=3 * place)
        capital.seal()
    returning = "{share: 50%, return: not-competent, after: 0s}, {share: 50%, conclude: warned, after: 0s}"
    habits = PROMPT.replace("{share: 100%, conclude: fined, amounts: [10000, 30000], after: 0s}", returning)
    with (
        served(capital.issuer, capital.issuer_port),
        served(Overloaded(capital.referrals, status), capital.referrals_port),
        capital.sweeping(),
        capital.at_work(habits) as authorities,
    ):
        eventually(lambda: capital.states() <= {"concluded", "returned"})
        eventually(lambda: not authorities[0]._minded)
    assert {clue.version for clue in capital.clues()} == {4}
    assert {batch.version for batch in capital.batches()} == {2}
    done = authorities[0].done
    assert (done["receipt"], done["conclusion"] + done["return"], done["failed"]) == (4, 12, 0)
