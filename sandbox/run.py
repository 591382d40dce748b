"""The sandbox as one process: the token issuer, carriers at the ports service, and authorities at referrals."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import uvicorn

from chassis import logs, rules
from chassis.http import server
from sandbox import behaviour, install, issuer
from sandbox.authorities import SimulatedAuthority
from sandbox.book import Book
from sandbox.carriers import SimulatedCarrier
from sandbox.correspondent import Correspondent
from sandbox.settings import SandboxSettings
from sandbox.tokens import Tokens


def serve(settings: SandboxSettings) -> None:
    """Run until SIGTERM or SIGINT. Raises NotInstalled and ValueError before the start."""
    logs.configure(settings.log_level, settings.log_format)
    rules.use_packs(settings.rule_packs)
    app = issuer.create_app(
        settings.directory, settings.issuer, settings.audience, proxies=settings.proxies, run_id=settings.run_id
    )
    serving = uvicorn.Server(server.config(app, settings.host, settings.listens_at))
    # After its shutdown uvicorn raises the signal again; it must not end the process before all have stopped.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    with running_carriers(settings), running_authorities(settings):
        serving.run()


def _leave(number: int, _: object) -> None:
    # Ignore repeated signals during the shutdown: PR_SET_PDEATHSIG is delivered once per thread of the dead parent.
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    sys.exit(0)


@contextmanager
def running_carriers(settings: SandboxSettings) -> Iterator[list[SimulatedCarrier]]:
    """The carriers, running for the duration of the block; none without `ports_url`. They wait for issuer and service.

    Raises NotInstalled, KeyError where a carrier has no client, and ValueError.
    """
    if settings.ports_url is None:
        yield []
        return
    habits = behaviour.load(settings.behaviour_file)
    book = Book(settings.book_file)
    carriers = [
        SimulatedCarrier(
            code, habits, book, settings.ports_url, _tokens(settings, f"carrier:{code}"), threads=settings.threads
        )
        for code in settings.running_carriers(habits.carriers)
    ]
    with _running(carriers):
        yield carriers


@contextmanager
def running_authorities(settings: SandboxSettings) -> Iterator[list[SimulatedAuthority]]:
    """The authorities, running for the duration of the block; none without `referrals_url`. They wait for issuer and
    service.

    Raises NotInstalled, KeyError where an authority has no client, and ValueError.
    """
    if settings.referrals_url is None:
        yield []
        return
    habits = behaviour.load(settings.behaviour_file)
    authorities = [
        SimulatedAuthority(
            code, habits, settings.referrals_url, _tokens(settings, f"authority:{code}"), threads=settings.threads
        )
        for code in settings.running_authorities(habits.authorities)
    ]
    with _running(authorities):
        yield authorities


@contextmanager
def _running(correspondents: Sequence[Correspondent]) -> Iterator[None]:
    with ExitStack() as stack:
        for each in correspondents:
            each.start()
            stack.callback(each.stop)
        try:
            yield
        finally:
            # Request the stop of all of them first: otherwise the others continue during the wait for one.
            for each in correspondents:
                each.request_stop()


def _tokens(settings: SandboxSettings, org: str) -> Tokens:
    return Tokens(settings.token_url or settings.issuer, install.client(settings.directory, org))
