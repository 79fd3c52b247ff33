"""What audits found in ARM's shapes: policy states, their events, and component states.

Field names and their order are those of ``Microsoft.PolicyInsights`` 2019-10-01 and, for
components, 2024-10-01; ids are in lower case, as Azure writes them there.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from policy_app.models import (
    ComplianceEvent,
    ComplianceState,
    Component,
    ComponentState,
    PolicyState,
    Scope,
)
from policy_app.services.compliance import manual
from policy_app.services.compliance.arm_context import About, Context, rfc3339
from policy_app.services.compliance.bulk import in_pieces
from policy_app.services.compliance.filters import NO_FILTERS, Filters, Where, at, narrowed
from policy_app.services.compliance.lists import components, events, policies, policies_of_sets

Record = dict[str, Any]

_AT_ONCE = 500


def policy_states(where: Where, filters: Filters = NO_FILTERS) -> Iterator[Record]:
    """One record a cluster and policy: ``policyStates/latest``.

    One without a verdict of its own (not started) has no record, as in Azure.  At and below a
    scope those of manual policies follow.
    """
    rows = policies(where, filters).exclude(state=ComplianceState.NOT_STARTED)
    context = Context()
    for row in rows.order_by("-evaluated_at", "pk"):
        moment = row.evaluated_at or row.since
        yield _policy_state(context.of(row), moment, row.state, _why(row))
    for one in manual.narrowed(manual.below(where), filters) if isinstance(where, Scope) else ():
        row = manual.as_state(one)
        about = context.about(row, one.scope, one.resource.type)
        yield _policy_state(about, one.at, one.state, _why(row))


def _policy_state(about: About, moment: datetime, state: str, why: Record | None) -> Record:
    return {
        "timestamp": rfc3339(moment),
        **about.resource,
        **about.policy,
        "effectiveParameters": "",
        "isCompliant": state == ComplianceState.COMPLIANT,
        "resourceTags": "",
        "managementGroupIds": about.management_groups,
        "complianceState": state,
        "policyEvaluationDetails": why,
        "policyDefinitionGroupNames": about.groups,
        **about.versions,
    }


def policy_events(
    where: Where,
    filters: Filters = NO_FILTERS,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Iterator[Record]:
    """One record a component that became something else: ``policyEvents/default``."""
    context = Context()
    rows = events(where, filters, since=since, until=until)
    for row in rows.iterator(chunk_size=_AT_ONCE):
        about = context.of(row.policy)
        yield {
            "timestamp": rfc3339(row.at),
            **about.resource,
            **about.policy,
            "effectiveParameters": "",
            "isCompliant": row.after == ComplianceState.COMPLIANT,
            "resourceTags": "",
            "managementGroupIds": about.management_groups,
            "complianceState": row.after or ComplianceState.UNKNOWN,
            "tenantId": "",
            "principalOid": "",
            "policyDefinitionGroupNames": about.groups,
            "components": [_event_component(row, about.policy["policyDefinitionAction"])],
        }


def component_policy_states(where: Where, filters: Filters = NO_FILTERS) -> Iterator[Record]:
    """One record a component and policy: ``componentPolicyStates/latest``, the compliant too."""
    context = Context()
    rows = components(where, filters).order_by("pk")
    for row in rows.iterator(chunk_size=_AT_ONCE):
        component = row.component
        yield _component(context, row.policy, component, row.state, _reasons(row))
    yield from _compliant(where, filters, context)


def _compliant(where: Where, filters: Filters, context: Context) -> Iterator[Record]:
    """Pairs that no fault speaks of: each component with the other policies of its set."""
    if filters.state not in ("", ComplianceState.COMPLIANT) or filters.action:
        return
    chosen = {row.pk: row for row in policies(where, Filters(**_about_policies(filters)))}
    sets = policies_of_sets(chosen)
    every = Component.objects.filter(at(where), applied__in=list(sets), error="")
    rows = narrowed(every, filters, "")
    for part in in_pieces(rows.order_by("pk").iterator(chunk_size=_AT_ONCE), _AT_ONCE):
        faults: dict[int, set[int]] = {}
        wrong = ComponentState.objects.filter(component__in=[one.pk for one in part])
        for component, policy in wrong.values_list("component_id", "policy_id"):
            faults.setdefault(component, set()).add(policy)
        for one in part:
            for key in sets[one.applied_id or 0]:
                if key not in faults.get(one.pk, ()):
                    state = ComplianceState.COMPLIANT
                    yield _component(context, chosen[key], one, state, None)


def _about_policies(filters: Filters) -> dict[str, Any]:
    names = ("policy", "assignment", "definition", "set_definition", "reference_id")
    return {name: getattr(filters, name) for name in names}


def _component(
    context: Context, policy: PolicyState, one: Component, state: str, why: Record | None
) -> Record:
    about = context.of(policy)
    record = {
        "timestamp": rfc3339(one.judged_at),
        "componentId": component_id(one.kind, one.namespace, one.name),
        "componentType": one.kind,
        "componentName": one.name,
        **about.resource,
        **about.policy,
        "complianceState": state,
        "policyDefinitionGroupNames": about.groups,
        **about.versions,
    }
    return record | ({"policyEvaluationDetails": why} if why else {})


def component_id(kind: str, namespace: str, name: str) -> str:
    """``Pod/default/web``: how a component is called; Azure publishes no form of it."""
    own = namespace if kind != "Namespace" else ""
    return "/".join(filter(None, (kind, own, name)))


def _event_component(row: ComplianceEvent, action: str) -> Record:
    return {
        "id": component_id(row.kind, row.namespace, row.name),
        "type": row.kind,
        "name": row.name,
        "timestamp": rfc3339(row.at),
        "tenantId": "",
        "principalOid": "",
        "policyDefinitionAction": action,
        "complianceState": row.after or "Deleted",
        "previousComplianceState": row.before,
        "message": row.message,
    }


def _why(row: PolicyState) -> Record | None:
    """Azure's reason code, where a policy is not judged."""
    if not row.code and not row.reason:
        return None
    return {"reason": row.reason, "complianceReasonCode": row.code, "evaluatedExpressions": []}


def _reasons(row: ComponentState) -> Record:
    """What was found, field by field, which Azure does not tell of Kubernetes' objects."""
    return {
        "reason": row.message,
        "evaluatedExpressions": [
            {
                "result": "False",
                "expression": one.get("path") or "",
                "expressionKind": "Field",
                "path": one.get("path") or "",
                "expressionValue": one.get("message") or "",
            }
            for one in row.violations
        ],
    }
