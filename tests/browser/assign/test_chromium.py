"""The assign wizard in a real Chromium: scripts' comforts, keyboard, phone, accessibility."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from policy_app.models import Assignment
from tests.browser.conftest import PHONE, OpenPage, Violations
from tests.estate_fixtures import BASELINE, SUBSCRIPTION

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SET = f"/providers/Microsoft.Authorization/policySetDefinitions/{BASELINE}"
URL = f"/policy/assign?{urlencode({'definition': SET})}"
AT_DEMO = f"{URL}&{urlencode({'scope': f'{SUBSCRIPTION}/resourceGroups/rg-demo'})}"
STEPS = ("Basics", "Parameters", "Non-compliance messages", "Impact", "Review + create")


def step(page: Page, label: str) -> None:
    """Turn to a tab by its head."""
    head = page.get_by_role("navigation", name="Steps").get_by_role("button", name=label)
    head.click()
    expect(head).to_have_attribute("aria-current", "step")


def show_all(page: Page) -> None:
    """Show the parameters that need neither input nor review, too."""
    step(page, "Parameters")
    page.get_by_label("Only show parameters that need input or review").uncheck()


def test_the_scope_is_picked_in_a_dialog(page: Page) -> None:
    page.goto(URL)
    page.locator("#assign-scope").click()
    dialog = page.get_by_role("dialog", name="Scope")
    expect(dialog).to_be_visible()

    dialog.get_by_role("radio", name=re.compile("^rg-demo")).check()
    dialog.get_by_role("button", name="Use this scope").click()

    picker = page.locator("#assign-scope")
    expect(picker).to_contain_text("mg-demo / Demo subscription / rg-demo")
    expect(picker).to_be_focused()
    expect(page.get_by_text("Nothing is left out")).to_be_visible()


@pytest.mark.parametrize("leave", ["Escape", "Cancel"])
def test_leaving_the_picker_changes_nothing(page: Page, leave: str) -> None:
    page.goto(AT_DEMO)
    page.locator("#assign-scope").click()
    dialog = page.get_by_role("dialog", name="Scope")
    dialog.get_by_role("radio", name=re.compile("^rg-staging")).check()

    if leave == "Escape":
        page.keyboard.press("Escape")
    else:
        dialog.get_by_role("button", name="Cancel").click()

    expect(dialog).to_be_hidden()
    expect(page.locator("#assign-scope")).to_be_focused()
    step(page, "Review + create")
    expect(page.locator(".assign-review").first).to_contain_text("rg-demo")


def test_the_wizard_by_keyboard_alone(page: Page) -> None:
    page.goto(URL)
    page.locator("#assign-scope").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name=re.compile("^Tenant"))).to_be_focused()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name=re.compile("^rg-demo"))).to_be_checked()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Use this scope")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#assign-scope")).to_contain_text("rg-demo")
    # The focus comes back once the new form has settled; a key before that goes elsewhere.
    expect(page.locator("#assign-scope")).to_be_focused()

    page.locator("#assign-next").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel-parameters-title")).to_be_focused()
    page.locator("#assign-finish").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel-review-title")).to_be_focused()
    create = page.get_by_role("button", name="Create", exact=True)
    create.focus()
    page.keyboard.press("Enter")

    expect(page.locator(".message-success")).to_contain_text("aks-demo")
    assert Assignment.objects.get().scope.name == "rg-demo"


def test_enter_in_a_field_never_creates(page: Page) -> None:
    page.goto(AT_DEMO)
    with page.expect_response(re.compile("/policy/assign")):
        page.get_by_label("Assignment name").press("Enter")

    expect(page.get_by_label("Assignment name")).to_be_focused()
    expect(page.locator("#tab-basics")).to_have_attribute("aria-current", "step")
    assert not Assignment.objects.exists()


def test_rows_keep_the_focus_where_the_work_is(page: Page) -> None:
    page.goto(AT_DEMO)
    show_all(page)

    page.get_by_role("button", name="Add an item to Namespace exclusions").click()
    new = page.get_by_label("Namespace exclusions, item 5")
    expect(new).to_be_focused()
    new.fill("shop")
    page.get_by_role("button", name="Remove kube-system from Namespace exclusions").click()

    expect(page.get_by_label("Namespace exclusions, item 1")).to_have_value("gatekeeper-system")
    expect(page.get_by_label("Namespace exclusions, item 1")).to_be_focused()
    expect(page.get_by_label("Namespace exclusions, item 4")).to_have_value("shop")


def test_json_is_checked_while_it_is_typed_and_keeps_its_indent(page: Page) -> None:
    page.goto(AT_DEMO)
    show_all(page)
    editor = page.get_by_label("Allowed host paths", exact=True)
    status = page.locator("#parameter-allowedHostPaths-error")

    editor.fill("")
    editor.press_sequentially('{\n"paths": 7\n}')

    expect(editor).to_have_value('{\n  "paths": 7\n}')
    expect(status).to_contain_text("7 is not of type 'array'")
    expect(status).to_contain_text("(line 2, column 12)")
    editor.fill('{"paths": []}')
    expect(status).to_contain_text("valid JSON and fits the parameter's schema")
    expect(editor).to_be_focused()


def test_the_box_leaves_out_what_needs_no_input_at_once(page: Page) -> None:
    page.goto(AT_DEMO)
    show_all(page)
    namespaces = page.get_by_text("Namespace inclusions", exact=True)
    expect(namespaces).to_be_visible()

    page.get_by_label("Only show parameters that need input or review").check()

    expect(namespaces).to_be_hidden()


def test_an_error_in_the_list_leads_to_its_field(page: Page) -> None:
    page.goto(URL)
    step(page, "Review + create")
    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("1 thing to correct")

    summary.get_by_role("button", name="Scope").click()

    expect(page.locator("#assign-scope")).to_be_focused()
    expect(page.locator("#assign-scope")).to_be_visible()


def test_another_version_is_taken_at_once(page: Page) -> None:
    policy = "/providers/Microsoft.Authorization/policyDefinitions/"
    ports = f"{policy}82985f06-dc18-4a48-bc1c-b9f4f0098cfe"
    page.goto(f"/policy/assign?{urlencode({'definition': ports})}")

    page.get_by_label("Version").select_option("6.*.*")

    expect(page.get_by_text("Takes version 6.2.0 today.")).to_be_visible()


def test_the_request_shows_in_three_forms_and_is_copied(open_page: OpenPage) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(AT_DEMO)
    step(page, "Review + create")
    rest, az = page.locator('[data-view="rest"]'), page.locator('[data-view="az"]')
    expect(rest).to_be_visible()
    expect(az).to_be_hidden()

    page.get_by_role("radio", name="Azure CLI").check()

    expect(rest).to_be_hidden()
    page.get_by_role("button", name="Copy the request as Azure CLI").click()
    expect(page.locator("#toast")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("az policy assignment create \\\n")


def test_the_wizard_works_without_scripts(open_page: OpenPage) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(URL)
    page.locator("#assign-scope").click()
    page.get_by_role("radio", name=re.compile("^rg-demo")).check()
    page.get_by_role("button", name="Use this scope").click()
    page.locator("#assign-next").click()
    page.get_by_label("Only show parameters that need input or review").uncheck()
    page.get_by_label("Effect", exact=True).select_option("Deny")
    page.get_by_role("button", name="Add an item to Namespace inclusions").click()
    page.get_by_label("Namespace inclusions, item 1").fill("shop")
    page.locator("#assign-finish").click()
    page.get_by_role("button", name="Create", exact=True).click()

    expect(page.locator(".message-success")).to_contain_text("aks-demo")
    given = Assignment.objects.get().parameters
    assert given == {"effect": {"value": "Deny"}, "namespaces": {"value": ["shop"]}}


@pytest.mark.parametrize("label", STEPS)
def test_axe_finds_nothing_on_any_tab(
    open_page: OpenPage, label: str, violations: Violations
) -> None:
    page = open_page(color_scheme="light")
    page.goto(AT_DEMO)
    if label == "Parameters":
        show_all(page)
    elif label != "Basics":
        step(page, label)

    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page) == []


def test_axe_finds_nothing_in_the_picker_and_beside_errors(
    page: Page, violations: Violations
) -> None:
    page.goto(URL)
    page.locator("#assign-scope").click()
    expect(page.get_by_role("dialog", name="Scope")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")

    show_all(page)
    page.get_by_label("Allowed host paths", exact=True).fill("{")
    expect(page.locator("#parameter-allowedHostPaths-error")).to_contain_text("line 1")
    step(page, "Review + create")
    assert violations(page) == []
    step(page, "Parameters")
    assert violations(page) == []


def test_on_a_phone_the_current_step_is_in_view(open_page: OpenPage) -> None:
    page = open_page(viewport=PHONE)
    page.goto(AT_DEMO)
    for reached in ("parameters", "messages", "impact", "review"):
        page.locator("#assign-next").click()
        expect(page.locator(f"#tab-{reached}")).to_have_attribute("aria-current", "step")
    # Steps are fractions of a pixel wide, and a list scrolls by whole ones.
    expect(page.locator("#tab-review")).to_be_in_viewport(ratio=0.99)


@pytest.mark.parametrize("label", STEPS)
def test_no_tab_is_wider_than_a_phone(
    open_page: OpenPage, label: str, violations: Violations
) -> None:
    page = open_page(viewport=PHONE)
    page.goto(AT_DEMO)
    if label == "Parameters":
        show_all(page)
    elif label != "Basics":
        step(page, label)

    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert violations(page) == []
