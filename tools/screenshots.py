"""Photograph the running product for the README: ``make screenshots``.

Starts the portal in an empty folder, assigns the baseline as the how-to does, has the privileged
Pod refused, and writes docs/images/refusal.png with Chromium (CHROMIUM names another one than the
distribution's).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
COMMAND = [sys.executable, "-m", "policy_app.cli"]
SCOPE = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-demo"
BASELINE = "a8640138-9b0a-4a28-b8cb-1666c838647d"
AUTHORIZATION = "/providers/Microsoft.Authorization"
SIZE = ViewportSize(width=1280, height=800)


def main() -> None:
    """Take the picture."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not chromium:
        raise SystemExit("No Chromium: install it (apt install chromium), or set CHROMIUM.")
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, portal(data) as link, sync_playwright() as driver:
        address = link.split("/sign-in/")[0]
        assign_baseline(address, token(data))
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        take(browser, link)
        browser.close()


def take(browser: Browser, link: str) -> None:
    """Sign in, test the manifest, and photograph why it is refused."""
    page = browser.new_page(viewport=SIZE, device_scale_factor=2, color_scheme="light")
    page.goto(link)
    page.goto(link.split("/sign-in/")[0] + "/policy/test")
    page.locator("input[type=file]").set_input_files(
        ROOT / "fixtures" / "manifests" / "nginx-privileged.yaml"
    )
    page.get_by_role("button", name=re.compile("^Test")).first.click()
    refusal = page.get_by_text("denied the request").first
    refusal.wait_for()
    refusal.evaluate("element => element.closest('section, article').scrollIntoView()")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / "refusal.png")
    print("docs/images/refusal.png")


@contextmanager
def portal(data: str) -> Iterator[str]:
    """A portal in an empty folder; gives its sign-in link."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    serve = [*COMMAND, "serve", "--port", port, "--data", data]
    with subprocess.Popen(serve, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            lines = iter(process.stdout)
            found = next(filter(None, (re.search(r"http://\S+/sign-in/\S+", one) for one in lines)))
            wait_for(int(port))
            yield found[0]
        finally:
            process.terminate()


def wait_for(port: int) -> None:
    """Until the portal listens."""
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return


def token(data: str) -> str:
    """A bearer token of ``admin``."""
    made = subprocess.run(
        [*COMMAND, "token", "--user", "admin", "--data", data],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return made.stdout.strip()


def assign_baseline(address: str, secret: str) -> None:
    """The assignment of the how-to: the baseline initiative at rg-demo, with effect deny."""
    body = {
        "properties": {
            "displayName": "Kubernetes cluster pod security baseline standards for Linux-based"
            " workloads",
            "policyDefinitionId": f"{AUTHORIZATION}/policySetDefinitions/{BASELINE}",
            "parameters": {"effect": {"value": "deny"}},
        }
    }
    request = urllib.request.Request(
        f"{address}{SCOPE}{AUTHORIZATION}/policyAssignments/baseline?api-version=2025-03-01",
        data=json.dumps(body).encode(),
        method="PUT",
        headers={"Authorization": f"Bearer {secret}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request):
        pass


if __name__ == "__main__":
    main()
