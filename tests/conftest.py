"""What every test may use."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

from tests.starting_points import Shared

# What a developer's own commands keep must not decide a test, and no test writes among it.
os.environ["POLICY_PORTAL_CACHE"] = "off"

pytest_plugins = ["tests.databases", "tests.estate_fixtures", "tests.required_tools"]


def pytest_collection_finish() -> None:
    """Collect rarely, and never look again at what was imported: an eighth of the time of tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the workers of a run keep what they share."""
    own = tmp_path_factory.getbasetemp()
    Shared.folder = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    return Shared.folder
