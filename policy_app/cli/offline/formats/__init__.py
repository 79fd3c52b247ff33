"""How a report is written: one module a format, each with ``write(report, stream)``.

What is written never changes what was found, nor the exit code.
"""

from __future__ import annotations

import importlib
from typing import TextIO

from policy_app.cli.offline.report import Report

MODULES = {"text": "text", "json": "as_json", "junit": "junit", "sarif": "sarif"}
FORMATS = tuple(MODULES)


def write(report: Report, form: str, stream: TextIO) -> None:
    """Write the report in one of ``FORMATS``."""
    importlib.import_module(f"{__name__}.{MODULES[form]}").write(report, stream)
