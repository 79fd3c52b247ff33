"""The names that a definition repeats from elsewhere, for an editor to offer.

The values of a policy's details are fields of its template's schema, those of an initiative's
member are parameters of the member's policy.  A draft may be unfinished: what cannot be found has
no names, and that is no error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policy_app.evaluation.kube_yaml.faults import YamlFault
from policy_app.evaluation.language.definitions import PolicyDefinition
from policy_app.evaluation.language.details import KubernetesDetails
from policy_app.evaluation.language.errors import LanguageError
from policy_app.evaluation.language.installation import yaml_documents
from policy_app.services import definitions
from policy_app.services.authoring import members, templated, templates
from policy_app.services.authorization import Actor


@dataclass(frozen=True, slots=True)
class Name:
    """A name, with what it is for and the values that it is known to take."""

    name: str
    about: str
    values: tuple[Any, ...] = ()


def of_details(details: Mapping[str, Any]) -> list[Name]:
    """The fields of the template that ``then.details`` name or carry."""
    try:
        source = KubernetesDetails(details).template
        text = templates.text_of(source) if source else None
        (template,) = yaml_documents(text or "")
    except (LanguageError, YamlFault, ValueError):
        return []
    fields = templated.fields_of(template).items()
    return [_field(name, schema if isinstance(schema, Mapping) else {}) for name, schema in fields]


def of_policy(arm_id: str, pattern: str, by: Actor) -> list[Name]:
    """The parameters of a policy, in the version that a member takes."""
    owner = definitions.find(arm_id, by)
    row = members.version(owner, pattern) if owner else None
    policy = definitions.parse(row) if row else None
    if not isinstance(policy, PolicyDefinition):
        return []
    return [
        Name(one.name, f"{one.display_name or one.name}: {one.type}", one.allowed_values)
        for one in policy.parameters.values()
    ]


def _field(name: str, schema: Mapping[str, Any]) -> Name:
    about = schema.get("description") or schema.get("type") or "A field of the template"
    values = schema.get("enum")
    if schema.get("type") == "boolean":
        values = [True, False]
    return Name(name, str(about), tuple(values) if isinstance(values, list) else ())
