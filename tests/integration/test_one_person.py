"""One person alone lists no enterprise, shuts no port and sees no number, on any path over all services.

The services run in this process; events are passed on without Kafka.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from httpx2 import Response

from anning.services import NAMES, load
from chassis import clock, migrations, privacy, rules
from chassis.database import Database
from chassis.events import outbox
from chassis.http.app import create_app
from sandbox.scenario.cast import credit_code
from standalone.system import LOAD
from tests.integration.http.clients import ApiClient
from tests.integration.http.issuer import Issuer
from tests.integration.http.serving import settings
from tests.integration.platform import EVE, Platform
from tests.integration.ports.scenes import NUMBER

WANG = "wang"
HOLDER, PROVIDER, VICTIM = credit_code("350000", 1), credit_code("630000", 1), credit_code("630000", 2)
CONTEST = timedelta(days=8)
SALE = "【云杉书店】新书上架，全场八折，回T退订"
ANOTHER = f"{NUMBER[:-2]}98"
FILING = {
    "number": NUMBER, "carrier": "CMCC", "holder_uscc": HOLDER, "holder_name": "示例短信公司",
    "provider_uscc": PROVIDER, "provider_name": "云杉书店有限公司", "signature": "云杉书店",
    "purpose": "marketing", "declared_from": "2020-01-01",
}  # fmt: skip


@pytest.fixture(scope="module")
def services(
    new_database: Callable[[str], str], issuer: Issuer, tmp_path_factory: pytest.TempPathFactory, logged: None
) -> Iterator[Platform]:
    """All services with their databases, for this module."""
    with pytest.MonkeyPatch.context() as process, ExitStack() as stack:
        process.setattr(rules, "_packs_in_force", None)
        rules.use_packs(LOAD)
        process.setattr(privacy, "_ring", privacy.KeyRing.create(tmp_path_factory.mktemp("keys") / "keys.json"))
        databases, clients = {}, {}
        for name in NAMES:
            url = new_database(name)
            migrations.upgrade(load(name), url)
            databases[name] = Database(url, flush=outbox.flush_as(name))
            stack.callback(databases[name].close)
            app = create_app(load(name), settings(url, issuer), databases[name])
            clients[name] = stack.enter_context(ApiClient(app, raise_server_exceptions=False))
        yield Platform(databases, clients, issuer)


@pytest.fixture
def platform(services: Platform) -> Platform:
    """All services without data but one filed port."""
    for name, database in services.databases.items():
        # The process keeps the data keys with which it writes.
        tables = [each.name for each in reversed(load(name).metadata.sorted_tables) if each.name != "data_keys"]
        with database.begin() as tx:
            tx.execute(sa.text(f"TRUNCATE {', '.join(tables)}, outbox, inbox, idempotency_keys"))
    services.passed.clear()
    assert services.post("ports", "/filings", FILING, org="carrier:CMCC", by="cmcc").status_code == 201
    services.settle()
    return services


def complaint(index: int, channel: str, number: str = NUMBER) -> dict[str, Any]:
    """The complaint of one of many people."""
    sent = clock.now() - timedelta(days=1)
    return {
        "channel": channel, "external_id": f"c-{index}", "complainant_number": f"1390000{index:04}",
        "complainant_province": "440000", "sender_number": number, "text": SALE,
        "sent_at": sent.isoformat(), "received_at": (sent + timedelta(minutes=5)).isoformat(),
    }  # fmt: skip


def complained(platform: Platform, count: int, *channels: str, number: str = NUMBER) -> list[str]:
    """Complaints through channels; their ids."""
    ids = []
    for index in range(count):
        channel = channels[index % len(channels)]
        body = complaint(index, channel, number)
        answer = platform.post("complaints", "/complaints", body, org=f"channel:{channel}")
        assert answer.status_code == 201, answer.text
        ids.append(answer.json()["id"])
    platform.settle()
    return ids


def clue_of_the_ministry(platform: Platform) -> Any:
    """The clue in the ministry's own industry."""
    (found,) = platform.items("referrals", "/clues?industry=telecom")
    return found


FINE = {"code": "fined", "amount": 200_000, "enterprise": PROVIDER, "decision": "虚监罚〔2026〕1号"}

# ----------------------------------------------------------------------------------- paths that end at a listing


def by_hand(platform: Platform) -> None:
    body = {
        "code": PROVIDER, "list": "adverse", "tier": "general", "facts": ["messages went on"], "article": "第四十二条",
    }  # fmt: skip
    assert platform.post("credit", "/entries", body).status_code == 201


def by_a_conclusion(platform: Platform) -> None:
    """Eve seals the clue, receives it for the authority, and concludes it."""
    complained(platform, 2, "app")
    assert platform.post("referrals", "/sealings", {"reason": "now"}).status_code == 202
    platform.settle()
    (batch,) = platform.items("referrals", "/batches")
    authority = f"authority:{batch['authority']}"
    receipt = platform.post("referrals", f"/batches/{batch['id']}/receipt", {"digest": batch["digest"]}, org=authority)
    assert receipt.status_code == 200, receipt.text
    (found,) = platform.items("referrals", "/clues")
    path = f"/clues/{found['id']}/conclusion"
    concluded = platform.post("referrals", path, FINE, org=authority, seen=found["version"])
    assert concluded.status_code == 200, concluded.text


def by_a_conclusion_for_the_ministry(platform: Platform) -> None:
    """The ministry itself is competent: Eve concludes without a hand-over."""
    identifiers = complained(platform, 2, "app")
    for each in identifiers:
        corrected(platform, each, industry="telecom")
    found = clue_of_the_ministry(platform)
    concluded = platform.post("referrals", f"/clues/{found['id']}/conclusion", FINE, seen=found["version"])
    assert concluded.status_code == 200, concluded.text


def by_a_file_of_conclusions(platform: Platform) -> None:
    for each in complained(platform, 2, "app"):
        corrected(platform, each, industry="telecom")
    platform.upload("referrals", "/conclusion-imports", {"clue": clue_of_the_ministry(platform)["id"], **FINE})


def by_a_conclusion_after_an_annulment(platform: Platform) -> None:
    """Eve annuls her own conclusion, which withdraws the proposal, and proposes the enterprise by hand instead."""
    by_a_conclusion_for_the_ministry(platform)
    platform.settle()
    found = clue_of_the_ministry(platform)
    annulled = platform.post(
        "referrals", f"/clues/{found['id']}/annulment", {"reason": "an error"}, seen=found["version"]
    )
    assert annulled.status_code == 200, annulled.text
    platform.settle()
    by_hand(platform)


# -------------------------------------------------------------------------------------- paths that end at an order


def by_a_proposal(platform: Platform) -> None:
    body = {"carrier": "CMCC", "number": NUMBER, "reason": "not asked for"}
    assert platform.post("ports", "/shutdown-proposals", body).status_code == 201


def file_for_an_enterprise(platform: Platform) -> None:
    """Eve files a port for an enterprise that has none."""
    filing = FILING | {"number": ANOTHER, "holder_uscc": VICTIM, "provider_uscc": VICTIM}
    assert platform.post("ports", "/filings", filing).status_code == 201
    platform.settle()


def by_filing_the_port(platform: Platform) -> None:
    """Complaints of channels are attributed by what Eve filed."""
    file_for_an_enterprise(platform)
    complained(platform, 5, "app", "12321_web", number=ANOTHER)


def by_filing_the_port_in_an_initial_load(platform: Platform) -> None:
    """Eve opens the load herself. Another person closes it, who does not look at each port."""
    opened = platform.post("ports", "/initial-loads", {"carrier": "CMCC"})
    assert opened.status_code == 201, opened.text
    file_for_an_enterprise(platform)
    path = f"/initial-loads/{opened.json()['id']}/closing"
    assert platform.post("ports", path, {}, by="li", seen=1).status_code == 200
    complained(platform, 5, "app", "12321_web", number=ANOTHER)


def by_filing_the_port_and_proposing_it(platform: Platform) -> None:
    """Another person proposes the port, as one of the enterprise for which Eve filed it."""
    file_for_an_enterprise(platform)
    body = {"carrier": "CMCC", "number": ANOTHER, "reason": "not asked for"}
    assert platform.post("ports", "/shutdown-proposals", body, by="li").status_code == 201


def by_filing_the_port_for_an_enterprise_that_others_list(platform: Platform) -> None:
    """Two other persons list the enterprise for which Eve filed the port."""
    file_for_an_enterprise(platform)
    listed(platform, VICTIM, by="zhao")


def by_filing(platform: Platform) -> None:
    for index in range(5):
        assert platform.post("complaints", "/complaints", complaint(index, "staff")).status_code == 201


def by_a_file_of_complaints(platform: Platform) -> None:
    lines = [complaint(index, "staff") for index in range(5)]
    platform.upload("complaints", "/complaint-imports", *lines)


def by_correcting(platform: Platform) -> None:
    """Two complaints of advertising do not suffice; Eve makes them a suspected crime."""
    for each in complained(platform, 2, "app", "12321_web"):
        corrected(platform, each, category="suspected-crime")


def by_a_listing(platform: Platform) -> None:
    """Eve confirms the listing that another person proposed; its ports are to be shut."""
    listed(platform, PROVIDER, by=EVE)


def listed(platform: Platform, code: str, by: str) -> None:
    """This person confirms the listing that Li proposed."""
    body = {
        "code": code, "list": "adverse", "tier": "general", "facts": ["messages went on"], "article": "第四十二条",
    }  # fmt: skip
    answer = platform.post("credit", "/entries", body, by="li")
    with clock.shifted(CONTEST):
        decision = {"decision": "confirm", "reason": "founded"}
        path = f"/entries/{answer.json()['id']}/decision"
        assert platform.post("credit", path, decision, by=by, seen=1).status_code == 200


def corrected(platform: Platform, identifier: str, **correction: str) -> None:
    body = {"note": "looked at", **correction}
    answer = platform.post("complaints", f"/complaints/{identifier}/corrections", body, seen=1)
    assert answer.status_code == 201, answer.text
    platform.settle()


# ------------------------------------------------------------------------------------------------------------ ends


def decide_everything(platform: Platform, by: str) -> list[Response]:
    """All decisions that wait, by this person, who also records the objection that would end a term."""
    answers = []
    for entry in platform.items("credit", "/entries?state=proposed") + platform.items(
        "credit", "/entries?state=contested"
    ):
        path, seen = f"/entries/{entry['id']}", entry["version"]
        if by == EVE and entry["state"] == "proposed":
            objection = {"statement": "no", "waives_term": True}
            seen = platform.post("credit", f"{path}/objection", objection, seen=seen).json()["version"]
        with clock.shifted(CONTEST):
            body = {"decision": "confirm", "reason": "founded"}
            answers.append(platform.post("credit", f"{path}/decision", body, by=by, seen=seen))
    for proposal in platform.items("ports", "/shutdown-proposals?state=proposed"):
        body = {"decision": "shut", "reason": "founded"}
        path = f"/shutdown-proposals/{proposal['id']}/decision"
        answers.append(platform.post("ports", path, body, by=by, seen=proposal["version"]))
    platform.settle()
    return answers


OPEN = ("proposed", "contested")
PATHS = {
    "listing-effective.v1": [
        by_hand,
        by_a_conclusion,
        by_a_conclusion_for_the_ministry,
        by_a_file_of_conclusions,
        by_a_conclusion_after_an_annulment,
    ],
    "shutdown-ordered.v1": [
        by_a_proposal,
        by_filing_the_port,
        by_filing_the_port_in_an_initial_load,
        by_filing_the_port_and_proposing_it,
        by_filing_the_port_for_an_enterprise_that_others_list,
        by_correcting,
        by_a_listing,
    ],
}


@pytest.mark.parametrize(
    ("end", "path"),
    [pytest.param(end, path, id=path.__name__) for end, paths in PATHS.items() for path in paths],
)
def test_one_person_reaches_no_end_on_any_path_and_a_second_one_does(
    platform: Platform, end: str, path: Callable[[Platform], None]
) -> None:
    path(platform)
    platform.settle()
    assert platform.chains(end) == []
    refused = decide_everything(platform, EVE)
    assert {(each.status_code, each.json()["type"]) for each in refused} == {(403, "/problems/four-eyes")}
    assert platform.chains(end) == []
    # The path has led to a decision: another person takes it.
    decide_everything(platform, WANG)
    assert platform.chains(end) != []
    assert all({EVE, WANG} <= persons for persons in platform.chains(end))


@pytest.mark.parametrize("filed", [by_filing, by_a_file_of_complaints], ids=lambda each: each.__name__)
def test_what_staff_file_leads_to_no_decision(platform: Platform, filed: Callable[[Platform], None]) -> None:
    filed(platform)
    platform.settle()
    assert platform.items("ports", "/shutdown-proposals") == []
    assert platform.chains("shutdown-ordered.v1") == []


def test_one_person_sees_no_number(platform: Platform) -> None:
    (identifier,) = complained(platform, 1, "app")
    asked = platform.post("complaints", f"/complaints/{identifier}/reveals", {"reason": "a letter"}).json()
    path, body = f"/reveals/{asked['id']}", {"decision": "approve", "reason": "a letter"}
    decided = platform.post("complaints", f"{path}/decision", body, seen=asked["version"])
    assert (decided.status_code, decided.json()["type"]) == (403, "/problems/four-eyes")
    assert platform.post("complaints", f"{path}/disclosure", {}).status_code == 409
    assert platform.post("complaints", f"{path}/decision", body, by=WANG, seen=asked["version"]).status_code == 200
    assert platform.post("complaints", f"{path}/disclosure", {}).text.count("13900000000") == 1


def test_channels_alone_reach_an_order_by_rule_and_no_listing(platform: Platform) -> None:
    complained(platform, 5, "app", "12321_web")
    assert platform.chains("shutdown-ordered.v1") == [set()]
    assert platform.chains("listing-effective.v1") == []
