"""docs/cli.md is what the commands say of themselves."""

from __future__ import annotations

import argparse

import pytest

from policy_app.cli.arguments import EXAMPLES, EXIT_CODES
from tests.docs.test_commands import subcommands
from tools.cli_docs import DOCUMENT, document


def test_the_reference_is_what_the_help_says() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "run: python tools/cli_docs.py"


@pytest.mark.parametrize(("name", "parser"), subcommands().items())
def test_every_command_shows_examples_of_itself_and_its_exit_codes(
    name: str, parser: argparse.ArgumentParser
) -> None:
    epilog = str(parser.epilog)
    assert epilog.startswith(EXAMPLES)
    assert EXIT_CODES in epilog
    assert f"policy-portal {name}" in epilog


@pytest.mark.parametrize("name", ["test", "verify", "mutate", "expand", "export", "explain"])
def test_commands_for_files_name_the_word_that_gator_has_for_them(name: str) -> None:
    assert "gator" in str(subcommands()[name].description)
