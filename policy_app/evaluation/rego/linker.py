"""From sources to one program: every pass of the compiler in its order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from policy_app.evaluation.rego.analysis import (
    all_rules,
    check_recursion,
    check_withs,
    independent,
    rule_parts,
)
from policy_app.evaluation.rego.annotations import asked_for
from policy_app.evaluation.rego.assembly import Assembly, Linked, UnitPlan, assemble
from policy_app.evaluation.rego.codegen.emit import Pool
from policy_app.evaluation.rego.codegen.facts import Facts
from policy_app.evaluation.rego.codegen.rules import RuleGenerator
from policy_app.evaluation.rego.codegen.shapes import deciding_field
from policy_app.evaluation.rego.errors import RegoError
from policy_app.evaluation.rego.normal import Normalizer
from policy_app.evaluation.rego.parser import parse_module
from policy_app.evaluation.rego.resolve import ResolvedRule, resolve_module
from policy_app.evaluation.rego.safety import order_rule
from policy_app.evaluation.rego.syntax import Module
from policy_app.evaluation.rego.tree import Node, Unit, build_tree
from policy_app.evaluation.rego.typecheck import TypeChecker


def parse_modules(sources: Sequence[str], version: str, names: Sequence[str]) -> list[Module]:
    """The syntax trees of all modules, ``names`` being what errors call them."""
    return [
        parse_module(text, name, v1=version == "v1")
        for text, name in zip(sources, names, strict=True)
    ]


def link(
    modules: Sequence[Module], extra: Iterable[ResolvedRule] = (), *, explain: bool = False
) -> Linked:
    """A program that can run; raises ``RegoError`` for whatever does not compile."""
    return assemble(generate(modules, extra, explain=explain))


def generate(
    modules: Sequence[Module], extra: Iterable[ResolvedRule] = (), *, explain: bool = False
) -> Assembly:
    """Resolve, check and generate; raises ``RegoError`` for whatever does not compile."""
    try:
        return _generate(modules, list(extra), explain)
    except RecursionError:
        raise RegoError("the program is nested too deeply to compile") from None


def _generate(modules: Sequence[Module], extra: list[ResolvedRule], explain: bool) -> Assembly:
    names, notes = _names(modules), asked_for(modules)
    rules = [rule for module in modules for rule in resolve_module(module, names, notes)]
    v1 = {module.file for module in modules if module.v1}
    tree = build_tree([module.package for module in modules], [*rules, *extra])
    units = list(tree.units())
    for unit in units:
        unit.rules = [_prepare(rule, tree, v1) for rule in unit.rules]
        if unit.default is not None:
            unit.default = _prepare(unit.default, tree, v1)
    pool = Pool(explain=explain)
    facts = Facts(pool, tree)
    parts = {
        unit.index: [part for rule in all_rules(unit) for part in rule_parts(rule.rule)]
        for unit in units
    }
    _find_withs(units, parts, facts)
    ordered = check_recursion(units, parts, tree)
    checker = TypeChecker(tree)
    generator = RuleGenerator(pool, facts)
    for unit in ordered:
        checker.unit(unit)
        generator.unit(unit)
    shared = facts.slots_of(independent(ordered, parts, tree))
    plans = tuple(_plan(unit, facts) for unit in tree.units())
    return Assembly(
        pool.compiled(), pool.constants, pool.bindings, pool.slots, shared, plans, pool.text
    )


def _names(modules: Iterable[Module]) -> dict[tuple[str, ...], frozenset[str]]:
    found: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for module in modules:
        found[module.package].update(rule.name for rule in module.rules)
    return {package: frozenset(names) for package, names in found.items()}


def _prepare(rule: ResolvedRule, tree: Node, v1: set[str]) -> ResolvedRule:
    normal = Normalizer(tree, rule.source, strict=rule.source.file in v1)
    done = order_rule(normal.rule(rule.rule), rule.source)
    size = len(rule.path) - len(done.ref)
    return replace(rule, rule=done, path=(*rule.path[: size + 1], *done.ref[1:]))


def _find_withs(units: Iterable[Unit], parts: dict[int, list[Any]], facts: Facts) -> None:
    for unit in units:
        for rule in unit.rules[:1]:
            functions, paths = check_withs(parts[unit.index], facts.tree, rule.source)
            facts.mocked |= functions
            facts.overridden |= paths


def _plan(unit: Unit, facts: Facts) -> UnitPlan:
    """What lets the run-time twin of the unit call its functions."""
    is_set = unit.kind == "set"
    return UnitPlan(
        path=unit.path,
        is_function=unit.kind == "function",
        function=facts.function(unit),
        members=facts.members_function(unit) if is_set else None,
        deciding_field=deciding_field(unit) if is_set else None,
    )


__all__ = ["Linked", "generate", "link", "parse_modules"]
