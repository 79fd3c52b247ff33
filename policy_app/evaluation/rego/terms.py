"""Parsing terms: scalars, references, calls, collections, comprehensions and operators."""

from __future__ import annotations

from policy_app.evaluation.rego.cursor import FUTURE_KEYWORDS, MAX_NESTING, Cursor
from policy_app.evaluation.rego.lexer import Token
from policy_app.evaluation.rego.source import Pos
from policy_app.evaluation.rego.syntax import (
    TEMPLATE,
    Array,
    Body,
    Call,
    Comprehension,
    Literal,
    Object,
    Ref,
    Scalar,
    Set,
    Term,
    Unify,
    Var,
    With,
)

_OPERATORS = {
    "==": (2, "equal"),
    "!=": (2, "neq"),
    "<": (2, "lt"),
    "<=": (2, "lte"),
    ">": (2, "gt"),
    ">=": (2, "gte"),
    "|": (3, "or"),
    "&": (4, "and"),
    "+": (5, "plus"),
    "-": (5, "minus"),
    "*": (6, "mul"),
    "/": (6, "div"),
    "%": (6, "rem"),
}
_MEMBERSHIP, ABOVE_MEMBERSHIP = 1, 2
_LITERAL_NAMES = {"null": None, "true": True, "false": False}


class TermParser(Cursor):
    """The parser of terms; the parser of statements adds ``query``."""

    def query(self, closing: str) -> Body:
        raise NotImplementedError

    def withs(self) -> tuple[With, ...]:
        """The ``with`` modifiers that follow an expression."""
        raise NotImplementedError

    def expression(self, *, pairs: bool = True) -> Term:
        """A term with operators; ``pairs`` allows ``key, value in collection``."""
        left = self.infix(ABOVE_MEMBERSHIP)
        if pairs and self.sees(",") and "in" in self.keywords:
            left = self._pair_membership(left)
        return self._memberships(left)

    def _pair_membership(self, key: Term) -> Term:
        start = self.at
        self.advance()
        value = self.infix(ABOVE_MEMBERSHIP)
        if not self.accept_word("in"):
            self.at = start
            return key
        collection = self.infix(ABOVE_MEMBERSHIP)
        return Call(("internal", "member_3"), (key, value, collection), key.pos)

    def _memberships(self, left: Term) -> Term:
        links = 0
        while self.accept_word("in"):
            links = self._link(links)
            right = self.infix(ABOVE_MEMBERSHIP)
            left = Call(("internal", "member_2"), (left, right), left.pos)
        return left

    def _link(self, links: int) -> int:
        if links >= MAX_NESTING:
            self.fail(f"more than {MAX_NESTING} operators in one expression")
        return links + 1

    def infix(self, lowest: int, left: Term | None = None) -> Term:
        """Operators that bind at least as tightly as ``lowest``, from the left."""
        left = self.term() if left is None else left
        links = 0
        while True:
            precedence, name = _OPERATORS.get(self.token.kind, (0, ""))
            if precedence < lowest or not precedence:
                return left
            links = self._link(links)
            self.advance()
            right = self.infix(precedence + 1)
            left = Call((name,), (left, right), left.pos)

    def continue_expression(self, left: Term) -> Term:
        """The expression whose first term was read already, inside a list."""
        return self._memberships(self.infix(ABOVE_MEMBERSHIP, left))

    def term(self) -> Term:
        """A term without operators, with the look-ups and calls that follow it."""
        self.nest()
        term = self._suffixes(self._primary())
        self.depth -= 1
        return term

    def _primary(self) -> Term:
        token = self.token
        match token.kind:
            case "number" | "string":
                self.advance()
                return Scalar(token.value, token.pos)
            case "template":
                return self._template()
            case "-":
                return self._negative()
            case "name":
                return self._name(token)
            case "[":
                return self._array()
            case "{":
                return self._braces()
            case "(":
                return self._parenthesized()
            case _:
                raise self.error(self.surprise("expected a term"))

    def _template(self) -> Term:
        """A template string: a call of the builtin that joins texts and values.

        Each value comes in an array, which is empty where the expression is undefined.
        """
        start = self.advance()
        text, last = start.value
        parts: list[Term] = []
        while True:
            if text:
                parts.append(Scalar(text, start.pos))
            if last:
                break
            parts.append(self._boxed())
            if not self.sees("template"):
                self.unexpected("expected '}' after one expression in a template string")
            text, last = self.advance().value
        if all(isinstance(part, Scalar) for part in parts):
            return Scalar(text, start.pos)
        return Call(("internal", "template_string"), (Array(tuple(parts), start.pos),), start.pos)

    def _boxed(self) -> Term:
        pos = self.pos
        expression = self.expression()
        self.wildcards += 1
        var = Var(f"{TEMPLATE}{self.wildcards}", pos)
        body = (Literal(Unify(var, expression, pos), pos, withs=self.withs()),)
        return Comprehension("array", None, var, body, pos)

    def _negative(self) -> Term:
        pos = self.advance().pos
        token = self.token
        if token.kind != "number":
            self.unexpected("expected a number after '-'")
        self.advance()
        return Scalar(-token.value, pos)

    def _name(self, token: Token) -> Term:
        if token.text in _LITERAL_NAMES:
            self.advance()
            return Scalar(_LITERAL_NAMES[token.text], token.pos)
        following = self.tokens[self.at + 1]
        callable_keyword = token.text == "contains" and following.kind == "("
        if token.text in self.keywords and not callable_keyword:
            self.unexpected("expected a term")
        self.advance()
        return Var(self.fresh() if token.text == "_" else token.text, token.pos)

    def fresh(self) -> str:
        """A name for a wildcard; no source can spell it."""
        self.wildcards += 1
        return f"_${self.wildcards}"

    def _parenthesized(self) -> Term:
        self.advance()
        inner = self.expression()
        self.expect(")", "to close the parenthesis")
        return inner

    def _suffixes(self, term: Term) -> Term:
        """Look-ups and calls, which follow without white space."""
        parts: list[Term] = []
        while not self.token.spaced and self.token.kind in (".", "[", "("):
            if self.sees("("):
                term, parts = self._call(_ref(term, parts)), []
            elif self.accept("."):
                parts.append(self._field())
            else:
                self.advance()
                parts.append(self.expression(pairs=False))
                self.expect("]", "to close the reference")
            if len(parts) > MAX_NESTING:
                self.fail(f"reference longer than {MAX_NESTING} parts")
        return _ref(term, parts)

    def _field(self) -> Term:
        token = self.token
        if token.kind != "name" or token.spaced:
            self.unexpected("expected a field name after '.'")
        self.advance()
        return Scalar(token.text, token.pos)

    def _call(self, callee: Term) -> Term:
        name = _called(callee)
        if name is None:
            self.fail("only a name can be called", callee.pos)
        self.advance()
        args = self.terms(")")
        if name == ("set",) and not args:
            return Set((), callee.pos)
        return Call(name, args, callee.pos)

    def terms(self, closing: str, first: Term | None = None) -> tuple[Term, ...]:
        """Comma-separated expressions up to and with ``closing``; a last comma is allowed."""
        items = [] if first is None else [first]
        if first is not None and not self.sees(closing):
            self.expect(",", "between the terms of a list")
        while not self.sees(closing):
            items.append(self.expression(pairs=False))
            if not self.sees(closing):
                self.expect(",", "between the terms of a list")
        self.advance()
        return tuple(items)

    def _array(self) -> Term:
        pos = self.advance().pos
        if self.accept("]"):
            return Array((), pos)
        head = self.term()
        if self.sees("|"):
            return Comprehension("array", None, head, self._comprehension_body("]"), pos)
        return Array(self.terms("]", self.continue_expression(head)), pos)

    def _comprehension_body(self, closing: str) -> Body:
        self.advance()
        return self.query(closing)

    def _braces(self) -> Term:
        pos = self.advance().pos
        if self.accept("}"):
            return Object((), pos)
        head = self.term()
        if self.sees("|"):
            return Comprehension("set", None, head, self._comprehension_body("}"), pos)
        head = self.continue_expression(head)
        if self.accept(":"):
            return self._object(head, pos)
        return Set(self.terms("}", head), pos)

    def _object(self, key: Term, pos: Pos) -> Term:
        value = self.term()
        if self.sees("|"):
            return Comprehension("object", key, value, self._comprehension_body("}"), pos)
        pairs = [(key, self.continue_expression(value))]
        while not self.accept("}"):
            self.expect(",", "between the pairs of an object")
            if self.accept("}"):
                break
            key = self.expression(pairs=False)
            self.expect(":", "between a key and its value")
            pairs.append((key, self.expression(pairs=False)))
        return Object(tuple(pairs), pos)


def _ref(head: Term, parts: list[Term]) -> Term:
    if not parts:
        return head
    if isinstance(head, Ref):
        return Ref(head.head, (*head.parts, *parts), head.pos)
    return Ref(head, tuple(parts), head.pos)


def _called(term: Term) -> tuple[str, ...] | None:
    """The dotted name of something that is called, or None where it is no name."""
    if isinstance(term, Var):
        return (term.name,)
    if isinstance(term, Ref) and isinstance(term.head, Var):
        names = [part.value for part in term.parts if isinstance(part, Scalar)]
        if len(names) == len(term.parts) and all(type(name) is str for name in names):
            return (term.head.name, *names)
    return None


__all__ = ["ABOVE_MEMBERSHIP", "FUTURE_KEYWORDS", "TermParser"]
