"""What every test may use, and the database that they run on."""

from __future__ import annotations

import os

import pytest

# What a developer's own commands keep must not decide a test, and no test writes among it.
os.environ["POLICY_PORTAL_CACHE"] = "off"

pytest_plugins = ["tests.estate_fixtures", "tests.required_tools"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    tmp_path_factory: pytest.TempPathFactory,
    django_db_modify_db_settings_parallel_suffix: None,
) -> None:
    """With SQLite, test on a file as the product does: threads and locks behave as in use."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        file = tmp_path_factory.mktemp("database") / "test.sqlite3"
        database.setdefault("TEST", {})["NAME"] = str(file)
