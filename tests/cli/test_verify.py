"""``policy-portal verify``: which suites it finds, what it prints and how it ends."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.cli.processes import ROOT, run

TEMPLATES = ROOT / "fixtures" / "templates"
PRIVILEGE = TEMPLATES / "container-no-privilege" / "v2"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A folder with a suite of ours, whose first case is wrong."""
    folder = tmp_path / "library"
    shutil.copytree(PRIVILEGE, folder / "privilege")
    suite = folder / "privilege" / "suite.yaml"
    suite.write_text(suite.read_text().replace("violations: no", "violations: 3", 1))
    (folder / "notes.yaml").write_text("kind: Note\n")
    return folder


def timeless(text: str) -> str:
    """A text without its times."""
    return re.sub(r"\d+\.\d{3}s", "0.000s", text)


def test_our_own_suites_pass() -> None:
    answer = run("verify", "fixtures/templates/...")
    assert (answer.returncode, answer.stderr) == (0, "")
    *suites, counts, last = answer.stdout.splitlines()
    shown = {line.split("\t")[1] for line in suites if line.startswith("ok\t")}
    assert shown == {file.relative_to(ROOT).as_posix() for file in TEMPLATES.rglob("suite.yaml")}
    assert last == "PASS"
    assert re.fullmatch(r"[1-9]\d+ passed, 0 failed, 0 skipped", counts)


def test_a_failure_is_told_as_gator_tells_it(library: Path) -> None:
    answer = run("verify", str(library / "privilege"))
    assert answer.returncode == 1
    assert answer.stderr == "Error: FAIL\n"
    lines = timeless(answer.stdout).splitlines()
    assert lines[:4] == [
        "    --- FAIL: nothing-set\t(0.000s)",
        "        unexpected number of violations: got 0 violations but want exactly 3: "
        "got messages []",
        "--- FAIL: no-privileged-containers\t(0.000s)",
        f"FAIL\t{library}/privilege/suite.yaml\t0.000s",
    ]
    assert lines[-1] == "FAIL"
    assert re.fullmatch(r"\d+ passed, 1 failed, 0 skipped", lines[-2])


def test_every_case_is_shown_on_request() -> None:
    answer = run(
        "verify", str(PRIVILEGE / "suite.yaml"), "-v", "--run", "^no-privileged-containers$//^init"
    )
    assert answer.returncode == 0
    lines = timeless(answer.stdout).splitlines()
    assert lines[0] == "=== RUN   no-privileged-containers"
    assert "    === SKIP  nothing-set" in lines
    ran = lines.index("    === RUN   init-container")
    assert lines[ran + 1] == "    --- PASS: init-container\t(0.000s)"
    assert "--- PASS: no-privileged-containers\t(0.000s)" in lines
    assert "=== SKIP  no-privileged-containers-with-exclusions" in lines
    assert lines[-2].startswith("1 passed, 0 failed, ")


def test_a_trace_stands_below_its_case_as_with_gator() -> None:
    suite = str(PRIVILEGE / "suite.yaml")
    one = ("--run", "^no-privileged-containers$//^init-container$")
    quiet = run("verify", suite, *one, "--trace")
    assert quiet.returncode == 0
    first = quiet.stdout.splitlines()[0]
    assert re.fullmatch(r"TRACE: init-container\t.*\[spec\.initContainers\[0\]\..*\]", first)
    lines = timeless(run("verify", suite, *one, "-t", "-v").stdout).splitlines()
    passed = lines.index("    --- PASS: init-container\t(0.000s)")
    assert lines[passed + 1] == f"    --- {first}"
    assert "TRACE" not in run("verify", suite, *one).stdout


def test_only_a_path_that_ends_in_dots_is_followed_down(library: Path) -> None:
    flat = run("verify", str(library))
    assert (flat.returncode, flat.stdout) == (0, "0 passed, 0 failed, 0 skipped\nPASS\n")
    assert run("verify", f"{library}/...").returncode == 1
    assert run("verify", "./...", cwd=library).returncode == 1


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("nowhere", "there is no file or folder "),
        ("notes.txt", "its name should end with .yaml or .yml"),
        ("notes.yaml/...", "is a file: only folders can be followed by /..."),
        ("broken.yaml", "invalid yaml: parsing yaml file"),
        ("folder.yaml", "0 passed"),
    ],
)
def test_a_path_that_holds_no_suite_is_told_in_words(library: Path, path: str, said: str) -> None:
    (library / "notes.txt").write_text("nothing")
    (library / "broken.yaml").write_text("a: [")
    (library / "folder.yaml").mkdir()
    answer = run("verify", f"{library}/{path}")
    assert said in answer.stdout + answer.stderr
    assert "Traceback" not in answer.stderr
    assert answer.returncode == (0 if path == "folder.yaml" else 1)


def test_a_filter_that_is_none_is_refused() -> None:
    answer = run("verify", str(PRIVILEGE), "--run", "a//b//c")
    assert answer.returncode == 1
    assert 'a filter may include at most one "//"' in answer.stderr


def test_unknown_fields_are_named_on_stderr(library: Path) -> None:
    suite = library / "privilege" / "suite.yaml"
    suite.write_text(suite.read_text().replace("violations: 3", "violation: 3", 1))
    answer = run("verify", str(suite))
    assert "tests[0].cases[0].assertions[0].violation is no field of a suite" in answer.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "the following arguments are required: PATH"),
        (("a.yaml", "b.yaml"), "unrecognized arguments: b.yaml"),
        (("a.yaml", "--unknown"), "unrecognized arguments: --unknown"),
        (
            ("a.yaml", "--enable-k8s-native-validation=yes"),
            "'yes' is neither true nor false",
        ),
        # What stands behind the switch after a space is no value of it, as with gator.
        (
            ("--enable-k8s-native-validation", "false", "a.yaml"),
            "unrecognized arguments: a.yaml",
        ),
    ],
)
def test_wrong_usage_ends_as_with_gator(arguments: tuple[str, ...], said: str) -> None:
    answer = run("verify", *arguments)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert said in answer.stderr
    # Other commands end as theirs do.
    assert run("expand", *arguments).returncode == 2
