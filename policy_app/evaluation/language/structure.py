"""What definitions and initiatives are made of, field by field: what an editor can offer.

The fields of ``then.details``, the operators, effects, types and functions are those that the rest
of this package reads; here they come together, each with a few words on what it is for.  Source:
Microsoft Learn, "Azure Policy definition structure basics", "… parameters", "… policy rule" and
"Azure Policy initiative definition structure".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from policy_app.evaluation.gatekeeper.labels import OPERATORS as SELECTOR_OPERATORS
from policy_app.evaluation.gatekeeper.match import SOURCES
from policy_app.evaluation.language import conditions, details, details_checks, parameters
from policy_app.evaluation.language.definitions import MODES
from policy_app.evaluation.language.effects import KUBERNETES_EFFECTS
from policy_app.evaluation.language.expressions import FUNCTION_NAMES

JsonType = Literal["string", "boolean", "array", "object", "any"]


@dataclass(frozen=True, slots=True)
class Field:
    """What may stand behind a name, or as an item of a list."""

    about: str
    """What it is for: words that a list can show beside the name."""
    type: JsonType = "string"
    values: tuple[Any, ...] = ()
    """The values that it is known to take; empty where there is no list of them."""
    shape: str = ""
    """For an object, which of ``SHAPES`` it has; empty where nothing is known of it."""
    items: Field | None = None
    """What each item of an array is."""
    named_by: str = ""
    """The property at the top whose items' ``name`` it repeats; empty for none."""
    expression: bool = False
    """Whether an expression may give it, such as ``[parameters('effect')]``."""

    def to_object(self) -> dict[str, Any]:
        """Plain JSON, without what is empty."""
        shown: dict[str, Any] = {
            "about": self.about,
            "type": self.type,
            "values": list(self.values),
            "shape": self.shape,
            "items": self.items.to_object() if self.items else None,
            "namedBy": self.named_by,
            "expression": self.expression,
        }
        return {name: value for name, value in shown.items() if value}


@dataclass(frozen=True, slots=True)
class Shape:
    """The fields of an object; ``each`` is what stands behind any other name."""

    fields: Mapping[str, Field]
    each: Field | None = None
    beside: tuple[str, ...] = ()
    """The fields beside the object that tell which names it has, where others define them."""

    def to_object(self, without: Iterable[str] = ()) -> dict[str, Any]:
        """Plain JSON, without some of the fields."""
        left_out = set(without)
        fields = {
            name: field.to_object() for name, field in self.fields.items() if name not in left_out
        }
        shown = {"fields": fields, "each": self.each.to_object() if self.each else None}
        return shown | ({"beside": list(self.beside)} if self.beside else {})


POLICY, INITIATIVE, METADATA = "policy", "initiative", "metadata"

_STRONG_TYPES = (
    "location",
    "resourceTypes",
    "storageSkus",
    "vmSKUs",
    "existingResourceGroups",
    "omsWorkspace",
)
_EFFECT = "effect"
"""The parameter that chooses the effect, as nearly every definition calls it."""


def _object(about: str, shape: str = "", *, expression: bool = False) -> Field:
    return Field(about, "object", shape=shape, expression=expression)


def _flag(about: str, *, expression: bool = False) -> Field:
    return Field(about, "boolean", (True, False), expression=expression)


def _objects(about: str, shape: str) -> Field:
    return Field(about, "array", items=_object(about, shape))


def _texts(about: str, **item: Any) -> Field:
    return Field(about, "array", items=Field(about, expression=True, **item), expression=True)


_COMMON = {
    "policyType": Field("Whose it is: one's own are Custom", values=("Custom",)),
    "displayName": Field("The name that people see"),
    "description": Field("What it is for, in a few sentences"),
    "metadata": _object("The category, and other notes", METADATA),
    "parameters": _object("What an assignment can set", "parameters"),
    "version": Field("Its version, such as 1.2.0"),
}
_DETAILS = {
    details.TEMPLATE_INFO: _object("Where the constraint template is", "source"),
    details.CONSTRAINT_INFO: _object("Where the constraint's own file is", "source"),
    details.MUTATION_INFO: _object("Where the mutators are", "source"),
    details.TEMPLATE_URL: Field("The template's address, in the old form", expression=True),
    details.CONSTRAINT_URL: Field("The constraint's address, in the old form", expression=True),
    "apiGroups": _texts("The API groups of what is judged"),
    "kinds": _texts("The kinds of what is judged, such as Pod"),
    "namespaces": _texts("Only these namespaces"),
    details.EXCLUDED: _texts("All but these namespaces"),
    "labelSelector": _object("Only with these labels", "selector", expression=True),
    "scope": Field("Whether namespaced, or the cluster's", values=details_checks.SCOPES),
    "source": Field("As written, or as a workload makes it", values=SOURCES),
    "warn": _flag("Whether an audit also warns", expression=True),
    "values": _object("The constraint's parameters", "values"),
}
_OPERANDS = {
    "in": _texts("One of these"),
    "notIn": _texts("None of these"),
    "exists": _flag("Whether it is there at all"),
}
_LOGIC = {
    "allOf": _objects("Every condition holds", "condition"),
    "anyOf": _objects("At least one condition holds", "condition"),
    "not": _object("The condition does not hold", "condition"),
}
_PARAMETER = {
    "type": Field("The type of its values", values=parameters.TYPES),
    "metadata": _object("How forms show it", "parameterMetadata"),
    "allowedValues": Field("The values that it takes, and no others", "array"),
    "defaultValue": Field("Its value where an assignment gives none", "any"),
    "schema": _object("A JSON schema that its values fit"),
}
_EFFECTS = Field("What happens to what breaks the policy", values=KUBERNETES_EFFECTS)

SHAPES: Mapping[str, Shape] = {
    POLICY: Shape(
        {
            **_COMMON,
            "mode": Field("What is judged; objects in clusters are the first", values=MODES),
            "policyRule": _object("Which clusters it is for, and what happens there", "rule"),
        }
    ),
    INITIATIVE: Shape(
        {
            **_COMMON,
            "policyDefinitions": _objects("The policies in it", "member"),
            "policyDefinitionGroups": _objects("The groups that its policies are in", "group"),
        }
    ),
    METADATA: Shape(
        {
            "category": Field("What lists file it under"),
            "version": Field("Its version, in the old place"),
            "preview": _flag("Whether it may still change"),
            "deprecated": _flag("Whether new assignments are advised against"),
            "portalReview": Field("Whether the portal asks for its parameters to be looked at"),
        },
        each=Field("A note of one's own", "any"),
    ),
    "parameters": Shape(
        {_EFFECT: _object("Chooses the effect", "effectParameter")},
        each=_object("A parameter", "parameter"),
    ),
    "parameter": Shape(_PARAMETER),
    "effectParameter": Shape(
        {
            **_PARAMETER,
            "type": Field("Effects are strings", values=("String",)),
            "allowedValues": Field("The effects to choose from", "array", items=_EFFECTS),
            "defaultValue": _EFFECTS,
        }
    ),
    "parameterMetadata": Shape(
        {
            "displayName": Field("Its name in forms"),
            "description": Field("What it is for"),
            "strongType": Field("What its values name, for a form to list", values=_STRONG_TYPES),
            "assignPermissions": _flag("Whether an identity needs rights on what it names"),
            "portalReview": _flag("Whether the portal asks for it to be looked at"),
            "deprecated": _flag("Whether it should no longer be set"),
        },
        each=Field("A note of one's own", "any"),
    ),
    "rule": Shape(
        {
            "if": _object("Which clusters it is for", "condition"),
            "then": _object("What happens there", "then"),
        }
    ),
    "condition": Shape(
        {
            "field": Field("What is asked about the cluster", values=conditions.FIELDS),
            "value": Field("What is compared in place of a field", "any", expression=True),
            **{
                name: _OPERANDS.get(name, Field("What it is compared with", expression=True))
                for name in conditions.OPERATORS
            },
            **{name: _LOGIC[name] for name in conditions.LOGICAL},
        }
    ),
    "then": Shape(
        {
            "effect": replace(_EFFECTS, expression=True),
            "details": _object("What is judged, by what, and where", "details"),
        }
    ),
    "details": Shape({name: _DETAILS[name] for name in details_checks.NAMES}),
    "source": Shape(
        {
            "sourceType": Field("At an address, or in the definition", values=details.SOURCE_TYPES),
            "url": Field("The address, for PublicURL", expression=True),
            "content": Field("The text as Base64, for Base64Encoded", expression=True),
        }
    ),
    "selector": Shape(
        {
            "matchLabels": _object("Labels with these values", "labels"),
            "matchExpressions": _objects("Labels that fit each of these", "requirement"),
        }
    ),
    "labels": Shape({}, each=Field("The label's value", expression=True)),
    "requirement": Shape(
        {
            "key": Field("The label", expression=True),
            "operator": Field("How it is compared", values=SELECTOR_OPERATORS),
            "values": _texts("The values, for In and NotIn"),
        }
    ),
    "values": Shape(
        {},
        each=Field("A parameter of the constraint", "any", expression=True),
        beside=(details.TEMPLATE_INFO, details.TEMPLATE_URL),
    ),
    "member": Shape(
        {
            "policyDefinitionId": Field("The id of the policy definition"),
            "policyDefinitionReferenceId": Field("What it is called in the initiative"),
            "definitionVersion": Field("The version that it keeps to, such as 1.*.*"),
            "parameters": _object("The values for its parameters", "handed"),
            "groupNames": Field(
                "The groups that it is in",
                "array",
                items=Field("A group", named_by="policyDefinitionGroups"),
            ),
        }
    ),
    "handed": Shape(
        {},
        each=_object("A parameter of the policy", "value"),
        beside=("policyDefinitionId", "definitionVersion"),
    ),
    "value": Shape({"value": Field("Its value", "any", expression=True)}),
    "group": Shape(
        {
            "name": Field("What policies name it by"),
            "displayName": Field("The name that people see"),
            "category": Field("What lists file it under"),
            "description": Field("What its policies have in common"),
            "additionalMetadataId": Field("The id of more about it"),
        }
    ),
}


def vocabulary(root: str, without: Mapping[str, Iterable[str]]) -> dict[str, Any]:
    """All of it as plain JSON, for ``POLICY`` or ``INITIATIVE``.

    ``{"root": shape, "shapes": {shape: {"fields", "each", "beside"}}, "functions": [name]}``;
    ``without`` names the fields to leave out, by shape.
    """
    return {
        "root": root,
        "shapes": {name: one.to_object(without.get(name, ())) for name, one in SHAPES.items()},
        "functions": sorted(FUNCTION_NAMES.values(), key=str.lower),
    }
