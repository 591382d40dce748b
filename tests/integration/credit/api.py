"""The API as carriers, authorities, staff and the public use it."""

from __future__ import annotations

from typing import Any

from chassis import clock
from tests.integration.credit.scenes import SHOP, days
from tests.integration.http import api as calls

SCOPES = "credit:check credit:read credit:propose credit:decide credit:quarantine"
MIIT, GUANGDONG, BEIJING = "regulator:MIIT", "regulator:CA-44", "regulator:CA-11"
CMCC, SAMR = "carrier:CMCC", "authority:SAMR"


class Api(calls.Api):
    """Calls the routes of this service."""

    scopes = SCOPES
    person = "li"


PROPOSAL: dict[str, Any] = {
    "code": SHOP,
    "list": "adverse",
    "tier": "general",
    "facts": ["messages went on after two orders"],
    "article": "电信业务经营许可管理办法第四十二条",
}
CONFIRM = {"decision": "confirm", "reason": "well founded"}
REJECT = {"decision": "reject", "reason": "unfounded"}


def proposed(api: Api, **overrides: Any) -> str:
    """The path of an entry that Li has just proposed by hand."""
    answer = api.post(MIIT, "/entries", PROPOSAL | overrides)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


def confirmed(api: Api, **overrides: Any) -> str:
    """The path of an entry that Wang has confirmed eight days after it was proposed."""
    path = proposed(api, **overrides)
    with clock.shifted(days(8)):
        assert api.post(MIIT, f"{path}/decision", CONFIRM, by="wang", seen=1).status_code == 200
    return path
