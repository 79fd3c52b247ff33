"""ModifySet and AssignImage: values of a list, and parts of an image reference."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.evaluation.gatekeeper.errors import MutationError
from policy_app.evaluation.gatekeeper.mutation.images import Image

from .mutators import containers, modify, mutated, mutator, pod, spec_after

ARGS = "spec.containers[name: a].args"
IMAGE = "spec.containers[name: *].image"


def args_after(args: list[Any] | None, values: list[Any], **spec: Any) -> Any:
    """What becomes of the arguments of the container ``a``."""
    fields = {} if args is None else {"args": args}
    after = spec_after(pod(containers=containers("a", **fields)), modify(ARGS, values, **spec))
    return after["containers"][0].get("args")


@pytest.mark.parametrize(
    ("args", "values", "after"),
    [
        (None, ["-v", "-q"], ["-v", "-q"]),
        (["-q", "-x"], ["-v", "-q"], ["-q", "-x", "-v"]),
        (["-v"], ["-v"], ["-v"]),
        ([1, True], [True, 1, 2, 2], [1, True, 2]),
        ([{"a": 1}], [{"a": 1}, {"a": 2}], [{"a": 1}, {"a": 2}]),
    ],
)
def test_merging_adds_what_is_missing_in_order(
    args: list[Any] | None, values: list[Any], after: list[Any]
) -> None:
    assert args_after(args, values) == after
    assert args_after(args, values, operation="merge") == after


@pytest.mark.parametrize(
    ("args", "after"),
    [(None, None), (["-v", "-x", "-v"], ["-x"]), (["-v"], []), (["-x"], ["-x"])],
)
def test_pruning_takes_out_every_equal_value(args: list[Any] | None, after: Any) -> None:
    assert args_after(args, ["-v"], operation="prune") == after


@pytest.mark.parametrize("operation", ["merge", "prune"])
def test_what_is_no_list_cannot_be_treated_as_a_set(operation: str) -> None:
    with pytest.raises(MutationError, match="x is not a list of values, cannot treat it as a set"):
        mutated(pod(args="x"), modify("spec.args", ["-v"], operation=operation))


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("nginx", ("", "nginx", "")),
        ("nginx:1.27", ("", "nginx", ":1.27")),
        ("library/nginx", ("", "library/nginx", "")),
        ("a.io/team/app:1@sha256:ab", ("a.io", "team/app", ":1@sha256:ab")),
        ("localhost/app@sha256:ab", ("localhost", "app", "@sha256:ab")),
        ("registry:5000/app", ("registry:5000", "app", "")),
        ("a.io:5000/app", ("a.io:5000", "app", "")),
        ("", ("", "", "")),
    ],
)
def test_a_reference_is_taken_apart_and_put_together(
    reference: str, parts: tuple[str, str, str]
) -> None:
    image = Image.parse(reference)
    assert (image.domain, image.path, image.tag) == parts
    assert str(image) == reference


@pytest.mark.parametrize(
    ("before", "parts", "after"),
    [
        ("nginx:1", {"assignDomain": "my.azurecr.io"}, "my.azurecr.io/nginx:1"),
        ("docker.io/nginx:1", {"assignDomain": "my.azurecr.io"}, "my.azurecr.io/nginx:1"),
        ("a.io/nginx:1", {"assignPath": "hardened/nginx"}, "a.io/hardened/nginx:1"),
        ("a.io/nginx:1", {"assignTag": ":2"}, "a.io/nginx:2"),
        ("a.io/nginx", {"assignTag": f"@sha256:{'a' * 64}"}, f"a.io/nginx@sha256:{'a' * 64}"),
        ("nginx", {"assignDomain": "localhost:5000", "assignTag": ":2"}, "localhost:5000/nginx:2"),
    ],
)
def test_the_parts_that_are_given_replace_the_old_ones(
    before: str, parts: dict[str, str], after: str
) -> None:
    thing = pod(containers=[{"name": "a", "image": before}])
    found = spec_after(thing, mutator("AssignImage", IMAGE, **parts))
    assert found["containers"][0]["image"] == after


def test_an_image_that_is_missing_begins_empty() -> None:
    thing = pod(containers=[{"name": "a"}])
    parts = {"assignDomain": "a.io", "assignPath": "app", "assignTag": ":1"}
    after = spec_after(thing, mutator("AssignImage", IMAGE, **parts))
    assert after["containers"][0]["image"] == "a.io/app:1"


def test_an_image_that_is_no_text_fails_the_request() -> None:
    with pytest.raises(MutationError, match="location to be a string, got 5 of type integer"):
        mutated(
            pod(containers=[{"name": "a", "image": 5}]),
            mutator("AssignImage", IMAGE, assignTag=":1"),
        )
