"""Rego: compile modules once, query them often.

``compile_modules(modules, version)`` returns a program; ``program.query(path, input=…, data=…)``
answers with plain JSON values (sets come back as sorted lists) or raises ``Undefined`` or
``RegoError``.  Nothing outside this room knows which engine runs behind it.
"""

from __future__ import annotations

from policy_app.evaluation.rego.errors import RegoError, RegoLimitError, Undefined
from policy_app.evaluation.rego.program import Options, Prepared, Program, compile_modules

__all__ = [
    "Options",
    "Prepared",
    "Program",
    "RegoError",
    "RegoLimitError",
    "Undefined",
    "compile_modules",
]
