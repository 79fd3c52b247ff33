"""The signing key is made once, for its owner only."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

from portal import secret


def test_the_key_is_made_once_and_kept(tmp_path: Path) -> None:
    key = secret.key_for(tmp_path / "data")
    assert len(key) >= 50
    assert secret.key_for(tmp_path / "data") == key


def test_only_its_owner_may_read_the_key(tmp_path: Path) -> None:
    secret.key_for(tmp_path)
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["secret-key"]


def test_processes_that_start_at_once_use_one_key(tmp_path: Path) -> None:
    together = threading.Barrier(8)
    keys: list[str] = []

    def start() -> None:
        together.wait()
        keys.append(secret.key_for(tmp_path))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert set(keys) == {(tmp_path / "secret-key").read_text()}


def test_a_folder_that_cannot_be_used_does_not_stop_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert secret.key_for(file / "data") != secret.key_for(file / "data")
