"""Every built-in definition is one that a person could have written: it can be duplicated."""

from __future__ import annotations

import pytest

from policy_app.models import Definition, Scope
from policy_app.services import definitions
from policy_app.services.authoring import Kind, initiatives, reading, rules

UNUSED = {"UnusedPolicyParameters"}
"""Azure's own definitions may keep a retired parameter; a custom one may not."""


@pytest.fixture
def built_in(portal: None) -> list[Definition]:
    """All of them."""
    return list(Definition.objects.filter(scope=None))


def test_a_duplicate_of_any_built_in_policy_is_accepted(
    built_in: list[Definition], subscription: Scope
) -> None:
    refused = {}
    for row in built_in:
        if row.is_initiative:
            continue
        properties = {**definitions.version(row).body, "policyType": "Custom"}
        draft = reading.read(Kind.POLICY, subscription, "copy", {"properties": properties})
        codes = {one.code for one in rules.faults(draft.parsed)} - UNUSED  # type: ignore[arg-type]
        if codes:
            refused[row.display_name] = codes
    assert refused == {}


def test_a_duplicate_of_any_built_in_initiative_is_accepted(
    built_in: list[Definition], subscription: Scope
) -> None:
    refused = {}
    for row in built_in:
        if not row.is_initiative:
            continue
        body = definitions.version(row).body
        properties = {**body, "policyType": "Custom", "displayName": row.display_name[:128]}
        draft = reading.read(Kind.INITIATIVE, subscription, "copy", {"properties": properties})
        found = initiatives.faults(draft.parsed, subscription)  # type: ignore[arg-type]
        if found:
            refused[row.display_name] = [(one.code, one.target, one.message) for one in found]
    assert refused == {}
