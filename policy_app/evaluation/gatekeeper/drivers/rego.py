"""The driver for Rego: asks a template's ``violation`` rule.

Source: ``client/drivers/rego`` of the constraint framework.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.drivers.interface import (
    NO_DETAILS,
    REGO,
    REQUIRED_RULE,
    Finding,
    Query,
    World,
)
from policy_app.evaluation.gatekeeper.errors import ReviewError, TemplateError
from policy_app.evaluation.gatekeeper.reading import Fields
from policy_app.evaluation.rego import (
    Options,
    Prepared,
    Program,
    RegoError,
    Undefined,
    compile_modules,
    keeping,
)

if TYPE_CHECKING:
    from policy_app.evaluation.rego.explain import Explanation

Version = Literal["v0", "v1"]


@dataclass(frozen=True, slots=True)
class RegoCode:
    """A module with its libraries; compiled when it is first needed."""

    rego: str
    libs: tuple[str, ...] = ()
    version: Version = "v0"
    uses_inventory: bool = False

    @classmethod
    def parse(cls, rego: str, source: Fields, version: Version) -> RegoCode:
        """Read the module's neighbours and check what can be told from text.

        Raises ``TemplateError``; Rego that does not compile shows in ``program``.
        """
        libs = source.texts("libs")
        return cls(
            rego=rego,
            libs=libs,
            version=version,
            uses_inventory=keeping.remembered(
                keeping.key_of((rego, *libs), version, ("uses inventory",)),
                lambda: _uses_inventory(rego, libs),
            ),
        )

    @property
    def engine(self) -> str:
        """The name of the language, as templates give it."""
        return REGO

    @property
    def program(self) -> Program:
        """The compiled Rego; the same text is compiled once.  Raises ``TemplateError``."""
        try:
            return compile_modules((self.rego, *self.libs), self.version)
        except RegoError as error:
            raise TemplateError(
                f"invalid ConstraintTemplate: unable to compile modules: {error}",
                line=error.line,
                column=error.column,
                code=error.code,
            ) from None

    @property
    def violation_path(self) -> str:
        """What to ask the program for.  Raises ``TemplateError``."""
        return f"{self.program.packages[0]}.{REQUIRED_RULE}"

    @property
    def inventory_kinds(self) -> frozenset[str] | None:
        """The kinds of other objects that it looks at; None for any.  Raises ``TemplateError``."""
        if not self.uses_inventory:
            return frozenset()
        found = self.program.remember("inventory kinds", self._inventory_kinds)
        return None if found is None else frozenset(found)

    def _inventory_kinds(self) -> list[str] | None:
        from policy_app.evaluation.gatekeeper.inventory_kinds import kinds_looked_up

        found = kinds_looked_up(self.program.modules)
        return None if found is None else sorted(found)

    def compile(self) -> None:
        """Raises ``TemplateError`` where the Rego does not compile."""
        _ = self.program

    def driver(self, world: World) -> RegoDriver:
        """The code, compiled.  Raises ``TemplateError``."""
        # Data costs time with every query, so only those that look at it get it.
        data = {"inventory": world.inventory} if self.uses_inventory else None
        options = Options(external_data=world.external_data)
        path = self.violation_path
        prepared = self.program.prepare(path, data=data, options=options)
        return RegoDriver(self.program, path, data, options, prepared)


@lru_cache(maxsize=512)
def _uses_inventory(rego: str, libs: tuple[str, ...]) -> bool:
    """Whether the Rego looks at other objects.  Raises ``TemplateError`` for what is refused."""
    # Loaded where it is needed: it is once for each text, and commands should start quickly.
    from policy_app.evaluation.gatekeeper import rego_source

    sources = [rego_source.Source.read(text) for text in (rego, *libs)]
    rego_source.check(sources[0], tuple(sources[1:]))
    return any(each.uses_inventory for each in sources)


@dataclass(frozen=True, slots=True)
class RegoDriver:
    """A template's Rego, compiled, among the objects of one cluster, which stay as they are."""

    program: Program
    path: str
    data: Mapping[str, Any] | None
    options: Options
    prepared: Prepared

    def query(self, constraint: Constraint, query: Query) -> list[Finding]:
        """The elements of ``violation``; an error while it runs is a finding too.

        Raises ``ReviewError`` where a message is no string.
        """
        asked = {"review": query.input, "parameters": constraint.parameters or {}}
        try:
            answer = self.prepared.query(asked)
        except Undefined:
            return []
        except RegoError as error:
            return [Finding(str(error), NO_DETAILS)]
        if not answer:
            return []
        findings = list(_findings(answer, constraint))
        if len(findings) > 1:
            findings = list(_distinct(findings))
        if findings and query.explain:
            explanations = self.program.explain(
                self.path, input=asked, data=self.data, options=self.options
            )
            return list(_explained(findings, explanations))
        return findings


def _explained(findings: list[Finding], explanations: Iterable[Explanation]) -> Iterator[Finding]:
    """Each finding with what the definition that gave it had looked at."""
    reads = {_key(one.value): one.reads for one in explanations if isinstance(one.value, Mapping)}
    for finding in findings:
        found = reads.get(_key({"msg": finding.message, "details": finding.details}), ())
        yield replace(finding, reads=found)


def _key(element: Mapping[str, Any]) -> str:
    about = (element.get("msg"), element.get("details", NO_DETAILS))
    return json.dumps(about, sort_keys=True, default=str)


def _findings(answer: Any, constraint: Constraint) -> Iterator[Finding]:
    """The elements of ``violation`` that have a message; the others Gatekeeper drops as well."""
    # Asking for the usual types first is much quicker than asking for any mapping.
    elements = answer.values() if isinstance(answer, dict) else answer
    for element in elements if isinstance(elements, (list, Iterable)) else ():
        if not isinstance(element, (dict, Mapping)) or "msg" not in element:
            continue
        message = element["msg"]
        if not isinstance(message, str):
            raise ReviewError(
                f"constraint {constraint.kind}/{constraint.name}: the msg of a violation must be "
                f"a string, but is {json.dumps(message)}"
            )
        details = element.get("details", NO_DETAILS)
        told = isinstance(details, (dict, Mapping))
        yield Finding(message, details if told else {"details": details})


def _distinct(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Results are a set of (constraint, message, details)."""
    seen: set[tuple[str, str]] = set()
    for finding in findings:
        details = finding.details
        key = finding.message, json.dumps(details, sort_keys=True) if details else ""
        if key not in seen:
            seen.add(key)
            yield finding
