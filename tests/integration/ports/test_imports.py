"""A register file: applied line by line with every refusal reported; an unreadable file leaves no trace."""

from __future__ import annotations

import gzip
from typing import Any, NamedTuple

import pytest
from fastapi import FastAPI

from chassis.database import Database
from chassis.imports import import_sweep
from chassis.sweeper import Slice
from services.ports.imports import FILING_IMPORTS
from tests.integration.http.api import problem
from tests.integration.http.times import time_inputs
from tests.integration.ports.api import Api
from tests.integration.ports.scenes import HOLDER, NUMBER, PROVIDER, ordered, rows

CMCC, MIIT = "carrier:CMCC", "regulator:MIIT"

HEADER = "number,carrier,province,holder_uscc,holder_name,provider_uscc,provider_name,signature,purpose,declared_from"


def line(number: str = NUMBER, carrier: str = "CMCC", holder: str = HOLDER, day: str = "2020-01-01") -> str:
    return f"{number},{carrier},,{holder},示例短信信息,{PROVIDER},样例服务中心,样例服务,notice,{day}"


def apply_all(database: Database) -> None:
    """Apply every file that was sent."""
    done = 1
    while done:
        with database.begin() as tx:
            done = import_sweep(FILING_IMPORTS).run(tx, Slice(1))


class Sent(NamedTuple):
    """A file that was sent and applied: its counts (accepted, duplicates, rejected), and its errors by line."""

    counts: tuple[int, int, int]
    errors: dict[int, Any]


def send(api: Api, database: Database, *lines: str, org: str = CMCC, encoding: str = "utf-8", **headers: str) -> Sent:
    """Send a file with a header and these lines, and apply it. Every line has exactly one outcome."""
    content = "\n".join([HEADER, *lines]).encode(encoding)
    sent = api.upload(org, "/filing-imports", content, **headers)
    assert sent.status_code == 202, sent.text
    apply_all(database)
    done = api.get(org, sent.headers["location"]).json()
    assert (done["state"], done["lines_read"]) == ("finished", len(lines))
    errors = {each["line"]: each for each in api.get(org, f"{sent.headers['location']}/errors").json()["items"]}
    assert done["rejected"] == len(errors)
    return Sent((done["accepted"], done["duplicates"], done["rejected"]), errors)


def test_a_file_is_applied_line_by_line_and_bad_lines_are_reported(api: Api, database: Database) -> None:
    found = send(
        api,
        database,
        line(),
        line("13900001234"),
        line(f"{NUMBER}4", holder="91350000M0CKHA1D3F"),
        line(f"{NUMBER}1"),
        line(f"{NUMBER}2", day="2999-01-01"),
        line(f"{NUMBER}3", carrier="CUCC"),
        "too,few",
    )
    assert found.counts == (2, 0, 5)
    assert {number: (each["code"], each["column"], each["value"]) for number, each in found.errors.items()} == {
        3: ("invalid", "number", "〈号码〉"),
        4: ("invalid", "holder_uscc", "91350000M0CKHA1D3F"),
        6: ("invalid", "declared_from", "2999-01-01"),
        7: ("foreign-carrier", "carrier", "CUCC"),
        8: ("columns", None, None),
    }
    assert found.errors[4]["detail"].startswith("column `holder_uscc`: `91350000M0CKHA1D3F` is not a credit code: ")
    assert found.errors[7]["detail"] == "column `carrier`: `CUCC`: a carrier files only its own ports"


def test_an_error_names_what_was_probably_meant(api: Api, database: Database) -> None:
    (error,) = send(api, database, line(carrier="cmcc")).errors.values()
    assert (error["line"], error["column"], error["value"]) == (2, "carrier", "cmcc")
    assert "column `carrier`: `cmcc` is unknown here; did you mean CMCC?" in error["detail"]


def test_an_unclosed_quote_loses_no_line(api: Api, database: Database) -> None:
    lines = [line(f"{NUMBER}{n:03}") for n in range(60)]
    lines[10] = lines[10].replace("样例服务中心", '"样例服务中心')
    lines[40] = lines[40].replace("样例服务中心", '"样例服务中心"')
    found = send(api, database, *lines)
    assert found.counts == (59, 0, 1)
    error = found.errors[12]
    assert (error["last_line"], error["code"], error["column"]) == (42, "unclosed-quote", "provider_name")
    assert error["detail"].startswith("lines 12 to 42: ")


def test_spaces_before_a_quote_store_no_quote(api: Api, database: Database) -> None:
    assert send(api, database, line().replace(",样例服务,", ', "样例服务" ,')).counts == (1, 0, 0)
    assert [row.signature for row in rows(database, "SELECT signature FROM filings")] == ["样例服务"]


def test_every_kind_of_space_in_a_name_is_an_ordinary_one(api: Api, database: Database) -> None:
    assert send(api, database, line().replace("样例服务中心", "\u3000样例\u00a0服务\u200b中心")).counts == (1, 0, 0)
    assert [row.provider_name for row in rows(database, "SELECT provider_name FROM filings")] == ["样例 服务中心"]


def test_a_number_that_is_repeated_in_a_file_is_an_error_of_the_second_line(api: Api, database: Database) -> None:
    lines = [line(), line(f"{NUMBER}1"), line(f"+86 {NUMBER}", day="2021-01-01"), line(carrier="CMCC\u200b")]
    found = send(api, database, *lines)
    assert found.counts == (2, 0, 2)
    assert {(each["code"], each["column"]) for each in found.errors.values()} == {("repeated", "number")}
    assert found.errors[4]["detail"] == (
        f"column `number`: `+86 {NUMBER}` is already in line 2 of this file; only the first line of a file counts"
    )
    stored = "SELECT count(*) FROM outbox"
    before = rows(database, stored)
    assert send(api, database, *lines).counts == (0, 2, 2)
    assert rows(database, stored) == before


def test_a_line_that_is_refused_repeats_nothing(api: Api, database: Database) -> None:
    found = send(api, database, line(day="2999-01-01"), line(), line(holder="x"), line(day="2021-01-01"))
    assert found.counts == (1, 0, 3)
    assert {number: each["code"] for number, each in found.errors.items()} == {
        2: "invalid",
        4: "invalid",
        5: "repeated",
    }
    assert "is already in line 3 of this file" in found.errors[5]["detail"]
    assert [row.valid_from.isoformat() for row in rows(database, "SELECT valid_from FROM filings")] == [
        "2019-12-31T16:00:00+00:00"
    ]


def test_one_number_at_two_carriers_is_not_repeated(api: Api, database: Database) -> None:
    found = send(api, database, line(), line(carrier="CUCC"), org="regulator:MIIT")
    assert found.counts == (2, 0, 0)


def test_a_file_in_gb18030_is_read_where_it_is_declared_and_refused_where_it_is_not(
    api: Api, database: Database
) -> None:
    content = f"{HEADER}\n{line()}".encode("gbk")
    refused = api.upload(CMCC, "/filing-imports", content)
    assert refused.status_code == 422
    assert refused.json()["type"] == "/problems/unreadable-file"
    assert (refused.json()["likely"], refused.json()["line"]) == ("gb18030", 2)
    assert rows(database, "SELECT 1 FROM imports") == []
    found = send(api, database, line(), encoding="gbk", **{"Content-Type": "text/csv; charset=GBK"})
    assert found.counts == (1, 0, 0)
    assert [row.signature for row in rows(database, "SELECT signature FROM filings")] == ["样例服务"]
    assert [row.media_type for row in rows(database, "SELECT media_type FROM imports")] == ["text/csv; charset=gbk"]


def test_a_name_with_a_replacement_character_is_refused(api: Api, database: Database) -> None:
    found = send(api, database, line().replace("样例服务中心", "样例\ufffd\ufffd中心"), line(f"{NUMBER}1"))
    assert found.counts == (1, 0, 1)
    assert found.errors[2]["code"] == "replacement-character"


def test_the_same_file_again_adds_nothing(api: Api, database: Database) -> None:
    content = "\n".join(
        [HEADER, *(line(f"{NUMBER}{n}", day="2020-01-01" if n % 2 else "") for n in range(30))]
    ).encode()
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


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", "1.06907E+11"),
        ("number", "'10690123566571"),
        ("number", "13900001234"),
        ("carrier", "cmcc"),
        ("carrier", "移动"),
        ("province", "广东"),
        ("holder_uscc", "91350000M0CKHA1D3F"),
        ("holder_name", "坏\ufffd字"),
        ("signature", "长" * 41),
        ("purpose", "营销"),
        ("purpose", "Notice"),
        ("declared_from", "2026/5/1"),
        ("declared_from", "45000"),
        ("declared_from", "2999-01-01"),
        ("covers_extensions", "是"),
    ],
)
def test_a_wrong_value_has_the_same_error_alone_and_in_a_file(
    api: Api, database: Database, field: str, value: str
) -> None:
    columns = [*HEADER.split(","), "covers_extensions"]
    good = dict(zip(columns, [*line().split(","), "false"], strict=True))
    wrong = good | {field: value}
    content = "\n".join([",".join(columns), ",".join(wrong.values())]).encode()
    sent = api.upload(MIIT, "/filing-imports", content)
    apply_all(database)
    (in_file,) = api.get(MIIT, f"{sent.headers['location']}/errors").json()["items"]
    body = wrong | {"covers_extensions": value if field == "covers_extensions" else False, "province": None}
    answer = api.post(MIIT, "/filings", body | ({"province": value} if field == "province" else {}))
    assert answer.status_code == 422, answer.text
    if "\ufffd" in value:
        return  # a text with lost characters is refused before it is read: of a line and of a body
    (alone,) = answer.json()["errors"]
    assert alone["pointer"] == f"/{in_file['column']}" == f"/{field}"
    assert in_file["detail"] == f"column `{field}`: {alone['detail']}"
    assert in_file["value"] == alone.get("value")
    assert rows(database, "SELECT id FROM filings") == []


def test_the_same_filing_is_known_by_every_intake(api: Api, database: Database) -> None:
    good = dict(zip(HEADER.split(","), line().split(","), strict=True)) | {"province": None}
    assert api.post(CMCC, "/filings", good).status_code == 201
    assert send(api, database, line()).counts == (0, 1, 0)
    assert api.post(CMCC, "/filings", good).status_code == 200
    assert len(rows(database, "SELECT id FROM filings")) == 1


@pytest.mark.parametrize("day", ["0001-01-01", "1999-12-31", "2100-01-01", "9999-12-31"])
def test_a_day_out_of_bounds_is_refused_by_the_form_and_in_a_file(
    app: FastAPI, api: Api, database: Database, day: str
) -> None:
    assert [str(each) for each in time_inputs(app)] == ["POST /filings body/declared_from"]
    filing = dict(zip(HEADER.split(","), line(day=day).split(","), strict=True)) | {"province": None}
    response = api.post(MIIT, "/filings", filing)
    assert problem(response) == (422, "validation")
    assert [error["pointer"] for error in response.json()["errors"]] == ["/declared_from"]
    found = send(api, database, line(f"{NUMBER}77"), line(f"{NUMBER}78", day=day))
    assert [(each["column"], each["value"]) for each in found.errors.values()] == [("declared_from", day)]
    assert (found.counts, list(found.errors)) == ((1, 0, 1), [3])
