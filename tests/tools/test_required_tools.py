"""Where every tool must be there, a test that is skipped for want of one fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.processes import ROOT, environment

TESTS = """
import pytest

@pytest.mark.browser
def test_in_a_browser():
    pytest.skip("no Chromium")

def test_of_another_kind():
    pytest.skip("not on Sundays")

@pytest.mark.browser
@pytest.mark.xfail(reason="known")
def test_that_is_known_to_fail():
    assert False
"""


def outcome(folder: Path, settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the tests above under this suite's own rules."""
    file = folder / "test_some.py"
    file.write_text(TESTS)
    rules = [
        "-c",
        str(ROOT / "pyproject.toml"),
        "--rootdir",
        str(folder),
        "-p",
        "tests.required_tools",
    ]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.required_tools", *rules, str(file)],
        cwd=ROOT,
        env=environment(settings),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("settings", [{}, {"POLICY_PORTAL_REQUIRE_ALL": ""}])
def test_usually_a_missing_tool_skips(tmp_path: Path, settings: dict[str, str]) -> None:
    ended = outcome(tmp_path, settings)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "2 skipped, 1 xfailed" in ended.stdout


def test_where_all_is_required_only_the_missing_tool_fails(tmp_path: Path) -> None:
    ended = outcome(tmp_path, {"POLICY_PORTAL_REQUIRE_ALL": "1"})
    assert ended.returncode == 1
    assert "1 failed, 1 skipped, 1 xfailed" in ended.stdout
    assert "Must not be skipped here" in ended.stdout
    assert "test_in_a_browser" in ended.stdout
