"""Service principals: how they sign in, until when, and what of them is ever shown."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from policy_app.models import ActivityEntry, Scope, ServicePrincipal, ServicePrincipalSecret
from policy_app.models.access import digest
from policy_app.services import access, estate, service_principals
from policy_app.services.authorization import roles
from policy_app.services.errors import PolicyError
from tests.arm.conftest import Arm
from tests.granting import grant, root

TOKEN = f"/{estate.TENANT_ID}/oauth2/v2.0/token"


@pytest.fixture
def pipeline(portal: None) -> ServicePrincipal:
    """A program without any role."""
    return service_principals.create("pipeline", "", None)


def ask(client: Client, one: ServicePrincipal, secret: str, **more: str) -> Any:
    """Ask for a token as a program does."""
    form = {"grant_type": "client_credentials", "client_id": str(one.client_id)}
    form |= {"client_secret": secret, "scope": "https://management.azure.com/.default"}
    return client.post(TOKEN, form | more)


def test_a_secret_gives_a_token_with_which_the_program_does_what_its_role_allows(
    client: Client, pipeline: ServicePrincipal, rg_demo: Scope
) -> None:
    secret = service_principals.add_secret(pipeline, "ci", 30, None).text
    answer = ask(client, pipeline, secret).json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3599)
    program = Arm(answer["access_token"])
    listed = f"{rg_demo.arm_id}/providers/Microsoft.Authorization/policyAssignments"
    assert program.error("GET", listed)["status"] == 404
    grant(pipeline.user, roles.READER, rg_demo)
    assert program.names(listed) == []
    assert program.error("DELETE", f"{listed}/x")["status"] == 403
    entry = ActivityEntry.objects.get(outcome="Refused")
    assert entry.caller_kind == "ServicePrincipal"


def test_only_the_hash_of_a_secret_is_stored_and_its_use_is_noted(
    client: Client, pipeline: ServicePrincipal
) -> None:
    made = service_principals.add_secret(pipeline, "ci", 30, None)
    assert made.text not in str(ServicePrincipalSecret.objects.values().get())
    assert made.text not in str(list(ActivityEntry.objects.values()))
    ask(client, pipeline, made.text)
    assert ServicePrincipalSecret.objects.get().last_used_at is not None


def test_every_sign_in_of_a_program_is_in_the_log_whatever_it_calls_itself(
    client: Client, pipeline: ServicePrincipal
) -> None:
    secret = service_principals.add_secret(pipeline, "ci", 30, None).text
    ask(client, pipeline, secret)
    assert ask(client, pipeline, secret, client_id="no\x00body").status_code == 401
    failed, signed_in = ActivityEntry.objects.filter(
        operation="Microsoft.PolicyPortal/signIn/action"
    )
    assert (signed_in.caller_kind, signed_in.outcome) == ("ServicePrincipal", "Succeeded")
    assert (failed.caller, failed.outcome) == ("nobody", "Failed")
    assert secret not in str(list(ActivityEntry.objects.values()))


def test_nobody_gets_by_a_secret_what_they_could_not_give(
    pipeline: ServicePrincipal, rg_demo: Scope
) -> None:
    bob = User.objects.create_user("bob")
    grant(bob, roles.CONTRIBUTOR, root())
    service_principals.add_secret(pipeline, "of none", 30, bob)
    grant(pipeline.user, roles.OWNER, rg_demo)
    with pytest.raises(PolicyError, match="roleAssignments/write") as refusal:
        service_principals.add_secret(pipeline, "of an owner", 30, bob)
    assert refusal.value.status == 403
    grant(bob, roles.ACCESS_ADMINISTRATOR, rg_demo)
    assert service_principals.add_secret(pipeline, "of an owner", 30, bob).text


def test_each_role_that_ends_with_a_program_is_in_the_log_where_it_was(
    pipeline: ServicePrincipal, rg_demo: Scope
) -> None:
    given = grant(pipeline.user, roles.READER, rg_demo)
    service_principals.revoke(pipeline, None)
    entry = ActivityEntry.objects.get(resource_id=given.arm_id, operation__endswith="/delete")
    assert entry.path == rg_demo.path
    assert entry.before is not None
    assert entry.before["roleName"] == "Reader"


def test_who_may_not_make_secrets_does_not_learn_which_programs_there_are(
    client: Client, pipeline: ServicePrincipal
) -> None:
    client.force_login(User.objects.create_user("bob"))
    told = []
    for number in (pipeline.client_id, "00000000-0000-0000-0000-0000000000ff"):
        answer = client.post(f"/access/principals/{number}/secret", {"days": "30"})
        told.append((answer.status_code, answer.context["refusals"][0].message))
    assert told[0] == told[1]
    assert told[0][0] == 403


def test_the_credentials_may_come_as_basic(client: Client, pipeline: ServicePrincipal) -> None:
    secret = service_principals.add_secret(pipeline, "", 1, None).text
    pair = base64.b64encode(f"{pipeline.client_id}:{secret}".encode()).decode()
    form = {"grant_type": "client_credentials"}
    answer = client.post(TOKEN, form, headers={"Authorization": f"Basic {pair}"})
    assert answer.json()["access_token"]


def test_an_unknown_client_and_a_wrong_secret_get_the_same_answer(
    client: Client, pipeline: ServicePrincipal
) -> None:
    wrong = ask(client, pipeline, "ppsecret_wrong")
    unknown = ask(client, pipeline, "x", client_id="00000000-0000-0000-0000-0000000000ff")
    assert (wrong.status_code, wrong.content) == (401, unknown.content)
    assert wrong.json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"client_secret": ""}, "invalid_request"),
    ],
)
def test_a_request_that_is_none_is_told_so_in_oauths_words(
    client: Client, pipeline: ServicePrincipal, change: dict[str, str], error: str
) -> None:
    answer = ask(client, pipeline, "x", **change)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert client.get(TOKEN).status_code == 405
    assert client.post("/another-tenant/oauth2/v2.0/token").json()["error"] == "invalid_request"


def test_tokens_end_with_their_secret_and_with_the_program(
    client: Client, pipeline: ServicePrincipal
) -> None:
    first = service_principals.add_secret(pipeline, "", 1, None)
    other = service_principals.add_secret(pipeline, "", 1, None)
    tokens = [ask(client, pipeline, one.text).json()["access_token"] for one in (first, other)]
    assert [access.user_of_token(one) for one in tokens] == [pipeline.user, pipeline.user]
    service_principals.revoke_secret(pipeline, first.row.pk, None)
    assert [access.user_of_token(one) for one in tokens] == [None, pipeline.user]
    assert ask(client, pipeline, first.text).status_code == 401
    service_principals.revoke(pipeline, None)
    assert access.user_of_token(tokens[1]) is None
    assert ask(client, pipeline, other.text).status_code == 401


def test_a_secret_that_has_expired_is_no_good(client: Client, pipeline: ServicePrincipal) -> None:
    secret = service_principals.add_secret(pipeline, "", 1, None).text
    token = ask(client, pipeline, secret).json()["access_token"]
    ServicePrincipalSecret.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert ask(client, pipeline, secret).status_code == 401
    assert access.user_of_token(token) is None


def test_a_changed_token_stands_for_nobody(client: Client, pipeline: ServicePrincipal) -> None:
    secret = service_principals.add_secret(pipeline, "", 1, None).text
    token = ask(client, pipeline, secret).json()["access_token"]
    assert access.user_of_token(token[:-1] + ("a" if token[-1] != "a" else "b")) is None
    assert access.user_of_token(service_principals.TOKEN_PREFIX) is None


@pytest.mark.parametrize("days", [0, 731])
def test_a_secret_is_good_for_two_years_at_most(pipeline: ServicePrincipal, days: int) -> None:
    with pytest.raises(PolicyError, match="1 to 730 days"):
        service_principals.add_secret(pipeline, "", days, None)


def test_the_page_shows_a_secret_once(client: Client, alice: User) -> None:
    client.force_login(alice)
    there = client.post("/access/principals/new", {"display_name": "robot"})["Location"]
    shown = client.post(f"{there}/secret", {"label": "ci", "days": "30"}).content.decode()
    assert "ppsecret_" in shown
    secret = shown.split('<p class="secret-once"><code>')[1].split("<")[0]
    assert digest(secret) == ServicePrincipalSecret.objects.get().digest
    assert secret not in client.get(there).content.decode()
    again = client.post("/access/principals/new", {"display_name": "ROBOT"})
    assert again.status_code == 409
    assert "already" in again.content.decode()


def test_clients_find_the_token_endpoint_by_discovery(client: Client, db: None) -> None:
    found = client.get(f"/{estate.TENANT_ID}/v2.0/.well-known/openid-configuration").json()
    assert found["token_endpoint"].endswith(TOKEN)
