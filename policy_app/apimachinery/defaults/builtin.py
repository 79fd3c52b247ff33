"""Defaults of built-in kinds: a walk along the few fields behind which there are any.

The walk is planned once for each version of Kubernetes, so that an object's other fields cost
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from policy_app.apimachinery.defaults import rules
from policy_app.apimachinery.objects import Object
from policy_app.apimachinery.schemas import Node, Schemas

_DATA = "policy_app.apimachinery.data"
_ROOTS = ("io.k8s.api.", "io.k8s.apiextensions-apiserver.pkg.apis.")


@dataclass(slots=True)
class _Plan:
    """What to fill in at one struct, and which of its fields to go on to."""

    values: tuple[tuple[str, Any], ...]
    rule: Callable[[Object], None] | None
    below: list[tuple[str, str, _Plan]] = field(default_factory=list)
    """Field, its form (``one``, ``list`` or ``map``), and the plan of its structs."""


def with_defaults(thing: Object, reference: str, schemas: Schemas) -> Object:
    """The object, whose schema has that name, with its defaults."""
    plan = _plans(schemas).get(reference)
    return _filled(thing, plan) if plan is not None else thing


def _filled(thing: Object, plan: _Plan) -> Object:
    made = dict(thing)
    for name, value in plan.values:
        if made.get(name) is None:
            made[name] = deepcopy(value) if isinstance(value, (dict, list)) else value
    if plan.rule is not None:
        plan.rule(made)
    for name, form, below in plan.below:
        value = made.get(name)
        if value:
            made[name] = _below(value, form, below)
        elif form == "one" and isinstance(value, dict):
            made[name] = _filled(value, below)
    return made


def _below(value: Any, form: str, plan: _Plan) -> Any:
    if form == "one":
        return _filled(value, plan) if isinstance(value, dict) else value
    if form == "list" and isinstance(value, list):
        return [_filled(one, plan) if isinstance(one, dict) else one for one in value]
    if form == "map" and isinstance(value, dict):
        return {key: _below(one, "one", plan) for key, one in value.items()}
    return value


@lru_cache(maxsize=8)
def _plans(schemas: Schemas) -> Mapping[str, _Plan]:
    """The plan of every struct behind which there is a default."""
    fields = {name: list(_fields_below(schemas, name)) for name in schemas.definitions}
    wanted = _reaching(fields, {name for name in fields if _short(name) in _own()})
    plans = {name: _plan(name) for name in wanted}
    for name, plan in plans.items():
        plan.below += [
            (one, form, plans[target]) for one, form, target in fields[name] if target in plans
        ]
    return plans


def _plan(name: str) -> _Plan:
    short = _short(name)
    return _Plan(tuple(_table().get(short, {}).items()), rules.RULES.get(short))


def _own() -> set[str]:
    return {*_table(), *rules.RULES}


def _short(name: str) -> str:
    """``core.v1.Pod`` for ``io.k8s.api.core.v1.Pod``."""
    root = next((one for one in _ROOTS if name.startswith(one)), "")
    return name.removeprefix(root)


def _fields_below(schemas: Schemas, name: str) -> Iterator[tuple[str, str, str]]:
    """Each field of a struct that holds structs, one, a list or a map of them."""
    properties = schemas.definitions[name].get("properties")
    for one, raw in properties.items() if isinstance(properties, Mapping) else ():
        node = schemas.node(raw)
        forms: tuple[tuple[str, Node | None], ...] = (
            ("one", node),
            ("list", node.items),
            ("map", node.values),
        )
        for form, target in forms:
            if target is not None and target.reference:
                yield one, form, target.reference


def _reaching(fields: Mapping[str, list[tuple[str, str, str]]], goals: set[str]) -> set[str]:
    """The structs from which a goal can be reached, the goals themselves among them."""
    above: dict[str, set[str]] = {}
    for name, below in fields.items():
        for _, _, target in below:
            above.setdefault(target, set()).add(name)
    found, open_ = set(goals), list(goals)
    while open_:
        for name in above.get(open_.pop(), set()) - found:
            found.add(name)
            open_.append(name)
    return found


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Mapping[str, Any]]:
    text = files(_DATA).joinpath("defaults.yaml").read_text(encoding="utf-8")
    table: Mapping[str, Mapping[str, Any]] = yaml.load(text, Loader=yaml.CSafeLoader)
    return table
