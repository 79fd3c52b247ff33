"""The tree of rules: which rules answer for which path below ``data``.

Rules with the same path form one ``Unit``.  Where a rule's head has a variable in it
(``p[x]``, ``p.q[x].r``), every rule at and below the last fixed name belongs to one unit, whose
value is an object that all of them fill.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from policy_app.evaluation.rego.errors import RegoError
from policy_app.evaluation.rego.resolve import ResolvedRule
from policy_app.evaluation.rego.syntax import Scalar, Term


@dataclass(slots=True, eq=False)
class Unit:
    """The rules that together give one value.

    ``kind`` is ``complete``, ``set``, ``object`` or ``function``.  ``tails`` holds, for a rule
    of an object, the part of its head behind ``path``.
    """

    index: int
    path: tuple[str, ...]
    kind: str
    rules: list[ResolvedRule]
    default: ResolvedRule | None = None

    @property
    def arity(self) -> int:
        rule = self.rules[0] if self.rules else self.default
        if self.kind != "function" or rule is None:
            return -1
        return len(rule.rule.args or ())

    @property
    def name(self) -> str:
        return ".".join(("data", *self.path))

    def tail(self, rule: ResolvedRule) -> tuple[Term, ...]:
        """The part of the rule's head behind the unit's path."""
        return rule.path[len(self.path) :]


@dataclass(slots=True, eq=False)
class Node:
    """A place below ``data``; either it has a unit, or children, or is a package without rules."""

    path: tuple[str, ...]
    children: dict[str, Node] = field(default_factory=dict)
    rules: list[ResolvedRule] = field(default_factory=list)
    unit: Unit | None = None

    def child(self, name: str) -> Node:
        node = self.children.get(name)
        if node is None:
            node = self.children[name] = Node((*self.path, name))
        return node

    def units(self) -> Iterator[Unit]:
        """Every unit at or below this place."""
        if self.unit is not None:
            yield self.unit
        for child in self.children.values():
            yield from child.units()

    def collected(self) -> Iterator[ResolvedRule]:
        yield from self.rules
        for child in self.children.values():
            yield from child.collected()


def build_tree(packages: Iterable[tuple[str, ...]], rules: Iterable[ResolvedRule]) -> Node:
    """The tree with its units; raises ``RegoError`` where rules contradict each other."""
    root = Node(())
    package_nodes = {package: _descend(root, package) for package in packages}
    for rule in rules:
        _descend(root, _fixed(rule.path)).rules.append(rule)
    _form_units(root, _Counter())
    for package, node in package_nodes.items():
        _check_package(root, package, node)
    return root


class _Counter:
    def __init__(self) -> None:
        self.value = -1

    def next(self) -> int:
        self.value += 1
        return self.value


def _descend(root: Node, path: tuple[str, ...]) -> Node:
    node = root
    for name in path:
        node = node.child(name)
    return node


def _fixed(path: tuple[Term, ...]) -> tuple[str, ...]:
    names: list[str] = []
    for part in path:
        if not (isinstance(part, Scalar) and type(part.value) is str):
            break
        names.append(part.value)
    return tuple(names)


def _form_units(node: Node, counter: _Counter) -> None:
    if any(len(rule.path) > len(node.path) for rule in node.rules):
        rules = list(node.collected())
        _refuse_functions(rules)
        node.children.clear()
        node.unit = Unit(counter.next(), node.path, "object", _without_defaults(rules))
        return
    if node.rules:
        node.unit = _unit_of(node, counter)
        if node.children and any(True for child in node.children.values() for _ in child.units()):
            _merge_below(node)
    for child in node.children.values():
        _form_units(child, counter)


def _merge_below(node: Node) -> None:
    below = next(rule for child in node.children.values() for rule in child.collected())
    raise _conflict(below, node)


def _refuse_functions(rules: list[ResolvedRule]) -> None:
    for rule in rules:
        if rule.rule.args is not None:
            raise _type_error(rule, f"conflicting rules {_name(rule.path)} found")


def _without_defaults(rules: list[ResolvedRule]) -> list[ResolvedRule]:
    return [rule for rule in rules if not rule.rule.default]


def _unit_of(node: Node, counter: _Counter) -> Unit:
    kinds = {_kind(rule) for rule in node.rules}
    arities = {len(rule.rule.args) for rule in node.rules if rule.rule.args is not None}
    if len(kinds) > 1 or len(arities) > 1:
        raise _conflict(node.rules[-1], node)
    defaults = [rule for rule in node.rules if rule.rule.default]
    if len(defaults) > 1:
        raise _type_error(defaults[1], f"multiple default rules {_name(node.path)} found")
    default = defaults[0] if defaults else None
    return Unit(counter.next(), node.path, kinds.pop(), _without_defaults(node.rules), default)


def _kind(rule: ResolvedRule) -> str:
    if rule.rule.args is not None:
        return "function"
    return "complete" if rule.rule.member is None else "set"


def _check_package(root: Node, package: tuple[str, ...], node: Node) -> None:
    at = root
    for name in package:
        at = at.children.get(name, node)
        if at.unit is not None:
            rule = at.unit.rules[0] if at.unit.rules else at.unit.default
            if rule is not None:
                message = f"package {'.'.join(package)} conflicts with rule {at.unit.name}"
                raise _type_error(rule, message)


def _conflict(rule: ResolvedRule, node: Node) -> RegoError:
    return _type_error(rule, f"conflicting rules {_name(node.path)} found")


def _name(path: Iterable[Term | str]) -> str:
    names = [str(part.value) if isinstance(part, Scalar) else str(part) for part in path]
    return ".".join(["data", *names])


def _type_error(rule: ResolvedRule, message: str) -> RegoError:
    return rule.source.error(message, rule.rule.pos, "rego_type_error")
