"""The tabs: back and forth, and where their errors are shown."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.browser.assign.wizard import GROUP, RG_DEMO, complete
from tests.browser.html_forms import WebForm


def test_going_back_and_forth_loses_nothing(form: WebForm) -> None:
    form.set("display_name", "Mine")
    form = form.press("tab", "parameters")
    form.set("p.allowedHostPaths", '{"paths": [')
    form.set("p.excludedNamespaces", "kube-system", "shop")
    form = form.press("tab", "basics").press("tab", "messages").press("tab", "parameters")

    assert form.get("display_name") == "Mine"
    assert form.get("p.allowedHostPaths") == '{"paths": ['
    assert form.all("p.excludedNamespaces") == ["kube-system", "shop"]


def test_nobody_is_told_off_before_leaving_a_tab(form: WebForm) -> None:
    assert form.errors() == []
    assert form.page.select("[aria-invalid]") == []


def test_leaving_a_tab_marks_it_and_its_field(form: WebForm) -> None:
    form = form.press("tab", "parameters")

    assert form.one("#tab-basics").get_text().strip() == "Basics 1 error"
    assert form.one("#tab-parameters").get_text().strip() == "Parameters"

    form = form.press("tab", "basics")
    error = form.one("#assign-scope-error")
    assert "Choose the scope" in error.get_text()
    assert "assign-scope-error" in str(form.one("#assign-scope")["aria-describedby"])


def test_an_error_in_the_review_leads_to_its_field(form: WebForm) -> None:
    form.set("p.allowedHostPaths", '{"paths": 7}')
    form = complete(form)
    assert "Validation passed" not in form.text
    (error,) = form.errors()
    assert error.startswith("Allowed host paths : ")
    assert "line 1, column 11" in error

    form = form.press("go", "parameters:parameter-allowedHostPaths")

    field = form.one("#parameter-allowedHostPaths")
    assert field.has_attr("autofocus")
    assert field["aria-invalid"] == "true"
    assert form.one("#tab-parameters")["aria-current"] == "step"


@pytest.mark.parametrize("tab", ["basics", "parameters", "messages", "review"])
def test_no_tab_needs_more_than_25_queries(
    form: WebForm, tab: str, django_assert_max_num_queries: object
) -> None:
    form.set("scope", GROUP)
    form.set("not_scopes", RG_DEMO)
    body = urlencode([*form.fields, ("tab", tab)])
    with django_assert_max_num_queries(25):  # type: ignore[operator]
        form.client.post(
            str(form.tag["action"]), body, content_type="application/x-www-form-urlencoded"
        )
