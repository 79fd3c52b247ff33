r"""The grammar of the query options: text to a tree, by recursive descent.

::

    filter     = and *( "or" and )
    and        = not *( "and" not )
    not        = "not" not / "(" filter ")" / comparison
    comparison = operand [ operator operand / "in" "(" operand *( "," operand ) ")" ]
    operator   = "eq" / "ne" / "gt" / "ge" / "lt" / "le" / "-eq"
    operand    = literal / name [ "(" [ operand *( "," operand ) ] ")" ]
    literal    = "'" text "'" / number / date / "true" / "false" / "null"   ; '' is one quote
    orderby    = name [ "asc" / "desc" ] *( "," name [ "asc" / "desc" ] )
    select     = name *( "," name )
    apply      = step *( "/" step )
    step       = "filter(" filter ")" / "aggregate(" aggregate *( "," aggregate ) ")"
               / "groupby((" select ")" [ "," "aggregate(" aggregate *( "," aggregate ) ")" ] ")"
    aggregate  = "$count" "as" name / name "with" method "as" name

Words, functions and names may be in any letter case.  Source: OData 4.01 URL conventions and its
extension for data aggregation, as far as Azure's policy operations use them; ``-eq`` is how
Azure's reference spells ``eq`` in one place.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NoReturn, TypeVar

from policy_app.arm.odata import lexer
from policy_app.arm.odata.errors import ODataError
from policy_app.arm.odata.lexer import Token, tokens
from policy_app.arm.odata.tree import (
    Aggregate,
    Among,
    Call,
    Comparison,
    Condition,
    FilterStep,
    GroupStep,
    Literal,
    Name,
    Not,
    Operand,
    Order,
    Several,
    Step,
    Value,
)

T = TypeVar("T")

MAX_DEPTH = 64
"""Brackets, ``not`` and calls inside each other."""
MAX_DIGITS = 18
"""Of a number: more are no whole number to a database."""

_OPERATORS = ("eq", "ne", "gt", "ge", "lt", "le")
_SPELLED = {**{one: one for one in _OPERATORS}, "-eq": "eq", "-ne": "ne"}
_CONSTANTS: dict[str, Value] = {"true": True, "false": False, "null": None}
_METHODS = ("sum", "min", "max", "average", "countdistinct")
_RESERVED = {*_OPERATORS, "and", "or", "not", "in"}


def parse_filter(text: str, expected: str = "a condition") -> Condition | None:
    """The condition of ``$filter``; None for a blank one.  Raises ``ODataError``.

    ``expected`` says what a condition of this list may begin with.
    """
    if not text.strip():
        return None
    parser = _Parser("$filter", text, expected)
    return parser.whole(parser.condition)


def parse_orderby(text: str) -> tuple[Order, ...]:
    """The parts of ``$orderby``.  Raises ``ODataError``."""
    parser = _Parser("$orderby", text)
    return parser.whole(lambda: parser.several(parser.order))


def parse_select(text: str) -> tuple[Name, ...]:
    """The names of ``$select``.  Raises ``ODataError``."""
    parser = _Parser("$select", text)
    return parser.whole(lambda: parser.several(parser.name))


def parse_apply(text: str) -> tuple[Step, ...]:
    """The steps of ``$apply``, in their order.  Raises ``ODataError``."""
    parser = _Parser("$apply", text)
    return parser.whole(parser.steps)


def parse_moment(text: str) -> datetime | None:
    """A date, or a date and time, in UTC where it names no zone; None for anything else."""
    try:
        moment = datetime.fromisoformat(text.upper())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


class _Parser:
    """One token in hand."""

    def __init__(self, option: str, text: str, expected: str = "a condition") -> None:
        self.option = option
        self.text = text
        self.expected = expected
        self._tokens = tokens(option, text)
        self.next = next(self._tokens)
        self._depth = 0

    def whole(self, part: Callable[[], T]) -> T:
        """The part, and nothing after it."""
        found = part()
        if self.next.kind != lexer.END:
            self.wrong("'and', 'or' or the end" if self.option == "$filter" else "the end")
        return found

    def wrong(self, expected: str, token: Token | None = None) -> NoReturn:
        """Raise: something else was expected here."""
        here = token or self.next
        raise ODataError(self.option, self.text, here.position, expected, here.shown)

    def take(self) -> Token:
        """The token in hand; the one after it comes into hand."""
        token = self.next
        if token.kind != lexer.END:
            self.next = next(self._tokens)
        return token

    def expect(self, sign: str) -> Token:
        """Take a bracket or a comma."""
        if not self.next.is_sign(sign):
            self.wrong(f"'{sign}'")
        return self.take()

    def word(self, *words: str) -> Token:
        """Take one of these words."""
        if not self.next.is_word(*words):
            self.wrong(" or ".join(f"'{one}'" for one in words))
        return self.take()

    def several(self, part: Callable[[], T]) -> tuple[T, ...]:
        """One or more of them, with commas between."""
        found = [part()]
        while self.next.is_sign(","):
            self.take()
            found.append(part())
        return tuple(found)

    def deeper(self, part: Callable[[], T]) -> T:
        """A part inside another one."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self.wrong(f"{MAX_DEPTH} levels at most")
        found = part()
        self._depth -= 1
        return found

    def condition(self) -> Condition:
        return self._joined("or", lambda: self._joined("and", self._negated))

    def _joined(self, joint: str, part: Callable[[], Condition]) -> Condition:
        position = self.next.position
        parts = [part()]
        while self.next.is_word(joint):
            self.take()
            parts.append(part())
        return parts[0] if len(parts) == 1 else Several(joint, tuple(parts), position)

    def _negated(self) -> Condition:
        if self.next.is_word("not"):
            position = self.take().position
            return Not(self.deeper(self._negated), position)
        if self.next.is_sign("("):
            self.take()
            inner = self.deeper(self.condition)
            self.expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Condition:
        left = self.operand(self.expected)
        token = self.next
        if token.is_word("in"):
            self.take()
            self.expect("(")
            values = self.several(lambda: self.operand("a value"))
            self.expect(")")
            return Among(left, values, token.position)
        if token.is_word(*_SPELLED):
            operator = _SPELLED[self.take().text.lower()]
            return Comparison(left, operator, self.operand("a value"), token.position)
        ended = token.kind == lexer.END or token.is_word("and", "or")
        if not (isinstance(left, Call) or ended or (token.is_sign(")") and self._depth)):
            self.wrong(" or ".join(f"'{one}'" for one in (*_OPERATORS, "in")))
        return left

    def operand(self, expected: str) -> Operand:
        token = self.next
        if token.kind == lexer.WORD and token.text.lower() not in _RESERVED:
            self.take()
            if self.next.is_sign("("):
                return self._call(token)
            if token.text.lower() in _CONSTANTS:
                return Literal(_CONSTANTS[token.text.lower()], token.position)
            return Name(token.text, token.position)
        if token.kind in (lexer.WORD, lexer.SIGN, lexer.END):
            self.wrong(expected)
        return Literal(self._value(self.take()), token.position)

    def _value(self, token: Token) -> Value:
        if token.kind == lexer.TEXT:
            return token.text[1:-1].replace("''", "'")
        if token.kind == lexer.GUID:
            return token.text
        if token.kind == lexer.TIME:
            return self._moment(token)
        if len(token.text) > MAX_DIGITS or not math.isfinite(float(token.text)):
            self.wrong(f"a number of {MAX_DIGITS} digits at most", token)
        return int(token.text) if token.text.lstrip("-").isdigit() else float(token.text)

    def _moment(self, token: Token) -> datetime:
        moment = parse_moment(token.text)
        if moment is None:
            self.wrong("a date such as 2026-06-01T00:00:00Z", token)
        return moment

    def _call(self, name: Token) -> Call:
        self.expect("(")
        arguments: tuple[Operand, ...] = ()
        if not self.next.is_sign(")"):
            part = lambda: self.operand("a field or a value")  # noqa: E731 - used twice below
            arguments = self.deeper(lambda: self.several(part))
        self.expect(")")
        return Call(name.text, arguments, name.position)

    def name(self) -> Name:
        token = self.next
        if token.kind != lexer.WORD:
            self.wrong("the name of a field")
        self.take()
        return Name(token.text, token.position)

    def order(self) -> Order:
        name = self.name()
        if not self.next.is_word("asc", "desc"):
            return Order(name)
        return Order(name, self.take().text.lower() == "desc")

    def steps(self) -> tuple[Step, ...]:
        found = [self._step()]
        while self.next.is_sign("/"):
            self.take()
            found.append(self._step())
        return tuple(found)

    def _step(self) -> Step:
        step = self.word("filter", "groupby", "aggregate").text.lower()
        self.expect("(")
        if step == "filter":
            made: Step = FilterStep(self.deeper(self.condition))
        elif step == "aggregate":
            made = GroupStep((), self.several(self._aggregate))
        else:
            made = self._group()
        self.expect(")")
        return made

    def _group(self) -> GroupStep:
        self.expect("(")
        names = self.several(self.name)
        self.expect(")")
        if not self.next.is_sign(","):
            return GroupStep(names)
        self.take()
        self.word("aggregate")
        self.expect("(")
        aggregates = self.several(self._aggregate)
        self.expect(")")
        return GroupStep(names, aggregates)

    def _aggregate(self) -> Aggregate:
        name = self.name()
        method = ""
        counts = name.text.lower() == "$count"
        if not counts:
            self.word("with")
            method = self.word(*_METHODS).text.lower()
        self.word("as")
        alias = self.name()
        return Aggregate(alias.text, name.position, None if counts else name, method)
