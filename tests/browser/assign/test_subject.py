"""The definition that is assigned: missing, custom, deprecated, without a verdict."""

from __future__ import annotations

from urllib.parse import urlencode

from django.test import Client

from policy_app.models import Definition, Scope
from tests.browser.assign.wizard import complete
from tests.browser.html_forms import WebForm
from tests.factories import add_version, make_policy


def test_without_a_definition_people_choose_one_first(browser: Client, portal: None) -> None:
    response = browser.get("/policy/assign")

    assert response.status_code == 302
    assert response["Location"] == "/policy/definitions"


def test_a_definition_that_is_not_there_is_said_in_a_sentence(
    browser: Client, portal: None
) -> None:
    missing = "/providers/Microsoft.Authorization/policyDefinitions/none"
    response = browser.get("/policy/assign", {"definition": missing})

    assert response.status_code == 404
    assert "could not be found" in response.content.decode()


def test_a_definition_that_cannot_be_evaluated_is_flagged(browser: Client, portal: None) -> None:
    policy = make_policy("gap", evaluation_gap="It changes ARM resources.")
    add_version(policy, "1.0.0")

    page = browser.get("/policy/assign", {"definition": policy.arm_id}).content.decode()

    assert "The portal cannot evaluate this definition." in page
    assert "It changes ARM resources. It can be assigned, but has no effect here." in page


def test_an_initiative_that_is_evaluated_in_part_is_flagged(
    browser: Client, url: str, baseline: Definition
) -> None:
    Definition.objects.filter(pk=baseline.pk).update(evaluation_gap="1 of its 5 policies cannot.")

    page = browser.get(url).content.decode()

    assert "The portal evaluates a part of this initiative." in page
    assert "1 of its 5 policies cannot." in page
    assert "has no effect here" not in page


def test_a_deprecated_definition_is_flagged(
    browser: Client, url: str, baseline: Definition
) -> None:
    version = baseline.versions.get(version="1.4.0")
    version.body["metadata"]["deprecated"] = True
    version.fingerprint = "deprecated for this test"
    version.save()

    assert "This definition is deprecated." in browser.get(url).content.decode()


def test_a_custom_definition_is_assigned_at_its_own_scope_or_below(
    browser: Client, rg_staging: Scope
) -> None:
    custom = make_policy("custom", rg_staging)
    add_version(custom, "1.0.0")
    form = WebForm.open(browser, f"/policy/assign?{urlencode({'definition': custom.arm_id})}")
    offered = form.page.select('[name="scope"]:not([disabled])')

    assert [str(one["value"]).rpartition("/")[2] for one in offered] == [
        "rg-staging",
        "aks-staging",
    ]
    (error,) = complete(form).errors()
    assert error.startswith("Scope : 'Policy custom' is defined at")
