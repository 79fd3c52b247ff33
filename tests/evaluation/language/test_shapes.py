"""Definitions, sets and assignments of any shape: resolved or refused, never a fault."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from policy_app.evaluation.gatekeeper.errors import GatekeeperError
from policy_app.evaluation.language.assignments import Assignment, effective_policies
from policy_app.evaluation.language.constraint_files import read_constraint
from policy_app.evaluation.language.definitions import PolicyDefinition, PolicySetDefinition
from policy_app.evaluation.language.errors import LanguageError
from policy_app.evaluation.language.installation import Installation

from .samples import assignment, definition, member, policy_set, rule
from .test_installation import TEMPLATE

TEXTS = [
    "",
    "Deny",
    "*",
    "[parameters('effect')]",
    "[parameters('x')]",
    "[[x]",
    "[broken",
    "String",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(TEXTS),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["effect", "value", "kind", "type", "in"]), inner)
    ),
    max_leaves=6,
)


# The first installation of all compiles the template, which takes longer than the others.
_UNHURRIED = settings(deadline=None)


def fields(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    """Objects that have some of these fields, with any values."""
    return st.dictionaries(st.sampled_from(names), JSON, max_size=3)


def bring_about(written: Any, **properties: Any) -> None:
    """Assign a definition and install it, whatever its template is."""
    assigned = Assignment.parse(assignment(**properties))
    for policy in effective_policies(assigned, PolicyDefinition.parse(written)):
        assert Installation(lambda _: TEMPLATE).add(policy)


@_UNHURRIED
@given(
    fields("displayName", "mode", "parameters", "policyRule", "version", "metadata"),
    fields(
        *("templateInfo", "constraintInfo", "mutationInfo", "constraintTemplate", "constraint"),
        *("kinds", "apiGroups", "values", "namespaces", "excludedNamespaces", "labelSelector"),
        *("scope", "source", "warn"),
    ),
)
def test_a_definition_of_any_shape(properties: dict[str, Any], details: dict[str, Any]) -> None:
    with suppress(LanguageError):
        bring_about(definition(**{"policyRule": rule(**details)} | properties))


@_UNHURRIED
@given(
    st.fixed_dictionaries(
        {},
        optional={
            name: JSON | st.just("[parameters('anything')]")
            for name in (
                *("kinds", "apiGroups", "values", "namespaces", "excludedNamespaces"),
                *("labelSelector", "scope", "source", "warn"),
            )
        },
    ),
    JSON,
)
def test_a_parameter_may_give_any_value_for_any_field(
    details: dict[str, Any], value: dict[str, Any]
) -> None:
    properties: dict[str, Any] = {}
    for kind in ("Object", "Array", "String", "Boolean"):
        properties["parameters"] = {"anything": {"type": kind, "defaultValue": value}}
        with suppress(LanguageError):
            bring_about(definition(policyRule=rule(**details), **properties), parameters={})


@given(st.text(), st.dictionaries(st.sampled_from(["values", "namespaces"]), JSON))
def test_a_constraint_file_of_any_shape(text: str, details: dict[str, Any]) -> None:
    for file in (text, f"kind: X\nspec:\n  a: {{{{{text}}}}}\n  b: {{{{ .Values.namespaces }}}}\n"):
        with suppress(GatekeeperError):
            assert isinstance(read_constraint(file, details), dict)


@given(fields("policyDefinitionId", "definitionVersion", "parameters", "groupNames"))
def test_a_set_of_any_shape(change: dict[str, Any]) -> None:
    with suppress(LanguageError):
        found = PolicySetDefinition.parse(policy_set(member("a", "A") | change))
        assert len(effective_policies(Assignment.parse(assignment()), found, {})) == 1


@_UNHURRIED
@given(
    fields(
        *("parameters", "overrides", "resourceSelectors", "nonComplianceMessages", "notScopes"),
        *("enforcementMode", "metadata", "definitionVersion", "policyDefinitionId"),
    )
)
def test_an_assignment_of_any_shape(properties: dict[str, Any]) -> None:
    with suppress(LanguageError):
        bring_about(definition(), **properties)
