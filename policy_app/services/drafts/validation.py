"""Is a draft fit to be stored? Every fault of it at once, each with ARM's code and its field."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from policy_app.evaluation.language.assignment_resource import NonComplianceMessage
from policy_app.evaluation.language.definitions import PolicyDefinition, PolicySetDefinition
from policy_app.evaluation.language.errors import (
    AssignmentError,
    LanguageError,
    ParameterErrors,
)
from policy_app.evaluation.language.parameters import resolve
from policy_app.evaluation.language.reading import Reader
from policy_app.evaluation.language.selectors import Override, ResourceSelector
from policy_app.models import Scope
from policy_app.services import definitions
from policy_app.services.drafts.draft import AssignmentDraft
from policy_app.services.errors import PolicyError

NAME_LIMIT = 64
MANAGEMENT_GROUP_NAME_LIMIT = 24
# How long a text may be; the first is ARM's limit, the others are what can be stored.
_LENGTHS = (
    ("properties.displayName", "display_name", 128),
    ("properties.definitionVersion", "definition_version", 40),
    ("properties.assignmentType", "assignment_type", 20),
    ("location", "location", 60),
)
_FORBIDDEN = re.compile(r"[<>*%&:?+/\\#\x00-\x1f]")
_PROPERTIES = "properties"


def validate(draft: AssignmentDraft) -> None:
    """Raise ``PolicyError`` where the draft cannot be stored, with every fault of it."""
    faults = [
        *name_faults(draft.scope, draft.name, "assignment"),
        *_texts(draft),
        *_scopes(draft),
        *_against_definition(draft),
    ]
    refuse(faults, f"The policy assignment '{draft.name}'")


def refuse(faults: Sequence[PolicyError], subject: str) -> None:
    """Raise one fault as itself, several as the first one's code with all in ``details``."""
    if len(faults) == 1:
        raise faults[0]
    if faults:
        first = faults[0]
        text = f"{subject} has {len(faults)} faults; see the details."
        raise PolicyError(
            first.code, text, target=first.target, status=first.status, details=faults
        )


def name_faults(scope: Scope, name: str, what: str) -> Iterator[PolicyError]:
    """What ARM has against a name; ``what`` is ``assignment`` or ``exemption``."""
    at_group = scope.kind == Scope.Kind.MANAGEMENT_GROUP
    limit = MANAGEMENT_GROUP_NAME_LIMIT if at_group else NAME_LIMIT
    where = "at a management group" if at_group else "at this scope"
    yield from faults_of_name(
        name, limit, where, what=f"policy {what}", code=f"InvalidPolicy{what.capitalize()}Name"
    )


def faults_of_name(
    name: str, limit: int, where: str, *, what: str, code: str
) -> Iterator[PolicyError]:
    """What ARM has against a resource's name; ``where`` says for which place the limit is."""
    if not name.strip():
        yield PolicyError(code, f"The {what} needs a name.", target="name")
    elif len(name) > limit:
        text = f"The name '{name}' has {len(name)} characters; {where} it may have {limit}."
        yield PolicyError(code, text, target="name")
    elif (found := _FORBIDDEN.search(name)) or name[-1] in ". ":
        fault = f"the character {found[0]!r}" if found else "a dot or a space at its end"
        yield PolicyError(code, f"The name '{name}' may not have {fault}.", target="name")


def _texts(draft: AssignmentDraft) -> Iterator[PolicyError]:
    for target, attribute, limit in _LENGTHS:
        length = len(getattr(draft, attribute))
        if length > limit:
            text = f"'{target}' has {length} characters; it may have {limit}."
            yield PolicyError("InvalidRequestContent", text, target=target)
    for where, value in _strings(draft):
        if "\x00" in value:
            yield _wrong(where, "has a NUL character, which cannot be stored.")


def _strings(draft: AssignmentDraft) -> Iterator[tuple[str, str]]:
    yield "displayName", draft.display_name
    yield "description", draft.description
    for name in ("parameters", "metadata"):
        yield from strings_in(getattr(draft, name), name)
    yield from strings_in(draft.non_compliance_messages, "nonComplianceMessages")


def strings_in(value: Any, where: str) -> Iterator[tuple[str, str]]:
    """Every string of a JSON value, keys included, each with its path."""
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield where, str(key)
            yield from strings_in(one, f"{where}.{key}")
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from strings_in(one, f"{where}[{index}]")


def _scopes(draft: AssignmentDraft) -> Iterator[PolicyError]:
    for index, one in enumerate(draft.not_scopes):
        where = f"notScopes[{index}]"
        if not isinstance(one, str) or not one.startswith("/"):
            yield _wrong(where, f"is {one!r}, which is no scope's id.")
        elif not _is_below(draft, one):
            yield _wrong(where, f"is '{one}', which is not below the scope '{draft.scope.arm_id}'.")
    owner = draft.definition.scope
    if owner is not None and not draft.scope.is_at_or_below(owner):
        yield PolicyError(
            "InvalidCreatePolicyAssignmentRequest",
            f"'{draft.definition.display_name}' is defined at '{owner.arm_id}' and can be assigned"
            f" there and below, but not at '{draft.scope.arm_id}'.",
            target="properties.policyDefinitionId",
        )


def _is_below(draft: AssignmentDraft, arm_id: str) -> bool:
    """By the id alone below a subscription; under a management group, by the tree."""
    key = arm_id.lower().rstrip("/")
    if draft.scope.kind != Scope.Kind.MANAGEMENT_GROUP:
        return key.startswith(f"{draft.scope.key}/")
    below = Scope.objects.filter(path__startswith=draft.scope.path).exclude(pk=draft.scope.pk)
    return any(
        key == one or key.startswith(f"{one}/") for one in below.values_list("key", flat=True)
    )


def _against_definition(draft: AssignmentDraft) -> Iterator[PolicyError]:
    try:
        target = definitions.parse(definitions.version(draft.definition, draft.definition_version))
    except PolicyError as error:
        yield error
        return
    yield from _parameters(draft, target)
    references = {one.reference_id.lower() for one in _references(target)}
    yield from _messages(draft, references)
    yield from _adjustments(draft)


def _references(target: PolicyDefinition | PolicySetDefinition) -> Any:
    return target.members if isinstance(target, PolicySetDefinition) else ()


def _parameters(
    draft: AssignmentDraft, target: PolicyDefinition | PolicySetDefinition
) -> Iterator[PolicyError]:
    try:
        resolve(target.parameters, draft.parameters)
    except ParameterErrors as errors:
        for fault in errors.faults:
            where = f"properties.parameters.{fault.target}"
            yield PolicyError(fault.code, fault.message, target=where)


def _messages(draft: AssignmentDraft, references: set[str]) -> Iterator[PolicyError]:
    field = "nonComplianceMessages"
    yield from _unparsed(draft.non_compliance_messages, field, NonComplianceMessage.parse)
    for index, one in enumerate(draft.non_compliance_messages):
        reference = one.get("policyDefinitionReferenceId") if isinstance(one, dict) else None
        if isinstance(reference, str) and reference and reference.lower() not in references:
            text = f"is '{reference}', which is no reference id of this definition."
            yield _wrong(f"{field}[{index}].policyDefinitionReferenceId", text)


def _adjustments(draft: AssignmentDraft) -> Iterator[PolicyError]:
    yield from _unparsed(draft.overrides, "overrides", Override.parse)
    yield from _unparsed(draft.resource_selectors, "resourceSelectors", ResourceSelector.parse)


def _unparsed(
    values: list[Any], field: str, parse: Callable[[Reader], object]
) -> Iterator[PolicyError]:
    """The entries that the evaluation module cannot read, each with its own fault."""
    for index, value in enumerate(values):
        try:
            parse(Reader(value, f"{_PROPERTIES}.{field}[{index}]", AssignmentError))
        except LanguageError as error:
            yield PolicyError("InvalidRequestContent", error.message, target=error.path)


def _wrong(field: str, what: str) -> PolicyError:
    target = f"{_PROPERTIES}.{field}"
    return PolicyError("InvalidRequestContent", f"'{target}' {what}", target=target)
