"""Lists say what is wrong in the order in which people act, and how many there are in all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from policy_app.models import Cluster, ComponentState, Scope
from policy_app.services.cluster import addon
from policy_app.services.compliance import lists, records
from policy_app.services.compliance.records import Filters
from tests.services.compliance.scans import scan
from tests.services.compliance.worlds import assign, labelled, needs_label, put


@pytest.fixture
def world(aks_demo: Cluster, rg_demo: Scope) -> Cluster:
    """Four Pods, of which three have faults: one that blocks and is noted, two that are noted."""
    addon.catch_up(aks_demo)
    label = needs_label()
    put(aks_demo, labelled("blocked"))
    put(aks_demo, labelled("good", owner="me", team="us"))
    put(aks_demo, labelled("noted-1", owner="me"))
    put(aks_demo, labelled("noted-2", owner="me"))
    assign(rg_demo, label, "owned", effect="deny")
    assign(rg_demo, label, "teamed", effect="audit", label="team")
    scan(aks_demo)
    return aks_demo


def names(rows: object) -> list[str]:
    """The names of the components in a list."""
    return [getattr(one, "component", one).name for one in rows]  # type: ignore[attr-defined]


def test_what_blocks_comes_first_and_filters_leave_out(world: Cluster) -> None:
    first, *rest = names(records.components(world))
    assert (first, sorted(rest)) == ("blocked", ["blocked", "noted-1", "noted-2"])
    assert names(records.by_resource(world)) == ["blocked", "noted-1", "noted-2"]
    assert names(records.compliant(world)) == ["good"]
    assert names(records.components(world, Filters(action="deny"))) == ["blocked"]
    assert names(records.components(world, Filters(text="NOTED-2"))) == ["noted-2"]
    owned = records.policies(world, Filters(text="")).get(assignment_key__endswith="/owned")
    about = Filters(policy=owned.pk)
    assert names(records.compliant(world, about)) == ["good", "noted-1", "noted-2"]
    assert names(records.by_resource(world, about)) == ["blocked"]
    assert names(records.components(world, Filters(assignment=owned.assignment_arm_id))) == [
        "blocked"
    ]
    (home,) = records.by_namespace(world)
    assert (home["namespace"], home["components"], home["faulty"], home["blocked"]) == (
        "default",
        4,
        3,
        1,
    )
    assert names(records.components(world.scope)) == names(records.components(world))
    told = records.summary(world)
    assert (told.state, told.components, told.non_compliant, told.blocked) == (
        "NonCompliant",
        4,
        3,
        1,
    )
    assert told.component_percentage == 25.0
    states = {
        one.assignment_key.rpartition("/")[2]: one.state for one in records.assignments(world)
    }
    assert states == {"owned": "NonCompliant", "teamed": "NonCompliant"}
    (day,) = records.trend(world, days=7)
    assert (day.components, day.non_compliant, day.percentage) == (4, 3, 25.0)


def test_azures_limits_cut_a_list_and_say_of_how_many(
    world: Cluster, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = records.cut(records.components(world))
    assert (whole.is_cut, whole.shown, whole.total) == (False, 4, 4)
    settings.AZURE_LIMITS = True
    monkeypatch.setattr(lists, "AZURE_RECORDS", 1)
    cut = records.cut(records.components(world))
    assert (cut.is_cut, cut.shown, cut.total) == (True, 2, 4)
    assert sorted(cut.rows.values_list("policy__assignment_key", flat=True).distinct()) == sorted(
        records.policies(world).values_list("assignment_key", flat=True)
    )
    long_ago = timezone.now() - timedelta(minutes=46)
    ComponentState.objects.filter(component__name="blocked").update(judged_at=long_ago)
    cut = records.cut(records.components(world))
    (left,) = names(cut.rows)
    assert left in ("noted-1", "noted-2")
