"""The registry: what it holds, where it finds it, and what it refuses."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_app.evaluation.rego.builtins import REFUSED, REGISTRY, BuiltinError
from policy_app.evaluation.rego.builtins.core import Family, split_type
from policy_app.evaluation.rego.builtins.index import INDEX
from policy_app.evaluation.rego.errors import RegoError, RegoLimitError
from policy_app.evaluation.rego.values import Value
from tests.evaluation.rego.builtins.calls import QueryContext, a_set
from tests.evaluation.rego.builtins.strategies import VALUES, of_type


@pytest.mark.parametrize("module", sorted(set(INDEX.values())))
def test_the_index_says_what_each_module_has(module: str) -> None:
    family: Family = import_module(f"policy_app.evaluation.rego.builtins.{module}").FAMILY
    assert sorted(family.builtins) == sorted(name for name in INDEX if INDEX[name] == module)


@pytest.mark.parametrize("name", ["http.send", "net.lookup_ip_addr", "rego.parse_module"])
def test_what_reaches_outside_is_refused_with_a_reason(name: str) -> None:
    assert name not in REGISTRY
    assert "must not" in REFUSED[name]


def test_nothing_is_both_there_and_refused() -> None:
    assert not REGISTRY.keys() & REFUSED.keys()


def test_declared_types_are_types() -> None:
    kinds = {"null", "boolean", "number", "string", "array", "object", "set"}
    for builtin in REGISTRY.values():
        for declared in (*builtin.args, builtin.result):
            assert set(split_type(declared)) <= kinds, f"{builtin.name}: {declared}"


SAMPLES: dict[str, Value] = {
    "null": None,
    "boolean": True,
    "number": 1,
    "string": "x",
    "array": ["x"],
    "object": {"x": "x"},
    "set": a_set("x"),
}


def code_of(name: str, operands: list[Value]) -> str:
    """The code of the error that a call raises, nothing where it has an answer."""
    builtin = REGISTRY[name]
    lent = (QueryContext(),) if builtin.needs_context else ()
    try:
        answer = builtin.fn(*lent, *operands)
        list(answer if builtin.relation else ())
    except BuiltinError as error:
        return error.code
    return ""


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_an_operand_of_a_type_that_is_not_declared_never_breaks_a_builtin(name: str) -> None:
    declared = [split_type(arg) for arg in REGISTRY[name].args]
    fitting = [SAMPLES[kinds[0]] for kinds in declared]
    for position, kinds in enumerate(declared):
        for kind, value in SAMPLES.items():
            code = code_of(name, [*fitting[:position], value, *fitting[position + 1 :]])
            assert kind in kinds or code in ("", "eval_type_error", "eval_builtin_error")


@contextlib.contextmanager
def own_refusals() -> Iterator[None]:
    """Let pass what may end a query: a limit, or a number that JSON does not have."""
    try:
        yield
    except RegoLimitError:
        return
    except RegoError as error:
        if not error.message.endswith("is no number of JSON"):
            raise


@given(name=st.sampled_from(sorted(REGISTRY)), data=st.data())
@settings(max_examples=400, deadline=None)
def test_no_operands_whatever_break_a_builtin(name: str, data: st.DataObject) -> None:
    arity = REGISTRY[name].arity
    operands = data.draw(st.lists(VALUES, min_size=arity, max_size=arity))
    with own_refusals():
        code_of(name, operands)


@given(name=st.sampled_from(sorted(REGISTRY)), data=st.data())
@settings(max_examples=400, deadline=None)
def test_no_operands_of_the_declared_types_break_a_builtin(name: str, data: st.DataObject) -> None:
    operands = [data.draw(of_type(declared)) for declared in REGISTRY[name].args]
    with own_refusals():
        code_of(name, operands)


def test_importing_the_registry_leaves_the_rare_libraries_alone() -> None:
    script = (
        "import sys, policy_app.evaluation.rego.builtins;"
        "rare = {'jsonschema', 'yaml', 're2', 'zoneinfo', 'cryptography', 'graphql'};"
        "print(rare & sys.modules.keys())"
    )
    shown = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "set()"
