"""The syntax tree of Rego: immutable nodes, each with the place it was written at.

The same nodes serve before and after names are resolved.  Afterwards a ``Var`` is always a local
variable whose name is unique in its rule (``x``, or ``x#3`` where it was declared), and every
reference to a rule or document starts with the variable ``input`` or ``data``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias


class Pos(NamedTuple):
    """A place in a module: both count from 1."""

    line: int
    column: int


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


def children(node: Term | Expr) -> tuple[Term, ...]:
    """The terms directly inside, without the bodies of closures."""
    match node:
        case Ref(head, parts):
            return (head, *parts)
        case Array(items) | Set(items):
            return items
        case Object(pairs):
            return tuple(term for pair in pairs for term in pair)
        case Call(_, args):
            return args
        case Unify(left, right) | Assign(left, right):
            return (left, right)
        case SomeIn(key, value, domain):
            return (value, domain) if key is None else (key, value, domain)
        case Every(_, _, domain):
            return (domain,)
    return ()


def walk(node: Term | Expr) -> Iterator[Term | Expr]:
    """The node and every term below it, without the bodies and heads of closures."""
    yield node
    for child in children(node):
        yield from walk(child)


def map_children(node: Any, change: Callable[[Any], Any]) -> Any:
    """A copy of a term with each direct child replaced; closures are returned as they are."""
    match node:
        case Ref(head, parts):
            return replace(node, head=change(head), parts=tuple(map(change, parts)))
        case Array(items) | Set(items):
            return replace(node, items=tuple(map(change, items)))
        case Object(pairs):
            return replace(node, pairs=tuple((change(k), change(v)) for k, v in pairs))
        case Call(_, args):
            return replace(node, args=tuple(map(change, args)))
    return node
