"""What the records of one policy in one cluster share: the resource, the assignment, definitions.

Looked up once for each policy and cluster, however many records there are of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from policy_app.models import Assignment, Definition, DefinitionVersion, PolicyState, Scope

_Kept = TypeVar("_Kept", Assignment, Definition)
Texts = Mapping[str, str]
_ASSIGNMENTS = "/providers/microsoft.authorization/policyassignments/"


@dataclass(frozen=True, slots=True)
class About:
    """The parts of records, in the order in which Azure writes them."""

    resource: Texts
    policy: Texts
    versions: Texts
    groups: list[str]
    """The initiative's groups that the policy is in."""
    management_groups: str


class Context:
    """What has been looked up so far."""

    def __init__(self) -> None:
        self._known: dict[int, About] = {}
        self._scopes: dict[int, Scope] | None = None
        self._assignments: dict[str, Assignment | None] = {}
        self._definitions: dict[str, Definition] | None = None
        self._groups: dict[str, Mapping[str, list[str]]] = {}

    def of(self, row: PolicyState) -> About:
        """The parts that the records of this policy have in common."""
        if row.pk not in self._known:
            cluster = row.cluster
            self._known[row.pk] = self.about(row, cluster.scope, cluster.resource_type)
        return self._known[row.pk]

    def about(self, row: PolicyState, scope: Scope, resource_type: str) -> About:
        """The same of a policy under a resource, for which no row need be stored."""
        # Whoever may write to a cluster can put any id on a constraint: nothing is told of what
        # is kept elsewhere, and so cannot be meant.
        assignment = _from_above(self._assignment(row.assignment_key), scope)
        initiative = _from_above(self._definition(row.set_definition_key), scope)
        definition = _from_above(self._definition(row.definition_key), scope)
        groups = self._groups_of(initiative).get(row.reference_id.lower(), [])
        return About(
            resource=_resource(scope, resource_type),
            policy=_policy(row, assignment, definition, initiative),
            versions={
                "policyDefinitionVersion": row.definition_version,
                "policySetDefinitionVersion": initiative.latest_version if initiative else "",
                "policyAssignmentVersion": assignment.definition_version if assignment else "",
            },
            groups=groups,
            management_groups=self._management_groups(scope),
        )

    def _management_groups(self, scope: Scope) -> str:
        known = self._all_scopes()
        above = [known[pk] for pk in scope.lineage if pk in known]
        names = [one.name for one in above if one.kind == Scope.Kind.MANAGEMENT_GROUP]
        return ",".join(reversed(names))

    def _groups_of(self, initiative: Definition | None) -> Mapping[str, list[str]]:
        """The groups of each member, by its reference id in lower case."""
        if initiative is None:
            return {}
        if initiative.key not in self._groups:
            rows = DefinitionVersion.objects.filter(definition=initiative)
            body = (
                rows.order_by("-major", "-minor", "-patch").values_list("body", flat=True).first()
            )
            self._groups[initiative.key] = {
                str(one.get("policyDefinitionReferenceId", "")).lower(): list(
                    one.get("groupNames") or ()
                )
                for one in (body or {}).get("policyDefinitions") or ()
            }
        return self._groups[initiative.key]

    def _definition(self, key: str) -> Definition | None:
        if self._definitions is None:
            self._definitions = {}
        if key and key not in self._definitions:
            found = Definition.objects.filter(key=key).select_related("scope").first()
            if found is None:
                return None
            self._definitions[key] = found
        return self._definitions.get(key)

    def _assignment(self, key: str) -> Assignment | None:
        """The assignment of this id in lower case; None where it is gone."""
        if key not in self._assignments:
            scope, _, name = key.rpartition(_ASSIGNMENTS)
            rows = Assignment.objects.filter(scope__key=scope, key=name)
            self._assignments[key] = rows.select_related("created_by", "scope").first()
        return self._assignments[key]

    def _all_scopes(self) -> Mapping[int, Scope]:
        if self._scopes is None:
            self._scopes = {row.pk: row for row in Scope.objects.all()}
        return self._scopes


def _from_above(found: _Kept | None, scope: Scope) -> _Kept | None:
    """What is kept at the scope, above it, or at none as built-ins are."""
    if found is None or found.scope is None or scope.is_at_or_below(found.scope):
        return found
    return None


def rfc3339(moment: datetime) -> str:
    """In UTC, with seven digits of a second as Azure writes them."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def _resource(scope: Scope, resource_type: str) -> Texts:
    parts = scope.arm_id.lower().split("/")
    found = dict(zip(parts[1::2], parts[2::2], strict=False))
    return {
        "resourceId": scope.arm_id.lower(),
        "subscriptionId": found.get("subscriptions", ""),
        "resourceType": resource_type,
        "resourceLocation": scope.location,
        "resourceGroup": found.get("resourcegroups", ""),
    }


def _policy(
    row: PolicyState,
    assignment: Assignment | None,
    definition: Definition | None,
    initiative: Definition | None,
) -> Texts:
    scope, _, name = row.assignment_key.rpartition(_ASSIGNMENTS)
    parameters = assignment.parameters if assignment else {}
    owner = str(assignment.created_by or "") if assignment else ""
    return {
        "policyAssignmentId": row.assignment_key,
        "policyDefinitionId": row.definition_key,
        "policyAssignmentName": name,
        "policyAssignmentOwner": owner,
        "policyAssignmentParameters": _text(parameters),
        "policyAssignmentScope": scope,
        "policyDefinitionName": row.definition_key.rpartition("/")[2],
        "policyDefinitionAction": row.effect.lower(),
        "policyDefinitionCategory": definition.category if definition else "",
        "policySetDefinitionId": row.set_definition_key,
        "policySetDefinitionName": row.set_definition_key.rpartition("/")[2],
        "policySetDefinitionOwner": "",
        "policySetDefinitionCategory": initiative.category if initiative else "",
        "policySetDefinitionParameters": _text(parameters) if initiative else "",
        "policyDefinitionReferenceId": row.reference_id.lower(),
    }


def _text(values: Any) -> str:
    """Parameters as the text of JSON; empty without any."""
    return json.dumps(values, separators=(",", ":"), sort_keys=True) if values else ""
