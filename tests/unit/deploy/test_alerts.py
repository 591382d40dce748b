"""The alerts: each is about metrics that exist, and leads to a section of the runbook."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from chassis import metrics
from tests.architecture import sources

RUNBOOK = (sources.ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
GROUPS = yaml.safe_load((sources.ROOT / "deploy" / "alerts.yml").read_text(encoding="utf-8"))["groups"]
ALERTS: dict[str, dict[str, Any]] = {each["alert"]: each for group in GROUPS for each in group["rules"]}
every_alert = pytest.mark.parametrize("alert", ALERTS.values(), ids=ALERTS)


def named_in(text: str) -> set[str]:
    return set(re.findall(r"\banning_[a-z_]+", text))


def exported() -> dict[str, frozenset[str]]:
    """The names of the metrics as they are exported, with their labels."""
    known = [each for each in vars(metrics).values() if isinstance(each, MetricWrapperBase)]
    suffix = {"counter": "_total"}
    return {
        family.name + suffix.get(family.type, ""): frozenset(each._labelnames)
        for each in known
        for family in each.describe()
    }


@every_alert
def test_an_alert_is_about_metrics_that_exist_with_their_labels(alert: dict[str, Any]) -> None:
    known, names = exported(), named_in(alert["expr"])
    assert names
    assert names <= known.keys()
    labels = set(re.findall(r"\$labels\.([a-z_]+)", alert["annotations"]["summary"]))
    assert labels <= {"job"}.union(*(known[name] for name in names))


@every_alert
def test_an_alert_leads_to_a_section_of_the_runbook(alert: dict[str, Any]) -> None:
    headings = re.findall(r"^#+ (.+)$", RUNBOOK, re.MULTILINE)
    assert alert["annotations"]["runbook"] in {each.lower().replace(" ", "-") for each in headings}


def test_every_metric_to_watch_has_an_alert() -> None:
    (watched,) = re.findall(r"^## What to watch\n(.*?)^## ", RUNBOOK, re.MULTILINE | re.DOTALL)
    rows = {row.split("|")[1].strip().strip("`") for row in watched.splitlines() if row.startswith("| `anning_")}
    # How fast a sweep must be depends on the intake of the day.
    assert rows - {"anning_swept_items_total"} <= named_in(" ".join(each["expr"] for each in ALERTS.values()))
