"""Strategic merge patches of any shape: merged as they should, or refused."""

from __future__ import annotations

import time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from policy_app.apimachinery.errors import ApiError
from tests.apimachinery.patches.cases import containers, names_of, outcome, patched, pod


def test_a_long_list_is_merged_in_time_that_grows_with_its_length() -> None:
    def spent(length: int) -> float:
        live = pod(containers=[{"name": f"c{one}"} for one in range(length)])
        given = [{"name": f"c{one}", "image": "x"} for one in reversed(range(length))]
        spec = {"$setElementOrder/containers": given, "containers": given}
        begun = time.process_time()
        patched(live, {"spec": spec})
        return time.process_time() - begun

    spent(100)
    assert spent(8000) < 40 * spent(1000)  # eight times as long; quadratic would be sixty-four


_SCALARS = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b", "delete"])
_KEYS = st.sampled_from(
    [
        "metadata",
        "spec",
        "containers",
        "finalizers",
        "name",
        "volumes",
        "emptyDir",
        "$patch",
        "$retainKeys",
        "$setElementOrder/containers",
        "$setElementOrder/finalizers",
        "$deleteFromPrimitiveList/finalizers",
    ]
)
_ANY = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner),
    max_leaves=12,
)
_OBJECTS = st.dictionaries(_KEYS, _ANY)


@given(_OBJECTS, _OBJECTS)
def test_whatever_the_patch_is_it_merges_or_is_refused(live: Any, patch: Any) -> None:
    for one in (patch, {"spec": patch}, {"metadata": patch}):
        assert isinstance(outcome({"spec": live, "metadata": live}, one), (dict, ApiError))


_NAMES = st.lists(st.sampled_from("abcdef"), unique=True)


@given(_NAMES, _NAMES, st.sets(st.sampled_from("abcdef")))
def test_a_list_has_what_was_there_and_what_the_patch_adds_without_what_it_deletes(
    there: list[str], added: list[str], gone: set[str]
) -> None:
    kept = [one for one in added if one not in gone]
    given = [{"name": one} for one in kept]
    deleted = [{"name": one, "$patch": "delete"} for one in sorted(gone)]

    spec = {"$setElementOrder/containers": given, "containers": [*given, *deleted]}
    found = names_of(patched(pod(containers=containers("".join(there))), {"spec": spec}))

    assert set(found) == (set(there) - gone) | set(kept)
    assert len(found) == len(set(found))
    assert [one for one in found if one in kept] == kept
    others = [one for one in there if one not in gone and one not in kept]
    assert [one for one in found if one in others] == others
