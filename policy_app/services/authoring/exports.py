"""A definition or an assignment in the form that another tool takes: JSON, Bicep, az, Gatekeeper.

What is exported is what makes the thing anew: without what ARM fills in by itself (who changed it,
and when).  A built-in is exported as the custom definition that duplicates it.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from policy_app.evaluation.gatekeeper.expansion import WORKLOADS
from policy_app.evaluation.gatekeeper.match import ORIGINAL
from policy_app.evaluation.kube_yaml import writing
from policy_app.evaluation.language.assignments import Assignment as EvaluatedAssignment
from policy_app.evaluation.language.assignments import (
    EffectivePolicy,
    UnresolvedPolicy,
    effective_policies,
)
from policy_app.evaluation.language.definitions import PolicyDefinition, PolicySetDefinition
from policy_app.evaluation.language.errors import LanguageError
from policy_app.evaluation.language.installation import Installation, Installed
from policy_app.evaluation.language.reasons import NotInstalled
from policy_app.evaluation.language.version_rule import STAMPS
from policy_app.models import Assignment, Definition, DefinitionVersion, Scope
from policy_app.services import definitions, enforcement, fetching, requests
from policy_app.services.authoring import bicep
from policy_app.services.drafts import from_assignment, to_arm
from policy_app.services.drafts.validation import refuse
from policy_app.services.errors import PolicyError

API_VERSION = "2025-03-01"
"""What the exported Bicep names: a version that its compiler has types for."""
_PROVIDER = "Microsoft.Authorization"
_TARGETS = {
    Scope.Kind.MANAGEMENT_GROUP: "managementGroup",
    Scope.Kind.SUBSCRIPTION: "subscription",
    Scope.Kind.RESOURCE_GROUP: "resourceGroup",
    Scope.Kind.CLUSTER: "resourceGroup",
}
_LONGEST_WORD = 100_000
"""Bytes of an argument: Linux starts no program with one of 128 KiB or more."""
_CLUSTER_API_VERSION = "2025-01-01"

Policies = Iterable[EffectivePolicy | UnresolvedPolicy]


def definition_json(row: DefinitionVersion) -> str:
    """One version as ARM's JSON, whole: ``{"id", "name", "type", "properties"}``."""
    owner = row.definition
    shape = {
        "id": owner.arm_id,
        "name": owner.name,
        "type": f"{_PROVIDER}/{owner.arm_type}",
        "properties": _own(row),
    }
    return _pretty(shape)


def assignment_json(row: Assignment) -> str:
    """An assignment as ARM's JSON, whole."""
    shape = {
        "id": row.arm_id,
        "name": row.name,
        "type": f"{_PROVIDER}/policyAssignments",
        **_assigned(row),
    }
    return _pretty(shape)


def definition_bicep(row: DefinitionVersion) -> str:
    """A Bicep file that makes the definition; its version becomes the newest there."""
    owner = row.definition
    target = _TARGETS[Scope.Kind(owner.scope.kind)] if owner.scope else "subscription"
    kind = f"{_PROVIDER}/{owner.arm_type}@{API_VERSION}"
    return _file(
        target, _resource("definition", kind, {"name": owner.name, "properties": _own(row)})
    )


def assignment_bicep(row: Assignment) -> str:
    """A Bicep file that makes the assignment at its scope."""
    scope = row.scope
    fields = [f"name: {bicep.text(row.name)}"]
    around = []
    if scope.kind == Scope.Kind.CLUSTER:
        kind = f"{scope.cluster.resource_type}@{_CLUSTER_API_VERSION}"
        name = f"name: {bicep.text(scope.name)}"
        around = [f"resource cluster '{kind}' existing = {{\n  {name}\n}}"]
        fields.append("scope: cluster")
    fields += [f"{name}: {bicep.value(value, 1)}" for name, value in _assigned(row).items()]
    inner = "\n".join(f"  {line}" for line in fields)
    kind = f"{_PROVIDER}/policyAssignments@{API_VERSION}"
    made = f"resource assignment '{kind}' = {{\n{inner}\n}}"
    return _file(_TARGETS[Scope.Kind(scope.kind)], *around, made)


def definition_az(row: DefinitionVersion) -> str:
    """``az policy definition create …`` or ``az policy set-definition create …``, quoted for sh.

    JSON that no command line can hold is written into files first.
    """
    owner, own = row.definition, _own(row)
    group = "set-definition" if owner.is_initiative else "definition"
    words: list[tuple[str, Any]] = [
        ("--name", owner.name),
        ("--display-name", own.get("displayName")),
        ("--description", own.get("description")),
        ("--mode", None if owner.is_initiative else own.get("mode", "All")),
        ("--rules", own.get("policyRule")),
        ("--definitions", own.get("policyDefinitions")),
        ("--definition-groups", own.get("policyDefinitionGroups")),
        ("--params", own.get("parameters")),
    ]
    lines = [f"az policy {group} create"]
    files = []
    for option, value in words:
        word = _word(value) if value else ""
        if len(word.encode()) > _LONGEST_WORD:
            # az takes the path of a file wherever it takes JSON.
            path = f"{option.strip('-')}.json"
            files.append(f"cat > {path} <<'END'\n{word}\nEND\n")
            word = path
        # What begins with a dash would be taken for an option.
        between = "=" if word.startswith("-") else " "
        lines += [f"{option}{between}{shlex.quote(word)}"] if word else []
    metadata = own.get("metadata") or {}
    pairs = [shlex.quote(f"{name}={_word(value)}") for name, value in metadata.items()]
    lines += [f"--metadata {' '.join(pairs)}"] if pairs else []
    if owner.scope is not None:
        at_group = owner.scope.kind == Scope.Kind.MANAGEMENT_GROUP
        option = "--management-group" if at_group else "--subscription"
        lines.append(f"{option} {shlex.quote(owner.scope.name)}")
    return "".join(files) + " \\\n  ".join(lines)


def assignment_az(row: Assignment) -> str:
    """``az policy assignment create …`` with the commands that follow it."""
    return requests.az(from_assignment(row))


def definition_gatekeeper(
    row: DefinitionVersion, parameters: Mapping[str, Any] | None = None
) -> str:
    """What an assignment of it with these parameters would install, as YAML for kubectl.

    Raises ``PolicyError`` where the parameters do not fit, or a template cannot be had or made.
    """
    target = definitions.parse(row)
    given = {name: {"value": value} for name, value in (parameters or {}).items()}
    properties = {"policyDefinitionId": target.id, "parameters": given}
    shape = {"id": "/export", "name": "export", "properties": properties}
    try:
        assignment = EvaluatedAssignment.parse(shape)
        return _objects(effective_policies(assignment, target, _members(target)))
    except LanguageError as error:
        path = f"properties.parameters.{error.path}" if error.path else ""
        raise PolicyError(error.code, error.message, target=path) from None


def assignment_gatekeeper(row: Assignment) -> str:
    """What the assignment installs where nothing is exempt, as YAML for kubectl."""
    try:
        return _objects(enforcement.policies_of(from_assignment(row)))
    except LanguageError as error:
        raise PolicyError(error.code, error.message, target=error.path) from None


def _members(target: definitions.Parsed) -> dict[tuple[str, str], PolicyDefinition]:
    if not isinstance(target, PolicySetDefinition):
        return {}
    rows = {key: definitions.parse(row) for key, row in definitions.members(target).items()}
    return {key: one for key, one in rows.items() if isinstance(one, PolicyDefinition)}


def _objects(policies: Policies) -> str:
    """Templates before what needs them."""
    installation = Installation(fetching.text)
    installed: list[Installed] = []
    faults = []
    for policy in policies:
        outcome = installation.add(policy)
        if isinstance(outcome, Installed):
            installed.append(outcome)
        elif outcome.failed:
            faults.append(_not_installed(outcome))
    refuse(faults, "What is to be exported")
    return "---\n".join(writing.dump(one, sort=False) for one in _ordered(installed))


def _ordered(installed: list[Installed]) -> Iterator[dict[str, Any]]:
    templates = {one.template.kind: one.template for one in installed if one.template is not None}
    constraints = [one.constraint for one in installed if one.constraint is not None]
    yield from (dict(one.written) for one in templates.values())
    if any(one.match is None or one.match.source != ORIGINAL for one in constraints):
        yield from (one.to_object() for one in WORKLOADS)
    yield from (one.to_object() for one in constraints)
    for one in installed:
        yield from (mutator.to_object() for mutator in one.mutators)


def _not_installed(outcome: NotInstalled) -> PolicyError:
    return PolicyError("InvalidPolicyRule", outcome.reason)


def _own(row: DefinitionVersion) -> dict[str, Any]:
    """The properties that make the definition anew."""
    kept = {name: value for name, value in row.body.items() if name not in ("versions", "version")}
    metadata = _unstamped(kept.get("metadata") or {})
    kept |= {"metadata": metadata} if metadata else {}
    if not metadata:
        kept.pop("metadata", None)
    kept["policyType"] = Definition.PolicyType.CUSTOM.value
    return {**kept, "version": row.version}


def _assigned(row: Assignment) -> dict[str, Any]:
    shape = to_arm(from_assignment(row))
    properties = dict(shape["properties"])
    metadata = _unstamped(properties.pop("metadata", {}))
    if metadata:
        properties["metadata"] = metadata
    return {**shape, "properties": properties}


def _unstamped(metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in metadata.items() if name not in STAMPS}


def _resource(symbol: str, kind: str, fields: Mapping[str, Any]) -> str:
    return f"resource {symbol} '{kind}' = {bicep.value(fields)}"


def _file(target: str, *parts: str) -> str:
    return "\n\n".join([f"targetScope = '{target}'", *parts]) + "\n"


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
