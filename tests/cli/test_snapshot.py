"""``policy-portal snapshot``: from the shell to a mirror, and every wrong turn on the way."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.db import OperationalError

from policy_app.cli.main import main
from policy_app.services.snapshots import places
from tests.cli.processes import COMMAND, PATIENCE, ROOT, environment, run
from tests.cli.processes import portal as running_portal
from tests.services.cluster.inside import pod
from tests.services.snapshots.taking_files import dump, held, manifest, served
from tests.starting_points import prepared

LONG = 5 * PATIENCE
"""The first command on an empty folder sets it up, which a busy machine does slowly."""


@pytest.fixture
def here(portal: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command works on the test's own database."""
    monkeypatch.setattr("policy_app.services.setup.prepare", lambda: None)
    monkeypatch.setattr("policy_app.cli.environment.start", lambda data: None)


@pytest.mark.usefixtures("here")
def test_a_folder_becomes_a_new_cluster_and_the_summary_says_what_is_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest(tmp_path / "a.yaml", pod(namespace="shop"))
    (tmp_path / "values.yaml").write_text("a: 1\n")
    assert main(["snapshot", str(tmp_path), "--cluster", "prod", "--create"]) == 0
    out = capsys.readouterr().out
    assert f"prod mirrors {tmp_path}, as of" in out
    assert "2 objects of 2 kinds: 2 added, 0 changed, 0 removed, 0 unchanged." in out
    assert f"{tmp_path / 'values.yaml'}:1:1:" in out
    assert "Added:" in out
    assert "    shop" in out
    mirror = places.find("prod")
    assert mirror.mirror_notes["again"] == f"policy-portal snapshot {tmp_path} --cluster prod"
    assert mirror.mirror_notes["counts"]["objects"] == 2


@pytest.mark.usefixtures("here")
def test_the_summary_as_json_holds_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = dump(tmp_path / "a.json", [served(pod(namespace="shop"), "1")])
    assert main(["snapshot", str(file), "--cluster", "prod", "--create", "-o", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["objects"], told["added"], told["mirroredFrom"]) == (2, 2, str(file))
    assert told["cluster"].endswith("/managedClusters/prod")
    assert [one["reason"] for one in told["leftOut"]] == ["namespaces"]


@pytest.mark.usefixtures("here")
def test_a_cluster_that_is_not_there_is_made_only_when_told_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest(tmp_path / "a.yaml", pod())
    assert main(["snapshot", str(tmp_path), "--cluster", "prod"]) == 1
    assert "its clusters are: aks-demo, aks-staging. --create makes one." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "either --kubeconfig FILE, or files and folders"),
        (("a.yaml", "--kubeconfig", "k"), "either --kubeconfig FILE, or files and folders"),
        (("a.yaml", "--context", "c"), "--context is a context of a kubeconfig"),
        (("a.yaml", "--scope", "/subscriptions/1"), "--scope says where --create"),
    ],
)
def test_wrong_usage_is_told_and_ends_with_2(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str
) -> None:
    assert main(["snapshot", *words, "--cluster", "prod"]) == 2
    assert told in capsys.readouterr().err


def test_no_other_command_loads_the_client_of_kubernetes() -> None:
    code = (
        "import sys, django; from django.conf import settings;"
        "from policy_app.cli.main import parser; parser();"
        "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'portal.settings'; django.setup();"
        "import portal.urls, policy_app.services.snapshots.taking;"
        "import policy_app.services.snapshots.files;"
        "sys.exit('kubernetes' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_a_running_cluster_is_mirrored_brought_up_to_date_and_read_with_the_same_client(
    tmp_path: Path,
) -> None:
    kubernetes = pytest.importorskip("kubernetes")
    with running_portal(tmp_path / "real", tls=True) as real:
        printed = run(
            "kubeconfig", "aks-demo", "--server", real.url, "--data", str(tmp_path / "real")
        )
        file = tmp_path / "kubeconfig"
        file.write_text(printed.stdout)
        client = kubernetes.config.new_client_from_config(str(file))
        core = kubernetes.client.CoreV1Api(client)
        core.create_namespaced_pod("shop", pod("first", "shop"))
        core.create_namespaced_secret(
            "shop", {"metadata": {"name": "s"}, "stringData": {"p": "hunter2"}}
        )
        words = ["snapshot", "--kubeconfig", str(file), "--cluster", "mirror", "-o", "json"]
        words += ["--data", str(prepared(tmp_path / "here"))]
        first = run(*words, "--create", patience=LONG)
        assert first.returncode == 0, first.stderr
        core.delete_namespaced_pod("first", "shop", grace_period_seconds=0)
        core.create_namespaced_pod("shop", pod("second", "shop"))
        second = run(*words, patience=LONG)
        assert second.returncode == 0, second.stderr
        again = json.loads(second.stdout)
        untrusted = file.read_text().replace("certificate-authority-data", "x-authority-data")
        (tmp_path / "untrusting").write_text(untrusted)
        words[2] = str(tmp_path / "untrusting")
        refused = run(*words)
    assert (again["added"], again["removed"], again["unchanged"] > 20) == (1, 1, True)
    assert refused.returncode == 1
    assert "its certificate is not trusted" in refused.stderr
    assert b"hunter2" not in (tmp_path / "here" / "portal.sqlite3").read_bytes()
    with sqlite3.connect(tmp_path / "here" / "portal.sqlite3") as base:
        found = base.execute(
            "SELECT o.name FROM policy_app_kubeobject o JOIN policy_app_cluster c"
            " ON c.id = o.cluster_id WHERE c.source = 'mirror' AND o.plural = 'pods'"
            " AND o.namespace = 'shop'"
        )
        assert [name for (name,) in found] == ["second"]


@pytest.mark.skipif(
    "sqlite3" not in settings.DATABASES["default"]["ENGINE"], reason="it has a database of its own"
)
def test_a_snapshot_that_is_killed_leaves_the_cluster_as_it_was(tmp_path: Path) -> None:
    data = ["--data", str(prepared(tmp_path / "data"))]
    small = dump(tmp_path / "a.json", [served(pod(f"old-{n}", "shop"), f"o{n}") for n in range(20)])
    assert (
        run("snapshot", str(small), "--cluster", "m", "--create", *data, patience=LONG).returncode
        == 0
    )
    many = [served(pod(f"new-{n}", "shop"), f"n{n}") for n in range(6_000)]
    large = dump(tmp_path / "b.json", many)
    for held_back in (0.0, 0.2):
        process = subprocess.Popen(
            [*COMMAND, "snapshot", str(large), "--cluster", "m", *data],
            cwd=ROOT,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _wait_until_it_writes(tmp_path / "data", process)
        time.sleep(held_back)
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)
        names = _pods(tmp_path / "data")
        assert names in ({f"old-{n}" for n in range(20)}, {f"new-{n}" for n in range(6_000)})
    assert run("snapshot", str(large), "--cluster", "m", *data, patience=LONG).returncode == 0
    assert _pods(tmp_path / "data") == {f"new-{n}" for n in range(6_000)}


def _wait_until_it_writes(data: Path, process: subprocess.Popen[bytes]) -> None:
    """SQLite's log of what is not in the database yet grows while a transaction is written."""
    log, deadline = data / "portal.sqlite3-wal", time.monotonic() + PATIENCE
    before = log.stat().st_size if log.exists() else 0
    while time.monotonic() < deadline and process.poll() is None:
        now = log.stat().st_size if log.exists() else 0
        if now > before + 200_000:
            return
        time.sleep(0.01)


def _pods(data: Path) -> set[str]:
    with sqlite3.connect(data / "portal.sqlite3") as base:
        found = base.execute(
            "SELECT name FROM policy_app_kubeobject WHERE namespace = 'shop'"
            " AND plural = 'pods' AND name LIKE '%-%'"
        )
        return {name for (name,) in found}


@pytest.mark.usefixtures("here")
def test_what_goes_wrong_while_it_is_written_is_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest(tmp_path / "a.yaml", pod("old", "shop"))
    assert main(["snapshot", str(tmp_path), "--cluster", "prod", "--create"]) == 0
    before = held()
    manifest(tmp_path / "a.yaml", pod("new", "shop"))

    def full(*_: object) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr("policy_app.services.cluster.store.Writer.add_all", full)
    assert main(["snapshot", str(tmp_path), "--cluster", "prod"]) == 1
    assert "database or disk is full" in capsys.readouterr().err
    assert held() == before
