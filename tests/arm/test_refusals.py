"""What the REST door refuses, with ARM's status, code and the field at fault."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.db import DataError
from django.test import Client

from policy_app.models import Assignment, Definition
from policy_app.services import assignments as service
from tests.arm.addresses import (
    MANAGEMENT_GROUP,
    PROVIDER,
    RESOURCE_GROUP,
    assignment,
    assignments,
    body,
    definitions,
    initiatives,
)
from tests.arm.conftest import Arm, error_of
from tests.estate_fixtures import SUBSCRIPTION

INSIGHTS = f"{SUBSCRIPTION}/providers/Microsoft.PolicyInsights"
NO_SUBSCRIPTION = "/subscriptions/99999999-0000-0000-0000-000000000000"
GUID = "00000000-aaaa-0000-0000-000000000000"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (assignment(name="nope"), "PolicyAssignmentNotFound"),
        (definitions(name=GUID), "PolicyDefinitionNotFound"),
        (initiatives(name=GUID), "PolicySetDefinitionNotFound"),
        (assignments(NO_SUBSCRIPTION), "SubscriptionNotFound"),
        (definitions(NO_SUBSCRIPTION), "SubscriptionNotFound"),
        (assignments(f"{SUBSCRIPTION}/resourceGroups/nope"), "ResourceGroupNotFound"),
        (
            assignments(f"{RESOURCE_GROUP}/providers/Microsoft.Kubernetes/connectedClusters/x"),
            "ResourceNotFound",
        ),
        (f"{SUBSCRIPTION}/providers/Microsoft.Compute/disks", "InvalidResourceNamespace"),
        (f"{SUBSCRIPTION}/{PROVIDER}/policyDreams", "InvalidResourceType"),
        (f"{INSIGHTS}/policyDreams", "InvalidResourceType"),
        (f"{MANAGEMENT_GROUP}/providers/Microsoft.PolicyInsights/attestations", "NotFound"),
        ("/subscriptions/x/y/z", "NotFound"),
    ],
)
def test_what_is_not_there_is_a_404_with_its_own_code(arm: Arm, path: str, code: str) -> None:
    error = arm.error("GET", path)
    assert (error["status"], error["code"]) == (404, code)


@pytest.mark.parametrize(
    ("change", "code", "target"),
    [
        ({"effect": "Nope"}, "PolicyParameterValueNotAllowed", "properties.parameters.effect"),
        (
            {"parameters": {"colour": {"value": "red"}}},
            "UndefinedPolicyParameter",
            "properties.parameters.colour",
        ),
        (
            {"parameters": {"excludedNamespaces": {"value": "kube-system"}}},
            "InvalidPolicyParameters",
            "properties.parameters.excludedNamespaces",
        ),
        ({"notScopes": [MANAGEMENT_GROUP]}, "InvalidRequestContent", "properties.notScopes[0]"),
        (
            {"definition": f"/{PROVIDER}/policyDefinitions/{GUID}"},
            "PolicyDefinitionNotFound",
            "properties.policyDefinitionId",
        ),
        ({"definitionVersion": "x"}, "InvalidPolicyDefinitionVersion", None),
        ({"enforcementMode": "Maybe"}, "InvalidRequestContent", "properties.enforcementMode"),
        ({"displayName": 7}, "InvalidRequestContent", "properties.displayName"),
        (
            {"effectiveDefinitionVersion": 7},
            "InvalidRequestContent",
            "properties.effectiveDefinitionVersion",
        ),
    ],
)
def test_a_put_that_breaks_a_rule_names_the_field(
    arm: Arm, change: dict[str, Any], code: str, target: str | None
) -> None:
    error = arm.error("PUT", assignment(), body(**change))
    assert error["code"] == code
    assert error["status"] == (404 if code.endswith("NotFound") else 400)
    if target:
        assert error["target"] == target
    assert not Assignment.objects.exists()


def test_several_faults_are_all_in_the_details(arm: Arm) -> None:
    parameters = {"effect": {"value": "Nope"}, "colour": {"value": "red"}}
    error = arm.error("PUT", assignment(), body(parameters=parameters))
    assert {one["target"] for one in error["details"]} == {
        "properties.parameters.effect",
        "properties.parameters.colour",
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", assignment(name="other")),
        ("name", "other"),
        ("type", "Microsoft.Authorization/policyExemptions"),
        ("name", 5),
    ],
)
def test_a_body_that_contradicts_its_address_is_refused(arm: Arm, field: str, value: Any) -> None:
    error = arm.error("PUT", assignment(), body() | {field: value})
    assert (error["status"], error["code"]) == (400, "InvalidRequestContent")
    assert error["target"] == field
    assert not Assignment.objects.exists()


def test_a_scope_that_contradicts_the_address_is_refused(arm: Arm) -> None:
    error = arm.error("PUT", assignment(), body(scope=SUBSCRIPTION))
    assert error["target"] == "properties.scope"


def test_a_name_too_long_for_a_management_group_is_refused(arm: Arm) -> None:
    error = arm.error("PUT", assignment(MANAGEMENT_GROUP, "n" * 25), body())
    assert (error["status"], error["code"]) == (400, "InvalidPolicyAssignmentName")


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"", "must be a JSON object"),
        (b"[]", "must be a JSON object"),
        (b'{"properties":\n  {"a": }}', "line 2, column 9"),
        (b'{"a": NaN}', "NaN is no JSON number"),
        (b'{"a": 1e999}', "1e999 is too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "too many digits"),
        (b'{"a": 1, "a": 2}', "'a' is given twice"),
        (b'{"a": "\\u0000"}', "\\u0000"),
        (b'{"a": "\\ud800"}', "\\ud800"),
        (b'{"a": "\xff"}', "not UTF-8 text at byte 8"),
        (b"[" * 100_000, "deeper than 64 levels at line 1, column 65"),
    ],
)
def test_a_body_that_is_no_good_json_is_refused_with_the_place(
    arm: Arm, sent: bytes, said: str
) -> None:
    error = arm.error("PUT", assignment(), sent)
    assert (error["status"], error["code"]) == (400, "InvalidRequestContent")
    assert said in error["message"]


def test_a_body_of_more_than_four_megabytes_is_refused(arm: Arm) -> None:
    error = arm.error("PUT", assignment(), b" " * (4 * 1024 * 1024 + 1))
    assert (error["status"], error["code"]) == (413, "RequestContentTooLarge")


def test_a_body_of_another_type_is_refused(arm: Arm) -> None:
    response = arm.client.put(
        f"{assignment()}?api-version=2026-06-01", "a=b", "application/x-www-form-urlencoded"
    )
    error = error_of(response)
    assert (error["status"], error["code"]) == (415, "UnsupportedMediaType")


@pytest.mark.parametrize(
    ("path", "given", "status", "code"),
    [
        (assignments(RESOURCE_GROUP), "2015-01-01", 404, "InvalidResourceType"),
        (assignments(RESOURCE_GROUP), "2031-01-01", 404, "InvalidResourceType"),
        (f"/{assignments(RESOURCE_GROUP)}/x", "2031-01-01-preview", 404, "InvalidResourceType"),
        (f"{definitions()}/x/versions", "2021-06-01", 404, "InvalidResourceType"),
        (f"{INSIGHTS}/attestations", "2020-12-01", 404, "InvalidResourceType"),
        (f"{INSIGHTS}/remediations/x", "2018-06-01", 404, "InvalidResourceType"),
        (SUBSCRIPTION, "2001-01-01", 400, "InvalidApiVersionParameter"),
        (SUBSCRIPTION, "", 400, "MissingApiVersionParameter"),
    ],
)
def test_a_version_that_a_type_does_not_have_is_refused(
    arm: Arm, path: str, given: str, status: int, code: str
) -> None:
    error = arm.error("GET", path, query={"api-version": given})
    assert (error["status"], error["code"], error["target"]) == (status, code, "api-version")
    if status == 404:
        assert "2026-06-01" in error["message"]


@pytest.mark.parametrize("given", ["2016-12-01", "2020-09-01", "2024-04-01", "2026-01-01-preview"])
def test_the_versions_of_older_clients_are_answered(arm: Arm, given: str) -> None:
    response = arm.send("GET", assignments(RESOURCE_GROUP), query={"api-version": given})
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("", "MissingApiVersionParameter"),
        ("latest", "InvalidApiVersionParameter"),
        ("2026-13-01", "InvalidApiVersionParameter"),
        ("2026-06-01-", "InvalidApiVersionParameter"),
    ],
)
def test_an_api_version_must_be_given_and_be_a_date(arm: Arm, given: str, code: str) -> None:
    error = arm.error("GET", definitions(), query={"api-version": given})
    assert (error["status"], error["code"]) == (400, code)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", assignments(RESOURCE_GROUP)),
        ("POST", assignment()),
        ("PUT", definitions(name=GUID)),
        ("OPTIONS", assignments(RESOURCE_GROUP)),
    ],
)
def test_a_method_that_nobody_serves_is_a_405(arm: Arm, method: str, path: str) -> None:
    response = arm.send(method, path)
    error = error_of(response)
    assert (error["status"], error["code"]) == (405, "HttpMethodNotSupported")
    assert "GET" in response["Allow"]
    assert "GET" in error["message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{SUBSCRIPTION}/{PROVIDER}/variables"),
        ("PUT", f"{MANAGEMENT_GROUP}/{PROVIDER}/variables/x"),
        ("PUT", f"{SUBSCRIPTION}/{PROVIDER}/variables/x/values/y"),
        ("POST", f"{SUBSCRIPTION}/{PROVIDER}/acquirePolicyToken"),
        ("GET", f"{RESOURCE_GROUP}/{PROVIDER}/policyEnrollments"),
        ("PUT", f"{RESOURCE_GROUP}/{PROVIDER}/policyEnrollments/x"),
        ("GET", f"{INSIGHTS}/policyStates/$metadata"),
        ("GET", f"/{INSIGHTS}//policyevents/$METADATA/"),
        ("PUT", f"{INSIGHTS}/eventGridFilters/x"),
    ],
)
def test_what_azure_has_and_the_portal_has_not_is_said_so(arm: Arm, method: str, path: str) -> None:
    error = arm.error(method, path, {})
    assert (error["status"], error["code"]) == (501, "NotImplemented")
    (link,) = (one["info"]["url"] for one in error["additionalInfo"])
    assert link in error["message"]
    page = Client().get(urlsplit(link).path)
    assert "What differs from Azure" in page.content.decode()


def test_without_a_token_nothing_is_told(db: None) -> None:
    response = Client().get(f"{assignments(NO_SUBSCRIPTION)}?api-version=2026-06-01")
    error = error_of(response)
    assert (error["status"], error["code"]) == (401, "AuthenticationFailed")
    assert response["WWW-Authenticate"].startswith("Bearer ")
    assert "insufficient_claims" not in response["WWW-Authenticate"]


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer", "Bearer ", "Basic YTpi"])
def test_a_wrong_token_is_refused_even_beside_a_session(alice: User, header: str) -> None:
    client = Client(headers={"Authorization": header})
    client.force_login(alice)
    error = error_of(client.get(f"{definitions()}?api-version=2026-06-01"))
    assert (error["status"], error["code"]) == (401, "InvalidAuthenticationToken")


def test_the_token_of_a_person_who_left_is_refused(arm: Arm, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert arm.error("GET", definitions())["code"] == "InvalidAuthenticationToken"


def test_a_session_reads_freely_and_changes_only_with_the_csrf_token(
    portal: None, alice: User
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    address = f"{assignment()}?api-version=2026-06-01"
    assert client.get(f"{definitions()}?api-version=2026-06-01").status_code == 200
    error = error_of(client.put(address, body(), "application/json"))
    assert (error["status"], error["code"]) == (403, "AuthorizationFailed")
    assert "X-CSRFToken" in error["message"]
    client.cookies["csrftoken"] = "a" * 32
    given = {"X-CSRFToken": "a" * 32}
    created = client.put(address, body(), "application/json", headers=given)
    assert created.status_code == 201, created.content


def test_a_bearer_token_needs_no_csrf_token(portal: None, token: str) -> None:
    client = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {token}"})
    response = client.put(f"{assignment()}?api-version=2026-06-01", body(), "application/json")
    assert response.status_code == 201, response.content


def test_a_fault_of_the_portal_shows_no_trace(arm: Arm, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(service, "listing", broken)
    response = arm.send("GET", assignments(RESOURCE_GROUP))
    error = error_of(response)
    assert (error["status"], error["code"]) == (500, "InternalServerError")
    assert b"secret" not in response.content
    assert b"Traceback" not in response.content
    assert response["x-ms-request-id"] in error["message"]


def test_a_value_that_the_database_cannot_hold_is_the_callers_fault(
    arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_long(*args: object) -> None:
        raise DataError("value too long for type character varying(60)")

    monkeypatch.setattr(service, "put", too_long)
    error = arm.error("PUT", assignment(), body())
    assert (error["status"], error["code"]) == (400, "InvalidRequestContent")
    assert "varying" not in error["message"]


def test_a_definition_cannot_be_assigned_above_its_own_scope(arm: Arm, custom: Definition) -> None:
    sent = body(custom.arm_id, parameters={})
    error = arm.error("PUT", assignment(MANAGEMENT_GROUP), sent)
    assert (error["status"], error["code"]) == (400, "InvalidCreatePolicyAssignmentRequest")
    assert error["target"] == "properties.policyDefinitionId"
    arm.put(assignment(), sent)
