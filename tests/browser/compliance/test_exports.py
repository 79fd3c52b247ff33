"""Exports hold exactly what is filtered, all of it, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from policy_app.browser.compliance.export import safe
from policy_app.models import Cluster, Component, PolicyState, Refusal
from tests.browser.compliance.test_denials import refusal
from tests.browser.compliance.test_pages import text
from tests.compliance_rows import component_row, fault_row

EXPORT = "/policy/compliance/export"


def body(visitor: Client, form: str, query: str) -> str:
    """What is sent."""
    answer = visitor.get(f"{EXPORT}.{form}?{query}")
    assert answer.status_code == 200
    assert answer.streaming
    return bytes(answer.getvalue()).decode()


def rows(visitor: Client, query: str) -> list[dict[str, Any]]:
    """The rows of the CSV."""
    return list(csv.DictReader(io.StringIO(body(visitor, "csv", query).removeprefix("\ufeff"))))


def test_the_csv_has_a_row_for_each_finding_that_is_filtered(
    visitor: Client, shop: Cluster
) -> None:
    found = rows(visitor, "of=listing&view=resources&namespace=shop")
    assert [(one["name"], one["policy"], one["action"]) for one in found] == [
        ("worst", "No privileged containers", "deny"),
        ("worst", "Approved images", "dryrun"),
    ]
    only = rows(visitor, "of=listing&view=resources&namespace=shop&action=deny")
    assert [one["policy"] for one in only] == ["No privileged containers"]
    good = rows(visitor, "of=listing&view=resources&state=Compliant")
    assert [(one["name"], one["state"]) for one in good] == [("good", "Compliant")]


def test_a_link_of_an_export_leads_to_the_row(visitor: Client, shop: Cluster) -> None:
    found = rows(visitor, "of=listing&view=resources&kind=Namespace")
    link = urlsplit(found[0]["link"])
    page = BeautifulSoup(visitor.get(link.path).content, "html.parser")
    target = page.find(id=link.fragment)
    assert target is not None
    assert "The namespace has no owner" in text(target)


def test_json_tells_the_filters_and_how_many_there_are(visitor: Client, shop: Cluster) -> None:
    told = json.loads(body(visitor, "json", "of=listing&view=namespaces&namespace=bank"))
    assert told["filters"] == {"view": "namespaces", "namespace": "bank"}
    assert told["total"] == 1
    assert [(one["namespace"], one["nonCompliant"]) for one in told["rows"]] == [("bank", 2)]


@pytest.mark.parametrize("tab", ["policies", "components", "events", "history"])
def test_each_tab_of_an_assignment_can_be_exported(
    visitor: Client, shop: Cluster, tab: str
) -> None:
    one = PolicyState.objects.all()[0]
    told = json.loads(body(visitor, "json", f"of=assignment&id={one.assignment_arm_id}&tab={tab}"))
    expected = {
        "policies": {"Approved images", "No privileged containers"},
        "components": {"Approved images", "No privileged containers"},
        "events": set(),
        "history": set(),
    }
    assert {row["policy"] for row in told["rows"]} == expected[tab]


def test_denials_are_exported_as_they_are_filtered(visitor: Client, aks_demo: Cluster) -> None:
    refusal(aks_demo, "one")
    refusal(aks_demo, "two", namespace="bank")
    assert [one["name"] for one in rows(visitor, "of=denials&namespace=bank")] == ["two"]
    assert Refusal.objects.count() == 2


def test_the_report_to_print_has_the_rows_and_what_was_filtered(
    visitor: Client, shop: Cluster
) -> None:
    page = BeautifulSoup(
        body(visitor, "html", "of=listing&view=resources&namespace=bank"), "html.parser"
    )
    assert "namespace bank" in text(page)
    assert page.select_one("link[href*='report.css']") is not None
    assert len(page.select("tbody tr")) == 2
    assert "End of the report." in text(page)


def test_a_formula_stays_a_text(visitor: Client, shop: Cluster) -> None:
    policy = PolicyState.objects.all()[0]
    evil = '=HYPERLINK("http://evil.example")'
    fault_row(component_row(shop, "evil", [policy]), policy, message=evil)
    found = rows(visitor, "of=listing&view=resources&search=evil")
    assert found[0]["message"] == f"'{evil}"
    assert [safe(one) for one in ("+1", "-1", "@x", "\tx", "plain", -1, None)] == [
        *("'+1", "'-1", "'@x", "'\tx", "plain", "-1", ""),
    ]


def test_markup_stays_a_text_in_the_report(visitor: Client, shop: Cluster) -> None:
    policy = PolicyState.objects.all()[0]
    fault_row(component_row(shop, "evil", [policy]), policy, message="<script>x</script>")
    assert "<script>" not in body(visitor, "html", "of=listing&view=resources&search=evil")


def test_an_export_reads_piece_by_piece(
    visitor: Client, shop: Cluster, django_assert_max_num_queries: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("policy_app.browser.compliance.tables._CHUNK", 10)
    policies = list(PolicyState.objects.all())
    for number in range(35):
        fault_row(component_row(shop, f"many-{number}", policies), policies[0])
    with django_assert_max_num_queries(30):
        found = rows(visitor, "of=listing&view=resources&search=many")
    assert {one["name"] for one in found} == {f"many-{number}" for number in range(35)}
    assert Component.objects.filter(name__startswith="many").count() == len(found)
