"""Random values, and random texts that look like what builtins read."""

from __future__ import annotations

from hypothesis import strategies as st

from policy_app.evaluation.rego.builtins.core import split_type
from policy_app.evaluation.rego.values import RegoSet, Value, hash_key

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.integers()
    | st.sampled_from([0.0, 1.0, -1.0, 0.5, 2.5])
    | st.text(max_size=3)
)


def _objects(members: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    pairs = st.lists(st.tuples(members, members), max_size=3)
    return pairs.map(lambda found: {hash_key(key): value for key, value in found})


VALUES: st.SearchStrategy[Value] = st.recursive(
    _SCALARS,
    lambda members: (
        st.lists(members, max_size=3)
        | st.lists(members, max_size=3).map(RegoSet.of)
        | _objects(members)
    ),
    max_leaves=8,
)

_TEXTS = st.text(max_size=8) | st.sampled_from(
    [
        *("10.0.0.0/8", "::1/64", "1.2.3-a.1", "2020-01-31", "2006-01-02", "1h5m", "100m", "1Ki"),
        *("(a|b)*", "[a-c]{x,y}", "{{.a}}{{end}}", "{{if .a}}", "%d %[2]*v %q", "a: [1, *x]"),
        *('{"a": [1]}', "a.b.c", "eyJhbGciOiJIUzI1NiJ9.e30.AA", "YWI=", "a=1&b", "%zz", "\ud800"),
    ]
)
_PLACES = st.integers(-5, 50) | st.sampled_from(
    [2.0, 0.5, -1.5, 10**30, 2**63, float("inf"), float("-inf")]
)
_LISTS = st.lists(VALUES | _TEXTS, max_size=4) | st.lists(_TEXTS, max_size=4)
_OF_KIND: dict[str, st.SearchStrategy[Value]] = {
    "null": st.none(),
    "boolean": st.booleans(),
    "number": _PLACES,
    "string": _TEXTS,
    "array": _LISTS,
    "object": st.dictionaries(st.sampled_from("ab") | _TEXTS, VALUES | _TEXTS, max_size=3),
    "set": _LISTS.map(RegoSet.of),
}


def of_type(declared: str) -> st.SearchStrategy[Value]:
    """Values of a declared type, as far as its outermost name says."""
    return st.one_of([_OF_KIND[kind] for kind in split_type(declared)])
