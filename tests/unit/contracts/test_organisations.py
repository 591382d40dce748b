"""The organisation of a caller: a name that only resembles staff, a carrier or an authority is not accepted."""

from __future__ import annotations

import pytest

from contracts.organisations import authority_of, carrier_of, is_national, province_of


def test_only_the_ministry_that_runs_the_platform_is_national_staff() -> None:
    assert is_national("regulator:MIIT")
    for other in ("regulator:CA-44", "authority:MIIT", "carrier:MIIT", "regulator:SAMR", "regulator:", "MIIT", ""):
        assert not is_national(other), other


@pytest.mark.parametrize(
    ("organisation", "province"),
    [
        ("regulator:CA-44", "440000"),
        ("regulator:CA-99", None),
        ("regulator:44", None),
        ("regulator:MIIT", None),
        ("authority:CA-44", None),
        ("regulator:CA-4400", None),
    ],
)
def test_a_provincial_administration_belongs_to_its_province(organisation: str, province: str | None) -> None:
    assert province_of(organisation) == province


def test_only_listed_carriers_and_authorities_are_known() -> None:
    assert (carrier_of("carrier:CMCC"), carrier_of("carrier:UNKNOWN"), carrier_of("authority:CMCC")) == (
        "CMCC",
        None,
        None,
    )
    assert (authority_of("authority:SAMR"), authority_of("authority:CBIRC")) == ("SAMR", "CBIRC")
    assert authority_of("authority:UNKNOWN") is authority_of("regulator:SAMR") is None
