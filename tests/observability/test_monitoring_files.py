"""The dashboard and the alert rules name figures, labels and kinds that exist."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from hongyan.app.metrics import METRICS

MONITORING = Path(__file__).parents[2] / "docs" / "monitoring"
KINDS = {metric.name: metric for metric in METRICS}
_PROMETHEUS = {"up", "instance", "job", "le"}


def _expressions() -> list[tuple[str, str]]:
    dashboard = json.loads((MONITORING / "grafana.json").read_text("utf-8"))
    panels = [(panel["title"], target["expr"]) for panel in dashboard["panels"] for target in panel["targets"]]
    rules = re.findall(r"- alert: (\w+)\n +expr: (.+)", (MONITORING / "alerts.yml").read_text("utf-8"))
    assert panels and rules
    return [*panels, *rules]


def _metric(name: str) -> Any:
    return KINDS.get(name) or KINDS.get(re.sub(r"_(bucket|sum|count)$", "", name))


@pytest.mark.parametrize(("title", "expression"), _expressions(), ids=lambda value: value[:40])
def test_an_expression_names_what_exists(title: str, expression: str) -> None:
    names = re.findall(r"\b(?:hongyan|process)_\w+", expression)
    assert names or "up{" in expression
    for name in names:
        metric = _metric(name)
        assert metric is not None, name
        assert name.endswith("_bucket") == (metric.kind == "histogram")
        rated = re.search(rf"(rate|increase)\({name}", expression) is not None
        assert rated == (metric.kind != "gauge"), name
    known = {label for name in names for label in _metric(name).labels} | _PROMETHEUS
    for group in re.findall(r"by \(([^)]*)\)", expression):
        assert {label.strip() for label in group.split(",") if label.strip()} <= known, group
    assert set(re.findall(r"(\w+)(?:!=|=~|=)\"", expression)) <= known


def test_rows_of_the_docs_lead_to_the_files() -> None:
    text = (MONITORING.parent / "observing.md").read_text("utf-8")

    assert "(monitoring/grafana.json)" in text and "(monitoring/alerts.yml)" in text


def test_every_alert_has_an_end_in_words() -> None:
    text = (MONITORING / "alerts.yml").read_text("utf-8")

    assert text.count("- alert: ") == text.count("summary: ") == text.count("severity: ")
