"""What every part of the generator stands on."""

from __future__ import annotations

from typing import Any

from policy_app.evaluation.rego.codegen.emit import Pool, Writer
from policy_app.evaluation.rego.codegen.facts import Facts
from policy_app.evaluation.rego.syntax import Call, Term


class Generator:
    """The program's objects, and the methods that the parts call in each other.

    Methods that write code return Python expressions that are cheap and safe to repeat: a name,
    as a rule.
    """

    def __init__(self, pool: Pool, facts: Facts) -> None:
        self.pool = pool
        self.facts = facts

    def value(self, w: Writer, term: Term) -> str:
        """The term's value; the statement fails where it is undefined."""
        raise NotImplementedError

    def _defined(self, w: Writer, name: str) -> str:
        """The name; the statement fails where its value is undefined."""
        raise NotImplementedError

    def call(self, w: Writer, call: Call) -> str:
        """A call's value, or ``U``."""
        raise NotImplementedError

    def body(self, w: Writer, body: Any) -> None:
        """Statements, one after the other."""
        raise NotImplementedError
