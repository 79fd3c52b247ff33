"""What audits would have found, written straight into the tables: little of it, or very much."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F
from django.utils import timezone

from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.review import Review
from policy_app.evaluation.results import Decision, Violation
from policy_app.models import (
    AppliedSet,
    Cluster,
    ClusterAudit,
    ComplianceEvent,
    ComplianceSample,
    ComplianceState,
    Component,
    ComponentState,
    KubeObject,
    PolicyState,
)
from policy_app.services import enforcement
from policy_app.services.cluster import addon, survey

PRIVILEGED = (
    "/providers/Microsoft.Authorization/policyDefinitions/95edb821-ddaf-4404-9732-666045e056b4"
)
ASSIGNMENT = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-demo"
    "/providers/Microsoft.Authorization/policyAssignments/baseline"
)
_ACTIONS = ("deny", "warn", "dryrun")


def policy_row(cluster: Cluster, number: int = 0, **columns: Any) -> PolicyState:
    """One policy of an assignment in a cluster; ``number`` tells several apart."""
    definition = columns.pop("definition_arm_id", PRIVILEGED if not number else _numbered(number))
    assignment = columns.pop("assignment_arm_id", ASSIGNMENT)
    given: dict[str, Any] = {
        "display_name": f"Policy {number:02}",
        "effect": "Deny",
        "action": "deny",
        "constraint_kind": "K8sAzureV2NoPrivilege",
        "constraint_name": f"azurepolicy-k8sazurev2noprivilege-{number:020x}",
        "state": ComplianceState.COMPLIANT,
        "since": timezone.now(),
        "evaluated_at": timezone.now(),
        "definition_version": "9.2.0",
    }
    return PolicyState.objects.create(
        cluster=cluster,
        assignment_arm_id=assignment,
        assignment_key=assignment.lower(),
        definition_arm_id=definition,
        definition_key=definition.lower(),
        **given | columns,
    )


def component_row(
    cluster: Cluster, name: str, policies: Sequence[PolicyState] = (), **columns: Any
) -> Component:
    """One component that these policies have judged; a Pod in ``shop`` unless told otherwise."""
    given: dict[str, Any] = {
        "uid": uid_of(cluster, name),
        "version": "v1",
        "kind": "Pod",
        "namespace": "shop",
        "workload_kind": "Pod",
        "workload_name": name,
        "revision": 1,
        "first_seen_at": timezone.now(),
        "judged_at": timezone.now(),
    }
    applied = applied_row(cluster, policies) if policies else None
    return Component.objects.create(cluster=cluster, name=name, applied=applied, **given | columns)


def fault_row(component: Component, policy: PolicyState, **columns: Any) -> ComponentState:
    """What a policy finds wrong with a component; the numbers above it are counted on."""
    message = columns.pop("message", f"Privileged container is not allowed: {component.name}")
    found = columns.pop("violations", [{"message": message, "container": "", "path": ""}])
    severity = columns.pop("severity", _severity(policy.action))
    row = ComponentState.objects.create(
        cluster=component.cluster,
        component=component,
        policy=policy,
        namespace=component.namespace,
        kind=component.kind,
        severity=severity,
        since=timezone.now(),
        judged_at=timezone.now(),
        message=message,
        violations=found,
        **columns,
    )
    component.non_compliant += 1
    component.blocking += int(severity == ComponentState.Severity.BLOCKING)
    component.save()
    policy.non_compliant += 1
    policy.state = ComplianceState.NON_COMPLIANT
    policy.save()
    return row


def audit_row(cluster: Cluster, **columns: Any) -> ClusterAudit:
    """That the cluster was audited, with what its rows come to."""
    rows = Component.objects.filter(cluster=cluster, applied__isnull=False)
    faulty = rows.filter(non_compliant__gt=0).count()
    state = ComplianceState.NON_COMPLIANT if faulty else ComplianceState.COMPLIANT
    given: dict[str, Any] = {
        "audited_at": timezone.now(),
        "state": state,
        "components": rows.count(),
        "non_compliant": faulty,
        "blocked": rows.filter(blocking__gt=0).count(),
    }
    made, _ = ClusterAudit.objects.update_or_create(cluster=cluster, defaults=given | columns)
    return made


def sample_rows(cluster: Cluster, days: int = 30, today: date | None = None) -> None:
    """A day each, better from day to day."""
    last = today or timezone.now().date()
    ComplianceSample.objects.bulk_create(
        ComplianceSample(
            cluster=cluster,
            day=last - timedelta(days=ago),
            state=ComplianceState.NON_COMPLIANT,
            components=100,
            non_compliant=10 + ago,
            blocked=ago,
        )
        for ago in range(days)
    )


def applied_row(cluster: Cluster, policies: Sequence[PolicyState]) -> AppliedSet:
    """The set of these policies."""
    keys = ",".join(str(key) for key in sorted(one.pk for one in policies))
    digest = hashlib.sha256(keys.encode()).hexdigest()
    row, made = AppliedSet.objects.get_or_create(cluster=cluster, digest=digest)
    if made:
        row.policies.set(policies)
    return row


@dataclass(slots=True)
class Many:
    """Very many verdicts: ``components``, nineteen of twenty faulty in three of thirty policies."""

    cluster: Cluster
    components: int = 35_100
    policies: int = 30
    namespaces: int = 50
    faults: int = 3
    events: int = 5_000
    at: datetime = field(default_factory=timezone.now)

    def write(self) -> None:
        """Two seconds for a hundred thousand: the database makes the rows itself."""
        policies = [self._policy(number) for number in range(self.policies)]
        applied = applied_row(self.cluster, policies)
        with connection.cursor() as cursor:
            cursor.execute(_sql(_COMPONENTS), [self.components, *self._told(applied)])
            first = Component.objects.filter(cluster=self.cluster).order_by("pk").first()
            assert first is not None
            keys = first.pk, policies[0].pk
            for step in range(self.faults):
                cursor.execute(_sql(_FAULTS), self._fault(*keys, step))
        self._write_events(policies)
        self._count(policies)
        audit_row(self.cluster)
        sample_rows(self.cluster)

    def _policy(self, number: int) -> PolicyState:
        return policy_row(
            self.cluster,
            number,
            reference_id=f"member{number}",
            set_definition_arm_id=MANY,
            set_definition_key=MANY.lower(),
            action=_ACTIONS[number % 3],
            state=ComplianceState.NON_COMPLIANT,
        )

    def _told(self, applied: AppliedSet) -> list[Any]:
        at = connection.ops.adapt_datetimefield_value(self.at)
        return [self.cluster.pk, self.namespaces, applied.pk, self.faults, at, at]

    def _fault(self, component: int, policy: int, step: int) -> list[Any]:
        at = connection.ops.adapt_datetimefield_value(self.at)
        chosen = [policy, step * 7, self.policies, step * 7, self.policies, at, at]
        return [*chosen, _VIOLATIONS, self.cluster.pk, component]

    def _write_events(self, policies: Sequence[PolicyState]) -> None:
        rows = Component.objects.filter(cluster=self.cluster).order_by("pk")[: self.events]
        ComplianceEvent.objects.bulk_create(
            [
                ComplianceEvent(
                    cluster=self.cluster,
                    policy=policies[number % self.policies],
                    # Those of one chunk of a scan have one moment.
                    at=self.at - timedelta(minutes=number // 200),
                    uid=one.uid,
                    version="v1",
                    kind=one.kind,
                    namespace=one.namespace,
                    name=one.name,
                    before=ComplianceState.COMPLIANT,
                    after=ComplianceState.NON_COMPLIANT,
                    message="Privileged container is not allowed",
                )
                for number, one in enumerate(rows)
            ],
            batch_size=1_000,
        )

    def _count(self, policies: Sequence[PolicyState]) -> None:
        for one in policies:
            one.non_compliant = ComponentState.objects.filter(policy=one).count()
            one.compliant = self.components - one.non_compliant
        PolicyState.objects.bulk_update(policies, ["non_compliant", "compliant"])


MANY = "/providers/Microsoft.Authorization/policySetDefinitions/many"
_VIOLATIONS = (
    '[{"message":"Privileged container is not allowed","container":"web","path":"spec.containers"}]'
)
_COMPONENTS = """
    INSERT INTO policy_app_component (
        cluster_id, uid, "group", version, kind, namespace, name, workload_kind, workload_name,
        applied_id, non_compliant, blocking, error, revision, first_seen_at, judged_at
    )
    WITH RECURSIVE numbers (n) AS (
        SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < %s
    ), told (cluster_id, namespaces, applied_id, faults, first_seen_at, judged_at) AS (
        SELECT CAST(%s AS bigint), CAST(%s AS integer), CAST(%s AS bigint), CAST(%s AS integer),
            __MOMENT__, __MOMENT__
    )
    SELECT cluster_id, '00000000-0000-4000-8000-' || CAST(100000000000 + n AS text), '', 'v1',
        'Pod',
        'team-' || CAST(100 + n %% namespaces AS text), 'web-' || CAST(1000000 + n AS text),
        'Deployment', 'web-' || CAST(100000 + n / 5 AS text), applied_id,
        CASE WHEN n %% 20 = 0 THEN 0 ELSE faults END, CASE WHEN n %% 20 = 0 THEN 0 ELSE 1 END,
        '', n, first_seen_at, judged_at
    FROM numbers, told
"""
_FAULTS = """
    INSERT INTO policy_app_componentstate (
        cluster_id, component_id, policy_id, namespace, kind, state, severity, since, judged_at,
        message, violations
    )
    SELECT cluster_id, id, %s + (id + %s) %% %s, namespace, kind, 'NonCompliant',
        ((id + %s) %% %s) %% 3, __MOMENT__, __MOMENT__,
        'Privileged container is not allowed: ' || name, CAST(%s AS text)
    FROM policy_app_component WHERE cluster_id = %s AND id >= %s AND non_compliant > 0
"""


def uid_of(cluster: Cluster, name: str) -> str:
    """The same uid for the same component, so that addresses can be known before."""
    return str(UUID(hashlib.md5(f"{cluster.pk}/{name}".encode()).hexdigest()))


def _sql(text: str) -> str:
    on_postgres = connection.vendor == "postgresql"
    return text.replace("__MOMENT__", "CAST(%s AS timestamptz)" if on_postgres else "%s")


def _severity(action: str) -> int:
    return {label: value for value, label in ComponentState.Severity.choices}[action]


def _numbered(number: int) -> str:
    return f"/providers/Microsoft.Authorization/policyDefinitions/{UUID(int=number)}"


def audited(cluster: Cluster) -> None:
    """Judge the Pods and Deployments of a cluster by its assignments, and write it down."""
    addon.catch_up(cluster)
    client = enforcement.in_force(cluster).client
    policies = {one.name: _policy_of(cluster, one) for one in client.constraints}
    for thing in survey.workloads(cluster).order_by("plural", "name"):
        if thing.plural not in ("pods", "deployments"):
            continue
        _judge(cluster, client, policies, thing)
    audit_row(cluster)
    sample_rows(cluster, days=3)


def _policy_of(cluster: Cluster, constraint: Constraint) -> PolicyState:
    origin = constraint.origin
    return policy_row(
        cluster,
        assignment_arm_id=origin.assignment_id,
        definition_arm_id=origin.definition_id,
        set_definition_arm_id=origin.set_definition_id,
        set_definition_key=origin.set_definition_id.lower(),
        reference_id=origin.definition_reference_id,
        display_name=origin.display_name,
        effect=origin.effect,
        action=constraint.enforcement_action,
        constraint_kind=constraint.kind,
        constraint_name=constraint.name,
    )


def _judge(
    cluster: Cluster, client: Client, policies: dict[str, PolicyState], thing: KubeObject
) -> None:
    decision = client.review(Review.audit(thing.body))
    judged = [policies[name] for name in (*decision.passed, *_by_policy(decision))]
    owner = (thing.body["metadata"].get("ownerReferences") or [{}])[0]
    component = component_row(
        cluster,
        thing.name,
        judged,
        uid=thing.uid,
        group=thing.group,
        kind=thing.body["kind"],
        namespace=thing.namespace,
        revision=thing.revision,
        workload_kind="Deployment" if owner else thing.body["kind"],
        workload_name=str(owner.get("name", thing.name)).rpartition("-")[0]
        if owner
        else thing.name,
    )
    for name, found in _by_policy(decision).items():
        told = [
            {
                "message": one.message,
                "container": one.container,
                "path": one.place.path if one.place else "",
                "details": dict(one.details),
            }
            for one in found
        ]
        fault_row(component, policies[name], message=found[0].message, violations=told)
    for one in judged:
        if one.constraint_name in decision.passed:
            PolicyState.objects.filter(pk=one.pk).update(compliant=F("compliant") + 1)


def _by_policy(decision: Decision) -> dict[str, list[Violation]]:
    found: dict[str, list[Violation]] = {}
    for one in decision.violations:
        found.setdefault(one.constraint, []).append(one)
    return found
