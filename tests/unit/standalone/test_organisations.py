"""Files of several organisations become one file for each, with every line."""

from __future__ import annotations

import gzip
from pathlib import Path

from standalone.organisations import Parts, split_complaints, split_register


def contents(parts: Parts) -> dict[str | None, bytes]:
    return {organisation: gzip.decompress(file.read_bytes()) for organisation, file in parts.items()}


def test_complaints_are_split_by_their_channel_and_keep_their_bytes(tmp_path: Path) -> None:
    app, sms, unreadable = b'{"channel": "app", "text": "\xe4\xba\x91"}\n', b'{"channel":"sms"}\n', b"\xff{\n"
    unknown, numeric = b'{"channel":"pigeon"}\n', b'{"channel":7}\n'
    file = tmp_path / "complaints.ndjson.gz"
    file.write_bytes(gzip.compress(app + unreadable + sms + unknown + app + numeric))
    assert contents(split_complaints(file, tmp_path / "parts")) == {
        "channel:app": app + app,
        "channel:sms": sms,
        None: unreadable + unknown + numeric,
    }


def test_a_register_is_split_by_its_carrier_and_each_part_has_the_header(tmp_path: Path) -> None:
    file = tmp_path / "ports.csv"
    file.write_bytes(
        b"\xef\xbb\xbfnumber,carrier,holder_name\r\n1,CMCC,\xe4\xba\x91\r\n2,CUCC,\xff\r\n"
        b'3,CMCC,"one, of\ntwo lines"\r\n4,NONE,x\r\n5\r\n6,CMCC,y,z\r\n'
    )
    header = b"number,carrier,holder_name\n"
    assert contents(split_register(file, tmp_path / "parts")) == {
        "carrier:CMCC": header + b'1,CMCC,\xe4\xba\x91\n3,CMCC,"one, of\ntwo lines"\n6,CMCC,y,z\n',
        "carrier:CUCC": header + b"2,CUCC,\xff\n",
        None: header + b"4,NONE,x\n5\n",
    }
