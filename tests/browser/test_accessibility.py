"""axe on every page, in light and dark; nothing is wider than a phone; motion can be turned off."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import PHONE, OpenPage, Violations
from tests.estate_fixtures import BASELINE, SUBSCRIPTION
from tests.factories import make_initiative

pytestmark = pytest.mark.browser

PRIVILEGED = "/policy/definitions/policy/95edb821-ddaf-4404-9732-666045e056b4"
PAGES = {
    "overview": "/",
    "definitions": "/policy/definitions",
    "no match": "/policy/definitions?search=nothing-like-this",
    "policy as JSON": PRIVILEGED,
    "policy parameters": f"{PRIVILEGED}?tab=parameters",
    "constraint template": f"{PRIVILEGED}?tab=template",
    "policy assignments": f"{PRIVILEGED}?tab=assignments",
    "policy used in": f"{PRIVILEGED}?tab=initiatives",
    "initiative": f"/policy/definitions/initiative/{BASELINE}",
    "initiative with holes": "/policy/definitions/initiative/holes",
    "exemptions": "/policy/exemptions",
    "access control": "/access",
    "a new role assignment": f"/access/add?scope={SUBSCRIPTION}",
    "roles": "/access/roles",
    "the role Owner": "/access/roles/8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "a new role": "/access/roles/new",
    "service principals": "/access/principals",
    "a new service principal": "/access/principals/new",
    "activity log": "/activity",
    "documentation": "/documentation",
    "a document": "/documentation/compliance",
    "refused": "/policy/definitions/policy/no-such-thing",
    "not found": "/no/such/page",
    "administration": "/admin/",
    "administration of definitions": "/admin/policy_app/definition/",
    "administration of scopes": "/admin/policy_app/scope/",
    "new assignment in the administration": "/admin/policy_app/assignment/add/",
}
# Links in a line of text and the inside of the search boxes are exempt, as WCAG 2.5.8 has it.
SMALL_TARGETS = """() => [...document.querySelectorAll("a, button, summary, select, input")]
    .filter((e) => e.checkVisibility() && !e.matches(".skip-link, tbody th a, [type=search]"))
    .map((e) => [e.textContent.trim(), e.getBoundingClientRect()])
    .filter(([, box]) => box.width < 24 || box.height < 23.5)
    .map(([text, box]) => `${text}: ${box.width}x${box.height}`)"""


def visit(page: Page, address: str) -> None:
    """Go there, with what the address needs in place."""
    if address.endswith("/holes"):
        make_initiative("holes", [("/providers/x/policyDefinitions/" + "a-long-name" * 8, "3.*.*")])
    page.goto(address)


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_in_light_and_dark(page: Page, name: str, violations: Violations) -> None:
    page.emulate_media(color_scheme="light")
    visit(page, PAGES[name])
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page) == []


def test_axe_finds_nothing_on_the_way_in(open_page: OpenPage, violations: Violations) -> None:
    page = open_page(signed_in=False, color_scheme="dark")
    page.goto("/sign-in/a-link-that-never-was")
    assert violations(page) == []
    page.emulate_media(color_scheme="light")
    assert violations(page) == []


def test_axe_finds_nothing_with_menus_open(page: Page, violations: Violations) -> None:
    page.goto("/policy/definitions")
    page.locator("summary", has_text="Category").click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.locator("tbody summary").first.click()
    assert violations(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_a_phone(
    open_page: OpenPage, name: str, violations: Violations
) -> None:
    page = open_page(viewport=PHONE)
    visit(page, PAGES[name])
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width == PHONE["width"]
    assert violations(page) == []


def test_nothing_is_wider_than_any_screen_between_phone_and_desk(page: Page) -> None:
    page.goto("/policy/definitions")
    for width in (320, 600, 801, 1000, 1101, 1280, 1281, 1400):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_targets_are_at_least_24_pixels(page: Page) -> None:
    page.goto("/policy/definitions")
    small = page.evaluate(SMALL_TARGETS)
    assert small == []


def test_motion_stops_for_who_asked_for_it(open_page: OpenPage) -> None:
    page = open_page(reduced_motion="reduce")
    page.goto("/")
    duration = page.locator("#toast").evaluate("e => getComputedStyle(e).transitionDuration")
    assert float(duration.removesuffix("s")) < 0.001
