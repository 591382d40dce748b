"""The scenario as files, in the forms of carriers and channels.

`ports.csv` and `complaints.ndjson` contain a few bad lines, as real files do; the others contain the truth.
"""

from __future__ import annotations

import csv
import gzip
import io
import random
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from sandbox.scenario.records import ComplaintRecord, FilingRecord, Scenario

BAD_FILINGS = 3
"""Count of lines in ports.csv that are rejected for their values."""
REPEATED_FILINGS = 1
"""Count of lines in ports.csv that are rejected because they repeat an earlier one."""
BAD_COMPLAINTS = 8
"""Count of rejected lines in complaints.ndjson."""
REPEATED_COMPLAINTS = 6
"""Count of repeated lines in complaints.ndjson."""

_BIG_BYTES = 8 * 1024 * 1024


def write(scenario: Scenario, directory: Path) -> None:
    """Write the files to `directory`, which is created. Existing files are replaced.

    ports.csv, complaints.ndjson   the input; large files are compressed: complaints.ndjson.gz
    answers_numbers.csv            the truth about each number, and its outcome by the rules
    answers_complaints.csv         the classification of each message
    book.csv                       the carriers' knowledge of unfiled numbers
    """
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "ports.csv").write_bytes(ports_csv(scenario))
    complaints = complaints_ndjson(scenario)
    plain, packed = directory / "complaints.ndjson", directory / "complaints.ndjson.gz"
    # The older file must not be taken for a part of this scenario.
    for each in (plain, packed):
        each.unlink(missing_ok=True)
    if len(complaints) > _BIG_BYTES:
        packed.write_bytes(gzip.compress(complaints, compresslevel=6, mtime=0))
    else:
        plain.write_bytes(complaints)
    (directory / "answers_numbers.csv").write_bytes(_csv(_number_answers(scenario)))
    (directory / "answers_complaints.csv").write_bytes(_csv(map(asdict, scenario.classifications)))
    (directory / "book.csv").write_bytes(_csv(_book(scenario)))


def ports_csv(scenario: Scenario) -> bytes:
    """The register in the form of carriers: UTF-8, with a header."""
    filings = list(scenario.filings)
    draw = random.Random("bad filings")
    some = draw.sample(filings, BAD_FILINGS)
    wrong_check = some[0].holder_uscc[:-1] + ("0" if some[0].holder_uscc[-1] != "0" else "1")
    bad = [
        replace(some[0], number=some[0].number + "9", holder_uscc=wrong_check),
        replace(some[1], number=some[1].number + "9", carrier="NONE"),
        replace(some[2], number="106"),
    ]
    for each in [*bad, *draw.sample(filings, REPEATED_FILINGS)]:
        filings.insert(draw.randint(filings.index(each) + 1 if each in filings else 0, len(filings)), each)
    return _csv(map(asdict, filings), [field.name for field in fields(FilingRecord)])


def complaints_ndjson(scenario: Scenario) -> bytes:
    """Complaints in the form of a channel: one JSON object per line, UTF-8."""
    good = scenario.complaints
    draw = random.Random("bad complaints")
    bodies = [_line(each) for each in good]
    # Identity without an external id is a hash of the content; two equal complaints are one.
    unnamed = _line(
        {name: value for name, value in asdict(good[0]).items() if name != "external_id"} | {"text": "退订"}
    )
    for each in [*draw.sample(bodies, REPEATED_COMPLAINTS - 1), *_bad_lines(scenario, draw)]:
        # After the line that it repeats or contradicts; otherwise that one would be the bad line.
        bodies.insert(draw.randint(len(good) // 2, len(bodies)) if each not in bodies else len(bodies), each)
    bodies[3:3] = [unnamed]
    bodies.append(unnamed)
    return b"".join(each + b"\n" for each in bodies)


def _bad_lines(scenario: Scenario, draw: random.Random) -> list[bytes]:
    some = [asdict(each) for each in draw.sample(scenario.complaints, BAD_COMPLAINTS)]
    for place, each in enumerate(some):
        each["external_id"] += f"-bad{place}"
    later = (scenario.now + timedelta(days=3)).isoformat()
    contradicting = replace(scenario.complaints[0], text="【子虚短信】同一编号，另一内容")
    return [
        _line(some[0])[:-40],
        _line(some[1] | {"text": "【\ufffd\ufffd】这条短信的字符在转换时丢失"}),
        _line({name: value for name, value in some[2].items() if name != "text"}),
        _line(some[3] | {"received_at": later, "sent_at": later}),
        _line(some[4] | {"channel": "fax"}),
        _line(some[5] | {"complainant_number": "12345"}),
        _line(some[6] | {"sent_at": "昨天"}),
        _line(contradicting),
    ]


def _line(complaint: ComplaintRecord | Mapping[str, Any]) -> bytes:
    return msgspec.json.encode(asdict(complaint) if isinstance(complaint, ComplaintRecord) else complaint)


def _number_answers(scenario: Scenario) -> Iterable[dict[str, Any]]:
    for each in scenario.senders:
        yield {
            "number": each.number,
            "truth": each.truth,
            "carrier": each.carrier,
            "holder_uscc": each.holder_uscc,
            "provider_uscc": each.provider_uscc,
            "signatures": "|".join(each.signatures),
            "label": each.kind,
            "complaints": each.complaints,
            "case": each.case.value,
            "follows": each.follows,
        }


def _book(scenario: Scenario) -> Iterable[dict[str, str]]:
    for each in scenario.senders:
        if each.truth == "unregistered":
            yield {"number": each.number, "carrier": each.owner}


def _csv(rows: Iterable[Mapping[str, Any]], columns: list[str] | None = None) -> bytes:
    written = list(rows)
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, columns or list(written[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(written)
    return file.getvalue().encode()
