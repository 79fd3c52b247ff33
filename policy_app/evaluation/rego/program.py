"""The boundary to the engine: compiled programs on ``regorus``.

The engine reports errors as text with a Rust stack trace below it; here they become
``RegoError`` with file, line and column, and the trace is dropped.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

import regorus

from policy_app.evaluation.rego.errors import RegoError, Undefined

Version = Literal["v0", "v1"]

_WHERE = re.compile(r"--> (?P<file>[^\n]*?):(?P<line>\d+):(?P<column>\d+)")
_WHAT = re.compile(r"^error: (?P<message>.*)$", re.MULTILINE)
_LINE = re.compile(r"^\d+ \| ?(?P<text>.*)$", re.MULTILINE)


class Program:
    """Compiled modules, safe to query from several threads.

    ``packages`` holds each module's package in the order given, as ``data.a.b``.
    """

    def __init__(self, modules: tuple[str, ...], version: Version) -> None:
        self._modules = modules
        self._version = version
        # An engine may only be used by the thread that made it, and keeps its input between
        # calls: each thread has one of its own.
        self._local = threading.local()
        self.packages: tuple[str, ...] = self._engine().packages

    def query(
        self, path: str, *, input: Mapping[str, Any], data: Mapping[str, Any] | None = None
    ) -> Any:
        """The value at ``path`` (``data.pkg.rule``) for this input.

        Raises ``Undefined`` where the rule has no value and ``RegoError`` where it fails.
        """
        engine = self._engine().asked(data)
        engine.set_input_json(json.dumps(input))
        try:
            answer = engine.eval_rule_as_json(path)
        except RuntimeError as error:
            raise _translate(error, "eval_error") from None
        value = json.loads(answer)
        if value == "<undefined>":
            raise Undefined(path)
        return value

    def _engine(self) -> _Engine:
        if not hasattr(self._local, "engine"):
            self._local.engine = _Engine(self._modules, self._version)
        engine: _Engine = self._local.engine
        return engine


class _Engine:
    """The library's engine with the modules in it."""

    def __init__(self, modules: tuple[str, ...], version: Version) -> None:
        self._bare = regorus.Engine()
        self._bare.set_rego_v0(version == "v0")
        self.packages = tuple(
            self._add(f"module-{number}.rego", text) for number, text in enumerate(modules)
        )
        self._data = ""
        self._loaded = self._bare.clone()

    def _add(self, name: str, text: str) -> str:
        try:
            package: str = self._bare.add_policy(name, text)
        except RuntimeError as error:
            raise _translate(error, "rego_parse_error") from None
        return package

    def asked(self, data: Mapping[str, Any] | None) -> Any:
        """The engine with this data; data can only be added, so other data takes a clone."""
        text = json.dumps(data) if data else ""
        if text != self._data:
            self._loaded = self._bare.clone()
            if text:
                self._loaded.add_data_json(text)
            self._data = text
        return self._loaded


def compile_modules(modules: Sequence[str], version: Version = "v0") -> Program:
    """Compile Rego modules into one program; the same sources give the same program.

    ``version`` picks the syntax (``v0`` or ``v1``).  Raises ``RegoError`` with the module's
    name (``module-<index>.rego``), line and column.
    """
    return _compile(tuple(modules), version)


@lru_cache(maxsize=512)
def _compile(modules: tuple[str, ...], version: Version) -> Program:
    return Program(modules, version)


def _translate(error: RuntimeError, code: str) -> RegoError:
    report = str(error).split("Stack backtrace:")[0].strip()
    where, what, line = _WHERE.search(report), _WHAT.search(report), _LINE.search(report)
    return RegoError(
        what["message"] if what else report,
        code=code,
        file=where["file"] if where else "",
        line=int(where["line"]) if where else 0,
        column=int(where["column"]) if where else 0,
        text=line["text"] if line else "",
    )
