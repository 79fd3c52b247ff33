"""The peer: the same programs on the library ``regorus``, a second opinion and the one to beat.

The engine reports errors as text with a Rust stack trace below it; here they become
``RegoError`` with file, line and column, and the trace is dropped.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from typing import Any, Literal

import regorus

from policy_app.evaluation.rego.errors import RegoError, Undefined

Version = Literal["v0", "v1"]

_WHERE = re.compile(r"--> (?P<file>[^\n]*?):(?P<line>\d+):(?P<column>\d+)")
_WHAT = re.compile(r"^error: (?P<message>.*)$", re.MULTILINE)
_LINE = re.compile(r"^\d+ \| ?(?P<text>.*)$", re.MULTILINE)


class PeerProgram:
    """Compiled modules, safe to query from several threads.

    ``packages`` holds each module's package in the order given, as ``data.a.b``.
    """

    def __init__(self, modules: tuple[str, ...], version: Version) -> None:
        self._engine = regorus.Engine()
        self._engine.set_rego_v0(version == "v0")
        self.packages: tuple[str, ...] = tuple(
            self._add(f"module-{number}.rego", text) for number, text in enumerate(modules)
        )
        # An engine keeps its input between calls, so each thread asks a clone of its own.
        self._local = threading.local()

    def _add(self, name: str, text: str) -> str:
        try:
            package: str = self._engine.add_policy(name, text)
        except RuntimeError as error:
            raise _translate(error, "rego_parse_error") from None
        return package

    def query(
        self, path: str, *, input: Mapping[str, Any], data: Mapping[str, Any] | None = None
    ) -> Any:
        """The value at ``path`` (``data.pkg.rule``) for this input.

        Raises ``Undefined`` where the rule has no value and ``RegoError`` where it fails.
        """
        engine = self._clone() if data is None else self._engine.clone()
        if data is not None:
            engine.add_data_json(json.dumps(data))
        engine.set_input_json(json.dumps(input))
        try:
            answer = engine.eval_rule_as_json(path)
        except RuntimeError as error:
            raise _translate(error, "eval_error") from None
        value = json.loads(answer)
        if value == "<undefined>":
            raise Undefined(path)
        return value

    def _clone(self) -> Any:
        if not hasattr(self._local, "engine"):
            self._local.engine = self._engine.clone()
        return self._local.engine


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
