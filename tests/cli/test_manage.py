"""``policy-portal manage``: Django's commands and ours, on the folder that was named."""

from __future__ import annotations

from pathlib import Path

from tests.cli.processes import run


def test_djangos_commands_work_on_the_named_folder(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert run("manage", "--data", str(data), "migrate", "--verbosity=0").returncode == 0
    assert (data / "portal.sqlite3").is_file()
    made = run(
        *("manage", "createsuperuser", "--noinput", "--username", "olga"),
        *("--email", "", "--data", str(data)),
    )
    assert made.returncode == 0, made.stderr
    token = run("token", "--user", "olga", "--data", str(data))
    assert token.returncode == 0, token.stderr


def test_an_unknown_command_is_djangos_to_refuse(tmp_path: Path) -> None:
    ended = run("manage", "fly", "--data", str(tmp_path))
    assert ended.returncode == 1
    assert "Unknown command: 'fly'" in ended.stderr


def test_wrong_settings_stop_a_command_with_the_check(tmp_path: Path) -> None:
    wrong = {"POLICY_PORTAL_LOG_LEVEL": "LOUD"}
    ended = run("manage", "check", "--data", str(tmp_path), settings=wrong)
    assert ended.returncode == 1
    assert "policy_app.E004" in ended.stderr
    assert "Traceback" not in ended.stderr
