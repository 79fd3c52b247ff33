"""The editor of definitions in a real Chromium: lines that follow, errors as one types, axe."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from policy_app.cli.main import main
from policy_app.models import Cluster, Definition, Scope
from policy_app.services import authoring
from tests.browser.conftest import PHONE, OpenPage, Violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_editor_says_what_is_wrong_while_one_types(
    open_page: OpenPage, violations: Violations, own: Definition
) -> None:
    page = open_page()
    page.goto(f"/policy/definitions/edit?id={own.arm_id}")
    text = page.locator("#author-text")
    lines = page.locator("#author-lines .author-line")
    expect(lines.first).to_have_text("{")
    assert violations(page) == []

    text.fill('{\n  "mode" "All"\n}')
    expect(lines).to_have_text(["{", '  "mode" "All"', "}"])
    expect(page.locator("#author-checked")).to_contain_text("A colon is missing here")
    expect(page.locator(".author-line-marked")).to_have_text('  "mode" "All"')
    page.get_by_role("link", name="Line 2").click()
    expect(text).to_be_focused()
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_two_versions_side_by_side_can_be_read_by_everybody(
    open_page: OpenPage, violations: Violations, own: Definition
) -> None:
    authoring.change(own, {"description": "Ask the team."}, None)
    page = open_page()
    page.goto(f"/policy/definitions/policy/own?id={own.arm_id}")
    page.get_by_role("link", name="Compare versions").click()
    expect(page.locator(".author-added")).to_contain_text(["Ask the team."])
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


@pytest.mark.parametrize("name", ["import", "from-template"])
def test_the_ways_into_the_editor_can_be_used_by_everybody(
    open_page: OpenPage, violations: Violations, name: str
) -> None:
    page = open_page()
    page.goto(f"/policy/definitions/{name}")
    text = page.locator("#author-text")
    text.fill("[")
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    page.get_by_role("button", name="Open in the editor").click()
    expect(page.locator("#author-text-error")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_the_playground_shows_the_verdict_beside_the_manifest(
    open_page: OpenPage, violations: Violations, own: Definition, aks_demo: Cluster
) -> None:
    page = open_page()
    page.goto(f"/policy/definitions/playground?id={own.arm_id}")
    page.get_by_role("button", name="Try", exact=True).click()
    expect(page.locator("#verdict")).to_contain_text("1 refused")
    left = page.locator("#author-manifests").bounding_box()
    right = page.locator("#verdict").bounding_box()
    assert left
    assert right
    assert left["x"] + left["width"] <= right["x"]
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_a_location_is_picked_in_a_dialog_and_the_definition_is_saved_there(
    page: Page, violations: Violations, subscription: Scope
) -> None:
    page.goto("/policy/definitions")
    page.get_by_role("link", name="Policy definition", exact=True).click()
    page.get_by_label("Name", exact=True).fill("Ours")
    page.locator("#author-scope").click()
    dialog = page.get_by_role("dialog", name="Definition location")
    dialog.get_by_label(str(subscription)).check()
    assert violations(page) == []
    dialog.get_by_role("button", name="Use this location").click()
    expect(page.locator("#author-scope")).to_contain_text(str(subscription))
    expect(page.locator("#author-checked")).to_contain_text("Saving it makes version 1.0.0")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Ours")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".message-success")).to_contain_text("created as version 1.0.0")

    page.get_by_role("link", name="Delete", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Its one version goes")
    assert violations(page) == []
    dialog.get_by_role("button", name="Delete").click()
    expect(page.locator(".message-success")).to_contain_text("is deleted")


def test_what_is_being_written_is_tried_and_its_cases_are_saved(
    page: Page, violations: Violations, own: Definition, aks_demo: Cluster, tmp_path: Path
) -> None:
    page.goto(f"/policy/definitions/edit?id={own.arm_id}")
    text = page.locator("#author-text")
    text.fill(text.input_value().replace('"defaultValue": "team"', '"defaultValue": "squad"'))
    page.get_by_role("button", name="Try in the playground").click()
    manifests, verdict = page.get_by_label("Manifests"), page.locator("#verdict")
    page.get_by_role("button", name="Try", exact=True).click()
    expect(verdict).to_contain_text("The label squad is missing.")
    page.get_by_label("Name of the case").fill("no squad")
    page.get_by_role("button", name="Save as test case").click()
    expect(page.locator(".author-cases li")).to_have_count(1)
    manifests.fill("apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  labels: {squad: a}\n")
    page.get_by_label("Name of the case").fill("of a squad")
    page.get_by_role("button", name="Save as test case").click()
    expect(page.locator(".author-cases .badge")).to_have_text(["Violated", "Allowed"])
    assert violations(page) == []
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the suite").click()
    with zipfile.ZipFile(download.value.path()) as packed:
        packed.extractall(tmp_path)
    assert main(["verify", f"{tmp_path}/..."]) == 0
    (suite,) = tmp_path.rglob("suite.yaml")
    suite.write_text(suite.read_text().replace("squad is missing", "team is missing"))
    assert main(["verify", f"{tmp_path}/..."]) == 1
    page.get_by_role("button", name="Back to the editor").click()
    expect(text).to_have_value(re.compile('"defaultValue": "squad"'))
