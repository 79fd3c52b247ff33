"""Whatever changes in whatever order: scans of changes come to what a first full scan says."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from policy_app.models import (
    AppliedSet,
    Cluster,
    ClusterAudit,
    ComplianceEvent,
    ComplianceSample,
    Component,
    ComponentState,
    Definition,
    PolicyState,
    Scope,
)
from policy_app.services import assignments, exemptions
from policy_app.services.cluster import addon
from tests.services.compliance.scans import policies, scan, verdicts
from tests.services.compliance.worlds import (
    assign,
    by_namespace,
    definition,
    home,
    labelled,
    needs_label,
    put,
    remove,
    service,
)

UNIQUE_SELECTORS = "b0fdedee-7b9e-4a17-9f5d-5e8e912d2f01"
ROUNDS, MOST_AT_ONCE = 9, 3
_TABLES = (
    *(ComponentState, Component, AppliedSet, ComplianceEvent, ComplianceSample),
    *(PolicyState, ClusterAudit),
)


class World:
    """A cluster, and all that may happen to it by chance."""

    def __init__(self, cluster: Cluster, scope: Scope, seed: int) -> None:
        self.cluster, self.scope = cluster, scope
        self.by_chance = random.Random(seed)
        self.definitions = {
            "owned": needs_label(),
            "strict": definition("strict", by_namespace()),
            "services": Definition.objects.get(name=UNIQUE_SELECTORS),
        }
        self.happenings: list[Callable[[], None]] = [
            *([self.put_pod] * 5 + [self.put_service] * 3),
            *([self.put_home] * 3 + [self.remove_home]),
            *(self.remove_pod, self.remove_service),
            *(self.assign, self.assign, self.unassign, self.exempt, self.end_exemption),
        ]

    def begin(self) -> None:
        """Something of everything is there."""
        for name, row in self.definitions.items():
            assign(self.scope, row, name, effect="Audit")
        put(self.cluster, home("other"))
        for namespace in ("default", "other"):
            put(self.cluster, labelled("a", namespace))

    def pick(self, *choices: Any) -> Any:
        """One of several, by chance."""
        return self.by_chance.choice(choices)

    def happen(self) -> str:
        """Something happens; the name of what did."""
        what = self.by_chance.choice(self.happenings)
        what()
        return what.__name__

    def put_pod(self) -> None:
        """A Pod comes, or changes."""
        labels = self.pick({}, {"owner": "me"}, {"team": "us"}, {"owner": "me", "team": "us"})
        put(self.cluster, labelled(self._name(), self._home(), **labels))

    def remove_pod(self) -> None:
        """A Pod goes."""
        remove(self.cluster, "pods", self._home(), self._name())

    def put_service(self) -> None:
        """A Service comes, or selects others."""
        put(self.cluster, service(self._name(), self.pick("shop", "till"), "default"))

    def remove_service(self) -> None:
        """A Service goes."""
        remove(self.cluster, "services", "default", self._name())

    def put_home(self) -> None:
        """A namespace comes, or has other labels."""
        put(self.cluster, home("other", **self.pick({}, {"strict": "yes"}, {"note": "x"})))

    def remove_home(self) -> None:
        """A namespace goes, and what is in it stays for a while."""
        remove(self.cluster, "namespaces", "", "other")

    def assign(self) -> None:
        """A policy is assigned, or its assignment changes."""
        name = self.pick(*self.definitions)
        parameters = {"effect": self.pick("Audit", "Deny", "Disabled")}
        if name == "owned":
            parameters |= {"label": self.pick("owner", "team")}
        assign(self.scope, self.definitions[name], name, **parameters)

    def unassign(self) -> None:
        """An assignment goes."""
        found = assignments.find(self.scope, self.pick(*self.definitions))
        if found is not None:
            assignments.delete(found, None)

    def exempt(self) -> None:
        """The clusters are exempt from an assignment."""
        found = assignments.find(self.scope, self.pick(*self.definitions))
        if found is not None:
            properties = {"policyAssignmentId": found.arm_id, "exemptionCategory": "Waiver"}
            exemptions.put(self.scope, f"no-{found.name}", {"properties": properties}, None)

    def end_exemption(self) -> None:
        """An exemption ends."""
        found = exemptions.find(self.scope, f"no-{self.pick(*self.definitions)}")
        if found is not None:
            exemptions.delete(found, None)

    def _name(self) -> str:
        return str(self.pick("a", "b", "c"))

    def _home(self) -> str:
        return str(self.pick("default", "other", "other", "kube-system"))


class Undone(Exception):  # noqa: N818 - it ends a transaction, and is no error
    """What was done in a transaction goes."""


def afresh(cluster: Cluster) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """What a first scan would say now, of which nothing stays."""
    told: tuple[dict[Any, Any], dict[Any, Any]] = ({}, {})
    try:
        with transaction.atomic():
            for table in _TABLES:
                table.objects.filter(cluster=cluster).delete()
            scan(cluster)
            told = verdicts(cluster), policies(cluster)
            raise Undone
    except Undone:
        return told


@pytest.mark.parametrize("seed", range(4))
def test_scans_of_changes_come_to_what_a_first_full_scan_says(
    seed: int, aks_demo: Cluster, rg_demo: Scope
) -> None:
    addon.catch_up(aks_demo)
    world = World(aks_demo, rg_demo, seed)
    world.begin()
    scan(aks_demo)
    happened: list[str] = []
    for _ in range(ROUNDS):
        for _ in range(world.by_chance.randint(1, MOST_AT_ONCE)):
            happened.append(world.happen())
        found = scan(aks_demo)
        active = {name: one for name, one in policies(aks_demo).items() if one[-1]}
        assert (verdicts(aks_demo), active) == afresh(aks_demo), (found.reach, happened)
        happened.append("scan")
    for one in ComplianceEvent.objects.filter(cluster=aks_demo):
        assert one.before != one.after
        assert {one.before, one.after} != {"", "Compliant"}
