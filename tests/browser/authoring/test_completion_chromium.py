"""Completion in a real Chromium: what fits at the caret, on a phone, and in a long text."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Locator, Page, expect

from policy_app.models import Definition
from tests.browser.conftest import PHONE, OpenPage, Violations
from tests.services.authoring.bodies import TEMPLATE, encoded

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NEW = "/policy/definitions/new?kind=policy"
LINES = 4_000


def at(text: Locator, value: str) -> None:
    """Put a text into the editor, and the caret where it has a bar."""
    # At once, where typing thousands of lines would take its time.
    text.evaluate(
        """(field, [value, at]) => {
          field.focus();
          field.value = value;
          field.dispatchEvent(new Event("input", { bubbles: true }));
          field.setSelectionRange(at, at);
        }""",
        [value.replace("|", ""), value.index("|")],
    )


def offered(page: Page) -> list[str]:
    """The names in the list, which must be open."""
    expect(page.get_by_role("listbox", name="Suggestions")).to_be_visible()
    return page.locator(".author-option-name").all_inner_texts()


def test_what_fits_at_the_caret_is_written_by_keyboard_alone(
    open_page: OpenPage, violations: Violations, portal: None
) -> None:
    page = open_page()
    page.goto(NEW)
    text, listbox = page.locator("#author-text"), page.locator("#author-options")
    at(text, "{\n  |\n}")
    page.keyboard.press("Control+Space")
    assert offered(page) == ["metadata", "parameters", "mode", "policyRule"]
    assert violations(page) == []
    page.keyboard.type('"mo')
    expect(page.locator(".author-option-name")).to_have_text(["mode"])
    page.keyboard.press("Tab")
    expect(text).to_have_value('{\n  "mode": ""\n}')
    assert offered(page) == ["Microsoft.Kubernetes.Data", "All", "Indexed"]
    page.keyboard.press("ArrowDown")
    option = page.locator("#author-options [aria-selected=true]")
    expect(option).to_contain_text("All")
    expect(text).to_have_attribute("aria-activedescendant", option.get_attribute("id") or "")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(text).to_have_value('{\n  "mode": "Microsoft.Kubernetes.Data"\n}')
    expect(listbox).to_be_hidden()

    rule = '"policyRule": {"then": {"details": {"kinds": [], "templateInfo": {"sourceType": "|"}}}}'
    at(text, "{" + rule + "}")
    page.keyboard.press("Control+Space")
    assert offered(page) == ["PublicURL", "Base64Encoded"]
    at(text, "{" + rule.replace('"sourceType": "|"}', '}, "|"') + "}")
    page.keyboard.type("ki")
    expect(listbox).to_be_hidden()  # it is there already
    page.keyboard.press("Control+a")
    at(text, '{"parameters": {"effect": {}, "label": {}}, "policyRule": {"then": {"effect": "|"}}}')
    page.keyboard.type("[par")
    assert offered(page) == ["parameters"]
    page.keyboard.press("Enter")
    assert offered(page) == ["effect", "label"]
    page.keyboard.press("Enter")
    rule = json.loads(text.input_value())["policyRule"]
    assert rule == {"then": {"effect": "[parameters('effect')]"}}


def test_an_initiative_is_offered_its_own_fields_and_groups(page: Page, portal: None) -> None:
    page.goto("/policy/definitions/new?kind=initiative")
    text = page.locator("#author-text")
    groups = '"policyDefinitionGroups": [{"name": "network"}, {"name": "storage"}]'
    at(text, "{" + groups + ', "policyDefinitions": [{"parameters": {}, |}]}')
    page.keyboard.press("Control+Space")
    own = ["policyDefinitionId", "policyDefinitionReferenceId", "definitionVersion", "groupNames"]
    assert offered(page) == own
    page.keyboard.type('"gr')
    page.keyboard.press("Enter")
    expect(page.locator("#author-options")).to_be_hidden()
    page.keyboard.type('"')
    assert offered(page) == ["network", "storage"]
    page.get_by_role("option", name="storage").click()
    member = json.loads(text.input_value())["policyDefinitions"][0]
    assert member == {"parameters": {}, "groupNames": ["storage"]}


def test_names_that_a_template_or_a_policy_defines_are_offered(page: Page, own: Definition) -> None:
    page.goto(NEW)
    text = page.locator("#author-text")
    source = json.dumps({"sourceType": "Base64Encoded", "content": encoded(TEMPLATE)})
    details = f'"templateInfo": {source}, "values": {{|}}'
    parameters = '{"parameters": {"team": {}}, "policyRule": {"then": {"details": {'
    at(text, f"{parameters}{details}}}}}}}}}")
    page.keyboard.type('"')
    assert offered(page) == ["label"]
    page.keyboard.press("Enter")
    assert offered(page) == ["[parameters('team')]"]
    page.keyboard.press("Enter")
    rule = json.loads(text.input_value())["policyRule"]
    assert rule["then"]["details"]["values"] == {"label": "[parameters('team')]"}

    page.goto("/policy/definitions/new?kind=initiative")
    member = f'{{"policyDefinitionId": "{own.arm_id}", "parameters": {{|}}}}'
    at(text, f'{{"parameters": {{"all": {{}}}}, "policyDefinitions": [{member}]}}')
    page.keyboard.press("Control+Space")
    expect(page.get_by_role("option", name="label")).to_be_visible()
    assert offered(page) == ["effect", "label"]
    page.keyboard.press("Enter")
    assert offered(page) == ["Audit", "Deny", "Disabled", "[parameters('all')]"]
    page.get_by_role("option", name="Deny").click()
    (found,) = json.loads(text.input_value())["policyDefinitions"]
    assert found["parameters"] == {"effect": {"value": "Deny"}}


def test_a_list_that_was_closed_stays_closed_and_fits_on_a_phone(
    open_page: OpenPage, violations: Violations, portal: None
) -> None:
    page = open_page(viewport=PHONE, color_scheme="dark")
    page.goto(NEW)
    text, listbox = page.locator("#author-text"), page.locator("#author-options")
    at(text, '{"policyRule": {"then": {"details": {|}}}}')
    page.keyboard.type('"')
    expect(listbox).to_be_visible()
    box = listbox.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(listbox).to_be_hidden()
    expect(text).not_to_have_attribute("aria-activedescendant", "author-option-0")
    page.keyboard.type("api")
    expect(listbox).to_be_hidden()
    page.keyboard.press("Control+Space")
    assert offered(page) == ["apiGroups"]
    page.get_by_role("option").click()
    expect(text).to_have_value('{"policyRule": {"then": {"details": {"apiGroups": []}}}}')


LONG = ",\n".join(f'  "value{number}": "{number}"' for number in range(LINES))
# Of what is drawn, and of what is read: words of the text, and lines that it is split into.
COUNTED = """() => {
  const count = { drawn: 0, read: 0 };
  const watch = new MutationObserver((all) => {
    for (const one of all) count.drawn += one.addedNodes.length;
  });
  watch.observe(document.getElementById("author-lines"), { childList: true, subtree: true });
  const { exec } = RegExp.prototype;
  RegExp.prototype.exec = function (text) {
    count.read += 1;
    return exec.call(this, text);
  };
  const { split } = String.prototype;
  String.prototype.split = function (...how) {
    const found = split.apply(this, how);
    count.read += found.length;
    return found;
  };
  window.counted = async () => {
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    const found = { ...count };
    Object.assign(count, { drawn: 0, read: 0 });
    return found;
  };
}"""


def test_in_a_long_text_a_key_reads_and_redraws_no_more_than_its_line(
    page: Page, own: Definition
) -> None:
    page.goto(NEW)
    text = page.locator("#author-text")
    at(text, '{\n  "parameters": {},\n  |,\n' + LONG + "\n}")
    page.keyboard.press("Control+Space")
    assert offered(page) == ["metadata", "mode", "policyRule"]
    assert page.locator(".author-line").count() < 60
    page.evaluate(COUNTED)
    page.keyboard.type('"')
    assert page.evaluate("counted()")["read"] > LINES  # where a word begins is looked for once
    for letter in "mod":
        page.keyboard.type(letter)
        found = page.evaluate("counted()")
        assert found["drawn"] == 1
        assert found["read"] < LINES / 2
    assert offered(page) == ["mode"]
    page.keyboard.press("Enter")
    page.keyboard.press("Backspace")
    expect(page.locator(".author-line").nth(2)).to_have_text('  "mode": ",')
    text.evaluate("(field) => { field.scrollTop = field.scrollHeight; }")
    expect(page.locator(".author-line").last).to_have_text("}")


def test_thousands_of_lines_are_pasted_as_into_a_plain_text_box(page: Page, portal: None) -> None:
    page.goto(NEW)
    text = page.locator("#author-text")
    before, long = text.input_value(), "{\n" + LONG + "\n}"
    at(text, long + "|")
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+c")
    at(text, before + "|")
    page.keyboard.press("Control+a")
    tools = page.context.new_cdp_session(page)
    tools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent() -> dict[str, float]:
        found = tools.send("Performance.getMetrics")["metrics"]
        return {one["name"]: one["value"] for one in found}

    started = spent()
    page.keyboard.press("Control+v")
    expect(page.locator(".author-line").last).to_have_text("}")
    done = spent()
    assert text.input_value() == long
    assert page.locator(".author-line").count() < 60
    # The browser's own work is most of it: what scripts add is a fraction.
    scripts, whole = (done[name] - started[name] for name in ("ScriptDuration", "TaskDuration"))
    assert scripts < whole / 3
    page.keyboard.press("Control+z")
    expect(text).to_have_value(before)
    text.evaluate("(field) => { field.scrollTop = 0; }")
    expect(page.locator(".author-line").first).to_have_text("{")


def test_the_lines_drawn_are_the_text_whatever_is_done_to_it(page: Page, portal: None) -> None:
    page.goto(NEW)
    text = page.locator("#author-text")
    lines = page.locator("#author-lines .author-line")

    def drawn() -> None:
        expect(lines).to_have_text([line.strip() for line in text.input_value().split("\n")])

    at(text, "\n|one\ntwo\n\nthree\n")
    for keys in (
        ("Enter", "Backspace", "Backspace", "Enter", "x"),
        ("Control+End", "y", "Backspace", "Backspace", "Enter", "x"),
        ("Shift+ArrowUp", "Shift+ArrowUp", "z"),
        ("Control+z", "Control+z", "Control+Shift+z"),
        ("Control+Home", "Delete", "Shift+Control+End", "Control+x", "Control+v", "Control+v"),
        ("Control+a", "Delete", "a"),
    ):
        for key in keys:
            page.keyboard.press(key)
            drawn()
