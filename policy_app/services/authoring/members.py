"""The members of an initiative: what they are chosen from, named by, and can be handed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import QuerySet

from policy_app.evaluation.language.expressions import handing_on
from policy_app.evaluation.language.parameters import ParameterSpec
from policy_app.evaluation.language.versions import major_pattern
from policy_app.models import Definition, DefinitionVersion, Scope
from policy_app.services import authorization, definitions
from policy_app.services.authorization import Actor
from policy_app.services.errors import PolicyError

REFERENCE_LIMIT = 128
"""Characters of a reference id that is made up; a typed one may have more."""
_WORD = re.compile(r"[^\W_]+")


def choices(scope: Scope | None, by: Actor, text: str, category: str) -> QuerySet[Definition]:
    """The policies that an initiative at the scope can have as members, by name.

    Those with every word of ``text`` in their names, and of one category where it is given.
    """
    rows = definitions.visible(definitions.listing(Definition.Kind.POLICY, scope), by)
    if category:
        rows = rows.filter(category=category)
    return definitions.matching(rows, text)


def owners(arm_ids: Iterable[str], by: Actor) -> dict[str, Definition]:
    """The definitions of these ids with their versions' numbers, by id in lower case.

    One at a scope that ``by`` does not know of is one that could not be found.
    """
    rows = Definition.objects.filter(key__in={one.lower() for one in arm_ids})
    rows = rows.select_related("scope").prefetch_related(definitions.WITHOUT_BODIES)
    known = (row for row in rows if row.scope is None or authorization.knows(by, row.scope))
    return {row.key: row for row in known}


def stored(pinned: Collection[tuple[str, str]], by: Actor) -> dict[str, Definition]:
    """The same for each (id, version pattern), ready to be parsed in the version it takes."""
    found = owners((arm_id for arm_id, _ in pinned), by)
    taken = (
        version(found[arm_id.lower()], pattern)
        for arm_id, pattern in pinned
        if arm_id.lower() in found
    )
    definitions.read_bodies(row for row in taken if row is not None)
    return found


def version(owner: Definition, pattern: str) -> DefinitionVersion | None:
    """The version that a member takes; None where none fits, or the pattern is none."""
    try:
        return definitions.version(owner, pattern)
    except PolicyError:
        return None


def entry(owner: Definition, taken: Collection[str]) -> dict[str, Any]:
    """A new member: ARM's ``PolicyDefinitionReference``, pinned to the newest major version.

    ``taken`` are the reference ids that others have; the same policy may be a member twice.
    """
    return {
        "policyDefinitionReferenceId": reference_id(owner.display_name, taken),
        "policyDefinitionId": owner.arm_id,
        "definitionVersion": major_pattern(owner.latest_version),
        "parameters": {},
    }


def reference_id(display_name: str, taken: Collection[str]) -> str:
    """A reference id that tells which policy it is: its name without spaces, with a number."""
    words = (word[0].upper() + word[1:] for word in _WORD.findall(display_name))
    return free_name("".join(words)[:REFERENCE_LIMIT] or "Policy", taken)


def parameter_of(spec: ParameterSpec, taken: Collection[str]) -> tuple[str, dict[str, Any]]:
    """An initiative's parameter that fits a member's: its name, and ARM's entry for it.

    ``taken`` are the names that other parameters of the initiative have.
    """
    return free_name(spec.name, taken), spec.to_object()


def hand_on(name: str) -> dict[str, Any]:
    """The entry of a member's ``parameters`` that hands on one of the initiative's."""
    return {"value": handing_on(name)}


def unfit(own: ParameterSpec, wanted: ParameterSpec) -> str:
    """Why an initiative's parameter cannot be handed to a member's; empty where it can."""
    if own.type != wanted.type:
        return f"it is {own.type}, and {wanted.type} is wanted"
    if own.allowed_values and len(unfit_choices(own, wanted)) == len(own.allowed_values):
        return "the policy takes none of its allowed values"
    if own.has_default and (faults := wanted.faults(own.default, ignore_case=True)):
        return f"its default does not fit: {faults[0].message.rstrip('.')}"
    return ""


def unfit_choices(own: ParameterSpec, wanted: ParameterSpec) -> list[Any]:
    """The allowed values of an initiative's parameter that a member's does not take.

    ARM stores such an initiative, and judges only defaults; an assignment that chooses one of
    these values is refused, or leaves the policy without effect.
    """
    return [one for one in own.allowed_values if _is_unfit(wanted, one)]


def free_name(wanted: str, taken: Collection[str]) -> str:
    """The name, with a number behind it where another has it; ARM ignores case."""
    others = {one.lower() for one in taken}
    name, number = wanted, 1
    while name.lower() in others:
        number += 1
        name = f"{wanted}{number}"
    return name


def _is_unfit(wanted: ParameterSpec, choice: Any) -> bool:
    """Whether a choice does not do; an array's choices are its items, or whole arrays."""
    is_item = wanted.type == "Array" and not isinstance(choice, list)
    return bool(wanted.faults([choice] if is_item else choice, ignore_case=True))
