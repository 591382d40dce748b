"""Simulated authorities perform each act once and reject changed batches, when the connection to the service is
disturbed."""

from __future__ import annotations

import time
from contextlib import ExitStack

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.integration.sandbox.referrals_simulation import PROMPT, ReferralsSimulation
from tests.integration.sandbox.serving import Overloaded, served
from tests.integration.sandbox.simulation import eventually


class _Tampering:
    """An application behind a proxy that changes the content of batches."""

    def __init__(self, app: ASGIApp, was: bytes, becomes: bytes) -> None:
        assert len(was) == len(becomes)
        self._app = app
        self._was, self._becomes = was, becomes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def changed(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": message.get("body", b"").replace(self._was, self._becomes)}
            await send(message)

        tampered = scope["type"] == "http" and scope["path"].endswith("/content")
        await self._app(scope, receive, changed if tampered else send)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [(b'"complainants":3', b'"complainants":9'), (b'"because":"command"', b'"because":"nothing"')],
)
def test_no_receipt_is_returned_for_a_batch_that_differs_from_the_sealed_one(
    referrals: ReferralsSimulation, was: bytes, becomes: bytes
) -> None:
    referrals.collect(2)
    referrals.seal()
    with (
        served(referrals.issuer, referrals.issuer_port),
        served(_Tampering(referrals.api, was, becomes), referrals.service_port),
        referrals.authorities() as authorities,
    ):
        eventually(lambda: authorities[0].done["failed"] >= 2)
    assert referrals.states() == {"referred"}
    assert [batch.received_at for batch in referrals.batches()] == [None]
    assert authorities[0].done["receipt"] == 0
    with referrals.running(), referrals.authorities():
        eventually(lambda: referrals.states() == {"concluded"})


def test_authorities_wait_until_issuer_and_service_are_available(referrals: ReferralsSimulation) -> None:
    referrals.collect(3)
    referrals.seal()
    with referrals.authorities(), referrals.sweeping(), ExitStack() as later:
        time.sleep(0.5)
        later.enter_context(served(referrals.issuer, referrals.issuer_port))
        time.sleep(0.5)
        later.enter_context(served(referrals.api, referrals.service_port))
        eventually(lambda: referrals.states() == {"concluded"})


def test_a_service_that_restarts_repeatedly_receives_every_act_once(referrals: ReferralsSimulation) -> None:
    for index in range(12):
        referrals.collect(3, first=3 * index)
        referrals.seal()
    with served(referrals.issuer, referrals.issuer_port), referrals.authorities() as authorities, referrals.sweeping():
        for _ in range(3):
            with served(referrals.api, referrals.service_port):
                time.sleep(0.4)
        with served(referrals.api, referrals.service_port):
            eventually(lambda: referrals.states() == {"concluded"})
            eventually(lambda: not authorities[0]._reserved)
    assert {clue.version for clue in referrals.clues()} == {4}
    assert {batch.version for batch in referrals.batches()} == {2}
    assert len(referrals.conclusions()) == 36
    assert authorities[0].done["failed"] == 0


@pytest.mark.parametrize("status", [503, 429])
def test_authorities_wait_when_the_service_rejects_requests(referrals: ReferralsSimulation, status: int) -> None:
    for index in range(4):
        referrals.collect(3, first=3 * index)
        referrals.seal()
    returning = "{share: 50%, return: not-competent, after: 0s}, {share: 50%, conclude: warned, after: 0s}"
    habits = PROMPT.replace("{share: 100%, conclude: fined, amounts: [10000, 30000], after: 0s}", returning)
    with (
        served(referrals.issuer, referrals.issuer_port),
        served(Overloaded(referrals.api, status), referrals.service_port),
        referrals.sweeping(),
        referrals.authorities(habits) as authorities,
    ):
        eventually(lambda: referrals.states() <= {"concluded", "returned"})
        eventually(lambda: not authorities[0]._reserved)
    assert {clue.version for clue in referrals.clues()} == {4}
    assert {batch.version for batch in referrals.batches()} == {2}
    done = authorities[0].done
    assert (done["receipt"], done["conclusion"] + done["return"], done["failed"]) == (4, 12, 0)
