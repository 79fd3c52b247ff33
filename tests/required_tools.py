"""What may be missing, and which skips count as failures where nothing may be, as in CI."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest

AZURE_DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "azure-policy"
_TOOLS = {"browser", "kubectl", "postgres", "brokers", "azure_clients"}


@pytest.fixture
def azure_data() -> Path:
    """Azure's published JSON and samples; skips where they do not lie beside the checkout."""
    if not AZURE_DATA.is_dir():
        pytest.skip(f"Azure's published definitions are not at {AZURE_DATA}")
    return AZURE_DATA


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With POLICY_PORTAL_REQUIRE_ALL, a test that was skipped for want of a tool has failed."""
    report = yield
    if os.environ.get("POLICY_PORTAL_REQUIRE_ALL") and report.skipped and _must_run(item, report):
        report.outcome = "failed"
        report.longrepr = f"Must not be skipped here, but was: {report.longrepr}"
    return report


def _must_run(item: pytest.Item, report: pytest.TestReport) -> bool:
    if hasattr(report, "wasxfail"):
        return False
    required = _TOOLS | ({"azure_data"} if AZURE_DATA.is_dir() else set())
    return any(mark.name in required for mark in item.iter_markers())
