"""A refusal that was answered is not lost with its process, nor while the database is away."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from policy_app.models import Definition, Refusal, Scope
from policy_app.services import assignments
from policy_app.services.cluster import denials, lookup, spool
from tests.cluster.admission import ApiServer, review
from tests.services.cluster.inside import Api, pod
from tests.services.test_drafts import draft

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(portal: None, rg_demo: Scope, baseline: Definition) -> ApiServer:
    """A real cluster under the baseline, which denies."""
    assignments.put(draft(rg_demo, baseline, parameters={"effect": "deny"}), None)
    assert Api().cluster
    return ApiServer()


def refuse(server: ApiServer, name: str = "web") -> None:
    """Have a Pod refused."""
    thing = pod(name, "team", privileged=True)
    thing["metadata"]["annotations"] = {"secret": "hunter2"}
    assert server.ask(review(thing, name=name))["allowed"] is False


def kept() -> list[str]:
    """The names of the refused objects that the portal knows."""
    return [row.name for row in denials.latest(lookup.by_name("aks-demo"))]


def die(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what is in memory, as a process that is killed does; its files are nobody's then."""
    for one in denials._waiting.files:
        fcntl.flock(one.handle, fcntl.LOCK_UN)
        os.close(one.handle)
    monkeypatch.setattr(denials, "_waiting", denials._Waiting({}, []))


def test_what_a_killed_process_left_is_written_at_the_next_start(
    server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(server)
    (file,) = spool.left_behind()
    assert "hunter2" not in file.read_text()
    assert oct(file.stat().st_mode)[-3:] == "600"
    assert kept() == []
    die(monkeypatch)
    denials.recover()
    assert kept() == ["web"]
    (row,) = denials.latest(lookup.by_name("aks-demo"))
    assert row.door == Refusal.Door.WEBHOOK
    assert row.message.startswith("[azurepolicy-k8sazurev2noprivilege-")
    assert spool.left_behind() == []
    denials.recover()
    assert kept() == ["web"]


def test_what_a_living_process_has_is_left_to_it(server: ApiServer) -> None:
    refuse(server)
    denials.recover()
    assert kept() == []
    denials.flush()
    assert kept() == ["web"]
    assert spool.left_behind() == []


def test_refusals_wait_while_the_database_is_away(
    server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(server)

    def gone(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as patched:
        patched.setattr("django.db.backends.utils.CursorWrapper.execute", gone)
        denials.flush()
    assert len(spool.left_behind()) == 1
    refuse(server, "other")
    denials.flush()
    assert sorted(kept()) == ["other", "web"]
    assert spool.left_behind() == []


def test_half_a_line_keeps_nobody_back(server: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(server)
    (file,) = spool.left_behind()
    with file.open("a") as opened:
        opened.write('7 {"at":"2026-')
    die(monkeypatch)
    denials.recover()
    assert kept() == ["web"]


def test_a_folder_that_cannot_be_written_refuses_nobodys_answer(
    server: ApiServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(spool, "folder", lambda: tmp_path / "file" / "refusals")
    refuse(server)
    denials.flush()
    assert kept() == ["web"]


def test_the_file_is_bounded(server: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "LONGEST", 2_000)
    for number in range(20):
        refuse(server, f"web-{number}")
    (file,) = spool.left_behind()
    assert file.stat().st_size <= 2_000
    denials.flush()
    assert len(kept()) == 20


def test_a_process_that_is_killed_holds_no_file(tmp_path: Path) -> None:
    """The lock goes with the process, whatever ends it."""
    code = (
        "import os, django; django.setup()\n"
        "from policy_app.services.cluster import spool\n"
        "made = spool.Spool.open(); made.append('1 {}'); os.kill(os.getpid(), 9)\n"
    )
    environment = {"DJANGO_SETTINGS_MODULE": "portal.settings", "POLICY_PORTAL_DATA": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environment, check=False, timeout=60
    )
    assert ended.returncode == -9
    (file,) = (tmp_path / "refusals").glob("*.jsonl")
    with spool.taken(file) as lines:
        assert lines == ["1 {}"]
    assert not file.exists()
