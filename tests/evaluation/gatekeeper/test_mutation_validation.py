"""What is no mutator, in words that name the field."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.evaluation.gatekeeper.errors import MutatorError
from policy_app.evaluation.gatekeeper.mutation import Mutator

from .mutators import assign, label, modify, mutator

GOOD = assign("spec.a", 1)
PROVIDER = {"provider": "p", "dataSource": "Username"}


def path_test(path: str, condition: str = "MustExist") -> dict[str, str]:
    """One of ``pathTests``."""
    return {"subPath": path, "condition": condition}


@pytest.mark.parametrize(
    ("value", "said", "path"),
    [
        ([], "a mutator must be an object", ""),
        (GOOD | {"kind": "Pod"}, "is no mutator: kind must be one of Assign", "kind"),
        (GOOD | {"apiVersion": "v1"}, "of mutations.gatekeeper.sh", "apiVersion"),
        (
            GOOD | {"apiVersion": "mutations.gatekeeper.sh/v2"},
            "one of the versions v1, v1beta1, v1alpha1",
            "apiVersion",
        ),
        (GOOD | {"metadata": {}}, "metadata.name is required for Assign", "metadata.name"),
        (GOOD | {"metadata": {"name": 5}}, "metadata.name must be a string", "metadata.name"),
        (
            GOOD | {"metadata": {"name": "a" * 64}},
            "resource cannot have metadata.name larger than 63 char; length: 64",
            "metadata.name",
        ),
        (GOOD | {"spec": []}, "spec must be an object", "spec"),
        (assign("spec.", 1), "invalid location format `spec.` for Assign m: ", "spec.location"),
        (assign("", 1), "empty path", "spec.location"),
        (modify("", []), "empty path", "spec.location"),
        (assign("metadata.name", 1), "Assign m can't change metadata", "spec.location"),
        (modify("metadata.finalizers", []), "ModifySet m can't change metadata", "spec.location"),
        (
            assign("spec.containers[name: a].name", 1),
            "changing the item key is not allowed",
            "spec.location",
        ),
        (modify("spec.a[b: c]", []), "final node in a modifyset location", "spec.location"),
        (
            mutator("AssignImage", "spec.a[b: c]", assignTag=":1"),
            "AssignImage m cannot mutate list-type fields",
            "spec.location",
        ),
        (label("spec.labels.a", "x"), "invalid location for AssignMetadata m", "spec.location"),
        (label("metadata.labels", "x"), "invalid location for AssignMetadata m", "spec.location"),
        (label("metadata.labels.a.b", "x"), "invalid location for", "spec.location"),
        (label("metadata.name.a", "x"), "invalid location for", "spec.location"),
        (label("metadata.labels[a: b]", "x"), "invalid location for", "spec.location"),
        (
            label("metadata.labels.a", 5),
            "spec.parameters.assign.value field must be a string for AssignMetadata m",
            "spec.parameters.assign.value",
        ),
        (
            mutator("Assign", "spec.a"),
            "assign must set one of `externalData`, `value` or `fromMetadata`",
            "spec.parameters.assign",
        ),
        (assign("spec.a", None), "assign must set one of", "spec.parameters.assign"),
        (
            mutator("Assign", "spec.a", assign={"value": 1, "fromMetadata": {"field": "name"}}),
            "assign must only set one of",
            "spec.parameters.assign",
        ),
        (
            mutator("Assign", "spec.a", assign={"fromMetadata": {"field": "uid"}}),
            'field "uid" is not recognized',
            "spec.parameters.assign.fromMetadata.field",
        ),
        (
            mutator("Assign", "spec.a", assign={"externalData": {}}),
            "spec.parameters.assign.externalData.provider is required",
            "spec.parameters.assign.externalData.provider",
        ),
        (
            mutator("Assign", "spec.a", assign={"externalData": PROVIDER | {"dataSource": "x"}}),
            "must be one of ValueAtLocation, Username",
            "spec.parameters.assign.externalData.dataSource",
        ),
        (
            mutator(
                "Assign",
                "spec.a",
                assign={"externalData": PROVIDER | {"failurePolicy": "UseDefault"}},
            ),
            "`default` must not be empty when `failurePolicy` is set to `UseDefault`",
            "spec.parameters.assign.externalData.default",
        ),
        (
            mutator(
                "AssignMetadata", "metadata.labels.a", assign={"externalData": {"provider": "p"}}
            ),
            "only username data source is supported for AssignMetadata m",
            "spec.parameters.assign.externalData.dataSource",
        ),
        (
            assign("spec.a[b: *]", {"b": 1}),
            "can't append to a globbed list",
            "spec.parameters.assign",
        ),
        (assign("spec.a[b: c]", "x"), "only objects can be added", "spec.parameters.assign"),
        (
            assign("spec.a[b: c]", {"b": "d"}),
            "adding object to list with different key b: list key c, object key d",
            "spec.parameters.assign",
        ),
        (
            mutator("Assign", "spec.a[b: c]", assign={"fromMetadata": {"field": "name"}}),
            "cannot assign a metadata field to a list",
            "spec.parameters.assign",
        ),
        (
            mutator("Assign", "spec.a[b: c]", assign={"externalData": PROVIDER}),
            "cannot assign external data response to a list",
            "spec.parameters.assign",
        ),
        (assign("spec.a", 1, applyTo=[]), "applyTo required for Assign mutator m", "spec.applyTo"),
        (
            assign("spec.a", 1, applyTo=[{"groups": [""], "kinds": ["Pod"]}]),
            "invalid applyTo for Assign mutator m, all of group, version and kind",
            "spec.applyTo[0]",
        ),
        (
            assign("spec.a", 1, pathTests=[path_test("spec.b")]),
            'subpath "spec.b" is not a prefix of location "spec.a"',
            "spec.parameters.pathTests",
        ),
        (
            assign("spec.a", 1, pathTests=[path_test("spec.")]),
            "problem parsing sub path `spec.` for Assign m: ",
            "spec.parameters.pathTests[0].subPath",
        ),
        (
            assign("spec.a", 1, pathTests=[path_test("spec", "Exists")]),
            '"Exists" is not a valid path test condition',
            "spec.parameters.pathTests[0].condition",
        ),
        (
            assign("spec.a", 1, pathTests=[path_test("spec"), path_test("spec", "MustNotExist")]),
            'path "spec" is marked both MustExist and MustNotExist',
            "spec.parameters.pathTests",
        ),
        (
            assign("spec.a", 1, pathTests=[path_test("spec.a"), path_test("spec", "MustNotExist")]),
            'path "spec.a" is marked MustExist but parent "spec" MustNotExist',
            "spec.parameters.pathTests",
        ),
        (
            modify("spec.a", [], operation="replace"),
            'spec.parameters.operation is "replace", and must be one of merge, prune',
            "spec.parameters.operation",
        ),
        (
            mutator("ModifySet", "spec.a", values={"fromList": "x"}),
            "spec.parameters.values.fromList must be a list",
            "spec.parameters.values.fromList",
        ),
        (
            mutator("AssignImage", "spec.a"),
            "at least one of [assignDomain, assignPath, assignTag] must be set",
            "spec.parameters",
        ),
        (
            mutator("AssignImage", "spec.a", assignDomain="notadomain"),
            'AssignImage m has invalid parameters: assignDomain "notadomain" must be',
            "spec.parameters.assignDomain",
        ),
        (
            mutator("AssignImage", "spec.a", assignPath="App"),
            'assignPath "App" must be a valid docker image path',
            "spec.parameters.assignPath",
        ),
        (
            mutator("AssignImage", "spec.a", assignPath="gcr.io/app"),
            "assignDomain must be set if the first part of assignPath",
            "spec.parameters.assignDomain",
        ),
        (
            mutator("AssignImage", "spec.a", assignTag="1.0"),
            "starting with ':' or '@'",
            "spec.parameters.assignTag",
        ),
        (
            assign("spec.a", 1, match={"namespace": ["x"]}),
            "unknown fields: [spec.match.namespace]",
            "spec.match.namespace",
        ),
    ],
)
def test_a_mutator_that_cannot_work_is_refused(value: Any, said: str, path: str) -> None:
    with pytest.raises(MutatorError) as error:
        Mutator.parse(value)
    assert said in error.value.message
    assert error.value.path == path


@pytest.mark.parametrize(
    "value",
    [
        GOOD,
        label("metadata.annotations.'a.b/c'", ""),
        assign("spec.a[b: 1]", {"b": 1, "c": 2}),
        modify("spec.a[b: *].b", ["x"], operation="prune"),
        mutator("AssignImage", "spec.image", assignDomain="a.io", assignPath="gcr.io/app"),
        mutator("Assign", "spec.a", assign={"externalData": PROVIDER}),
        assign("spec.a.b", 1, pathTests=[path_test("spec"), path_test("spec.a", "MustNotExist")]),
    ],
)
def test_a_mutator_that_can_work_is_kept_as_it_was_written(value: Any) -> None:
    assert Mutator.parse(value).to_object() == value
