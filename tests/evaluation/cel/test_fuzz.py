"""Whatever the text and whatever the values: an answer, or one of the errors that are meant."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from ipaddress import ip_interface
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy_app.evaluation.cel.budget import Budget
from policy_app.evaluation.cel.errors import CelCompileError, CelError, CelLimitError
from policy_app.evaluation.cel.functions import call, registry
from policy_app.evaluation.cel.values import (
    INT_MAX,
    INT_MIN,
    UINT_MAX,
    Cidr,
    Ip,
    OptionalValue,
    Quantity,
    TypeValue,
    Uint,
    Url,
)
from tests.evaluation.cel.asking import value

PIECES = st.sampled_from(
    [
        *("pod", "name", "request", "operation", "variables", ".", ".?", "[?", "[", "]", "(", ")"),
        *("{", "}", ",", ":", "?", "!", "-", "+", "*", "/", "%", "<", "==", "&&", "||", "in"),
        *("'a'", '"b"', r"r'\d'", "b'x'", "0", "1", "2u", "1.5", "1e300", "null", "true", "false"),
        *("has(", "map(", "filter(", "all(", "exists(", "size(", "string(", "int(", "quantity("),
        *("ip(", "cidr(", "url(", "duration(", "timestamp(", "google.protobuf.Duration", "x", "y"),
        *("google.protobuf.Int32Value{value:1}", "optional.of(", "type(", "dyn(", "\n", "//", "é"),
        *("\u2028", "__x", "@", "$"),
    ]
)
TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["", "1h", "-1s", "1e9", "10.0.0.1", "::1/64", "http://a:b", "9" * 5000]),
    st.sampled_from(["%s%d", "%.3f", "%x", "(", "a*|b", "0001-01-01T00:00:00+14:00", "+05:00"]),
)
MAGNITUDES = st.integers(INT_MIN, INT_MAX) | st.sampled_from([10**400, -(10**400), 1 << 63])
TIMES = st.datetimes(timezones=st.just(UTC)) | st.just(datetime.max.replace(tzinfo=UTC))
BY_KIND: dict[str, st.SearchStrategy[Any]] = {
    "null_type": st.none(),
    "bool": st.booleans(),
    "int": MAGNITUDES,
    "uint": st.integers(0, UINT_MAX).map(Uint),
    "double": st.floats(),
    "string": TEXTS,
    "bytes": st.binary(max_size=8),
    "duration": st.timedeltas(),
    "timestamp": TIMES,
    "type": st.just(TypeValue("int")),
    "quantity": st.fractions(-(10**30), 10**30).map(Quantity),
    "url": st.sampled_from(["https://[::1]:443/a?b=%zz", "/é"]).map(urlsplit).map(Url),
    "ip": st.ip_addresses().map(Ip),
    "cidr": st.sampled_from(["10.1.2.3/8", "::/0"]).map(ip_interface).map(Cidr),
}
SCALARS = st.one_of(*BY_KIND.values())
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text(max_size=3), inner, max_size=3),
        inner.map(lambda found: OptionalValue(found, present=True)),
        st.just(OptionalValue()),
    ),
    max_leaves=6,
)
BY_KIND |= {
    "any": VALUES,
    "list": st.lists(VALUES, max_size=4),
    "map": st.dictionaries(st.text(max_size=3), VALUES, max_size=3),
    "optional_type": SCALARS.map(lambda found: OptionalValue(found, present=True)),
}
FUNCTIONS = sorted(
    {(name, len(kinds)) for name, all_ in registry._OVERLOADS.items() for kinds in all_}
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PIECES, max_size=25).map(" ".join) | st.text(max_size=60))
def test_any_text_is_compiled_or_refused(text: str) -> None:
    with suppress(CelCompileError, CelError, CelLimitError):
        value(text)


@pytest.mark.parametrize(("name", "count"), FUNCTIONS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_function_takes_any_values(name: str, count: int, data: st.DataObject) -> None:
    kinds = data.draw(
        st.sampled_from([each for each in registry._OVERLOADS[name] if len(each) == count])
    )
    args: list[Any] = [data.draw(BY_KIND[kind]) for kind in kinds]

    with suppress(CelError, CelLimitError):
        call(name, Budget(), args)


def test_messages_are_refused() -> None:
    with pytest.raises(CelCompileError, match="there are no messages here"):
        value("google.protobuf.Int32Value{value: 1} == null")


def test_names_of_types_are_values() -> None:
    assert value("type(duration('1s')) == google.protobuf.Duration")
    assert value("type(timestamp('2024-01-01T00:00:00Z')) != google.protobuf.Duration")


def test_a_macros_variable_may_hide_a_name() -> None:
    assert value("pod.containers.all(request, request.image != '')")
