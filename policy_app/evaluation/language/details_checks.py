"""Do the details of a policy for Kubernetes contradict themselves, or say what nobody reads?

Source: Microsoft Learn, the ``audit``, ``deny`` and ``mutate`` effects of mode
``Microsoft.Kubernetes.Data``: which fields there are, and which exclude each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_app.evaluation.gatekeeper.match import ANY, SOURCES
from policy_app.evaluation.language.details import (
    CONSTRAINT_INFO,
    CONSTRAINT_URL,
    EXCLUDED,
    MUTATION_INFO,
    TEMPLATE_INFO,
    TEMPLATE_URL,
    KubernetesDetails,
    read_source,
)
from policy_app.evaluation.language.errors import nearest
from policy_app.evaluation.language.expressions import is_expression
from policy_app.evaluation.language.reading import Reader, kind_of

SCOPES = ("Cluster", "Namespaced", ANY)
RETIRED_EFFECTS = ("enforceopaconstraint", "enforceregopolicy")
"""Their details have another shape, and nothing here evaluates them."""

_INFOS = (TEMPLATE_INFO, CONSTRAINT_INFO, MUTATION_INFO)
NAMES = (
    *_INFOS,
    TEMPLATE_URL,
    CONSTRAINT_URL,
    "apiGroups",
    "kinds",
    "namespaces",
    EXCLUDED,
    "labelSelector",
    "scope",
    "source",
    "warn",
    "values",
)
_EXCLUSIVE: Mapping[str, tuple[str, ...]] = {
    TEMPLATE_INFO: (MUTATION_INFO, TEMPLATE_URL, CONSTRAINT_URL),
    MUTATION_INFO: (CONSTRAINT_INFO, TEMPLATE_URL, CONSTRAINT_URL, "apiGroups", "kinds"),
    CONSTRAINT_INFO: (TEMPLATE_URL, CONSTRAINT_URL, "apiGroups", "kinds"),
}
"""What each field does not stand beside."""
_NEEDS: Mapping[str, str] = {
    CONSTRAINT_INFO: TEMPLATE_INFO,
    CONSTRAINT_URL: TEMPLATE_URL,
    TEMPLATE_URL: CONSTRAINT_URL,
}
CHOICES: Mapping[str, tuple[str, ...]] = {"source": SOURCES, "scope": SCOPES}


def check(rule: Reader) -> None:
    """Raise ``DefinitionError`` at the first field of the rule's details that cannot be."""
    then = rule.child("then")
    if then.text("effect").lower() in RETIRED_EFFECTS:
        return
    details = then.child("details")
    _check_names(details)
    _check_sources(details)
    _check_kinds(details)
    _check_match(details)
    details.object("values")


def _check_names(details: Reader) -> None:
    for name in details.fields:
        if name not in NAMES:
            near = nearest(str(name), NAMES)
            hint = f"; the nearest is {near}" if near else ""
            details.refuse(str(name), f"is no field of details{hint}")


def _check_sources(details: Reader) -> None:
    for name, others in _EXCLUSIVE.items():
        beside = [other for other in others if name in details.fields and other in details.fields]
        if beside:
            details.refuse(beside[0], f"cannot stand beside {name}")
    for name, other in _NEEDS.items():
        if name in details.fields and other not in details.fields:
            details.refuse(other, f"is required beside {name}")
    for name in _INFOS:
        if name in details.fields:
            _check_info(details.child(name))
    for name in (TEMPLATE_URL, CONSTRAINT_URL):
        if name in details.fields:
            details.required_text(name)
    view = KubernetesDetails(details.fields)
    _ = view.template, view.constraint, view.mutation


def _check_info(info: Reader) -> None:
    """A parameter may give the place of a template, but not that of mutators."""
    given = [name for name, value in info.fields.items() if is_expression(value)]
    if given and info.path.endswith(MUTATION_INFO):
        info.refuse(given[0], "cannot be an expression: mutators are the same for every assignment")
    if given:
        return
    source = read_source(info)
    if not source.url:
        source.text()


def _check_kinds(details: Reader) -> None:
    if TEMPLATE_INFO not in details.fields or CONSTRAINT_INFO in details.fields:
        return
    for name in ("apiGroups", "kinds"):
        value = details.fields.get(name)
        if value is None:
            details.refuse(name, f"is required beside {TEMPLATE_INFO}")
        if not isinstance(value, str) and ANY in details.texts(name):
            details.refuse(name, f"must name each one: '{ANY}' is not allowed here")


def _check_match(details: Reader) -> None:
    for name in ("namespaces", EXCLUDED):
        if not is_expression(details.fields.get(name)):
            details.texts(name)
    for name, choices in CHOICES.items():
        value = details.fields.get(name)
        if value is not None and not is_expression(value) and value not in choices:
            details.refuse(name, f"must be one of {', '.join(choices)}, or an expression")
    if not is_expression(details.fields.get("labelSelector")):
        details.object("labelSelector")
    warn: Any = details.fields.get("warn")
    if not (warn is None or isinstance(warn, bool) or is_expression(warn)):
        details.refuse("warn", f"should be true, false or an expression, but is {kind_of(warn)}")
