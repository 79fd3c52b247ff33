"""A command that a document shows exists, and one that exists is documented."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from policy_app.cli.main import parser
from tests.docs.files import ROOT, documents, name

_MAKE = re.compile(r"\bmake ([a-z][a-z-]*)")
_PORTAL = re.compile(r"\bpolicy-portal ([a-z][a-z-]*)(?: (?:--data \S+ )?([a-z_]+))?")
_OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z0-9-]+)")
# words that follow "make" in a sentence are no targets: only what stands in code is looked at
_CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.MULTILINE | re.DOTALL)


def code(file: Path) -> str:
    """What a document shows as code."""
    return "\n".join(_CODE.findall(file.read_text(encoding="utf-8")))


def targets() -> set[str]:
    """The targets of the Makefile that ``make help`` lists."""
    return set(re.findall(r"^([a-z][a-z-]*):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


def subcommands() -> dict[str, argparse.ArgumentParser]:
    """The subcommands of ``policy-portal``."""
    [action] = [one for one in parser()._actions if isinstance(one, argparse._SubParsersAction)]
    return dict(action.choices)


@pytest.mark.parametrize("document", documents(), ids=name)
def test_every_make_target_that_is_shown_exists(document: Path) -> None:
    assert set(_MAKE.findall(code(document))) <= targets()


@pytest.mark.parametrize("document", documents(), ids=name)
def test_every_subcommand_that_is_shown_exists(document: Path) -> None:
    shown = _PORTAL.findall(code(document))
    assert {command for command, _ in shown} <= set(subcommands())
    managed = {after for command, after in shown if command == "manage" and after}
    assert managed <= set(get_commands()) | {"help"}


def test_every_make_target_is_in_the_contributors_guide() -> None:
    guide = code(ROOT / "CONTRIBUTING.md") + code(ROOT / "README.md")
    assert targets() - set(_MAKE.findall(guide)) == set()


def test_the_command_line_is_documented_with_every_option() -> None:
    reference = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    for command, subparser in subcommands().items():
        assert f"\n## policy-portal {command}\n" in reference
        options = {
            option
            for action in subparser._actions
            for option in action.option_strings
            if option.startswith("--") and option != "--help"
        }
        section = reference.split(f"\n## policy-portal {command}\n")[1].split("\n## ")[0]
        assert options - set(_OPTION.findall(section)) == set(), command


def test_our_own_management_commands_are_documented() -> None:
    ours = {command for command, app in get_commands().items() if app == "policy_app"}
    reference = code(ROOT / "docs" / "cli.md")
    assert {one for one in ours if f"policy-portal manage {one}" not in reference} == set()
