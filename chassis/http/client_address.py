"""The address of the client of a request: that of its peer, or the one that a named proxy states in Forwarded.

`Forwarded` (RFC 7239) is believed from the right, one element for each named proxy. What stands further left was sent
by the client itself, which can write anything there. X-Forwarded-For is never read.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence

from starlette.types import Scope

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_TOKEN = r"[-!#$%&'*+.^_`|~0-9A-Za-z]+"  # noqa: S105 - of RFC 9110, 5.6.2
_PAIR = re.compile(rf'({_TOKEN})=(?:({_TOKEN})|"((?:[^"\\]|\\.)*)")')
_SEPARATOR = re.compile(r"[ \t]*,[ \t]*|;")
_NODE = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))(?::(?:[0-9]{1,5}|_[-._0-9A-Za-z]+))?")
_IPV6_SITE_BITS = 64


def client_address(scope: Scope, proxies: Sequence[Network]) -> str:
    """The address of the client of this request. Where a proxy does not state a readable address, that of the proxy."""
    address = str(scope["client"][0]) if scope["client"] else ""
    elements = _elements_from_the_right(scope)
    while _is_in(proxies, address):
        stated = _address_of(next(elements, {}).get("for", ""))
        if stated is None:
            break
        address = stated
    return address


def site_of(address: str) -> str:
    """What counts as one sender: an IPv4 address, or the network (/64) of an IPv6 address. A site has the whole network
    and can send from any address in it."""
    known = _parsed(address)
    if isinstance(known, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((known, _IPV6_SITE_BITS), strict=False))
    return address if known is None else str(known)


def _is_in(proxies: Sequence[Network], address: str) -> bool:
    known = _parsed(address) if proxies else None
    return known is not None and any(known in each for each in proxies)


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return None
    # A socket for both families shows IPv4 peers as ::ffff:192.0.2.1.
    return getattr(known, "ipv4_mapped", None) or known


def _address_of(node: str) -> str | None:
    """The address in a node of RFC 7239, 6: None for `unknown`, for an obfuscated identifier, and for no node."""
    match = _NODE.fullmatch(node)
    known = _parsed(match[1] or match[2]) if match else None
    return None if known is None else str(known)


def _elements_from_the_right(scope: Scope) -> Iterator[Mapping[str, str]]:
    """The elements of all Forwarded headers, the last one first.

    A malformed line is one element that states nothing. Each line is read by itself, so that a quote which a client
    leaves open does not hide a proxy's line.
    """
    lines = [value.decode("latin-1") for name, value in scope["headers"] if name == b"forwarded"]
    for line in reversed(lines):
        elements = _elements(line)
        yield from ({},) if elements is None else reversed(elements)


def _elements(line: str) -> list[dict[str, str]] | None:
    """The elements of one line; None where it is malformed."""
    elements: list[dict[str, str]] = [{}]
    position, separated = 0, True
    while position < len(line):
        found = _PAIR.match(line, position) if separated else None
        if found is not None:
            name = found[1].lower()
            if name in elements[-1]:
                return None
            elements[-1][name] = found[2] or re.sub(r"\\(.)", r"\1", found[3] or "")
            separated = False
        else:
            found = _SEPARATOR.match(line, position)
            if found is None:
                return None
            if found[0] != ";":
                elements.append({})
            separated = True
        position = found.end()
    return [each for each in elements if each]
