"""Photograph the running product for the README and the documents: ``make screenshots``.

Starts the portal in an empty folder, puts something into its cluster, assigns the baseline as the
how-to does, has the cluster audited and the privileged Pod refused, and writes into docs/images
with Chromium (CHROMIUM names another one than the distribution's).
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
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
COMMAND = [sys.executable, "-m", "policy_app.cli"]
SCOPE = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-demo"
BASELINE = "a8640138-9b0a-4a28-b8cb-1666c838647d"
AUTHORIZATION = "/providers/Microsoft.Authorization"
SIZE = ViewportSize(width=1280, height=800)
WIDTHS = {1440: 900, 390: 844}
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
        - name: web
          image: registry.example/web:1.4
"""
_ASK = """(field) => {
  const at = field.value.lastIndexOf("\\n", field.value.indexOf('"kinds"'));
  field.focus();
  field.setSelectionRange(at, at);
  field.scrollTop = 500;
  field.scrollIntoView();
}"""
"""Puts the caret on the line above the kinds, and that into view."""
WORKLOADS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("shop", "checkout", {"privileged": True}),
    ("shop", "cart", {"capabilities": {"add": ["SYS_ADMIN"]}}),
    ("shop", "web", {}),
    ("bank", "ledger", {"privileged": True, "capabilities": {"add": ["NET_ADMIN"]}}),
    ("bank", "accounts", {}),
)


def main() -> None:
    """Take the picture."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not chromium:
        raise SystemExit("No Chromium: install it (apt install chromium), or set CHROMIUM.")
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, portal(data) as link, sync_playwright() as driver:
        address, secret = link.split("/sign-in/")[0], token(data)
        for workload in WORKLOADS:
            run(address, secret, *workload)
        assign_baseline(address, secret)
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
    take_compliance(page, link.split("/sign-in/")[0])


def take_compliance(page: Page, address: str) -> None:
    """Have the cluster audited, and photograph what came of it at two widths."""
    page.goto(f"{address}/policy/compliance?cluster=aks-demo")
    page.get_by_role("button", name="Scan now").click()
    page.get_by_text("aks-demo was audited at").wait_for(timeout=120_000)
    page.goto(f"{address}/policy/compliance?view=resources&cluster=aks-demo&namespace=bank")
    component = page.locator("#results tbody th a").first.get_attribute("href")
    pages = {
        "overview": "/",
        "compliance-assignments": "/policy/compliance",
        "compliance-resources": "/policy/compliance?view=resources&cluster=aks-demo",
        "compliance-component": component,
    }
    state = page.context.storage_state()
    browser = page.context.browser
    assert browser is not None
    for width, height in WIDTHS.items():
        size = ViewportSize(width=width, height=height)
        context = browser.new_context(storage_state=state, viewport=size, color_scheme="light")
        shown = context.new_page()
        for name, path in pages.items():
            shown.goto(f"{address}{path}")
            shown.wait_for_load_state("networkidle")
            shown.screenshot(path=IMAGES / f"{name}-{width}.png")
            print(f"docs/images/{name}-{width}.png")
        take_exemptions(shown, f"{address}{component}", width)
        take_initiative(shown, address, width)
        take_editor(shown, address, width)
        context.close()


def take_exemptions(page: Page, component: str, width: int) -> None:
    """Exempt a cluster from what a component breaks; photograph the review, and the list."""
    page.goto(component)
    page.get_by_role("link", name="Create exemption").first.click()
    page.get_by_label("Waiver").check()
    page.get_by_label("Date").fill("2027-03-31")
    page.get_by_role("button", name="Review + create").click()
    page.get_by_role("heading", name="Review").wait_for()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / f"exemption-review-{width}.png")
    page.get_by_role("button", name="Create").click()
    page.get_by_text("is created.").wait_for()
    page.get_by_role("link", name="Exemptions", exact=True).last.click()
    page.locator("#results tbody tr").first.wait_for()
    page.screenshot(path=IMAGES / f"exemptions-{width}.png")
    # Without it again, so that the other pictures of the cluster are the same at every width.
    page.locator("#results tbody th a").first.click()
    page.get_by_role("link", name="Delete exemption").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_text("What it covered is judged again.").wait_for()
    print(f"docs/images/exemption-review-{width}.png, docs/images/exemptions-{width}.png")


def take_initiative(page: Page, address: str, width: int) -> None:
    """Put the same policy into an initiative twice; photograph what each of them is handed."""
    page.goto(f"{address}/policy/initiatives/new")
    page.get_by_label("Name", exact=True).fill("Container ports")
    page.locator("#tab-policies").click()
    for _ in range(2):
        page.get_by_role("button", name="Add policy definitions").click()
        page.get_by_label("Search policies by name").fill("services should listen only")
        page.get_by_text("Showing 1 to 1 of 1.").wait_for()
        page.locator("#choices input").check()
        page.get_by_role("button", name="Add the chosen ones").click()
        page.locator("#choices").wait_for(state="detached")
    page.locator("#tab-values").click()
    page.get_by_label("Only show parameters that need a value").check()
    page.locator("#value-0-effect-kind").wait_for(state="detached")
    kinds = page.locator("select[name^='kind.']")
    kinds.first.select_option("Use initiative parameter")
    page.get_by_role("button", name="New parameter").first.click()
    page.locator("#panel-values option[selected]", has_text="allowed").first.wait_for(
        state="attached"
    )
    kinds.last.select_option("Set value")
    page.get_by_role("textbox").last.fill("8080")
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=IMAGES / f"initiative-values-{width}.png")
    print(f"docs/images/initiative-values-{width}.png")


def take_editor(page: Page, address: str, width: int) -> None:
    """Ask the editor what can be written in the details; try that policy, and keep it as a case."""
    page.goto(f"{address}/policy/definitions/new?kind=policy")
    text = page.locator("#author-text")
    text.evaluate(_ASK)
    page.keyboard.press("Enter")
    page.keyboard.type('"')
    page.get_by_role("option").first.wait_for()
    page.screenshot(path=IMAGES / f"editor-completion-{width}.png")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    page.get_by_label("Name", exact=True).fill("Workloads have an owner")
    page.get_by_role("button", name="Try in the playground").click()
    page.get_by_label("Manifests").fill(DEPLOYMENT)
    page.get_by_role("button", name="Try", exact=True).click()
    page.get_by_label("Name of the case").fill("nobody owns it")
    page.get_by_role("button", name="Save as test case").click()
    page.locator(".author-cases li").wait_for()
    page.locator(".author-cases").scroll_into_view_if_needed()
    page.screenshot(path=IMAGES / f"playground-{width}.png")
    print(f"docs/images/editor-completion-{width}.png, docs/images/playground-{width}.png")


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


def run(address: str, secret: str, namespace: str, name: str, security: dict[str, Any]) -> None:
    """A Deployment with this security context, and its namespace if need be."""
    home = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    create(address, secret, "api/v1/namespaces", home)
    labels = {"app": name}
    container = {"name": name, "image": f"registry.example/{name}:1.4", "securityContext": security}
    thing = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }
    create(address, secret, f"apis/apps/v1/namespaces/{namespace}/deployments", thing)


def create(address: str, secret: str, path: str, thing: dict[str, Any]) -> None:
    """Create an object as kubectl would; one that is there already is left."""
    request = urllib.request.Request(
        f"{address}/clusters/aks-demo/{path}",
        data=json.dumps(thing).encode(),
        headers={"Authorization": f"Bearer {secret}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request):
            pass
    except urllib.error.HTTPError as error:
        if error.code != HTTPStatus.CONFLICT:
            raise


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
