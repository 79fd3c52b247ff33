"""Constraint templates: layouts, checks, and the schema that constraints must fit."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.evaluation.gatekeeper.drivers.rego import RegoCode
from policy_app.evaluation.gatekeeper.errors import (
    ConstraintError,
    ConstraintSchemaError,
    TemplateError,
)
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate

from .samples import PRIVILEGED, constraint, template, template_object

LIBRARY = "package lib.names\n\nbad(name) { name == input.parameters.exempt[_] }\n"
USES_LIBRARY = """\
package anything.goes

import data.lib.names

violation[{"msg": "bad name"}] { names.bad(input.review.object.metadata.name) }
"""
MODERN = """\
package k8sprivileged

import future.keywords.if

violation contains {"msg": "no"} if input.review.object.spec
"""


def ask(found: ConstraintTemplate, parameters: dict[str, Any], thing: dict[str, Any]) -> Any:
    """What the template's violation rule says."""
    asked = {"review": {"object": thing}, "parameters": parameters}
    code = rego_of(found)
    return code.program.query(code.violation_path, input=asked)


def rego_of(found: ConstraintTemplate) -> RegoCode:
    """The template's code, which is Rego."""
    assert isinstance(found.code, RegoCode)
    return found.code


def refusal(written: dict[str, Any]) -> str:
    """The text with which a template is refused, when it is read or compiled."""
    with pytest.raises(TemplateError) as caught:
        ConstraintTemplate.parse(written).compile()
    return caught.value.message


def test_the_old_layout_with_libraries_is_compiled() -> None:
    found = template(USES_LIBRARY, libs=[LIBRARY])

    assert ask(found, {"exempt": ["evil"]}, {"metadata": {"name": "evil"}}) == [{"msg": "bad name"}]
    assert ask(found, {"exempt": ["evil"]}, {"metadata": {"name": "good"}}) == []


def test_all_libraries_may_be_imported_at_once() -> None:
    whole = USES_LIBRARY.replace("data.lib.names", "data.lib").replace("names.bad", "lib.names.bad")
    found = template(whole, libs=[LIBRARY])
    assert ask(found, {"exempt": ["evil"]}, {"metadata": {"name": "evil"}}) == [{"msg": "bad name"}]
    assert "bad import: data.library" in refusal(
        template_object(USES_LIBRARY.replace("data.lib.names", "data.library"), libs=[LIBRARY])
    )


def test_the_new_layout_names_its_version() -> None:
    source = {"version": "v1", "rego": MODERN.replace("import future.keywords.if\n", "")}
    found = template(rego="", code=[{"engine": "Rego", "source": source}])

    assert rego_of(found).version == "v1"
    assert ask(found, {}, {"spec": {}}) == [{"msg": "no"}]


def test_rego_beside_cel_is_what_runs() -> None:
    code = [
        {"engine": "K8sNativeValidation", "source": {"validations": []}},
        {"engine": "Rego", "source": {"rego": PRIVILEGED}},
    ]

    assert rego_of(template(rego="", code=code)).rego == PRIVILEGED


def test_rego_of_the_old_layout_takes_the_place_of_rego_in_the_new_one() -> None:
    source = {"version": "v1", "rego": "package other\n\nviolation contains {} if false"}
    written = template_object(PRIVILEGED, code=[{"engine": "Rego", "source": source}])
    # A version is no field of the old layout.
    written["spec"]["targets"][0]["version"] = "v1"

    found = rego_of(ConstraintTemplate.parse(written))

    assert (found.rego, found.version) == (PRIVILEGED, "v0")


def test_rego_of_the_old_layout_runs_beside_cel_unless_cel_is_preferred() -> None:
    cel = {"engine": "K8sNativeValidation", "source": {"validations": []}}
    written = template_object(PRIVILEGED, code=[cel])

    assert ConstraintTemplate.parse(written).code.engine == "Rego"
    preferred = ConstraintTemplate.parse(written, ("K8sNativeValidation", "Rego"))
    assert preferred.code.engine == "K8sNativeValidation"


@pytest.mark.parametrize("engine", ["Lua", "", None, [], {"name": "Rego"}])
def test_a_language_without_a_driver_is_refused_in_gatekeepers_words(engine: Any) -> None:
    code = [{"engine": engine, "source": {"script": "return true"}}]

    assert refusal(template_object("", code=code)) == (
        "no language driver is installed that handles this constraint template"
    )


def test_the_name_must_be_the_kind_in_lower_case() -> None:
    written = template_object()
    written["metadata"]["name"] = "other"

    assert refusal(written) == (
        "the ConstraintTemplate's name \"other\" is not equal to the lowercase of CRD's Kind: "
        '"k8sprivileged"'
    )


@pytest.mark.parametrize(
    ("rego", "words"),
    [
        ("package a\nallow { true }\n", "missing required rules: [violation]"),
        ('package a\nx = "violation"\n# violation[x]\n', "missing required rules: [violation]"),
        (
            "package a\nimport data.other\nviolation[{}] { true }\n",
            "bad import: data.other",
        ),
        ("package a\nimport input.x\nviolation[{}] { true }\n", "bad import: input.x"),
        (
            'package a\nviolation[{"msg": "x"}] { data.secrets.x }\n',
            "disallowed ref data.secrets.x",
        ),
        (
            'package a\nviolation[{"msg": "x"}] { data["secrets"].x }\n',
            "disallowed ref data.secrets.x",
        ),
        ('package a\nviolation[{"msg": "x"}] { data[input.x] }\n', "disallowed ref data["),
        ('package a\nviolation[{"msg": "x"}] { y := 1; }}\n', "unable to compile modules"),
    ],
)
def test_rego_that_reaches_too_far_is_refused(rego: str, words: str) -> None:
    assert words in refusal(template_object(rego))


@pytest.mark.parametrize(
    "rego",
    [
        'package a\nviolation[{"msg": "data.secrets"}] { input.review.data.x }\n',
        'package a\nviolation[{"msg": "x"}] { input.review.object.data["a"] } # data.secrets\n',
        'package a\nviolation[{"msg": `data.x`}] { data.inventory.cluster.v1 }\n',
        "package a\ndefault violation = {}\nviolation = x { x := {1 | input.x} }\n",
    ],
)
def test_what_only_looks_like_reaching_is_accepted(rego: str) -> None:
    assert template(rego).name == "k8sprivileged"


def test_only_templates_that_look_at_other_objects_use_the_inventory() -> None:
    looks = 'package a\nviolation[{"msg": "x"}] { data.inventory.namespace[_] }\n'

    assert template(looks).uses_inventory
    assert not template().uses_inventory


def test_a_library_must_lie_below_lib() -> None:
    text = refusal(template_object(USES_LIBRARY, libs=[LIBRARY.replace("lib.names", "names")]))

    assert "not found in lib prefixes" in text


def test_a_fault_in_the_rego_has_its_line() -> None:
    with pytest.raises(TemplateError) as caught:
        template('package a\n\nviolation[{"msg": "x"}] { data.secrets.x }\n')

    assert (caught.value.line, caught.value.column) == (3, 27)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"apiVersion": "templates.gatekeeper.sh/v2"}, "is no ConstraintTemplate"),
        ({"kind": "Template"}, "is no ConstraintTemplate"),
        ({"spec": {"crd": {"spec": {"names": {}}}}}, "names.kind is required"),
    ],
)
def test_what_is_no_template_is_refused(change: dict[str, Any], words: str) -> None:
    assert words in refusal(template_object() | change)


def test_there_must_be_one_target_and_it_must_be_gatekeepers() -> None:
    two, other = template_object(), template_object(target="somewhere.else")
    two["spec"]["targets"] *= 2

    assert "exactly 1 item in targets" in refusal(two)
    assert 'target "somewhere.else" not recognized' in refusal(other)


# Constraints against the schema

SCHEMA = {
    "type": "object",
    "properties": {
        "level": {"type": "string", "enum": ["low", "high"], "default": "low"},
        "limits": {
            "type": "object",
            "properties": {"cpu": {"type": "string", "default": "1"}},
        },
        "port": {"x-kubernetes-int-or-string": True},
        "names": {"type": "array", "items": {"type": "string", "nullable": True}},
        "ratio": {"type": "number", "minimum": 0, "exclusiveMinimum": True},
    },
}


def admitted(parameters: Any, **changes: Any) -> Any:
    """The parameters of a constraint after its template admitted it."""
    found = template(schema=SCHEMA, **changes)
    spec = {} if parameters is None else {"parameters": parameters}
    return found.admit(constraint(**spec)).parameters


def test_defaults_fill_only_what_has_its_parent() -> None:
    assert admitted({}) == {"level": "low"}
    assert admitted({"limits": {}}) == {"level": "low", "limits": {"cpu": "1"}}
    assert admitted(None) is None


@pytest.mark.parametrize(
    "parameters",
    [{"port": 80}, {"port": "http"}, {"names": ["a", None]}, {"ratio": 0.5}, {"level": "high"}],
)
def test_values_that_fit_are_admitted(parameters: dict[str, Any]) -> None:
    assert admitted(parameters) == {"level": "low"} | parameters


@pytest.mark.parametrize(
    ("parameters", "path"),
    [
        ({"level": "middle"}, "spec.parameters.level"),
        ({"level": 5}, "spec.parameters.level"),
        ({"port": True}, "spec.parameters.port"),
        ({"names": ["a", 5]}, "spec.parameters.names[1]"),
        ({"ratio": 0}, "spec.parameters.ratio"),
    ],
)
def test_values_that_do_not_fit_are_refused_with_their_path(
    parameters: dict[str, Any], path: str
) -> None:
    with pytest.raises(ConstraintSchemaError, match="schema validation failed: ") as caught:
        admitted(parameters)

    assert caught.value.path == path


def test_unknown_parameters_are_refused_unless_the_schema_is_of_the_old_kind() -> None:
    with pytest.raises(ConstraintSchemaError) as caught:
        admitted({"limits": {"gpu": 1}, "x": 2})

    assert caught.value.message == (
        "invalid Constraint: unknown fields: [spec.parameters.limits.gpu spec.parameters.x]"
    )
    assert admitted({"x": 2}, version="v1beta1") == {"level": "low", "x": 2}


def test_a_template_without_a_schema_takes_no_parameters_unless_it_is_old() -> None:
    written = template_object()
    del written["spec"]["crd"]["spec"]["validation"]
    asked = constraint(parameters={"a": 1})

    with pytest.raises(ConstraintSchemaError, match="unknown fields"):
        ConstraintTemplate.parse(written).admit(asked)
    written["apiVersion"] = "templates.gatekeeper.sh/v1beta1"
    assert ConstraintTemplate.parse(written).admit(asked).parameters == {"a": 1}


def test_a_type_may_be_missing_only_in_the_old_kind_of_schema() -> None:
    loose = {"properties": {"x": {"type": "string"}}}

    assert "spec.parameters.type: Required value" in refusal(template_object(schema=loose))
    assert template(schema=loose, version="v1alpha1").schema.legacy


def test_legacy_schema_may_be_chosen() -> None:
    written = template_object(version="v1", schema=SCHEMA)
    written["spec"]["crd"]["spec"]["validation"]["legacySchema"] = True

    found = ConstraintTemplate.parse(written).admit(constraint(parameters={"x": 1}))

    assert found.parameters == {"level": "low", "x": 1}


def test_a_constraint_of_another_kind_is_refused() -> None:
    with pytest.raises(ConstraintError, match="wrong kind for constraint"):
        template().admit(constraint(kind="Other"))
