"""Provinces: the divisions with their own provincial communications administration (GB/T 2260, 6 digits)."""

from __future__ import annotations

from contracts.tables import Row, Table


class Province(Row, frozen=True, kw_only=True):
    """A province, autonomous region or municipality; its administration is `regulator:CA-<first two digits>`."""

    name: str
    name_zh: str


PROVINCES: Table[Province] = Table.of(Province, "provinces.yaml")
"""The 31 divisions that the numbering plan serves, by code: `440000`."""


def province_spellings() -> dict[str, str]:
    """What people write in the place of a code: spelling → code. Of the code of a city the first two digits count."""
    return {each: code for code, row in PROVINCES.items() for each in (row.name, row.name_zh, code[:2])}
