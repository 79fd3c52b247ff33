"""``policy-portal test`` on many files: by several processes, and with little kept in memory."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from policy_app.cli.offline import workers
from tests.cli.offline import BASELINE, POD, found, outcome, write
from tests.cli.processes import COMMAND, PATIENCE, ROOT, environment

UNIQUE = ("--definition", "b0fdedee-7b9e-4a17-9f5d-5e8e912d2f01", "--fail-on", "audit")
SERVICE = """\
apiVersion: v1
kind: {kind}
metadata: {{name: {name}}}
spec:
  selector: {{app: web}}
  ports: [{{port: 80}}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files of every sort: good, bad, unreadable, empty, and no object at all."""
    for number in range(40):
        name = f"web-{number}"
        text = POD.replace("name: web", f"name: {name}")
        write(tmp_path / f"{number:02}.yaml", text.replace("true", ("true", "false")[number % 2]))
    write(tmp_path / "10-broken.yaml", POD + "  - [")
    write(tmp_path / "20-values.yaml", "replicas: 3\n")
    write(tmp_path / "30-list.json", '{"apiVersion": "v1", "kind": "List", "items": [1]}')
    (tmp_path / "35-binary.yaml").write_bytes(b"\xff\x00")
    return tmp_path


@pytest.mark.parametrize("form", ["text", "json", "junit", "sarif"])
def test_several_processes_say_what_one_says(folder: Path, form: str) -> None:
    policy = ("-f", str(folder), "--initiative", BASELINE, "--output", form)
    alone = outcome(*policy, "--jobs", "1")
    team = outcome(*policy, "--jobs", "3")
    assert alone.stdout.count("web-") >= 20
    assert "binary" in alone.stderr
    assert (team.returncode, team.stdout, team.stderr) == (
        alone.returncode,
        alone.stdout,
        alone.stderr,
    )


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_objects_in_other_files_count_whoever_judges(tmp_path: Path, jobs: str) -> None:
    for number in range(4):
        write(tmp_path / f"{number}.yaml", SERVICE.format(kind="Service", name=f"s{number}"))
    report = found("-f", str(tmp_path), *UNIQUE, "--jobs", jobs)
    assert [one["name"] for one in report["results"]] == [
        name for name in ("s0", "s1", "s2", "s3") for _ in range(3)
    ]


@pytest.mark.parametrize(
    "kind", ['"\\x53ervice"', "!!binary U2VydmljZQ==", '"Ser\\\n  vice"', "&k Service"]
)
def test_a_kind_that_is_written_in_disguise_is_in_the_inventory(tmp_path: Path, kind: str) -> None:
    write(tmp_path / "plain.yaml", SERVICE.format(kind="Service", name="plain"))
    write(tmp_path / "veiled.yaml", SERVICE.format(kind=kind, name="veiled"))
    report = found("-f", str(tmp_path), *UNIQUE)
    assert {one["name"] for one in report["results"]} == {"plain", "veiled"}


def test_the_items_of_a_list_are_in_the_inventory(tmp_path: Path) -> None:
    items = SERVICE.format(kind="Service", name="b").partition("kind: Service\n")[2]
    listed = "".join(f"    {line}\n" for line in items.splitlines()).replace("    ", "  - ", 1)
    write(tmp_path / "a.yaml", SERVICE.format(kind="Service", name="a"))
    write(tmp_path / "b.yaml", f"apiVersion: v1\nkind: ServiceList\nitems:\n{listed}")
    report = found("-f", str(tmp_path), *UNIQUE)
    assert [one["name"] for one in report["results"]] == ["a", "b"]


def test_what_a_shell_hands_over_as_a_path_is_read_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(POD + "---\n" + POD))
    writer.start()
    report = found("-f", str(pipe), "--initiative", BASELINE)
    writer.join()
    assert report["summary"]["objects"] == 2


def test_standard_input_that_is_closed_is_told(tmp_path: Path) -> None:
    line = f"{' '.join(COMMAND)} test -f - --initiative {BASELINE} <&-"
    answer = subprocess.run(
        ["/bin/sh", "-c", line],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert answer.returncode == 2
    assert "error: <stdin>: Standard input cannot be read" in answer.stderr


@pytest.mark.parametrize("jobs", ["0", "-1", "many"])
def test_jobs_are_a_number_from_one(jobs: str) -> None:
    answer = outcome("-f", "fixtures/manifests", f"--jobs={jobs}")
    assert answer.returncode == 2
    assert "is no number from 1" in answer.stderr


def test_results_come_in_the_order_of_the_work() -> None:
    assert list(workers.results(range(20), _slowly, 3)) == [str(number) for number in range(20)]


def _slowly(number: int) -> str:
    time.sleep(0.01 * (number % 3))
    return str(number)


def test_what_a_lost_worker_leaves_is_done_by_its_parent() -> None:
    parent = os.getpid()

    def work(number: int) -> int:
        if number == 3 and os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    assert list(workers.results(range(8), work, 2)) == list(range(8))


def test_an_error_of_a_worker_is_raised_by_its_parent() -> None:
    with pytest.raises(ZeroDivisionError):
        list(workers.results([1, 2, 0, 4], lambda number: 1 // number, 2))


def test_no_worker_outlives_its_work() -> None:
    answers = workers.results(range(100), _pid, 2)
    pids = {next(answers), next(answers)}
    answers.close()  # type: ignore[attr-defined] # it is a generator
    assert len(pids) == 2
    assert not any(map(_runs, pids))


def _pid(_: int) -> int:
    return os.getpid()


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_an_interrupted_run_leaves_nobody_behind_and_says_nothing(tmp_path: Path) -> None:
    _many(tmp_path, 2_000)
    command = [*COMMAND, "test", "-f", str(tmp_path), "--initiative", BASELINE, "--jobs", "2"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell's background jobs ignore Ctrl-C, and what they start inherits that.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    _wait_for_children(process.pid)
    os.killpg(process.pid, signal.SIGINT)
    shown, said = process.communicate(timeout=PATIENCE)
    assert (process.returncode, shown, said) == (130, "", "")
    _wait_for_the_end(process.pid)


def _many(folder: Path, count: int) -> None:
    for number in range(count):
        write(folder / f"{number}.yaml", "---\n".join([POD] * 20))


def _wait_for_the_end(group: int) -> None:
    """A process that was orphaned takes a moment to be buried."""
    deadline = time.monotonic() + PATIENCE
    while _runs(-group):
        assert time.monotonic() < deadline
        time.sleep(0.005)


def _wait_for_children(process: int) -> Sequence[str]:
    deadline = time.monotonic() + PATIENCE
    children = Path(f"/proc/{process}/task/{process}/children")
    while time.monotonic() < deadline:
        found = children.read_text().split()
        if found:
            return found
        time.sleep(0.005)
    raise AssertionError("no worker was started")
