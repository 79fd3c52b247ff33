"""The set-up finds a Python that will do, or says why none does."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "find-python"


class Machine:
    """A machine with the interpreters that a test puts on it, and nothing else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, name: str, version: str, *, old: bool = False, venv: bool = True) -> Path:
        """An interpreter that answers the three questions that the script asks."""
        file = self.folder / name
        file.write_text(
            "#!/bin/sh\n"
            'case "$2" in\n'
            f"*print*) echo {version} ;;\n"
            f"*version_info*) exit {int(old)} ;;\n"
            f"*venv*) exit {int(not venv)} ;;\n"
            "esac\n"
        )
        file.chmod(0o755)
        return file

    def find(self, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", str(SCRIPT)],
            env={"PATH": str(self.folder)} | environment,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_version_of_the_lock_is_preferred(machine: Machine) -> None:
    machine.install("python3.13", "3.13")
    wanted = machine.install("python3.11", "3.11")
    assert machine.find().stdout.strip() == str(wanted)


def test_a_plain_python3_will_do_where_it_is_new_enough(machine: Machine) -> None:
    wanted = machine.install("python3", "3.12")
    assert machine.find().stdout.strip() == str(wanted)


def test_one_without_venv_is_passed_over_for_one_that_has_it(machine: Machine) -> None:
    machine.install("python3.11", "3.11", venv=False)
    wanted = machine.install("python3.12", "3.12")
    assert machine.find().stdout.strip() == str(wanted)


def test_an_old_python_is_named_as_too_old(machine: Machine) -> None:
    old = machine.install("python3", "3.9", old=True)
    ended = machine.find()
    assert ended.returncode == 1
    assert f"{old} is Python 3.9, which is too old." in ended.stderr


def test_a_missing_venv_module_is_named_with_the_package_that_has_it(machine: Machine) -> None:
    machine.install("python3.12", "3.12", venv=False)
    ended = machine.find()
    assert ended.returncode == 1
    assert "apt install python3.12-venv" in ended.stderr


def test_a_machine_without_python_is_told_what_to_install(machine: Machine) -> None:
    ended = machine.find()
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "needs Python 3.11 or newer" in ended.stderr


def test_the_user_may_name_another_interpreter(machine: Machine) -> None:
    machine.install("python3.11", "3.11")
    wanted = machine.install("mine", "3.14")
    assert machine.find(PYTHON=str(wanted)).stdout.strip() == str(wanted)
