"""The constraint template and the mutators inside a definition: do they compile, and if not, where?

What is wrong is said with the line and column of the decoded text, so that an editor can point at
it, whether the fault is in the YAML, in a field of the template or in its Rego.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from policy_app.evaluation.gatekeeper.errors import GatekeeperError, TemplateError
from policy_app.evaluation.gatekeeper.mutation import Mutator, is_mutator
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate
from policy_app.evaluation.kube_yaml.faults import YamlFault
from policy_app.evaluation.kube_yaml.positions import Mark, marks, parse_path
from policy_app.evaluation.language.details import DETAILS, KubernetesDetails, Source
from policy_app.evaluation.language.expressions import is_expression
from policy_app.evaluation.language.installation import SourceError, yaml_documents
from policy_app.services import fetching
from policy_app.services.errors import PolicyError

CODE = "InvalidPolicyRule"
_BLOCK = re.compile(r"[|>][+-]?\d?[+-]?[ \t]*(#.*)?$")
_REGO = ("spec.targets[0].rego", "spec.targets[0].code[0].source.rego")


@dataclass(frozen=True, slots=True)
class TextFault:
    """Something wrong in a text; ``line`` and ``column`` count from 1, and are 0 where unknown."""

    message: str
    line: int = 0
    column: int = 0
    path: str = ""
    """The field of the template, such as ``spec.crd.spec.names.kind``."""
    rego_line: int = 0
    """The line within the Rego; 0 where the fault is not in it."""

    def __str__(self) -> str:
        places = [f"line {self.line}, column {self.column}"] if self.line else []
        places += [f"line {self.rego_line} of its Rego"] if self.rego_line else []
        return f"{self.message} ({'; '.join(places)})" if places else self.message


class TextError(PolicyError):
    """A refusal that knows its place in the text that a field of the definition carries."""

    def __init__(self, fault: TextFault, what: str, target: str) -> None:
        super().__init__(CODE, f"The {what} cannot be used: {fault}", target=target)
        self.fault = fault


def check_template(text: str) -> TextFault | None:
    """What is wrong with a constraint template's YAML, its fields or its code; None where nothing.

    The code is compiled.
    """
    try:
        found = yaml_documents(text)
    except YamlFault as fault:
        return TextFault(f"it is no YAML: {fault.message}", fault.line, fault.column)
    if len(found) != 1:
        return TextFault(f"one ConstraintTemplate is wanted, and there are {len(found)} documents")
    try:
        ConstraintTemplate.parse(found[0]).compile()
    except TemplateError as error:
        return _placed(text, error)
    return None


def check_mutators(text: str) -> TextFault | None:
    """What is wrong with a text of mutators; None where nothing."""
    try:
        found = yaml_documents(text)
    except YamlFault as fault:
        return TextFault(f"it is no YAML: {fault.message}", fault.line, fault.column)
    if not found or not all(isinstance(one, Mapping) and is_mutator(one) for one in found):
        return TextFault("it should hold mutators, and nothing else")
    for number, one in enumerate(found):
        try:
            Mutator.parse(one)
        except GatekeeperError as error:
            mark = marks(text, number).find(parse_path(error.path))
            return TextFault(error.message, mark.line, mark.column, error.path)
    return None


def faults(details: KubernetesDetails) -> Iterator[PolicyError]:
    """What is wrong with the texts that a definition carries, or names and the portal has.

    A text that cannot be had is no fault of the definition: its gap says so.
    """
    for source, what, check in (
        (details.template, "constraint template", check_template),
        (details.mutation, "mutation", check_mutators),
    ):
        text = text_of(source) if source else None
        fault = check(text) if text is not None else None
        if source is not None and fault is not None:
            part = "content" if not source.url else "url"
            yield TextError(fault, what, f"{DETAILS}.{source.field}.{part}")


def text_of(source: Source) -> str | None:
    """The text that a source carries or names; None where it cannot be had.

    Raises ``DefinitionError`` for what is no Base64.
    """
    if is_expression(source.location):
        return None
    if not source.url:
        return source.text()
    try:
        return fetching.text(source)
    except SourceError:
        return None


def _placed(text: str, error: TemplateError) -> TextFault:
    """The error with its place in the template's own text."""
    root = marks(text, 0)
    if error.path or not error.line:
        mark = root.find(parse_path(error.path)) if error.path else None
        line, column = _within(text, mark, error) if mark else (0, 0)
        return TextFault(error.message, line, column, error.path)
    for path in _REGO:
        steps = parse_path(path)
        mark = root.find(steps)
        if mark is not root.find(steps[:-1]):
            line, column = _within(text, mark, error)
            return TextFault(error.message, line, column, path, rego_line=error.line)
    return TextFault(error.message, rego_line=error.line)


def _within(text: str, mark: Mark, error: TemplateError) -> tuple[int, int]:
    """A block of text begins on the line below its mark, indented; any other is one value."""
    written = text.splitlines()
    if not error.line or not _BLOCK.search(written[mark.line - 1]):
        return mark.line, mark.column
    line = min(mark.line + error.line, len(written))
    indent = next((len(one) - len(one.lstrip()) for one in written[mark.line :] if one), 0)
    return line, error.column + indent
