"""The cast: enterprises, access codes and senders of the scenario, read from cast.yaml."""

from __future__ import annotations

import enum
from importlib import resources

import msgspec
from stdnum.cn import uscc

from contracts.credit_codes import CreditCode, InvalidCreditCode


class SenderCase(enum.StrEnum):
    """The role of a sender in the scenario.

    ADVERTISES, EXTENDS (a number covered by a shorter filing), COMMITS (a suspected crime under the filed name),
    SUBLETS (under another name): enough people complain. QUIET: too few. ONE_COMPLAINANT: often, by one person.
    UNVOUCHED: by people without a vouching channel. SPREAD: over too long a time. NOTIFIES: about messages that are
    not spam. DECLARED_LATE: filed after the messages. SILENT: no complaint. UNREGISTERED: not filed. MOBILE: a
    subscriber's number. ELSEWHERE: not of this country.
    """

    ADVERTISES = "advertises"
    EXTENDS = "extends"
    COMMITS = "commits"
    SUBLETS = "sublets"
    QUIET = "quiet"
    ONE_COMPLAINANT = "one-complainant"
    UNVOUCHED = "unvouched"
    SPREAD = "spread"
    NOTIFIES = "notifies"
    DECLARED_LATE = "declared-late"
    SILENT = "silent"
    UNREGISTERED = "unregistered"
    MOBILE = "mobile"
    ELSEWHERE = "elsewhere"

    @property
    def truth(self) -> str:
        """The true attribution of the number: a kind of attribution, or declared-late."""
        return _TRUTHS.get(self, "declared")

    @property
    def follows(self) -> str:
        """The outcome by the rules, on the day and alone: `order:<ground>`, `enquiry` or `nothing`."""
        return _FOLLOWS.get(self, "nothing")


_TRUTHS = {
    SenderCase.SUBLETS: "sublet-suspected",
    SenderCase.DECLARED_LATE: "declared-late",
    SenderCase.UNREGISTERED: "unregistered",
    SenderCase.MOBILE: "p2p",
    SenderCase.ELSEWHERE: "other",
}
_FOLLOWS = {
    SenderCase.ADVERTISES: "order:commercial",
    SenderCase.EXTENDS: "order:commercial",
    SenderCase.COMMITS: "order:suspected-crime",
    SenderCase.SUBLETS: "order:sublet",
    SenderCase.UNREGISTERED: "enquiry",
}


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Holder(_Strict, frozen=True):
    """An SMS port enterprise."""

    name: str
    region: str


class AccessCode(_Strict, frozen=True):
    """An access code, its only carrier and its holder."""

    code: str
    carrier: str
    holder: str
    province: str | None = None


class Provider(_Strict, frozen=True):
    """A content provider and its signature."""

    name: str
    brand: str
    region: str


class SenderGroup(_Strict, frozen=True, rename={"provider": "for", "signs_as": "as", "owner": "of"}):
    """Numbers with the same behaviour. `messages` are kinds of message, `complaints` the minimum and maximum for each
    number."""

    case: SenderCase
    messages: tuple[str, ...]
    numbers: int
    complaints: tuple[int, int]
    at: str | None = None
    number: str | None = None
    provider: str | None = None
    signs_as: tuple[str, ...] = ()
    owner: str | None = None


class Cast(_Strict, frozen=True):
    """The whole cast."""

    holders: dict[str, Holder]
    access_codes: tuple[AccessCode, ...]
    providers: dict[str, Provider]
    senders: tuple[SenderGroup, ...]

    def access_code(self, code: str) -> AccessCode:
        """The holder of an access code. Raises KeyError."""
        for each in self.access_codes:
            if each.code == code:
                return each
        raise KeyError(code)

    def code_of(self, key: str) -> str:
        """The credit code of a holder or provider."""
        place = [*self.holders, *self.providers].index(key) + 1
        return credit_code((self.holders | self.providers)[key].region, place)


def load() -> Cast:
    """The default cast."""
    return msgspec.yaml.decode(resources.files("sandbox.scenario").joinpath("cast.yaml").read_bytes(), type=Cast)


def credit_code(region: str, number: int) -> str:
    """A well-formed but unassigned credit code: its organisation code begins with FAKE.

    `region` is the region of registration (six digits), `number` below 10,000 distinguishes enterprises.
    """
    for check in "0123456789X":
        body = f"91{region}FAKE{number:04}{check}"
        try:
            return str(CreditCode.parse(body + uscc.calc_check_digit(body)))
        except InvalidCreditCode:
            continue
    raise AssertionError("one of eleven check characters fits")
