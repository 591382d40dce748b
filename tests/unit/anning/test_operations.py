"""Commands for operators: what they refuse before they touch a database."""

from __future__ import annotations

import pytest
import typer

from anning.operations import release_partition

TOPIC = "complaints.complaints.v1"


@pytest.mark.parametrize(
    ("topic", "partition", "reason", "detail"),
    [
        (TOPIC, 0, " ", "the reason is blank; the audit log keeps it, so it must say why"),
        (TOPIC, 0, "\u200b\t", "the reason is blank; the audit log keeps it, so it must say why"),
        (TOPIC, 6, "a test", f"{TOPIC} has no partition 6; it has 0 to 5"),
        (TOPIC, -1, "a test", f"{TOPIC} has no partition -1; it has 0 to 5"),
        ("complaints.complaint.v1", 0, "a test", f"there is no topic 'complaints.complaint.v1'; did you mean {TOPIC}?"),
        ("nothing", 0, "a test", "there is no topic 'nothing'"),
        (
            "ports.ports.v1",
            0,
            "a test",
            "ports does not consume ports.ports.v1; it is for complaints, referrals, credit",
        ),
    ],
)
def test_a_release_of_nothing_or_without_a_reason_is_refused(
    monkeypatch: pytest.MonkeyPatch, topic: str, partition: int, reason: str, detail: str
) -> None:
    for name in ("DATABASE_URL", "KAFKA", "KAFKA_USERNAME", "KAFKA_PASSWORD_FILE", "ISSUER", "JWKS_URL"):
        monkeypatch.setenv(f"ANNING_{name}", "unused")
    with pytest.raises(typer.BadParameter) as refused:
        release_partition("ports", topic, partition, reason)
    assert refused.value.message == detail
