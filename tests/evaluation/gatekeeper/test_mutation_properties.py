"""Whatever the object: mutations come to rest, and the patch says the same as the object."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from policy_app.evaluation.gatekeeper.mutation.json_values import differences, same, to_patch

from .mutators import PODS, assign, label, modify, mutated, mutator, patched, pod

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.floats(-2, 2), st.text("ab~/", max_size=3)
)
keys = st.text("ab~/0", max_size=2)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4)
)
container = st.fixed_dictionaries(
    {"name": st.sampled_from("abc")},
    optional={
        "image": st.sampled_from(["nginx", "a.io/app:1", "localhost/x@sha256:1", ""]),
        "args": st.lists(st.sampled_from(["-v", "-x", 1, True]), max_size=3),
        "securityContext": st.dictionaries(
            st.sampled_from(["runAsUser", "drop"]), scalars, max_size=2
        ),
    },
)
pods = st.builds(pod, containers=st.lists(container, max_size=3)) | st.builds(pod)

CONTAINERS = "spec.containers[name: *]"
EACH = st.sampled_from(
    [
        assign(f"{CONTAINERS}.securityContext.runAsUser", 1000, "user"),
        assign("spec.containers[name: b].image", "redis", "image-of-b"),
        assign("spec.containers[name: d]", {"name": "d"}, "one-more"),
        assign("spec.hostNetwork", False, "network"),
        assign(
            f"{CONTAINERS}.securityContext.drop",
            ["ALL"],
            "drop",
            pathTests=[
                {"subPath": f"{CONTAINERS}.securityContext.drop", "condition": "MustNotExist"}
            ],
        ),
        modify(f"{CONTAINERS}.args", ["-v", 1], "more"),
        modify(f"{CONTAINERS}.args", ["-x", True], "fewer", operation="prune"),
        mutator("AssignImage", f"{CONTAINERS}.image", "domain", assignDomain="my.azurecr.io"),
        mutator("AssignImage", f"{CONTAINERS}.image", "tag", assignTag=":2"),
        label("metadata.labels.'a/b'", "x", "label"),
        assign("spec.a.b", 1, "other-kind", applyTo=[PODS[0] | {"kinds": ["Job"]}]),
    ]
)


@settings(deadline=None)
@given(values, values)
def test_a_patch_makes_one_value_out_of_another(before: Any, after: Any) -> None:
    wrapped, wanted = {"root": before}, {"root": after}
    patch = to_patch(differences(wrapped, wanted))
    assert same(patched(wrapped, patch), wanted)
    assert bool(patch) is not same(before, after)


@settings(deadline=None)
@given(pods, st.lists(EACH, max_size=6))
def test_what_was_mutated_is_not_mutated_again(
    thing: dict[str, Any], mutators: list[dict[str, Any]]
) -> None:
    kept = deepcopy(thing)
    once = mutated(thing, *mutators)
    assert same(thing, kept)
    assert same(patched(thing, once.patch), once.object)
    assert bool(once.changes) or not once.changed
    again = mutated(once.object, *mutators)
    assert not again.changed
    assert same(again.object, once.object)
