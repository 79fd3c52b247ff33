"""The Parameters tab: rows, defaults, lists, JSON."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.test import Client

from policy_app.models import Definition
from tests.browser.assign.wizard import complete, stored
from tests.browser.html_forms import WebForm


def test_a_required_value_that_is_missing_is_named_by_its_label(
    browser: Client, portal: None
) -> None:
    images = Definition.objects.get(name="febd0533-8e55-448f-b837-bd0e06f16469")
    form = WebForm.open(browser, f"/policy/assign?{urlencode({'definition': images.arm_id})}")

    review = complete(form)

    assert any("has no default, so it needs a value" in one for one in review.errors())


def test_rows_are_added_and_removed_by_buttons(form: WebForm) -> None:
    form = form.press("tab", "parameters")
    before = form.all("p.excludedNamespaces")

    grown = form.press("add_row", "excludedNamespaces")

    assert grown.all("p.excludedNamespaces") == [*before, ""]
    new = grown.one(f"#parameter-excludedNamespaces-{len(before) + 1}")
    assert new.has_attr("autofocus")

    left = grown.press("remove_row", "excludedNamespaces:0")
    assert left.all("p.excludedNamespaces") == [*before[1:], ""]


def test_the_default_can_be_taken_back(form: WebForm) -> None:
    form.set("p.excludedNamespaces", "shop")
    changed = form.press("tab", "parameters")
    assert changed.page.select('button[name="use_default"][value="excludedNamespaces"]')

    back = changed.press("use_default", "excludedNamespaces")

    assert "kube-system" in back.all("p.excludedNamespaces")
    assert not back.page.select('button[name="use_default"]')


def test_a_list_can_be_emptied(form: WebForm) -> None:
    form.set("p.excludedNamespaces")

    complete(form).send("save", "1")

    assert stored().parameters == {"excludedNamespaces": {"value": []}}


def test_what_needs_no_input_is_left_out_by_the_box(form: WebForm) -> None:
    form.set("p.namespaces", "shop")
    form = form.press("tab", "parameters")

    quiet = {
        str(one.select_one('[name="seen"]')["value"])  # type: ignore[index]
        for one in form.page.select("[data-quiet]")
    }

    assert "excludedNamespaces" in quiet
    assert "namespaces" not in quiet


def test_members_that_use_a_parameter_are_named(form: WebForm) -> None:
    folds = [one.get_text(" ", strip=True) for one in form.page.select("details.fold")]

    assert any(
        fold.startswith("Used by 1 policy (Allowed host paths)") and "hostPath" in fold
        for fold in folds
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"paths": []}', "is valid JSON and fits the parameter"),
        ('{"paths": [}', "A value is missing here. (line 1, column 12)"),
        ('{"other": 1}', "other"),
    ],
)
def test_json_is_checked_while_it_is_typed(
    browser: Client, baseline: Definition, text: str, says: str
) -> None:
    query = urlencode({"definition": baseline.arm_id, "parameter": "allowedHostPaths"})
    data = {"p.allowedHostPaths": text, "definition_version": "1.*.*"}

    assert says in browser.post(f"/policy/assign/check?{query}", data).content.decode()
