"""A rebuilt projection has the same rows as before, also when events arrive during the rebuild."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Table

from anning.services import NAMES, load
from tests.faults.running import CARRIER, RunningSystem, eventually, port, request_until_answered
from tests.faults.workload import complaint

pytestmark = pytest.mark.timeout(600)


def rebuild(running: RunningSystem) -> None:
    """Rebuild the copy of the register in complaints by the operator's command."""
    generation = running.one("complaints", _GENERATION)
    done = running.operate("complaints", "projection", "rebuild", "complaints", "filings")
    assert done.returncode == 0, done.stderr
    assert f"starts generation {generation + 1}" in done.stdout


_GENERATION = "SELECT coalesce(max(generation), 1) FROM projections WHERE name = 'filings'"


def rows_and_digest(running: RunningSystem) -> tuple[int, str]:
    """The number of filings in the copy of the register, and the digest of all their columns."""
    ((count, digest),) = running.rows(
        "complaints",
        "SELECT count(*), md5(string_agg(each::text || holders::text, E'\\n' ORDER BY filing)) "
        "FROM register_filings AS each JOIN register_holders AS holders USING (filing)",
    )
    return count, digest


def wait_until_caught_up(running: RunningSystem) -> None:
    """Wait until the worker is ready and no work is pending."""
    eventually(lambda: not running.readiness_problems("complaints worker"))
    running.settle()


def test_a_rebuild_while_ports_are_filed_ends_with_the_rows_of_the_register(
    running: RunningSystem,
) -> None:
    early, late = ([f"106903{kind}1{index:05}" for index in range(150)] for kind in (3, 4))
    running.file_ports(early)
    running.file(complaint("before a rebuild", early[0], 1))
    with running.sandbox_paused():
        running.settle()
        before = rows_and_digest(running)
        rebuild(running)
        wait_until_caught_up(running)
        assert rows_and_digest(running) == before

        def file_one(number: str) -> int:
            with running.api("ports", CARRIER) as http:
                body = port(number) | {"province": None, "covers_extensions": False}
                status = request_until_answered(http, "POST", "/filings", json=body).status_code
                # A second filing of the same port.
                request_until_answered(
                    http, "POST", "/filings", json=body | {"signature": "山雀外卖", "declared_from": None}
                )
                return status

        with ThreadPoolExecutor(4) as threads:
            filing = [threads.submit(file_one, number) for number in late]
            rebuild(running)
            eventually(lambda: sum(each.done() for each in filing) > len(filing) // 2)
            rebuild(running)
            assert {each.result() for each in filing} == {201}
        # A complaint filed while the copy is incomplete is assessed when the copy is complete again.
        (filed,) = running.file(complaint("during a rebuild", early[0], 2))
        wait_until_caught_up(running)
        rebuilt_meanwhile = rows_and_digest(running)
        assert rebuilt_meanwhile[0] == before[0] + 2 * len(late)
        assert running.rows("complaints", "SELECT kind FROM complaints WHERE id = %s", filed) == [("declared",)]

        rebuild(running)
        wait_until_caught_up(running)
        assert rows_and_digest(running) == rebuilt_meanwhile
        assert sorted(running.rows("complaints", _COPIED)) == sorted(running.rows("ports", _OWN))


@pytest.mark.parametrize("service", ["referrals", "credit"])
def test_enterprise_names_are_the_same_after_a_rebuild(running: RunningSystem, service: str) -> None:
    running.file_ports([f"106903{NAMES.index(service)}5{index:05}" for index in range(20)])
    running.settle()
    # Only the offset of the consumer group shows that the last record was read; rows and readiness do not.
    group, topic = f"{service}.enterprises.{running.one(service, _GENERATION_OF_ENTERPRISES)}", "ports.ports.v1"
    eventually(lambda: running.topics.offsets(group, topic) == running.topics.ends(topic))
    enterprises = f"SELECT {', '.join(each.name for each in _names(service).columns)} FROM {_names(service).name}"
    before = sorted(running.rows(service, enterprises))
    assert before
    done = running.operate(service, "projection", "rebuild", service, "enterprises")
    assert done.returncode == 0, done.stderr
    worker = f"{service} worker"
    eventually(lambda: not running.readiness_problems(worker), describe=lambda: running.readiness_problems(worker))
    running.settle()
    assert sorted(running.rows(service, enterprises)) == before


_GENERATION_OF_ENTERPRISES = "SELECT coalesce(max(generation), 1) FROM projections WHERE name = 'enterprises'"


def _names(service: str) -> Table:
    """The table of the projection; every replay writes all of its columns again."""
    (projection,) = load(service).projections
    (table,) = projection.tables
    return table


_COPIED = """
SELECT each.carrier, each.number, access_code, filing::text, holder, content ->> 'signature',
       (content ->> 'valid_from')::timestamptz, (content ->> 'valid_to')::timestamptz, on_record_from
FROM register_filings AS each JOIN register_holders USING (filing)
"""
_OWN = """
SELECT ports.carrier, ports.number, access_code, filings.id::text, holder, signature,
       valid_from, valid_to, on_record_from
FROM ports JOIN filings ON filings.port_id = ports.id
"""
