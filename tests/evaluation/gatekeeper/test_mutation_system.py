"""All mutators together: their order, when they come to rest, and which of them keep off."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.evaluation.gatekeeper.errors import MutationError
from policy_app.evaluation.gatekeeper.mutation import Change, Mutators
from policy_app.evaluation.gatekeeper.mutation.conflicts import describe
from policy_app.evaluation.gatekeeper.review import Review

from .mutators import (
    PODS,
    assign,
    containers,
    label,
    modify,
    mutated,
    mutator,
    pod,
    spec_after,
)
from .samples import namespace


def told(changes: tuple[Change, ...]) -> list[tuple[str, str, Any, Any]]:
    """The changes as (mutator, path, before, after)."""
    return [(one.mutator.name, one.path, one.before, one.after) for one in changes]


def test_each_change_says_which_mutator_made_it() -> None:
    result = mutated(
        pod(containers=containers("a"), dns=["x"]),
        assign("spec.containers[name: *].image", "redis", "first"),
        modify("spec.dns", ["y"], "second"),
    )
    assert told(result.changes) == [
        ("first", "spec.containers[0].image", "nginx", "redis"),
        ("second", "spec.dns[1]", None, "y"),
    ]
    assert result.patch == [
        {"op": "replace", "path": "/spec/containers/0/image", "value": "redis"},
        {"op": "add", "path": "/spec/dns/1", "value": "y"},
    ]


def test_mutators_run_by_kind_and_then_by_name() -> None:
    ordered = Mutators.parse(
        [
            modify("spec.a", [], "a"),
            label("metadata.labels.a", "x", "a"),
            mutator("AssignImage", "spec.image", "a", assignTag=":1"),
            assign("spec.b", 1, "b"),
            assign("spec.c", 1, "a"),
        ]
    )
    assert [(each.kind, each.name) for each in ordered.all] == [
        ("Assign", "a"),
        ("Assign", "b"),
        ("AssignImage", "a"),
        ("AssignMetadata", "a"),
        ("ModifySet", "a"),
    ]


def test_a_mutator_of_the_same_name_takes_the_place_of_the_other() -> None:
    assert spec_after(pod(), assign("spec.a", 1), assign("spec.b", 2)) == {"b": 2}


def test_one_mutator_may_wait_for_another() -> None:
    needs = [{"subPath": "spec.b", "condition": "MustExist"}]
    result = spec_after(
        pod(),
        assign("spec.b.c", "late", "a-first", pathTests=needs),
        assign("spec.b.d", "early", "b-second"),
    )
    assert result == {"b": {"d": "early", "c": "late"}}


def turning(name: str, kind: str, other: str) -> dict[str, Any]:
    """A mutator that makes objects of one kind into another's."""
    return assign("kind", other, name, applyTo=[PODS[0] | {"kinds": [kind]}])


def test_mutators_that_undo_each_other_never_come_to_rest() -> None:
    circle = [turning("a", "Z", "Pod"), turning("b", "Y", "Z"), turning("c", "Pod", "Y")]
    with pytest.raises(MutationError) as error:
        mutated(pod(), *circle)
    assert error.value.message == "mutation not converging for Z default web"


def test_a_chain_takes_as_many_rounds_as_it_has_mutators_and_one_to_see_that_it_rests() -> None:
    chain = [
        label(
            f"metadata.labels.l{number}",
            "x",
            f"m{9 - number}",
            match={"labelSelector": {"matchExpressions": [{"key": key, "operator": "Exists"}]}},
        )
        for number in range(1, 9)
        for key in [f"l{number - 1}"]
    ]
    labelled = pod() | {"metadata": {"name": "web", "labels": {"l0": "x"}}}
    labels = mutated(labelled, *chain).object["metadata"]["labels"]
    assert list(labels) == [f"l{number}" for number in range(9)]


def test_the_object_that_came_is_not_changed() -> None:
    thing = pod(containers=containers("a", securityContext={}))
    kept = pod(containers=containers("a", securityContext={}))
    result = mutated(thing, assign("spec.containers[name: *].securityContext.privileged", False))
    assert thing == kept
    result.object["spec"]["containers"].clear()
    assert thing == kept


def test_a_value_is_not_shared_between_the_places_that_it_goes_to() -> None:
    location = "spec.containers[name: *].securityContext"
    after = spec_after(pod(containers=containers("a", "b")), assign(location, {"x": []}))
    first, second = (one["securityContext"] for one in after["containers"])
    assert first == second == {"x": []}
    assert first is not second
    assert first["x"] is not second["x"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (assign("spec.a.image", 1, "a"), assign("spec.a[name: x].image", 1, "b")),
        (assign("spec.a[name: x].b", 1, "a"), assign("spec.a[id: x].b", 1, "b")),
        (modify("spec.a", [], "a"), assign("spec.a[name: x].b", 1, "b")),
        (modify("spec.a", [], "a"), assign("spec.a.b", 1, "b")),
        (
            mutator("AssignImage", "spec.image", "a", assignTag=":1"),
            assign("spec.image.tag", 1, "b"),
        ),
        (
            mutator("Assign", "spec.a", "a", assign={"externalData": {"provider": "p"}}),
            assign("spec.a.b", 1, "b"),
        ),
        (
            mutator("AssignImage", "spec.image", "a", assignTag=":1"),
            modify("spec.image", [], "b"),
        ),
    ],
    ids=[
        "object and list",
        "two keys of a list",
        "set and list",
        "set and object",
        "below an image",
        "below external data",
        "image and set",
    ],
)
def test_mutators_that_imply_different_shapes_keep_off_together(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    bystander = assign("spec.bystander", True, "c")
    found = Mutators.parse([one, other, bystander])
    assert sorted(each.name for each in found.conflicts) == ["a", "b"]
    assert found.mutate(Review.create(pod())).object["spec"] == {"bystander": True}


def test_a_conflict_is_told_in_gatekeepers_words() -> None:
    found = Mutators.parse([modify("spec.a", [], "b"), assign("spec.a.b", 1, "a")])
    (one, others), _ = found.conflicts.items()
    assert describe([one, *others]) == (
        "the following mutators have conflicting schemas: "
        "[Assign.mutations.gatekeeper.sh /a ModifySet.mutations.gatekeeper.sh /b]"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (assign("spec.a", [], "a"), assign("spec.a[name: x].image", 1, "b")),
        (assign("spec.a", {}, "a"), assign("spec.a.b", 1, "b")),
        (assign("spec.a", [], "a"), modify("spec.a", [], "b")),
        (assign("spec.a[name: x].b", 1, "a"), assign("spec.a[name: *].c", 1, "b")),
        (assign("spec.a.b", 1, "a"), assign("spec.c[name: x].b", 1, "b")),
        (
            assign("spec.a.b", 1, "a"),
            assign("spec.a[n: x].b", 1, "b", applyTo=[PODS[0] | {"kinds": ["Other"]}]),
        ),
        (label("metadata.labels.a", "x", "a"), label("metadata.labels.a", "x", "b")),
        (
            mutator("AssignImage", "spec.image", "a", assignTag=":1"),
            assign("spec.image", "x", "b"),
        ),
    ],
)
def test_mutators_whose_shapes_may_agree_all_run(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert not Mutators.parse([one, other]).conflicts


def test_three_mutators_may_be_in_one_conflict() -> None:
    found = Mutators.parse(
        [
            assign("spec.container.name", 1, "object-object"),
            assign("spec.container[name: foo]", {"name": "foo"}, "object-list"),
            assign("spec[container: foo].name", 1, "list-object"),
        ]
    )
    assert {each.name for each in found.conflicts} == {
        "object-object",
        "object-list",
        "list-object",
    }


def test_the_source_of_the_object_counts() -> None:
    original = Mutators.parse([assign("spec.a", 1, match={"source": "Original"})])
    generated = Mutators.parse([assign("spec.a", 1, match={"source": "Generated"})])
    assert original.mutate(Review.create(pod())).changed
    assert not generated.mutate(Review.create(pod())).changed
    assert generated.mutate(Review.audit(pod(), source="Generated")).changed


def test_the_labels_of_the_namespace_count() -> None:
    match = {"namespaceSelector": {"matchLabels": {"team": "a"}}}
    mutators = Mutators.parse([assign("spec.a", 1, match=match)])
    review = Review.create(pod())
    known = {"default": namespace("default", team="a")}
    assert mutators.mutate(review, namespaces=known).changed
    assert not mutators.mutate(review, namespaces={"default": namespace("default")}).changed
    with pytest.raises(MutationError) as error:
        mutators.mutate(review)
    assert error.value.message == (
        "matching for mutator Assign.mutations.gatekeeper.sh /m failed for Pod default web: "
        "failed to run Match criteria: "
        "namespace selector for namespace-scoped object but missing Namespace"
    )


@pytest.mark.parametrize(
    "review",
    [
        Review.delete(pod()),
        Review.create(
            {
                "apiVersion": "templates.gatekeeper.sh/v1",
                "kind": "ConstraintTemplate",
                "metadata": {"name": "x"},
            }
        ),
    ],
    ids=["a deletion", "Gatekeeper's own object"],
)
def test_what_the_webhook_is_not_asked_about_stays(review: Review) -> None:
    mutators = Mutators.parse([label("metadata.labels.a", "x")])
    assert not mutators.mutate(review).changed


def test_the_namespace_of_the_request_is_lent_and_taken_back() -> None:
    named = mutator("Assign", "spec.ns", assign={"fromMetadata": {"field": "namespace"}})
    bare = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {}}
    request = {"object": bare, "operation": "CREATE", "namespace": "shop"}
    result = Mutators.parse([named]).mutate(Review.from_request(request))
    assert result.object == bare | {"spec": {"ns": "shop"}}
    assert result.patch == [{"op": "add", "path": "/spec/ns", "value": "shop"}]


def test_operations_count_only_for_versions_that_know_them() -> None:
    only = [assign("spec.a", 1, applyTo=[PODS[0] | {"operations": ["UPDATE"]}])]
    review = Review.create(pod())
    assert Mutators.parse(only).mutate(review).changed
    assert not Mutators.parse(only, with_operations=True).mutate(review).changed


def test_a_changed_object_tells_what_has_changed_it_where_that_is_asked_for() -> None:
    first = assign("spec.a", 1, "first")
    first["metadata"]["generation"] = 3
    mutators = Mutators.parse([modify("spec.b", ["x"], "second"), first])
    result = mutators.mutate(Review.create(pod()), mutation_id="some-id")
    assert result.object["metadata"]["annotations"] == {
        "gatekeeper.sh/mutations": "Assign//first:3, ModifySet//second:0",
        "gatekeeper.sh/mutation-id": "some-id",
    }
    settled = mutators.mutate(Review.create(pod(a=1, b=["x"])), mutation_id="some-id")
    assert "annotations" not in settled.object["metadata"]


def test_without_mutators_the_object_is_as_it_came() -> None:
    result = Mutators().mutate(Review.create(pod()))
    assert (result.object, result.changes, result.patch) == (pod(), (), ())
