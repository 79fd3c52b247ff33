"""Read settings from the environment, and remember what was wrong with them.

A wrong value never stops the import of the settings with a stack trace: the default is taken, a
``Problem`` is kept, and ``policy_app.checks`` reports each as a Django system check, so that
``manage check``, ``serve`` and ``migrate`` all say the same in plain words.
"""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dj_database_url

_HOST = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
)
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


@dataclass(frozen=True, slots=True)
class Problem:
    """One setting that could not be used; ``check_id`` is the system check's id."""

    check_id: str
    message: str
    hint: str


@dataclass(slots=True)
class Environment:
    """Typed look-ups over ``os.environ`` (or any mapping, in tests)."""

    values: Mapping[str, str] = field(default_factory=lambda: os.environ)
    problems: list[Problem] = field(default_factory=list)

    def text(self, name: str, default: str = "") -> str:
        """The variable, or the content of the file that ``NAME_FILE`` points at."""
        file = self.values.get(f"{name}_FILE")
        if not file:
            return self.values.get(name, default)
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            self._wrong(
                "E001",
                f"{name}_FILE points at {file!r}, which cannot be read: {error.strerror}.",
                f"Point {name}_FILE at a readable file, or set {name} itself.",
            )
            return default

    def boolean(self, name: str, default: bool) -> bool:
        """True for 1, true, yes, on; false for 0, false, no, off."""
        value = self.values.get(name)
        if value is None:
            return default
        if value.strip().lower() in _TRUE:
            return True
        if value.strip().lower() not in _FALSE:
            self._wrong("E002", f"{name} is {value!r}, which is no switch.", "Use 1 or 0.")
            return default
        return False

    def integer(self, name: str, default: int, *, low: int, high: int) -> int:
        """A whole number between ``low`` and ``high``."""
        value = self.values.get(name)
        if value is None:
            return default
        if value.strip().isdigit() and low <= int(value) <= high:
            return int(value)
        self._wrong(
            "E003",
            f"{name} is {value!r}, which is no whole number between {low} and {high}.",
            f"Leave {name} unset for {default}.",
        )
        return default

    def names(self, name: str, default: str) -> list[str]:
        """A list, written with commas."""
        return [part.strip() for part in self.text(name, default).split(",") if part.strip()]

    def hosts(self, name: str) -> list[str]:
        """A list of hosts, each with a port or without; what is none is told and left out."""
        found = self.names(name, "")
        wrong = [host for host in found if not _HOST.fullmatch(host)]
        if wrong:
            self._wrong(
                "E008",
                f"{name} names {', '.join(map(repr, wrong))}, which is no host.",
                "Write names as in example.org or example.org:8443, without scheme or wildcard.",
            )
        return [host for host in found if host not in wrong]

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        """One of ``allowed``, in any letter case."""
        value = self.text(name, default)
        for one in allowed:
            if one.lower() == value.strip().lower():
                return one
        self._wrong(
            "E004",
            f"{name} is {value!r}, which is none of its values.",
            f"Use {', '.join(allowed)}.",
        )
        return default

    def work(self, name: str) -> str:
        """``database``, or the address of a broker that Celery works with."""
        value = self.text(name, "database").strip()
        if value.lower() == "database":
            return "database"
        if re.fullmatch(r"(?:redis|rediss|amqp|amqps)://[^\s/?#]+(?:[/?#]\S*)?", value):
            if importlib.util.find_spec("celery") is not None:
                return value
            wrong = "needs Celery, which is not installed"
            right = "Install policy-portal[celery] (requirements/celery.txt), or leave it unset."
            self._wrong("E010", f"{name} {wrong}.", right)
            return "database"
        scheme = value.split(":", 1)[0]
        self._wrong(
            "E009",
            f"{name} ({scheme[:40]!r}) is neither the word database nor the address of a broker.",
            "Write database, redis://host:6379/0 or amqp://user:password@host:5672/name.",
        )
        return "database"

    def database(self, data: Path) -> dict[str, Any]:
        """Django's database settings: SQLite in ``data``, or what ``DATABASE_URL`` names."""
        url = self.text("DATABASE_URL")
        if not url:
            return sqlite(data / "portal.sqlite3")
        try:
            config: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=60))
        except (ValueError, KeyError) as error:
            self._wrong_database(url, str(error))
            return sqlite(data / "portal.sqlite3")
        if config["ENGINE"] == "django.db.backends.sqlite3":
            return sqlite(Path(str(config["NAME"])))
        if config["ENGINE"] != "django.db.backends.postgresql":
            self._wrong_database(url, "only SQLite and PostgreSQL are supported")
            return sqlite(data / "portal.sqlite3")
        return config | {"CONN_HEALTH_CHECKS": True}

    def _wrong_database(self, url: str, why: str) -> None:
        scheme = url.split(":", 1)[0]
        self._wrong(
            "E005",
            f"DATABASE_URL (scheme {scheme!r}) cannot be used: {why}.",
            "Write postgres://user:password@host:5432/name, or leave it unset for SQLite.",
        )

    def _wrong(self, number: str, message: str, hint: str) -> None:
        self.problems.append(Problem(f"policy_app.{number}", message, hint))


def sqlite(path: Path) -> dict[str, Any]:
    """SQLite for several processes: write-ahead log, a patient lock, foreign keys on.

    ``IMMEDIATE`` takes the write lock when a transaction starts, where waiting is possible; a
    lock asked for half-way through fails at once however long the timeout.
    """
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
            " PRAGMA foreign_keys=ON;",
        },
    }
