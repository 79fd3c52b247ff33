"""The fixtures as a test takes them off the shelf: definitions, initiatives, what they say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from policy_app.catalog.shelf import Shelf
from policy_app.catalog.store import tail
from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.language.assignments import (
    Assignment,
    EffectivePolicy,
    Members,
    effective_policies,
    member_keys,
)
from policy_app.evaluation.language.constraints import build_constraint
from policy_app.evaluation.language.definitions import (
    PolicyDefinition,
    PolicySetDefinition,
    pick_version,
)
from tests.catalog.suites import FIXTURES, TEMPLATES, messages, template_at

AZURE = FIXTURES.parent.parent / "shared" / "data" / "azure-policy"
DEFINITIONS = tuple(sorted((FIXTURES / "definitions").glob("*.json")))
SHELF = Shelf(FIXTURES)
INITIATIVES = tuple(sorted((FIXTURES / "initiatives").glob("*.json")))


@cache
def read(path: Path) -> Any:
    """The JSON of a file; callers must not change it."""
    return json.loads(path.read_text(encoding="utf-8"))


@cache
def definitions() -> tuple[PolicyDefinition, ...]:
    """Every definition, in every version."""
    return tuple(PolicyDefinition.parse(read(path)) for path in DEFINITIONS)


def initiative(name: str) -> PolicySetDefinition:
    """The initiative in ``fixtures/initiatives/<name>.json``."""
    return PolicySetDefinition.parse(read(FIXTURES / "initiatives" / f"{name}.json"))


def members_of(target: PolicySetDefinition) -> Members:
    """The newest version in fixtures of each member that its initiative accepts."""
    found = {}
    for definition_id, pattern in member_keys(target):
        versions = {one.version: one for one in definitions() if one.id.lower() == definition_id}
        newest = pick_version(pattern, versions)
        if newest is not None:
            found[definition_id, pattern] = versions[newest]
    return found


def policies(
    target: PolicyDefinition | PolicySetDefinition, parameters: Mapping[str, Any]
) -> list[EffectivePolicy]:
    """What an assignment with these parameters brings about; every policy has to resolve."""
    assignment = Assignment(
        id="/providers/Microsoft.Authorization/policyAssignments/test",
        policy_definition_id=target.id,
        parameters=parameters,
    )
    members = members_of(target) if isinstance(target, PolicySetDefinition) else None
    found = effective_policies(assignment, target, members)
    unresolved = [one for one in found if not isinstance(one, EffectivePolicy)]
    assert unresolved == []
    return [one for one in found if isinstance(one, EffectivePolicy)]


def template_of(definition: PolicyDefinition) -> Path | None:
    """The file of a definition's template; None for what changes objects, or judges none."""
    details = definition.kubernetes_details
    if details is None or details.template is None:
        return None
    return TEMPLATES / tail(details.template.url)


def said(policy: EffectivePolicy, manifest: Path) -> Iterator[str]:
    """What the policy's constraint says about the objects in a manifest."""
    path = template_of(policy.definition)
    assert path is not None
    template = template_at(path)
    constraint = build_constraint(policy, template)
    assert isinstance(constraint, Constraint), constraint
    for document in yaml.load_all(manifest.read_text(), Loader=yaml.CSafeLoader):
        yield from messages(template, constraint, document)
