"""The tabs of a definition; only the one that is shown is worked out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from policy_app.browser import highlighting, links
from policy_app.browser.definitions import members, mutators, template
from policy_app.browser.pages import PortalRequest, Tab, TabPage
from policy_app.evaluation.language.definitions import PolicyDefinition, PolicySetDefinition
from policy_app.evaluation.language.parameters import ParameterSpec
from policy_app.models import Assignment, Definition, DefinitionVersion
from policy_app.services import authorization
from policy_app.services import definitions as service
from policy_app.services.authorization import Principal, actions


@dataclass(frozen=True, slots=True)
class Subject:
    """The version that the tabs are about."""

    definition: Definition
    row: DefinitionVersion
    parsed: service.Parsed
    by: Principal


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """A parameter as the table shows it; values are JSON text."""

    name: str
    display_name: str
    type: str
    default: str
    allowed: list[str]
    description: str


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    label: str
    context: Callable[[Subject], dict[str, Any]]
    count: Callable[[Subject], int] | None = None


def shown(request: PortalRequest, found: Definition, row: DefinitionVersion) -> TabPage:
    """The tabs for this version; the first one where the URL names none of them."""
    subject = Subject(found, row, service.parse(row), request.principal)
    kinds = _kinds(subject)
    asked = request.GET.get("tab", "")
    current = next((kind for kind in kinds if kind.name == asked), kinds[0])
    version = request.GET.get("version", "")
    tabs = [
        Tab(
            label=kind.label,
            url=links.definition(found, version=version, tab=kind.name),
            current=kind is current,
            count=kind.count(subject) if kind.count else None,
        )
        for kind in kinds
    ]
    return TabPage(tabs, f"definitions/_{current.name}.html", current.context(subject))


def _kinds(subject: Subject) -> list[_Kind]:
    as_json = _Kind("json", "Definition", _json)
    parameters = _Kind("parameters", "Parameters", _parameters, lambda s: len(s.parsed.parameters))
    assigned = _Kind("assignments", "Assignments", _assignments, lambda s: _assigned(s).count())
    if isinstance(subject.parsed, PolicySetDefinition):
        policies = _Kind("members", "Policies", _members, lambda s: len(_set(s).members))
        return [policies, parameters, as_json, assigned]
    used_in = _Kind(
        "initiatives",
        "Used in",
        _initiatives,
        lambda s: _used_in(s).count(),
    )
    of_template = [_Kind("template", "Constraint template", _template)]
    of_mutators = [_Kind("mutators", "Mutators", _mutators)]
    return [
        as_json,
        parameters,
        *(of_template if template.has_one(subject.parsed) else []),
        *(of_mutators if mutators.has_some(subject.parsed) else []),
        assigned,
        used_in,
    ]


def _assigned(subject: Subject) -> QuerySet[Assignment]:
    """The assignments of the definition that may be seen."""
    read = actions.of(actions.ASSIGNMENTS, actions.READ)
    return authorization.visible(subject.definition.assignments.all(), subject.by, read)


def _used_in(subject: Subject) -> QuerySet[Definition]:
    """The initiatives with the definition that may be seen."""
    return service.visible(service.initiatives_with(subject.definition), subject.by)


def _set(subject: Subject) -> PolicySetDefinition:
    assert isinstance(subject.parsed, PolicySetDefinition)
    return subject.parsed


def _json(subject: Subject) -> dict[str, Any]:
    return {"lines": highlighting.json_lines(subject.row.body)}


def _parameters(subject: Subject) -> dict[str, Any]:
    return {"parameters": [_parameter_row(one) for one in subject.parsed.parameters.values()]}


def _parameter_row(spec: ParameterSpec) -> ParameterRow:
    return ParameterRow(
        name=spec.name,
        display_name=spec.display_name,
        type=spec.type,
        default=_value(spec.default) if spec.has_default else "",
        allowed=[_value(value) for value in spec.allowed_values],
        description=spec.description,
    )


def _value(value: Any) -> str:
    """Strings as they are, everything else as JSON; the empty string has to be seen."""
    if isinstance(value, str) and value:
        return value
    return json.dumps(value, ensure_ascii=False)


def _members(subject: Subject) -> dict[str, Any]:
    return {"members": members.rows(_set(subject))}


def _template(subject: Subject) -> dict[str, Any]:
    assert isinstance(subject.parsed, PolicyDefinition)
    return {"template": template.read(subject.parsed)}


def _mutators(subject: Subject) -> dict[str, Any]:
    assert isinstance(subject.parsed, PolicyDefinition)
    return {"mutators": mutators.read(subject.parsed)}


def _assignments(subject: Subject) -> dict[str, Any]:
    rows = _assigned(subject).select_related("scope", "created_by")
    found = rows.order_by("display_name", "pk")
    return {"assignments": [(one, links.assignment_by_id(one.arm_id)) for one in found]}


def _initiatives(subject: Subject) -> dict[str, Any]:
    found = _used_in(subject)
    return {"initiatives": [(one, links.definition(one)) for one in found]}
