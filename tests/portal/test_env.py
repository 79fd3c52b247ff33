"""Settings from the environment: right values are read, wrong ones are told and replaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.env import Environment


def problems(environment: Environment) -> list[tuple[str, str]]:
    """Each problem's check id with its message and hint in one text."""
    return [(one.check_id, f"{one.message} {one.hint}") for one in environment.problems]


@pytest.mark.parametrize("value", ["1", "true", "YES", "on"])
def test_a_switch_is_on(value: str) -> None:
    environment = Environment({"SWITCH": value})
    assert environment.boolean("SWITCH", default=False)
    assert not environment.problems


@pytest.mark.parametrize("value", ["0", "false", "No", "off", ""])
def test_a_switch_is_off(value: str) -> None:
    environment = Environment({"SWITCH": value})
    assert not environment.boolean("SWITCH", default=True)
    assert not environment.problems


def test_a_switch_that_is_neither_keeps_its_default_and_is_told() -> None:
    environment = Environment({"SWITCH": "perhaps"})
    assert environment.boolean("SWITCH", default=True)
    assert problems(environment) == [
        ("policy_app.E002", "SWITCH is 'perhaps', which is no switch. Use 1 or 0.")
    ]


@pytest.mark.parametrize("value", ["0", "11", "-3", "ten", ""])
def test_a_number_out_of_bounds_keeps_its_default_and_is_told(value: str) -> None:
    environment = Environment({"NUMBER": value})
    assert environment.integer("NUMBER", 5, low=1, high=10) == 5
    [(check_id, text)] = problems(environment)
    assert check_id == "policy_app.E003"
    assert "between 1 and 10" in text


def test_a_choice_is_found_in_any_letter_case_and_a_wrong_one_is_told() -> None:
    environment = Environment({"GOOD": "JSON", "BAD": "xml"})
    assert environment.choice("GOOD", "console", ("console", "json")) == "json"
    assert environment.choice("BAD", "console", ("console", "json")) == "console"
    assert [check_id for check_id, _ in problems(environment)] == ["policy_app.E004"]


def test_a_secret_is_read_from_the_file_that_is_named(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("s3cret\n")
    environment = Environment({"KEY": "other", "KEY_FILE": str(file)})
    assert environment.text("KEY") == "s3cret"


def test_a_secret_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    environment = Environment({"KEY_FILE": str(tmp_path / "none")})
    assert environment.text("KEY", "default") == "default"
    [(check_id, text)] = problems(environment)
    assert check_id == "policy_app.E001"
    assert "KEY_FILE points at" in text


def test_a_list_is_written_with_commas() -> None:
    environment = Environment({"HOSTS": "a.example, b.example,"})
    assert environment.names("HOSTS", "localhost") == ["a.example", "b.example"]


def test_hosts_are_names_with_a_port_or_without() -> None:
    environment = Environment({"HOSTS": "a.example, B-1.example:8443, 10.0.0.1, [::1]:443"})
    assert environment.hosts("HOSTS") == [
        *("a.example", "B-1.example:8443", "10.0.0.1", "[::1]:443")
    ]
    assert problems(environment) == []
    assert Environment({}).hosts("HOSTS") == []


@pytest.mark.parametrize("host", ["https://a.example", "*.example", "a b", "a:port", "-a", "u@a"])
def test_what_is_no_host_is_told_and_left_out(host: str) -> None:
    environment = Environment({"HOSTS": f"a.example,{host}"})
    assert environment.hosts("HOSTS") == ["a.example"]
    [(check_id, text)] = problems(environment)
    assert check_id == "policy_app.E008"
    assert repr(host) in text


def test_without_an_address_the_database_is_a_file_in_the_data_folder(tmp_path: Path) -> None:
    config = Environment({}).database(tmp_path)
    assert config["ENGINE"] == "django.db.backends.sqlite3"
    assert config["NAME"] == str(tmp_path / "portal.sqlite3")
    assert "foreign_keys=ON" in config["OPTIONS"]["init_command"]
    assert "journal_mode=WAL" in config["OPTIONS"]["init_command"]


def test_a_postgresql_address_is_used(tmp_path: Path) -> None:
    config = Environment({"DATABASE_URL": "postgres://me:pw@db:5433/portal"}).database(tmp_path)
    assert config["ENGINE"] == "django.db.backends.postgresql"
    assert (config["HOST"], config["PORT"], config["NAME"]) == ("db", 5433, "portal")


@pytest.mark.parametrize("url", ["mysql://me:pw@db/portal", "nonsense", "oracle://db"])
def test_another_database_is_told_without_its_password(tmp_path: Path, url: str) -> None:
    environment = Environment({"DATABASE_URL": url})
    assert environment.database(tmp_path)["ENGINE"] == "django.db.backends.sqlite3"
    [(check_id, text)] = problems(environment)
    assert check_id == "policy_app.E005"
    assert "pw" not in text
