"""The command line itself: help, version, usage, and how quickly it answers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from policy_app.cli.failure import Failure
from policy_app.cli.manage import take_data_option
from tests.cli.offline import BAD, PRIVILEGED
from tests.cli.processes import COMMAND, ROOT, environment, run


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


def shell(line: str) -> subprocess.CompletedProcess[str]:
    """``policy-portal`` with what a shell can do to its output."""
    return subprocess.run(
        ["/bin/sh", "-c", f"{' '.join(COMMAND)} {line}"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )


TEST = f"test -f {BAD} --definition {PRIVILEGED} --set effect=Deny"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("command", [TEST, f"export {PRIVILEGED}", f"mutate -f {BAD}"])
def test_a_full_disk_is_told_in_words(command: str) -> None:
    answer = shell(f"{command} > /dev/full")
    assert answer.returncode == 2
    [said] = answer.stderr.splitlines()
    assert said.endswith("the output cannot be written: No space left on device")


def test_a_reader_who_has_seen_enough_hears_no_complaint() -> None:
    answer = shell(f"{TEST} --output json | head -0")
    assert answer.stderr == ""


def test_the_exit_code_is_right_where_nobody_listens() -> None:
    answer = shell(f"{TEST} >&-")
    assert (answer.returncode, answer.stderr) == (1, "")


@pytest.mark.parametrize("command", ["eval -d {} data.x", "check {}", "eval -i {} data.x"])
def test_a_file_that_rego_cannot_read_is_named(tmp_path: Path, command: str) -> None:
    binary = tmp_path / "binary.rego"
    binary.write_bytes(b"package a\n\xff")
    answer = run("rego", *command.format(binary).split())
    assert answer.returncode == 1
    assert f"{binary} is not UTF-8 text: it has the byte 0xff at offset 10" in answer.stderr
    missing = run("rego", *command.format("none.rego").split())
    assert "none.rego cannot be read: No such file or directory" in missing.stderr


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
