"""A register file: applied line by line with every refusal reported; an unreadable file leaves no trace."""

from __future__ import annotations

import gzip

from chassis.database import Database
from chassis.imports import import_sweep
from chassis.sweeper import Slice
from services.ports.imports import FILING_IMPORTS
from tests.integration.ports.api import Api
from tests.integration.ports.scenes import HOLDER, NUMBER, PROVIDER, ordered, rows

CMCC = "carrier:CMCC"

HEADER = "number,carrier,province,holder_uscc,holder_name,provider_uscc,provider_name,signature,purpose,declared_from"


def line(number: str = NUMBER, carrier: str = "CMCC", holder: str = HOLDER, day: str = "2020-01-01") -> str:
    return f"{number},{carrier},,{holder},示例短信信息,{PROVIDER},样例服务中心,样例服务,notice,{day}"


def apply_all(database: Database) -> None:
    """Apply every file that was sent."""
    done = 1
    while done:
        with database.begin() as tx:
            done = import_sweep(FILING_IMPORTS).run(tx, Slice(1))


def test_a_file_is_applied_line_by_line_and_bad_lines_are_reported(api: Api, database: Database) -> None:
    content = "\n".join(
        [
            HEADER,
            line(),
            line("13900001234"),
            line(holder="91350000M0CKHA1D3F"),
            line(f"{NUMBER}1"),
            line(),
            line(f"{NUMBER}2", day="2999-01-01"),
            line(f"{NUMBER}3", carrier="CUCC"),
            "too,few",
        ]
    )
    sent = api.upload(CMCC, "/filing-imports", b"\xef\xbb\xbf" + content.encode())
    assert sent.status_code == 202
    apply_all(database)
    done = api.get(CMCC, sent.headers["location"]).json()
    assert (done["state"], done["lines_read"]) == ("finished", 8)
    assert (done["accepted"], done["duplicates"], done["rejected"]) == (2, 1, 5)
    errors = api.get(CMCC, f"{sent.headers['location']}/errors").json()["items"]
    assert [(each["line"], each["code"]) for each in errors] == [
        (3, "invalid"), (4, "invalid"), (7, "invalid"), (8, "foreign-carrier"), (9, "columns"),
    ]  # fmt: skip
    assert errors[1]["detail"].startswith("holder_uscc: ")


def test_the_same_file_again_adds_nothing(api: Api, database: Database) -> None:
    content = "\n".join([HEADER, *(line(f"{NUMBER}{n}") for n in range(30))]).encode()
    api.upload(CMCC, "/filing-imports", content)
    apply_all(database)
    before = rows(database, "SELECT count(*) FROM outbox")
    again = api.upload(CMCC, "/filing-imports", gzip.compress(content), **{"Content-Encoding": "gzip"})
    apply_all(database)
    done = api.get(CMCC, again.headers["location"]).json()
    assert (done["accepted"], done["duplicates"], done["rejected"]) == (0, 30, 0)
    assert rows(database, "SELECT count(*) FROM outbox") == before


def test_a_line_for_a_port_that_is_shut_is_refused(api: Api, database: Database) -> None:
    ordered(database)
    sent = api.upload(CMCC, "/filing-imports", f"{HEADER}\n{line(day='2024-01-01')}".encode())
    apply_all(database)
    (error,) = api.get(CMCC, f"{sent.headers['location']}/errors").json()["items"]
    assert (error["line"], error["code"]) == (2, "refused")


def test_a_file_without_its_columns_leaves_no_trace(api: Api, database: Database) -> None:
    answer = api.upload(CMCC, "/filing-imports", b"number,colour\n1,red\n")
    assert answer.status_code == 422
    assert rows(database, "SELECT 1 FROM imports") == []
