"""What a template's Rego says about itself: its package, imports, references and rules.

Gatekeeper refuses templates that reach beyond ``data.inventory`` and their own libraries; this
reads the text just far enough to tell.  Source: the framework's ``regorewriter``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from policy_app.evaluation.gatekeeper.drivers.interface import REQUIRED_RULE
from policy_app.evaluation.gatekeeper.errors import TemplateError

ALLOWED_DATA = ("data.inventory", "data.lib")

_NO_CODE = re.compile(r'"(?:[^"\\\n]|\\.)*"|`[^`]*`|#[^\n]*')
_PACKAGE = re.compile(r"^[ \t]*package[ \t]+(?P<path>[^\s#;]+)", re.MULTILINE)
_IMPORT = re.compile(r"^[ \t]*import[ \t]+(?P<path>[^\s#;]+)", re.MULTILINE)
_DATA = re.compile(r"(?<![\w.$])data(?P<rest>(?:\.\w+|\[[^\]\n]*\])*)(?!\w)")
_STEP = re.compile(r"\.(?P<name>\w+)|\[\"(?P<quoted>[^\"]*)\"\]|\[(?P<open>[^\]]*)\]")
_HEAD = re.compile(r"(?:default[ \t]+)?(?P<name>[A-Za-z_]\w*)")
_BRACKETS = {"{": 1, "[": 1, "(": 1, "}": -1, "]": -1, ")": -1}


@dataclass(frozen=True, slots=True)
class Reference:
    """A path such as ``data.inventory.namespace``, and where it stands (from 1)."""

    path: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Source:
    """One module's text, looked through."""

    text: str
    package: str
    imports: tuple[Reference, ...]
    data_references: tuple[Reference, ...]
    rules: frozenset[str]
    """The names of the rules and functions that it defines."""

    @classmethod
    def read(cls, text: str) -> Source:
        """Look through a module; never fails, since the compiler says more of what is wrong."""
        code = _NO_CODE.sub(_blank, text)
        package = _PACKAGE.search(code)
        return cls(
            text=text,
            package=package["path"] if package else "",
            imports=tuple(_references(code, _IMPORT)),
            data_references=tuple(_data_references(text, code)),
            rules=frozenset(_rules(code)),
        )

    @property
    def uses_inventory(self) -> bool:
        """Whether it looks at other objects of the cluster."""
        return any(each.path.startswith("data.inventory") for each in self.data_references)


def check(entry: Source, libraries: tuple[Source, ...]) -> None:
    """Refuse what Gatekeeper refuses before it compiles.  Raises ``TemplateError``."""
    if REQUIRED_RULE not in entry.rules:
        raise TemplateError(
            "invalid ConstraintTemplate: invalid rego: invalid module: "
            f"missing required rules: [{REQUIRED_RULE}]"
        )
    for library in libraries:
        if not library.package.startswith("lib."):
            raise TemplateError(
                "invalid ConstraintTemplate: invalid rego: "
                f"path data.{library.package} not found in lib prefixes [data.lib]"
            )
    for source in (entry, *libraries):
        _check_imports(source)
        _check_references(source)


def _check_imports(source: Source) -> None:
    for found in source.imports:
        if not _below(found.path, "data.lib") and not found.path.startswith("future."):
            raise TemplateError(
                f"invalid ConstraintTemplate: invalid rego: bad import: {found.path} "
                "(only data.lib and future may be imported)",
                line=found.line,
                column=found.column,
            )


def _check_references(source: Source) -> None:
    for found in source.data_references:
        if not any(_below(found.path, allowed) for allowed in ALLOWED_DATA):
            raise TemplateError(
                "invalid ConstraintTemplate: invalid rego: check refs failed on module "
                f"{source.package}: disallowed ref {found.path}",
                line=found.line,
                column=found.column,
            )


def _below(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(f"{prefix}.")


def _blank(found: re.Match[str]) -> str:
    """Spaces in place of text, so that every offset stays; quotes stay to mark a string."""
    text = found[0]
    if text[0] == "#":
        return " " * len(text)
    return text[0] + re.sub(r"[^\n]", " ", text[1:-1]) + text[-1]


def _place(code: str, at: int) -> tuple[int, int]:
    return code.count("\n", 0, at) + 1, at - code.rfind("\n", 0, at)


def _references(code: str, pattern: re.Pattern[str]) -> Iterator[Reference]:
    for found in pattern.finditer(code):
        yield Reference(found["path"], *_place(code, found.start("path")))


def _data_references(text: str, code: str) -> Iterator[Reference]:
    for found in _DATA.finditer(code):
        line, column = _place(code, found.start())
        before = code[code.rfind("\n", 0, found.start()) + 1 : found.start()].strip()
        if before in ("import", "package"):
            continue
        # The steps are read from the text itself, since in the code strings are blank.
        yield Reference(_dotted(text[found.start() : found.end()]), line, column)


def _dotted(reference: str) -> str:
    path = "data"
    for step in _STEP.finditer(reference):
        if step["open"] is not None:
            return f"{path}[{step['open']}]" if path == "data" else path
        path += f".{step['name'] or step['quoted']}"
    return path


def _rules(code: str) -> Iterator[str]:
    """The first word of every statement that stands outside of all brackets."""
    depth, fresh, at = 0, True, 0
    while at < len(code):
        mark = code[at]
        if depth == 0 and fresh and (mark.isalpha() or mark == "_"):
            found = _HEAD.match(code, at)
            if found is None:
                return
            yield found["name"]
            at, fresh = found.end(), False
            continue
        depth = max(depth + _BRACKETS.get(mark, 0), 0)
        fresh = mark in "\n;" or (fresh and mark in " \t\r") or (depth == 0 and mark == "}")
        at += 1
