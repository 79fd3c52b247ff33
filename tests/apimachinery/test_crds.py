"""A CustomResourceDefinition adds kinds, and its schema says what their objects may be."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from policy_app.apimachinery import crds
from policy_app.apimachinery.objects import Object
from tests.apimachinery.kinds_at_hand import CRON_TAB, CRON_TABS, complete, cron_tab, faults

CASES = yaml.safe_load((Path(__file__).parent / "custom_faults.yaml").read_text())
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LATER = datetime(2026, 2, 2, 3, 4, 5, tzinfo=UTC)


def test_every_served_version_is_a_kind_the_stable_one_first() -> None:
    stable, beta = crds.kinds_of(CRON_TABS)
    assert (stable.api_version, stable.stored) == ("example.com/v1", True)
    assert (beta.api_version, beta.stored) == ("example.com/v1beta1", False)
    assert (stable.kind, stable.plural, stable.singular) == ("CronTab", "crontabs", "crontab")
    assert (stable.short_names, stable.categories, stable.namespaced) == (("ct",), ("all",), True)


def test_subresources_and_columns_are_those_of_their_version() -> None:
    stable, beta = crds.kinds_of(CRON_TABS)
    assert [(one.name, one.kind) for one in stable.subresources] == [
        ("status", "CronTab"),
        ("scale", "Scale"),
    ]
    assert [(one.name, one.priority) for one in stable.columns] == [("Name", 0), ("Replicas", 1)]
    assert beta.subresources == ()
    assert [one.name for one in beta.columns] == ["Name", "Age"]


def test_a_version_that_is_not_served_is_no_kind_and_the_first_served_one_is_kept() -> None:
    definition = deepcopy(CRON_TABS)
    definition["spec"]["versions"][1]["served"] = False
    (only,) = crds.kinds_of(definition)
    assert (only.version, only.stored) == ("v1beta1", True)


def test_an_accepted_definition_says_so() -> None:
    status = crds.with_status(complete(CRON_TABS), NOW)["status"]
    assert status["acceptedNames"]["kind"] == "CronTab"
    assert status["acceptedNames"]["listKind"] == "CronTabList"
    assert status["storedVersions"] == ["v1"]
    assert [(one["type"], one["status"], one["reason"]) for one in status["conditions"]] == [
        ("NamesAccepted", "True", "NoConflicts"),
        ("Established", "True", "InitialNamesAccepted"),
    ]
    assert {one["lastTransitionTime"] for one in status["conditions"]} == {"2026-01-02T03:04:05Z"}


def test_a_status_that_holds_keeps_its_times_and_former_stored_versions() -> None:
    before = crds.with_status(CRON_TABS, NOW)
    assert crds.with_status(before, LATER) == before
    moved = deepcopy(before)
    for version in moved["spec"]["versions"]:
        version["storage"] = version["name"] == "v1beta1"
    assert crds.with_status(moved, LATER)["status"]["storedVersions"] == ["v1", "v1beta1"]


def test_a_good_definition_has_no_fault() -> None:
    assert faults(CRON_TABS) == []
    assert faults(CRON_TABS, old=CRON_TABS) == []


def case_id(case: dict[str, Any]) -> str:
    return str(case.get("told", case))[:60]


@pytest.mark.parametrize("case", CASES["schemas"], ids=case_id)
def test_a_schema_is_structural(case: dict[str, Any]) -> None:
    definition = deepcopy(CRON_TABS)
    whole = {"type": "object", **case["schema"]} if case["schema"] else {}
    definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = whole
    assert case["told"] in faults(definition)


@pytest.mark.parametrize("case", CASES["definitions"], ids=case_id)
def test_a_definition_that_is_wrong_is_told_where(case: dict[str, Any]) -> None:
    definition: Object = {**CRON_TABS, "spec": {**CRON_TABS["spec"], **case["change"]}}
    assert case["told"] in faults(definition)


def test_exactly_one_version_is_stored() -> None:
    definition = deepcopy(CRON_TABS)
    definition["spec"]["versions"][0]["storage"] = True
    (told,) = faults(definition)
    assert told.startswith("spec.versions: Invalid value: ")
    assert told.endswith(": must have exactly one version marked as storage version")


def test_the_scope_of_a_definition_stays() -> None:
    other = {**CRON_TABS, "spec": {**CRON_TABS["spec"], "scope": "Cluster"}}
    assert faults(other, old=CRON_TABS) == [
        'spec.scope: Invalid value: "Cluster": field is immutable'
    ]


@pytest.mark.parametrize("case", CASES["resources"], ids=case_id)
def test_a_custom_resource_is_held_to_its_schema(case: dict[str, Any]) -> None:
    thing = cron_tab(**case["spec"])
    thing["spec"] = {key: value for key, value in thing["spec"].items() if value != "GONE"}
    assert faults(thing, kind=CRON_TAB) == ([case["told"]] if "told" in case else [])


def test_the_whole_of_a_custom_resource_may_lack_what_it_needs() -> None:
    bare = {"apiVersion": "example.com/v1", "kind": "CronTab", "metadata": {"name": "A"}}
    found = faults(bare, kind=CRON_TAB)
    assert found[0].startswith('metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain')
    assert found[1:] == ["spec: Required value"]
