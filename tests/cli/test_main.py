"""The command line itself: help, version, usage, and how quickly it answers."""

from __future__ import annotations

import subprocess
import sys

import pytest

from policy_app.cli.failure import Failure
from policy_app.cli.manage import take_data_option
from tests.cli.processes import ROOT, environment, run


def test_help_names_every_command() -> None:
    answer = run("--help")
    assert answer.returncode == 0
    for command in ("serve", "token", "sign-in-link", "manage"):
        assert f"    {command}" in answer.stdout


def test_the_version_is_the_packages_own() -> None:
    answer = run("--version")
    assert (answer.returncode, answer.stdout.split()[0]) == (0, "policy-portal")
    assert answer.stdout.split()[1][0].isdigit()


def test_an_unknown_command_is_wrong_usage() -> None:
    answer = run("fly")
    assert answer.returncode == 2
    assert "'fly'" in answer.stderr


def test_help_is_answered_without_loading_django() -> None:
    script = (
        "import sys\n"
        "from policy_app.cli.main import parser\n"
        "parser().format_help()\n"
        "print(sorted({name.split('.')[0] for name in sys.modules}"
        " & {'django', 'granian', 'rest_framework', 'yaml', 'structlog'}))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "data", "rest"),
    [
        (["migrate", "--plan"], None, ["migrate", "--plan"]),
        (["--data", "here", "migrate"], "here", ["migrate"]),
        (["migrate", "--data=here", "--plan"], "here", ["migrate", "--plan"]),
    ],
)
def test_the_data_folder_may_stand_anywhere_among_djangos_arguments(
    arguments: list[str], data: str | None, rest: list[str]
) -> None:
    assert take_data_option(arguments) == (data, rest)


@pytest.mark.parametrize("arguments", [["migrate", "--data"], ["--data=", "migrate"]])
def test_a_data_option_without_a_folder_is_refused(arguments: list[str]) -> None:
    with pytest.raises(Failure, match="--data needs a folder"):
        take_data_option(arguments)
