"""docs/configuration.md lists each setting and each check, and no other."""

from __future__ import annotations

import ast
import re

from policy_app.cli.offline.compiled import VARIABLE
from tests.docs.files import ROOT

REFERENCE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")


def variables() -> set[str]:
    """The environment variables that the settings and the command line read."""
    tree = ast.parse((ROOT / "portal" / "settings.py").read_text(encoding="utf-8"))
    read = {
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "env"
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }
    return {str(one) for one in read} | {"DATABASE_URL", VARIABLE}


def test_every_variable_has_a_row() -> None:
    assert len(variables()) > 5
    assert {one for one in variables() if f"| `{one}` |" not in REFERENCE} == set()


def test_no_row_is_of_a_variable_that_nobody_reads() -> None:
    rows = set(re.findall(r"^\| `([A-Z_]+)` \|", REFERENCE, re.MULTILINE))
    assert rows - variables() == set()


def test_every_check_is_listed_with_its_id() -> None:
    sources = (ROOT / "portal" / "env.py", ROOT / "policy_app" / "checks.py")
    numbers = {
        number
        for source in sources
        for number in re.findall(r"\"(?:policy_app\.)?([EW]\d{3})\"", source.read_text())
    }
    listed = set(re.findall(r"`policy_app\.([EW]\d{3})`", REFERENCE))
    assert numbers
    assert numbers == listed
