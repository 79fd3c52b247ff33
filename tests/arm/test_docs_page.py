"""The browsable docs in a real Chromium, under the portal's strict policy and without a network."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from bs4 import BeautifulSoup
from pytest_django.live_server_helper import LiveServer

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed")
def test_the_docs_show_every_group_of_operations_and_the_console_stays_silent(
    live_server: LiveServer,
) -> None:
    shown = subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--enable-logging=stderr",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
            "--virtual-time-budget=20000",
            "--dump-dom",
            f"{live_server.url}/schema/docs",
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    page = BeautifulSoup(shown.stdout, "html.parser")
    groups = {one["data-tag"] for one in page.select(".opblock-tag")}
    assert groups >= {"PolicyAssignments", "PolicyDefinitions", "PolicySetDefinitions"}
    assert groups >= {"PolicyStates", "PolicyEvents", "RoleAssignments", "ManagedClusters"}
    assert [line for line in shown.stderr.splitlines() if ":CONSOLE" in line] == []
