"""Who the client of a request is: its peer, unless a named proxy states another address in Forwarded."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from chassis.http.client_address import client_address, site_of

PROXIES = tuple(map(ip_network, ("192.0.2.7", "198.51.100.0/24", "2001:db8:1::/48")))
PROXY, STRANGER = "192.0.2.7", "203.0.113.9"


def address(peer: str, *lines: str, name: str = "forwarded") -> str:
    scope = {"client": (peer, 4711), "headers": [(name.encode(), line.encode()) for line in lines]}
    return client_address(scope, PROXIES)


def test_without_the_header_it_is_the_peer() -> None:
    assert address(STRANGER) == STRANGER
    assert address(PROXY) == PROXY


def test_a_peer_that_is_no_named_proxy_cannot_state_an_address() -> None:
    assert address(STRANGER, "for=192.0.2.1") == STRANGER


def test_without_named_proxies_no_peer_can() -> None:
    scope = {"client": (PROXY, 4711), "headers": [(b"forwarded", b"for=192.0.2.1")]}
    assert client_address(scope, ()) == PROXY


def test_a_named_proxy_states_the_address() -> None:
    assert address(PROXY, "for=203.0.113.5") == "203.0.113.5"
    assert address(PROXY, "proto=https;for=203.0.113.5;by=192.0.2.7") == "203.0.113.5"
    assert address("198.51.100.33", "For=203.0.113.5") == "203.0.113.5"


@pytest.mark.parametrize("name", ["x-forwarded-for", "x-real-ip", "true-client-ip"])
def test_other_headers_state_nothing(name: str) -> None:
    assert address(PROXY, "203.0.113.5", name=name) == PROXY


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ('"[2001:db8:cafe::17]:4711"', "2001:db8:cafe::17"),
        ('"[2001:DB8:CAFE:0::17]"', "2001:db8:cafe::17"),
        ('"203.0.113.5:4711"', "203.0.113.5"),
        ('"203.0.113.5:_obfuscated"', "203.0.113.5"),
        ('"203.0.113.5"', "203.0.113.5"),
        (r'"203.0.11\3.5"', "203.0.113.5"),
        ('"[::ffff:203.0.113.5]"', "203.0.113.5"),
    ],
)
def test_an_address_may_be_quoted_have_a_port_and_be_one_of_ipv6(node: str, expected: str) -> None:
    assert address(PROXY, f"for={node}") == expected


@pytest.mark.parametrize(
    "line",
    [
        "for=unknown",
        "for=_hidden",
        "for=_SEVKISEK",
        "by=203.0.113.5",
        "",
        ",",
        "for=",
        'for=""',
        "for=[2001:db8:cafe::17]",
        "for=2001:db8:cafe::17",
        'for="2001:db8:cafe::17"',
        'for="[2001:db8:cafe::17"',
        "for=203.0.113.5:4711",
        "for=203.0.113.300",
        "for=203.0.113",
        "for=203.0.113.5 for=203.0.113.6",
        "for=203.0.113.5;for=203.0.113.6",
        'for="203.0.113.5',
        "for = 203.0.113.5",
    ],
)
def test_what_states_no_readable_address_leaves_that_of_the_proxy(line: str) -> None:
    assert address(PROXY, line) == PROXY


def test_of_several_elements_the_last_is_that_of_the_nearest_proxy() -> None:
    assert address(PROXY, "for=203.0.113.1, for=203.0.113.2,for=203.0.113.3") == "203.0.113.3"
    assert address(PROXY, "for=203.0.113.1", "for=203.0.113.2") == "203.0.113.2"


def test_a_chain_of_named_proxies_is_followed_to_the_client() -> None:
    assert address(PROXY, "for=203.0.113.1, for=198.51.100.4") == "203.0.113.1"
    assert address(PROXY, 'for=203.0.113.1, for="[2001:db8:1::5]", for=198.51.100.4') == "203.0.113.1"
    assert address(PROXY, "for=203.0.113.1", "for=198.51.100.4") == "203.0.113.1"


def test_a_chain_of_named_proxies_alone_leads_to_the_first() -> None:
    assert address(PROXY, "for=198.51.100.5, for=198.51.100.4") == "198.51.100.5"
    assert address(PROXY, "for=unknown, for=198.51.100.4") == "198.51.100.4"


@pytest.mark.parametrize("forged", ["for=192.0.2.1", "for=198.51.100.4", 'for="', "for=a, for=b;;;", '"', "x"])
def test_what_a_client_has_sent_itself_is_not_believed(forged: str) -> None:
    """A proxy that appends an element, or adds a line."""
    assert address(PROXY, forged, f"for={STRANGER}") == STRANGER
    assert address(PROXY, f"for=192.0.2.1, for={STRANGER}") == STRANGER


def test_a_quote_that_a_client_leaves_open_states_nothing() -> None:
    assert address(PROXY, f'for="192.0.2.1, for={STRANGER}') == PROXY


def test_a_peer_is_recognised_as_a_proxy_behind_a_socket_for_both_families() -> None:
    assert address(f"::ffff:{PROXY}", "for=203.0.113.5") == "203.0.113.5"


def test_a_site_is_an_ipv4_address_or_a_network_of_ipv6() -> None:
    assert site_of("203.0.113.5") == site_of("::ffff:203.0.113.5") == "203.0.113.5"
    assert site_of("2001:db8:0:1::5") == site_of("2001:db8:0:1:ffff::9") == "2001:db8:0:1::/64"
    assert site_of("2001:db8:0:2::5") != site_of("2001:db8:0:1::5")
    assert site_of("testclient") == "testclient"
