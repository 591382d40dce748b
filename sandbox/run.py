"""The sandbox as one process: the token issuer, and the carriers that answer the ports service."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import uvicorn

from chassis import logs
from sandbox import behaviour, install, issuer
from sandbox.book import Book
from sandbox.carriers import Carrier
from sandbox.settings import SandboxSettings
from sandbox.tokens import Tokens


def serve(settings: SandboxSettings) -> None:
    """Serves until SIGTERM or SIGINT. Raises NotInstalled and ValueError before anything is served."""
    logs.configure(settings.log_level, settings.log_format)
    app = issuer.create_app(settings.directory, settings.issuer, settings.audience)
    server = uvicorn.Server(
        uvicorn.Config(
            app, host=settings.host, port=settings.listens_at, log_config=None, access_log=False, lifespan="off"
        )
    )
    # The server gives a signal on when it has shut down; it must not end the process before the carriers have stopped.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    with carriers_at_work(settings):
        server.run()


def _leave(number: int, _: object) -> None:
    # Whoever is asked once more goes on with what it ends: the kernel asks once for each thread of a parent that is
    # killed.
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    sys.exit(0)


@contextmanager
def carriers_at_work(settings: SandboxSettings) -> Iterator[list[Carrier]]:
    """The carriers, at work for the length of the block; none without `ports_url`. They wait for issuer and service.

    Raises NotInstalled, KeyError where a carrier has no client, and ValueError.
    """
    if settings.ports_url is None:
        yield []
        return
    habits = behaviour.load(settings.behaviour_file)
    book = Book(settings.book_file)
    carriers = [
        Carrier(
            code,
            habits,
            book,
            settings.ports_url,
            Tokens(settings.token_url or settings.issuer, install.client(settings.directory, f"carrier:{code}")),
            threads=settings.threads,
        )
        for code in settings.carrier_codes(list(habits.carriers))
    ]
    with ExitStack() as stack:
        for each in carriers:
            each.start()
            stack.callback(each.stop)
        yield carriers
