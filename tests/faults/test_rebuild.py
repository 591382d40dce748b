"""A projection that is rebuilt ends with the rows that it had, whatever happens meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Table

from anning.services import NAMES, load
from tests.faults.crowd import complaint
from tests.faults.running import Running, eventually, insist, port

pytestmark = pytest.mark.timeout(600)


def rebuild(running: Running) -> None:
    """Rebuild complaints' copy of the register, as an operator does."""
    generation = running.one("complaints", _GENERATION)
    done = running.operate("complaints", "projection", "rebuild", "complaints", "register")
    assert done.returncode == 0, done.stderr
    assert f"starts generation {generation + 1}" in done.stdout


_GENERATION = "SELECT coalesce(max(generation), 1) FROM projections WHERE name = 'register'"


def content(running: Running) -> tuple[int, str]:
    """How many rows the copy of the register has, and the digest of everything in them."""
    ((count, digest),) = running.rows(
        "complaints",
        "SELECT count(*), md5(string_agg(each::text, E'\\n' ORDER BY carrier, number)) FROM register_ports AS each",
    )
    return count, digest


def caught_up(running: Running) -> None:
    """Wait until the worker says that it has, and nothing is under way."""
    eventually(lambda: not running.unready("complaints worker"))
    running.settle()


def test_rebuilding_while_ports_are_filed_gives_the_rows_of_a_quiet_rebuild_and_of_the_register(
    running: Running,
) -> None:
    early, late = ([f"106903{kind}1{place:05}" for place in range(150)] for kind in (3, 4))
    running.file_ports(early)
    running.file(complaint("before a rebuild", early[0], 1))
    with running.carriers_idle():
        running.settle()
        before = content(running)
        rebuild(running)
        caught_up(running)
        assert content(running) == before

        def file_one(number: str) -> int:
            with running.api("ports") as http:
                said = port(number) | {"province": None, "covers_extensions": False}
                status = insist(http, "POST", "/filings", json=said).status_code
                # A port filed for somebody else since: the same port, one version on.
                insist(http, "POST", "/filings", json=said | {"signature": "山雀外卖", "declared_from": None})
                return status

        with ThreadPoolExecutor(4) as threads:
            filing = [threads.submit(file_one, number) for number in late]
            rebuild(running)
            eventually(lambda: sum(each.done() for each in filing) > len(filing) // 2)
            rebuild(running)
            assert {each.result() for each in filing} == {201}
        # What is complained of while the copy is empty is judged when it is whole again.
        (filed,) = running.file(complaint("amid a rebuild", early[0], 2))
        caught_up(running)
        rebuilt_meanwhile = content(running)
        assert rebuilt_meanwhile[0] == before[0] + len(late)
        assert running.rows("complaints", "SELECT kind FROM complaints WHERE id = %s", filed) == [("declared",)]

        rebuild(running)
        caught_up(running)
        assert content(running) == rebuilt_meanwhile
        assert sorted(running.rows("complaints", _COPIED)) == sorted(running.rows("ports", _OWN))


@pytest.mark.parametrize("service", ["referrals", "credit"])
def test_the_names_of_enterprises_are_the_same_after_a_rebuild(running: Running, service: str) -> None:
    running.file_ports([f"106903{NAMES.index(service)}5{place:05}" for place in range(20)])
    running.settle()
    # Neither its copy of the register nor the worker's readiness tells that the last record was read; its group does.
    group, topic = f"{service}.enterprises.{running.one(service, _READING)}", "ports.ports.v1"
    eventually(lambda: running.topics.offsets(group, topic) == running.topics.ends(topic))
    enterprises = f"SELECT {', '.join(each.name for each in _names(service).columns)} FROM {_names(service).name}"
    before = sorted(running.rows(service, enterprises))
    assert before
    done = running.operate(service, "projection", "rebuild", service, "enterprises")
    assert done.returncode == 0, done.stderr
    eventually(lambda: not running.unready(f"{service} worker"))
    running.settle()
    assert sorted(running.rows(service, enterprises)) == before


_READING = "SELECT coalesce(max(generation), 1) FROM projections WHERE name = 'enterprises'"


def _names(service: str) -> Table:
    """The table of the projection; every replay writes all of its columns anew."""
    (projection,) = load(service).projections
    (table,) = projection.tables
    return table


_COPIED = """
SELECT carrier, number, version, status, access_code, filing ->> 'filing', filing ->> 'holder', filing ->> 'signature',
       (filing ->> 'valid_from')::timestamptz, (filing ->> 'valid_to')::timestamptz
FROM register_ports, jsonb_array_elements(filings) AS filing
"""
_OWN = """
SELECT ports.carrier, ports.number, version, status, access_code, filings.id::text, holder, signature,
       valid_from, valid_to
FROM ports JOIN filings ON filings.port_id = ports.id
"""
