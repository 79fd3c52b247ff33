"""The folder in which commands keep what they compiled."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from policy_app.cli.main import main
from policy_app.cli.offline import compiled
from policy_app.cli.offline.compiled import Folder
from policy_app.evaluation.rego import keeping
from policy_app.evaluation.rego import program as engine

PRIVILEGED = "95edb821-ddaf-4404-9732-666045e056b4"
POD = "fixtures/manifests/nginx-privileged.yaml"
TEST = ["test", "-f", POD, "--definition", PRIVILEGED, "--output", "json"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "kept"
    monkeypatch.setenv("POLICY_PORTAL_CACHE", str(path))
    engine._compile.cache_clear()
    yield path
    keeping.keep_with(None)


def _run(capsys: pytest.CaptureFixture[str]) -> str:
    engine._compile.cache_clear()
    assert main(TEST) in (0, 1)
    return capsys.readouterr().out


def test_the_second_command_compiles_nothing_and_says_the_same(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _run(capsys)
    files = list(folder.iterdir())
    assert files
    monkeypatch.setattr(engine.Program, "_generate", None)
    assert _run(capsys) == first
    assert list(folder.iterdir()) == files


def test_only_the_user_can_read_what_is_kept(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _run(capsys)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}


@pytest.mark.parametrize("word", ["off", "0", "No", "false"])
def test_nothing_is_kept_where_the_user_does_not_want_it(
    tmp_path: Path,
    word: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("POLICY_PORTAL_CACHE", word)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    _run(capsys)
    assert list(tmp_path.iterdir()) == []


def test_the_usual_place_is_the_users_cache_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("POLICY_PORTAL_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    _run(capsys)
    assert len(list((tmp_path / "policy-portal").iterdir())) == 1


@pytest.mark.parametrize("mode", [0o770, 0o702])
def test_a_folder_that_others_can_write_to_is_left_alone(
    folder: Path, mode: int, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.mkdir()
    folder.chmod(mode)
    _run(capsys)
    assert list(folder.iterdir()) == []


def test_a_folder_behind_a_link_is_left_alone(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    folder.symlink_to(tmp_path / "elsewhere")
    Folder(folder).put("key", b"kept")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_folder_of_another_user_is_left_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Folder(folder).put("key", b"kept")
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    assert Folder(folder).get("key") is None


def test_what_cannot_be_kept_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    keeper = Folder(tmp_path / "file" / "below")
    keeper.put("key", b"kept")
    assert keeper.get("key") is None


def test_a_file_that_others_can_write_to_is_not_believed(folder: Path) -> None:
    Folder(folder).put("key", b"kept")
    assert Folder(folder).get("key") == b"kept"
    next(folder.iterdir()).chmod(0o622)
    assert Folder(folder).get("key") is None


@pytest.mark.parametrize("damage", [(b"kept", b"kep"), (b"kept", b"kepts"), (b"policy", b"")])
def test_a_file_that_is_not_whole_is_not_believed(
    folder: Path, damage: tuple[bytes, bytes]
) -> None:
    Folder(folder).put("key", b"kept")
    file = next(folder.iterdir())
    file.write_bytes(file.read_bytes().replace(*damage))
    assert Folder(folder).get("key") is None


def test_a_file_that_is_a_link_is_not_believed(folder: Path) -> None:
    Folder(folder).put("key", b"kept")
    file = next(folder.iterdir())
    file.rename(folder / "other")
    file.symlink_to("other")
    assert Folder(folder).get("key") is None


def test_another_version_of_the_engine_does_not_find_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Folder(folder).put("key", b"kept")
    later = Folder(folder)
    monkeypatch.setattr(later, "_engine", b"another")
    assert later.get("key") is None


def test_the_older_half_makes_room(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = Folder(folder)
    for number in range(6):
        keeper.put(f"old {number}", b"kept")
    for file in folder.iterdir():
        os.utime(file, (1, 1))
    monkeypatch.setattr(compiled, "_MOST_FILES", 5)
    keeper = Folder(folder)
    keeper.put("new", b"kept")
    assert len(list(folder.iterdir())) == 4
    assert keeper.get("new") == b"kept"


def test_what_is_too_large_is_not_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_LARGEST", 3)
    keeper = Folder(folder)
    keeper.put("key", b"kept")
    assert not folder.exists()
