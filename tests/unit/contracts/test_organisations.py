"""For whom a caller acts: nobody passes for staff, a carrier or an authority by a name that only looks like one."""

from __future__ import annotations

import pytest

from contracts.organisations import authority_of, carrier_of, is_national, province_of


def test_the_ministry_that_runs_the_platform_is_national_staff_and_nobody_else_is() -> None:
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
def test_a_provincial_administration_is_of_its_province(organisation: str, province: str | None) -> None:
    assert province_of(organisation) == province


def test_carriers_and_authorities_are_those_that_are_known_here() -> None:
    assert (carrier_of("carrier:CMCC"), carrier_of("carrier:NOBODY"), carrier_of("authority:CMCC")) == (
        "CMCC",
        None,
        None,
    )
    assert (authority_of("authority:SAMR"), authority_of("authority:CBIRC")) == ("SAMR", "CBIRC")
    assert authority_of("authority:NOBODY") is authority_of("regulator:SAMR") is None
