"""Every system check says what is wrong and what would be right, and passes when all is well."""

from __future__ import annotations

from pathlib import Path

from pytest_django import Settings

from policy_app import checks
from portal.env import Problem


def test_a_sound_installation_passes(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    settings.ENVIRONMENT_PROBLEMS = []
    assert checks.environment_is_usable(None) == []
    assert checks.data_folder_is_writable(None) == []
    assert checks.catalogue_is_there(None) == []


def test_each_problem_with_the_environment_becomes_an_error(settings: Settings) -> None:
    settings.ENVIRONMENT_PROBLEMS = [Problem("policy_app.E002", "X is odd.", "Use 1 or 0.")]
    [error] = checks.environment_is_usable(None)
    assert (error.id, error.msg, error.hint) == ("policy_app.E002", "X is odd.", "Use 1 or 0.")
    assert error.is_serious()


def test_a_missing_data_folder_is_an_error(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path / "none"
    [error] = checks.data_folder_is_writable(None)
    assert error.id == "policy_app.E006"
    assert str(tmp_path / "none") in error.msg
    assert error.hint
    assert "--data" in error.hint


def test_missing_built_in_definitions_are_an_error(settings: Settings, tmp_path: Path) -> None:
    settings.FIXTURES_DIR = tmp_path
    [error] = checks.catalogue_is_there(None)
    assert error.id == "policy_app.E007"
    assert str(tmp_path) in error.msg
