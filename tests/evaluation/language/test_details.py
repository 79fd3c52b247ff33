"""``then.details``: every form is read, and what contradicts itself is refused at its field."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from policy_app.evaluation.language.definitions import PolicyDefinition
from policy_app.evaluation.language.details import KubernetesDetails
from policy_app.evaluation.language.errors import DefinitionError

from .samples import STORE, definition, rule

DETAILS = "properties.policyRule.then.details"
TEMPLATE = f"{STORE}/ports/v1/template.yaml"
CONSTRAINT = f"{STORE}/ports/v1/constraint.yaml"
AT_URL = {"sourceType": "PublicURL", "url": CONSTRAINT}
EMBEDDED = {"sourceType": "Base64Encoded", "content": base64.b64encode(b"kind: X").decode()}


def read(details: dict[str, Any], effect: str = "Audit") -> KubernetesDetails:
    """The details of a definition that has these and no others."""
    written = {"if": {}, "then": {"effect": effect, "details": details}}
    found = PolicyDefinition.parse(definition(policyRule=written)).kubernetes_details
    assert found is not None
    return found


def refusal(details: dict[str, Any]) -> tuple[str, str]:
    """The field below the details that is refused, and what is said of it."""
    with pytest.raises(DefinitionError) as caught:
        read(details)
    assert caught.value.code == "InvalidPolicyDefinition"
    return caught.value.path.removeprefix(f"{DETAILS}."), caught.value.message


def usual(**changes: Any) -> dict[str, Any]:
    """The details of the sample definition with changes."""
    details: dict[str, Any] = rule(**changes)["then"]["details"]
    return details


def without(name: str, **changes: Any) -> dict[str, Any]:
    """The same without a field."""
    return {key: value for key, value in usual(**changes).items() if key != name}


def test_the_retired_form_names_a_template_and_a_constraint() -> None:
    found = read({"constraintTemplate": TEMPLATE, "constraint": CONSTRAINT, "values": {"a": 1}})
    assert found.template is not None
    assert found.constraint is not None
    assert (found.template.url, found.constraint.url) == (TEMPLATE, CONSTRAINT)


@pytest.mark.parametrize(
    ("info", "url"), [(AT_URL, CONSTRAINT), (EMBEDDED, "")], ids=["at a URL", "embedded"]
)
def test_a_constraint_of_its_own_may_stand_beside_a_template(
    info: dict[str, str], url: str
) -> None:
    found = read({"templateInfo": EMBEDDED, "constraintInfo": info})
    assert found.constraint is not None
    assert found.constraint.url == url
    assert url or found.constraint.text() == "kind: X"


def test_a_parameter_may_say_where_the_template_is() -> None:
    info = {"sourceType": "PublicURL", "url": "[parameters('url')]"}
    assert read(usual(templateInfo=info)).source_url == "[parameters('url')]"


def test_retired_effects_have_details_of_another_shape() -> None:
    found = read({"policyId": "x", "policy": "y"}, effect="EnforceRegoPolicy")
    assert (found.template, found.mutation, found.constraint) == (None, None, None)


@pytest.mark.parametrize(
    ("details", "field", "message"),
    [
        (
            usual(excludedNamespace=["a"]),
            "excludedNamespace",
            "is no field of details; the nearest is excludedNamespaces",
        ),
        (usual(colour="red"), "colour", "is no field of details."),
        (usual(constraintTemplate=TEMPLATE), "constraintTemplate", "beside templateInfo"),
        (usual(constraint=CONSTRAINT), "constraint", "beside templateInfo"),
        (usual(constraintInfo=AT_URL), "apiGroups", "beside constraintInfo"),
        (without("kinds", constraintInfo=AT_URL), "apiGroups", "beside constraintInfo"),
        ({"constraintInfo": AT_URL}, "templateInfo", "is required beside constraintInfo"),
        ({"constraintTemplate": TEMPLATE}, "constraint", "is required beside constraintTemplate"),
        ({"constraint": CONSTRAINT}, "constraintTemplate", "is required beside constraint"),
        ({"mutationInfo": AT_URL, "kinds": ["Pod"]}, "kinds", "beside mutationInfo"),
        ({"mutationInfo": AT_URL, "constraint": "https://x"}, "constraint", "beside mutationInfo"),
        (
            {"mutationInfo": {"sourceType": "PublicURL", "url": "[parameters('url')]"}},
            "mutationInfo.url",
            "cannot be an expression",
        ),
        (
            usual(templateInfo={"sourceType": "PublicURL", "url": "http://example.org/t.yaml"}),
            "templateInfo.url",
            "begins with https://",
        ),
        (
            usual(templateInfo={"sourceType": "PublicURL", "url": "https://[half"}),
            "templateInfo.url",
            "begins with https://",
        ),
        (
            usual(templateInfo={"sourceType": "PublicURL", "content": "eA=="}),
            "templateInfo.content",
            "cannot stand beside the source type PublicURL, which takes url",
        ),
        (
            usual(templateInfo={"sourceType": "Base64Encoded", "content": "no base64!"}),
            "templateInfo.content",
            "not UTF-8 text in Base64: it has the character ' ' after 2 others",
        ),
        (
            usual(templateInfo={"sourceType": "Base64Encoded", "content": "apiVersion: v1"}),
            "templateInfo.content",
            "it is YAML as it stands; encode it",
        ),
        (
            usual(templateInfo={"sourceType": "Base64Encoded", "content": "eHh4e"}),
            "templateInfo.content",
            "it has 5 characters, so that the last ones are missing",
        ),
        (
            {"constraintTemplate": "template.yaml", "constraint": CONSTRAINT},
            "constraintTemplate",
            "begins with https://",
        ),
        (usual(namespaces="shop"), "namespaces", "should be an array"),
        (usual(excludedNamespaces=[1]), "excludedNamespaces[0]", "should be a string"),
        (usual(source="Orignal"), "source", "must be one of All, Generated, Original"),
        (usual(scope="cluster"), "scope", "must be one of Cluster, Namespaced, *"),
        (usual(labelSelector=["app"]), "labelSelector", "should be an object"),
        (usual(warn="true"), "warn", "should be true, false or an expression, but is a string"),
        (usual(values=["a"]), "values", "should be an object"),
        (usual(apiGroups=["*"]), "apiGroups", "must name each one"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    details: dict[str, Any], field: str, message: str
) -> None:
    where, said = refusal(details)
    assert where == field
    assert message in said
