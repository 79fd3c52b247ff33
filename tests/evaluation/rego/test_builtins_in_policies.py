"""Builtins as policies call them: compiled calls answer as the builtins themselves do."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy_app.evaluation.rego import (
    Program,
    RegoError,
    RegoLimitError,
    Undefined,
    compile_modules,
)
from policy_app.evaluation.rego.builtins import REFUSED, REGISTRY, BuiltinError, NoResult
from policy_app.evaluation.rego.limits import Limits
from policy_app.evaluation.rego.program import Options
from policy_app.evaluation.rego.values import Value, rego_equal, to_json
from tests.evaluation.rego.builtins.calls import NOW_NS, QueryContext, call
from tests.evaluation.rego.builtins.strategies import VALUES, of_type

STRICT = Options(strict=True, now_ns=NOW_NS)
CALLED = sorted(
    name
    for name, builtin in REGISTRY.items()
    if not builtin.relation
    and not builtin.variadic
    # A policy calls these with what its compiler writes, or finds a constant in their place.
    and not name.startswith(("internal.", "rego.metadata."))
)
UNDEFINED = "undefined"


def ask(body: str, options: Options = STRICT, **given_input: Value) -> Any:
    """The value of ``answer`` in a policy of Rego v0 with this body."""
    program = compile_modules([f"package p\n\n{body}"])
    return program.query("data.p.answer", input=given_input, options=options)


@cache
def program_calling(name: str) -> Program:
    """A policy that calls one builtin with what is in its input."""
    operands = ", ".join(f"input[{index}]" for index in range(REGISTRY[name].arity))
    return compile_modules([f"package p\n\nanswer = x {{ x := {name}({operands}) }}\n"])


def in_a_policy(name: str, operands: list[Value]) -> Any:
    """What a compiled call answers, or the error that it raises."""
    try:
        return program_calling(name).query("data.p.answer", input=operands, options=STRICT)
    except Undefined:
        return UNDEFINED
    except RegoLimitError:
        return RegoLimitError
    except RegoError as error:
        return f"{error.code}: {error.message}"


def by_itself(name: str, operands: list[Value]) -> Any:
    """What the builtin answers when it is called directly, in the same form."""
    try:
        return to_json(call(name, *operands, context=QueryContext(seed="")))
    except NoResult:
        return UNDEFINED
    except RegoLimitError:
        return RegoLimitError
    except BuiltinError as error:
        return f"{error.code}: {name}: {error.message}"
    except RegoError as error:
        return f"{error.code}: {error.message}"


@pytest.mark.parametrize("name", CALLED)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_compiled_call_answers_as_the_builtin(name: str, data: st.DataObject) -> None:
    declared = REGISTRY[name].args
    operands = [data.draw(of_type(kind) | VALUES) for kind in declared]
    expected, answer = by_itself(name, operands), in_a_policy(name, operands)
    assert type(expected) is type(answer)
    assert expected == answer or rego_equal(expected, answer)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_refused_does_not_compile(name: str) -> None:
    with pytest.raises(RegoError, match="is not available") as raised:
        compile_modules([f"package p\n\nanswer {{ {name}(input) }}\n"])
    assert raised.value.code == "rego_type_error"
    assert raised.value.line == 3


@pytest.mark.parametrize(
    ("call_text", "part"),
    [
        ("nothing(1)", "undefined function nothing"),
        ("count(1, 2, 3)", "count: arity mismatch"),
        ("count()", "count: arity mismatch"),
        ("count(1)", "count: invalid argument(s)"),
        ('startswith("a", 5)', "startswith: invalid argument(s)"),
        ('{"a": 1} | {"b"}', "or: invalid argument(s)"),
    ],
)
def test_a_call_that_can_never_work_does_not_compile(call_text: str, part: str) -> None:
    with pytest.raises(RegoError) as raised:
        ask(f"answer = x {{ x := {call_text} }}")
    assert raised.value.code == "rego_type_error"
    assert part in raised.value.message


def test_an_error_is_undefined_unless_the_query_is_strict() -> None:
    body = 'answer = x { x := to_number(input.text) } else = "no number" { true }'
    assert ask(body, Options(), text="abc") == "no number"
    with pytest.raises(RegoError, match=r'to_number: strconv\.ParseFloat: parsing "abc"') as raised:
        ask(body, text="abc")
    assert raised.value.code == "eval_builtin_error"
    assert raised.value.line == 3


def test_no_extreme_of_nothing_is_undefined_even_strictly() -> None:
    with pytest.raises(Undefined):
        ask("answer = x { x := max(input.none) }", none=[])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("answer[x] { walk(input, [_, x]); is_number(x) }", [1, 2]),
        ("answer[path] { walk(input, [path, 2]) }", [["a", 1, "b"]]),
        ('answer[x] { walk(input, [["a", i], x]); i == 0 }', [1]),
        ("answer = n { n := count([x | [_, x] = walk(input)]) }", 5),
    ],
)
def test_walk_gives_every_part(body: str, expected: Value) -> None:
    assert ask(body, a=[1, {"b": 2}]) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('answer = x { split("a/b", "/", [_, x]) }', "b"),
        ("answer { plus(1, 2, 3) }", True),
        ("answer = x { x := count(input.s) with input.s as {1, 2} }", 2),
        ('f(x) = 42 { true }\nanswer = x { x := count("abc") with count as f }', 42),
        ('answer = x { x := upper("a") with upper as "B" }', "B"),
        ("answer { any([false, true]); all([true]) }", True),
        ("answer = x { x := {1, 2, 3} - {2} }", [1, 3]),
        ("answer = x { x := ({1} | {2}) & {2, 3} }", [2]),
        ("answer = x { x := time.now_ns() }", NOW_NS),
        ('answer { uuid.rfc4122("a") == uuid.rfc4122("a") }', True),
        ('answer = x { print("seen", input.nothing); x := 1 }', 1),
    ],
)
def test_calls_of_every_form_work(body: str, expected: Value) -> None:
    assert ask(body) == expected


def test_external_data_asks_the_querys_provider() -> None:
    options = Options(external_data=lambda request: {"responses": [[request["keys"][0], "ok"]]})
    body = 'answer = r { r := external_data({"provider": "p", "keys": ["k"]}).responses[0][1] }'
    assert ask(body, options) == "ok"


@pytest.mark.parametrize(
    "expression",
    [
        "numbers.range(1, 1000000000)",
        'sprintf("%999999d%999999d%999999d%999999d%999999d", [1, 1, 1, 1, 1])',
        'net.cidr_expand("10.0.0.0/8")',
        'replace(sprintf("%90000d", [1]), " ", sprintf("%900d", [1]))',
        "[y | y := numbers.range(1, 900000)[_]; numbers.range(1, 900000)[_] == -1]",
    ],
)
def test_no_call_outruns_a_query(expression: str) -> None:
    with pytest.raises(RegoLimitError):
        ask(f"answer = x {{ x := {expression} }}", Options(limits=Limits(deadline_s=0.5)))


def test_the_name_of_unification_can_be_called_as_well() -> None:
    assert ask("answer = x { x := eq(input.a, 1) }", a=1) is True
    assert ask("answer = x { eq(x, input.a) }", a=[1]) == [1]
