"""What Gatekeeper's own webhook refuses about Gatekeeper's own resources.

Source: ``validateGatekeeperResources`` of Gatekeeper's webhook, whose texts and codes are used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.config import CONFIG_GROUP, Config, is_config
from policy_app.evaluation.gatekeeper.constraints import GROUP as CONSTRAINTS
from policy_app.evaluation.gatekeeper.constraints import (
    MAX_NAME,
    Constraint,
    check_scopes,
    is_constraint,
)
from policy_app.evaluation.gatekeeper.crds import compiled
from policy_app.evaluation.gatekeeper.errors import GatekeeperError
from policy_app.evaluation.gatekeeper.expansion import ExpansionTemplate, is_expansion_template
from policy_app.evaluation.gatekeeper.expansion.template import GROUP as EXPANSION
from policy_app.evaluation.gatekeeper.external_data import GROUP as EXTERNAL_DATA
from policy_app.evaluation.gatekeeper.external_data import ProviderResource, is_provider
from policy_app.evaluation.gatekeeper.match import Subject
from policy_app.evaluation.gatekeeper.mutation import Mutator, is_mutator
from policy_app.evaluation.gatekeeper.mutation.mutator import GROUP as MUTATIONS
from policy_app.evaluation.gatekeeper.templates import GROUP as TEMPLATES
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate, is_template

UNPROCESSABLE = 422
INTERNAL_ERROR = 500
GROUPS = frozenset({CONFIG_GROUP, CONSTRAINTS, EXPANSION, EXTERNAL_DATA, MUTATIONS, TEMPLATES})
"""The API groups whose objects are looked at."""

Templates = Mapping[str, ConstraintTemplate]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that is wrong with a resource."""

    message: str
    path: str = ""
    """The field at fault; empty where it is none in particular."""
    code: int = UNPROCESSABLE
    """The HTTP status of the answer; some faults of users count as Gatekeeper's own (500)."""


def is_own_resource(value: Mapping[str, Any]) -> bool:
    """Whether an object is one of Gatekeeper's resources."""
    return Subject(value).group in GROUPS


def vet(value: Mapping[str, Any], templates: Templates | None = None) -> tuple[Refusal, ...]:
    """What is wrong with one of Gatekeeper's resources; empty for what is right, or not its own.

    ``templates`` are those in the cluster, by the kind of their constraints.
    """
    if not is_own_resource(value):
        return ()
    name = Subject(value).field("name")
    if len(name) > MAX_NAME:
        message = (
            f"resource cannot have metadata.name larger than {MAX_NAME} char; length: {len(name)}"
        )
        return (Refusal(message, "metadata.name", INTERNAL_ERROR),)
    if is_constraint(value):
        return _vet_constraint(value, templates or {})
    for fits, read in _READERS:
        if fits(value):
            return _refused(read, value)
    return ()


_READERS: tuple[tuple[Callable[[Mapping[str, Any]], bool], Callable[[Any], object]], ...] = (
    (is_template, compiled),
    (is_expansion_template, ExpansionTemplate.parse),
    (is_config, Config.parse),
    (is_mutator, Mutator.parse),
    (is_provider, ProviderResource.parse),
)


def _refused(read: Callable[[Any], object], value: Mapping[str, Any]) -> tuple[Refusal, ...]:
    try:
        read(value)
    except GatekeeperError as error:
        return (Refusal(error.message, error.path),)
    return ()


def _vet_constraint(value: Mapping[str, Any], templates: Templates) -> tuple[Refusal, ...]:
    try:
        constraint = Constraint.parse(value)
        Client(templates.values(), [constraint])
        check_scopes(constraint)
    except GatekeeperError as error:
        about_action = "nforcementAction" in error.path
        return (Refusal(error.message, error.path, INTERNAL_ERROR if about_action else 422),)
    return ()
