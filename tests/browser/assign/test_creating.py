"""From the first tab to the stored assignment, and what is said of it."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.test import Client

from policy_app.models import Assignment
from tests.browser.assign.wizard import RG_DEMO, complete, stored
from tests.browser.html_forms import WebForm


def test_the_whole_way_through_the_tabs_creates_the_assignment(
    browser: Client, form: WebForm, alice: User
) -> None:
    form.set("scope", RG_DEMO)
    form.set("display_name", "Baseline for the demo")
    form.set("description", "First\r\nsecond line")
    form = form.press("tab", "parameters")
    form.set("p.effect", "Deny")
    form = form.press("tab", "messages")
    form.set("message", "Ask the platform team.")
    form.set("message.NoPrivilegedContainers", "No privileged containers here.")
    form = form.press("tab", "review")
    assert "Validation passed. It will refuse what 5 policies forbid, on aks-demo." in form.text

    response = form.send("save", "1")

    row = stored()
    assert row.scope.arm_id == RG_DEMO
    assert row.display_name == "Baseline for the demo"
    assert row.description == "First\nsecond line"
    assert row.parameters == {"effect": {"value": "Deny"}}
    assert row.definition_version == "1.*.*"
    assert row.metadata["assignedBy"] == "alice"
    assert row.created_by == alice
    assert row.non_compliance_messages == [
        {"message": "Ask the platform team."},
        {
            "message": "No privileged containers here.",
            "policyDefinitionReferenceId": "NoPrivilegedContainers",
        },
    ]
    assert response.status_code == 302
    assert response["Location"] == f"/policy/assignments/view?{urlencode({'id': row.arm_id})}"


def test_the_message_says_what_is_enforced_where(browser: Client, form: WebForm) -> None:
    form.set("p.effect", "Deny")
    form.set("display_name", "Baseline")
    response = complete(form).send("save", "1")

    page = browser.get(response["Location"])

    expected = (
        "“Baseline” is assigned to rg-demo. It now refuses what 5 policies forbid, on aks-demo."
    )
    assert [str(one) for one in page.context["messages"]] == [expected]


def test_a_disabled_enforcement_is_stored_and_said(browser: Client, form: WebForm) -> None:
    form.set("enforcement_mode", "DoNotEnforce")
    form.set("p.effect", "Deny")

    review = complete(form)
    review.send("save", "1")

    assert "Policy enforcement is disabled, so nothing is refused." in review.text
    assert stored().enforcement_mode == "DoNotEnforce"


def test_create_with_errors_stores_nothing(form: WebForm) -> None:
    review = complete(form)
    review.set("display_name", "x" * 129)

    answer = WebForm.read(review.client, review.send("save", "1").content)

    assert not Assignment.objects.exists()
    assert answer.errors()[0].startswith("Assignment name : ")
    assert answer.one("#tab-basics").get_text().strip() == "Basics 1 error"


def test_pressing_create_twice_makes_one_assignment(form: WebForm) -> None:
    review = complete(form)

    first, second = review.send("save", "1"), review.send("save", "1")

    assert stored().history.count() == 1
    assert second.status_code == 302
    assert second["Location"] == first["Location"]


def test_scripts_get_the_form_alone_and_are_sent_on_after_create(form: WebForm) -> None:
    headers = {"hx-request": "true"}
    part = form.client.get(str(form.tag["action"]), headers=headers).content.decode()
    assert part.startswith('<form id="assign"')

    review = complete(form)
    answer = review.client.post(
        str(form.tag["action"]),
        urlencode([*review.fields, ("save", "1")]),
        content_type="application/x-www-form-urlencoded",
        headers=headers,
    )

    assert answer["HX-Redirect"].startswith("/policy/assignments/view?id=")
