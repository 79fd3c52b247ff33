"""The syntax tree of Rego: immutable nodes, each with the place it was written at.

The same nodes serve before and after names are resolved.  Afterwards a ``Var`` is always a local
variable whose name is unique in its rule (``x``, or ``x#3`` where it was declared), and every
reference to a rule or document starts with the variable ``input`` or ``data``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from policy_app.evaluation.rego.source import Pos


@dataclass(frozen=True, slots=True)
class Scalar:
    """null, a boolean, a number or a string."""

    value: Any
    pos: Pos


@dataclass(frozen=True, slots=True)
class Var:
    name: str
    pos: Pos


@dataclass(frozen=True, slots=True)
class Ref:
    """``head`` followed by at least one look-up; ``a.b`` is the look-up of the string ``b``."""

    head: Term
    parts: tuple[Term, ...]
    pos: Pos


@dataclass(frozen=True, slots=True)
class Array:
    items: tuple[Term, ...]
    pos: Pos


@dataclass(frozen=True, slots=True)
class Set:
    items: tuple[Term, ...]
    pos: Pos


@dataclass(frozen=True, slots=True)
class Object:
    pairs: tuple[tuple[Term, Term], ...]
    pos: Pos


@dataclass(frozen=True, slots=True)
class Call:
    """A call of ``name``: a builtin (``count``), or a rule's path (``data.lib.f``)."""

    name: tuple[str, ...]
    args: tuple[Term, ...]
    pos: Pos


@dataclass(frozen=True, slots=True)
class Comprehension:
    """``kind`` is ``array``, ``set`` or ``object``; ``key`` is set for objects only."""

    kind: str
    key: Term | None
    value: Term
    body: Body
    pos: Pos


Term: TypeAlias = Scalar | Var | Ref | Array | Set | Object | Call | Comprehension


@dataclass(frozen=True, slots=True)
class Unify:
    """``left = right``; ``test`` marks ``left == right``, which binds no variable."""

    left: Term
    right: Term
    pos: Pos
    test: bool = False


@dataclass(frozen=True, slots=True)
class Assign:
    """``target := value``."""

    target: Term
    value: Term
    pos: Pos


@dataclass(frozen=True, slots=True)
class SomeDecl:
    """``some x, y``."""

    names: tuple[Var, ...]
    pos: Pos


@dataclass(frozen=True, slots=True)
class SomeIn:
    """``some key, value in domain``."""

    key: Term | None
    value: Term
    domain: Term
    pos: Pos


@dataclass(frozen=True, slots=True)
class Every:
    key: Var | None
    value: Var
    domain: Term
    body: Body
    pos: Pos


Expr: TypeAlias = Term | Unify | Assign | SomeDecl | SomeIn | Every


@dataclass(frozen=True, slots=True)
class With:
    """``with target as value``; ``target`` starts with input, data or names a builtin."""

    target: Term
    value: Term
    pos: Pos


@dataclass(frozen=True, slots=True)
class Literal:
    """One statement of a body."""

    expr: Expr
    pos: Pos
    negated: bool = False
    withs: tuple[With, ...] = ()


Body: TypeAlias = tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Clause:
    """One body with the value it gives; ``orelse`` is tried where the body has no answer."""

    value: Term | None
    body: Body
    pos: Pos
    orelse: Clause | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One definition of a rule.

    ``ref`` is the head's reference below the package: the name first.  ``args`` is set for
    functions.  ``member`` is the term of a multi-value rule (``p contains member``).
    """

    ref: tuple[Term, ...]
    args: tuple[Term, ...] | None
    member: Term | None
    clause: Clause
    default: bool
    pos: Pos

    @property
    def name(self) -> str:
        head = self.ref[0]
        return head.name if isinstance(head, Var) else str(getattr(head, "value", ""))


@dataclass(frozen=True, slots=True)
class Import:
    path: tuple[str, ...]
    alias: str
    pos: Pos


@dataclass(frozen=True, slots=True)
class Module:
    """One parsed file; ``v1`` says that the stricter rules of Rego v1 hold in it."""

    file: str
    package: tuple[str, ...]
    imports: tuple[Import, ...]
    rules: tuple[Rule, ...]
    lines: tuple[str, ...]
    v1: bool
    keywords: frozenset[str] = frozenset()


def _parts_of_object(node: Object) -> tuple[Term, ...]:
    return tuple([term for pair in node.pairs for term in pair])


def _parts_of_some_in(node: SomeIn) -> tuple[Term, ...]:
    parts = (node.value, node.domain)
    return parts if node.key is None else (node.key, *parts)


# A table and not a `match`: every pass asks this of every node.
_CHILDREN: dict[type, Callable[[Any], tuple[Term, ...]]] = {
    Ref: lambda node: (node.head, *node.parts),
    Array: lambda node: node.items,
    Set: lambda node: node.items,
    Object: _parts_of_object,
    Call: lambda node: node.args,
    Unify: lambda node: (node.left, node.right),
    Assign: lambda node: (node.target, node.value),
    SomeIn: _parts_of_some_in,
    Every: lambda node: (node.domain,),
}


RESULT = "_$result"
"""How the variables begin that go through a relation's results; no source can name them."""

TEMPLATE = "_$template"
"""How the variables begin that hold the values inside template strings."""


def is_relation(term: Any) -> bool:
    """Is this the iteration that a call of a relation becomes in normal form?"""
    if type(term) is not Ref or not term.parts:
        return False
    first = term.parts[0]
    return type(first) is Var and first.name.startswith(RESULT)


def children(node: Term | Expr) -> tuple[Term, ...]:
    """The terms directly inside, without the bodies of closures."""
    parts = _CHILDREN.get(type(node))
    return () if parts is None else parts(node)


def walk(node: Term | Expr) -> Iterator[Term | Expr]:
    """The node and every term below it, without the bodies and heads of closures."""
    yield node
    for child in children(node):
        yield from walk(child)


def map_children(node: Any, change: Callable[[Any], Any]) -> Any:
    """A copy of a term with each direct child replaced; closures are returned as they are."""
    kind = type(node)
    if kind is Ref:
        return Ref(change(node.head), tuple([change(part) for part in node.parts]), node.pos)
    if kind is Call:
        return Call(node.name, tuple([change(arg) for arg in node.args]), node.pos)
    if kind is Array or kind is Set:
        return kind(tuple([change(item) for item in node.items]), node.pos)
    if kind is Object:
        return Object(tuple([(change(k), change(v)) for k, v in node.pairs]), node.pos)
    return node
