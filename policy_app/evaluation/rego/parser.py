"""Parsing modules: the package, imports, rules and their bodies."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from policy_app.evaluation.rego.cursor import FUTURE_KEYWORDS, KEYWORDS
from policy_app.evaluation.rego.errors import RegoError
from policy_app.evaluation.rego.source import Pos
from policy_app.evaluation.rego.syntax import (
    Assign,
    Body,
    Call,
    Clause,
    Every,
    Expr,
    Import,
    Literal,
    Module,
    Ref,
    Rule,
    Scalar,
    SomeDecl,
    SomeIn,
    Term,
    Unify,
    Var,
    With,
    walk,
)
from policy_app.evaluation.rego.terms import ABOVE_MEMBERSHIP, TermParser

MAX_ELSE = 100
"""Branches of one ``else`` chain."""


@lru_cache(maxsize=256)
def parse_module(text: str, file: str, *, v1: bool) -> Module:
    """The module's syntax tree; raises ``RegoError`` with code ``rego_parse_error``.

    Templates share their libraries, so that a text is often parsed already.
    """
    return _ModuleParser(text, file, v1=v1).module()


def parse_query(text: str, file: str, *, v1: bool) -> tuple[Body, tuple[str, ...]]:
    """A query such as ``data.a.b = x; x > 1`` as a body, with the query's lines."""
    parser = _BodyParser(text, file, v1=v1)
    parser.keywords = KEYWORDS | FUTURE_KEYWORDS
    return parser.query("end"), parser.lines


class _BodyParser(TermParser):
    def query(self, closing: str) -> Body:
        """Statements up to and with ``closing``, split by semicolons or line ends."""
        literals: list[Literal] = []
        while not (literals and self.accept(closing)):
            if literals and not self.accept(";") and not self.on_new_line():
                self.unexpected(f"expected a new line, ';' or {closing!r}")
            if literals and self.accept(closing):
                break
            literals.append(self.literal())
            if closing == "end" and self.sees("end"):
                break
        return tuple(literals)

    def literal(self) -> Literal:
        pos = self.pos
        if self.accept_word("some"):
            return Literal(self._some(pos), pos, withs=self.withs())
        if self.accept_word("every"):
            return Literal(self._every(pos), pos, withs=self.withs())
        negated = self.accept_word("not")
        return Literal(self._expression_literal(), pos, negated, self.withs())

    def _expression_literal(self) -> Expr:
        left = self.expression()
        if self.accept(":="):
            return Assign(left, self.expression(), left.pos)
        if self.accept("="):
            return Unify(left, self.expression(), left.pos)
        if isinstance(left, Call) and left.name == ("equal",) and len(left.args) == 2:
            return Unify(*left.args, left.pos, test=True)
        return left

    def _some(self, pos: Pos) -> Expr:
        first = self.infix(ABOVE_MEMBERSHIP)
        terms = [first]
        while self.accept(","):
            terms.append(self.infix(ABOVE_MEMBERSHIP))
        if self.accept_word("in"):
            if len(terms) > 2:
                self.fail("expected at most a key and a value before 'in'", pos)
            key = terms[0] if len(terms) > 1 else None
            return SomeIn(key, terms[-1], self.expression(pairs=False), pos)
        names = tuple(term for term in terms if isinstance(term, Var))
        if len(names) != len(terms):
            self.fail("expected variable names after 'some'", pos)
        return SomeDecl(names, pos)

    def _every(self, pos: Pos) -> Expr:
        names = [self._every_name()]
        if self.accept(","):
            names.append(self._every_name())
        if not self.accept_word("in"):
            self.unexpected("expected 'in' after the variables of 'every'")
        domain = self.expression(pairs=False)
        self.expect("{", "before the body of 'every'")
        key = names[0] if len(names) > 1 else None
        return Every(key, names[-1], domain, self.query("}"), pos)

    def _every_name(self) -> Var:
        term = self.term()
        if not isinstance(term, Var):
            self.fail("expected a variable after 'every'", term.pos)
        return term

    def withs(self) -> tuple[With, ...]:
        withs: list[With] = []
        while self.sees_word("with"):
            pos = self.advance().pos
            target = self.term()
            if not isinstance(target, Var | Ref):
                self.fail("expected input, data or a function after 'with'", target.pos)
            if not self.accept_word("as"):
                self.unexpected("expected 'as' after the target of 'with'")
            withs.append(With(target, self.expression(pairs=False), pos))
        return tuple(withs)


class _ModuleParser(_BodyParser):
    def module(self) -> Module:
        package = self._package()
        imports: list[Import] = []
        while self.sees_word("import"):
            found = self._import()
            if found is not None:
                imports.append(found)
        rules: list[Rule] = []
        while not self.sees("end"):
            if rules and not self.on_new_line() and not self.accept(";"):
                self.unexpected("expected a rule on a new line")
            if self.sees_word("import"):
                found = self._import()
                imports.extend([] if found is None else [found])
            else:
                rules.extend(self.rule())
        return Module(
            self.file,
            package,
            tuple(imports),
            tuple(rules),
            self.lines,
            self.v1,
            self.keywords,
        )

    def _package(self) -> tuple[str, ...]:
        if not self.accept_word("package"):
            self.unexpected("expected 'package' at the start of the module")
        return self._path("package")

    def _path(self, what: str) -> tuple[str, ...]:
        term = self.term()
        if isinstance(term, Var):
            return (term.name,)
        if isinstance(term, Ref) and isinstance(term.head, Var):
            names = [p.value for p in term.parts if isinstance(p, Scalar) and type(p.value) is str]
            if len(names) == len(term.parts):
                return (term.head.name, *names)
        raise self.error(f"expected a path of names after {what!r}", term.pos)

    def _import(self) -> Import | None:
        pos = self.advance().pos
        path = self._path("import")
        alias = path[-1]
        if self.accept_word("as"):
            token = self.expect("name", "after 'as'")
            alias = token.text
        if path == ("rego", "v1"):
            self.v1 = True
            self.keywords = KEYWORDS | FUTURE_KEYWORDS
            return None
        if path[0] == "future":
            self._future(path, pos)
            return None
        if path[0] not in ("data", "input"):
            self.fail("import path must begin with data, input, future or rego", pos)
        return Import(path, alias, pos)

    def _future(self, path: tuple[str, ...], pos: Pos) -> None:
        wanted = FUTURE_KEYWORDS if path[2:] == () else frozenset(path[2:])
        if path[1:2] != ("keywords",) or not wanted <= FUTURE_KEYWORDS or len(path) > 3:
            self.fail(f"unknown import {'.'.join(path)}", pos)
        self.keywords |= wanted | ({"in"} if "every" in wanted else set())

    def rule(self) -> list[Rule]:
        """One rule, or several where bodies are chained."""
        pos = self.pos
        default = self.accept_word("default")
        head = self._head(pos)
        if default:
            return [self._default(head)]
        has_if = self.accept_word("if")
        if has_if:
            bodies = [self._if_body()]
        elif self.sees("{"):
            self._require_v0_body(pos)
            self.advance()
            bodies = [self.query("}")]
        else:
            return [self._without_body(head)]
        orelse = self._else(head)
        while orelse is None and not has_if and self.sees("{"):
            self.advance()
            bodies.append(self.query("}"))
        head = self._shape(head, has_if=has_if)
        first = replace(head, clause=replace(head.clause, body=bodies[0], orelse=orelse))
        rest = [replace(head, clause=replace(head.clause, body=body)) for body in bodies[1:]]
        return [first, *rest]

    def _require_v0_body(self, pos: Pos) -> None:
        if self.v1:
            self.fail("`if` keyword is required before rule body", pos)

    def _if_body(self) -> Body:
        if self.accept("{"):
            return self.query("}")
        return (self.literal(),)

    def _default(self, head: Rule) -> Rule:
        value = head.clause.value
        if value is None or head.member is not None:
            self.fail("default rules must have a value", head.pos)
        for part in walk(value):
            if isinstance(part, Var | Ref | Call):
                self.fail("default rule values cannot contain variables or calls", part.pos)
        if self.sees("{") or self.sees_word("if"):
            self.unexpected("default rules have no body")
        return replace(head, default=True)

    def _without_body(self, head: Rule) -> Rule:
        bare = head.clause.value is None and head.member is None
        if bare and head.args is not None:
            return self._shape(head, has_if=False)
        if bare and len(head.ref) == 1:
            self.fail("var cannot be used for rule name", head.pos)
        if bare and self.v1:
            self.fail("`contains` keyword is required for partial set rules", head.pos)
        return self._shape(head, has_if=False)

    def _shape(self, head: Rule, *, has_if: bool) -> Rule:
        """Decide between ``p[x]`` as a set's member and as an object's key, as OPA does."""
        bare = head.clause.value is None and head.member is None
        pair = len(head.ref) == 2 and head.args is None
        if bare and pair and not has_if:
            if self.v1:
                self.fail("`contains` keyword is required for partial set rules", head.pos)
            return replace(head, ref=head.ref[:1], member=head.ref[1])
        if bare:
            return replace(head, clause=replace(head.clause, value=Scalar(True, head.pos)))
        return head

    def _head(self, pos: Pos) -> Rule:
        ref, args = self._head_ref()
        member, value = None, None
        if self.accept_word("contains"):
            member = self.expression(pairs=False)
        elif self.accept("=") or self.accept(":="):
            value = self.expression(pairs=False)
        always = (Literal(Scalar(True, pos), pos),)
        return Rule(ref, args, member, Clause(value, always, pos), False, pos)

    def _head_ref(self) -> tuple[tuple[Term, ...], tuple[Term, ...] | None]:
        token = self.token
        if token.kind != "name" or token.text in self.keywords:
            self.unexpected("expected a rule")
        term = self.term()
        if isinstance(term, Call):
            names: list[Term] = [Scalar(name, term.pos) for name in term.name[1:]]
            return (Var(term.name[0], term.pos), *names), term.args
        if isinstance(term, Var):
            return (term,), None
        if isinstance(term, Ref) and isinstance(term.head, Var):
            return (term.head, *term.parts), None
        raise self.error("expected the name of a rule", term.pos)

    def _else(self, head: Rule) -> Clause | None:
        branches: list[Clause] = []
        while self.sees_word("else"):
            branches.append(self._else_branch(head))
            if len(branches) > MAX_ELSE:
                self.fail(f"more than {MAX_ELSE} else branches")
        result: Clause | None = None
        for branch in reversed(branches):
            result = replace(branch, orelse=result)
        return result

    def _else_branch(self, head: Rule) -> Clause:
        pos = self.advance().pos
        if head.member is not None:
            self.fail("else keyword cannot be used on multi-value rules", pos)
        if len(head.ref) > 1 and head.args is None and not _ground(head.ref):
            self.fail("else keyword cannot be used on partial rules", pos)
        value: Term = Scalar(True, pos)
        if self.accept("=") or self.accept(":="):
            value = self.expression(pairs=False)
        if self.accept_word("if"):
            return Clause(value, self._if_body(), pos)
        if self.sees("{"):
            self._require_v0_body(pos)
            self.advance()
            return Clause(value, self.query("}"), pos)
        return Clause(value, (Literal(Scalar(True, pos), pos),), pos)


def _ground(ref: tuple[Term, ...]) -> bool:
    return all(isinstance(part, Scalar) for part in ref[1:])


__all__ = ["RegoError", "parse_module", "parse_query"]
