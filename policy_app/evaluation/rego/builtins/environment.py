"""What a policy may ask of its surroundings: the query's time, messages, external data."""

from __future__ import annotations

import time

from policy_app.evaluation.rego.builtins.core import BuiltinError, Context, Family
from policy_app.evaluation.rego.builtins.text import TextSink
from policy_app.evaluation.rego.values import RegoSet, Value, render

FAMILY = Family("environment")


@FAMILY.builtin("time.now_ns", result="number", context=True)
def now_ns(context: Context) -> int:
    """The query's point in time in nanoseconds since 1970, the same throughout the query."""
    return context.now_ns


@FAMILY.builtin("opa.runtime", result="object[string:any]")
def runtime() -> dict[str, Value]:
    """Nothing: a policy learns nothing about the process that runs it."""
    return {}


@FAMILY.builtin("trace", "string", result="boolean", context=True)
def trace(context: Context, note: str) -> bool:
    """Leave a message to whoever runs the query."""
    context.note(note)
    return True


@FAMILY.builtin("print", result="boolean", context=True, variadic=True)
def print_(context: Context, *values: Value) -> bool:
    """Leave the values as one message; strings are printed as they are."""
    texts = [value if type(value) is str else render(value) for value in values]
    context.budget.charge_string(sum(map(len, texts)) + len(texts))
    context.note(" ".join(texts))
    return True


@FAMILY.builtin("internal.print", "array[set[any]]", result="boolean", context=True)
def internal_print(context: Context, values: list[Value]) -> bool:
    """As ``print``; each value comes in a set, which is empty where it is undefined."""
    shown = [
        next(iter(value), "<undefined>") if type(value) is RegoSet else value for value in values
    ]
    return print_(context, *shown)


@FAMILY.builtin("internal.template_string", "array[any]", result="string", context=True)
def template_string(context: Context, parts: list[Value]) -> str:
    """The parts of a template string as one text; a value comes in an array or set of its own."""
    sink = TextSink(context.budget)
    for part in parts:
        value = part
        if type(part) is list or type(part) is RegoSet:
            if len(part) > 1:
                raise BuiltinError("template-strings must not produce multiple outputs")
            value = next(iter(part), "<undefined>")
        sink.add(value if type(value) is str else render(value))
    return sink.text()


@FAMILY.builtin("rego.metadata.chain", result="array[any]")
def metadata_chain() -> list[Value]:
    """The annotations around the rule, from the inside to the outside; none outside of rules."""
    return []


@FAMILY.builtin("rego.metadata.rule", result="any")
def metadata_rule() -> Value:
    """The rule's own annotations, an empty object where it has none."""
    return {}


@FAMILY.builtin("external_data", "object[string:any]", result="object[string:any]", context=True)
def external_data(context: Context, request: Value) -> Value:
    """What the provider named in the request answers (Gatekeeper's ``external_data``)."""
    if context.external_data is None:
        raise BuiltinError("no provider of external data is configured")
    begun = time.monotonic()
    answer = context.external_data(request)
    context.budget.forgive(time.monotonic() - begun)
    return answer
