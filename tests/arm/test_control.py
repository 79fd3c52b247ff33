"""The control API: a suite empties the portal, pushes its clock, and has done what is due."""

from __future__ import annotations

import json
import signal
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from policy_app import wall_clock
from policy_app.models import (
    ActivityEntry,
    Assignment,
    Cluster,
    Definition,
    Exemption,
    KubeObject,
    PolicyState,
    RoleAssignment,
    RoleDefinition,
    Scan,
    Scope,
    ServicePrincipal,
)
from policy_app.services import access, assignments, estate, scopes, service_principals
from policy_app.services.authorization import roles
from policy_app.services.cluster import addon
from tests.arm.addresses import (
    BASELINE_ID,
    CLUSTER,
    RESOURCE_GROUP,
    assignment,
    body,
    definitions,
)
from tests.arm.conftest import Arm
from tests.cli.processes import portal as serving
from tests.cli.processes import run
from tests.estate_fixtures import SUBSCRIPTION
from tests.granting import custom_role, grant, root
from tests.services.authoring.bodies import policy
from tests.services.authoring.test_two_writers import at_once

RESET, CLOCK, SYNC = "/_portal/reset", "/_portal/clock", "/_portal/sync"
CALLS = [("POST", RESET), ("GET", CLOCK), ("POST", CLOCK), ("POST", SYNC)]


@pytest.fixture
def control(settings: Settings) -> None:
    """As ``serve --control`` starts the portal."""
    settings.CONTROL = True


def ask(arm: Arm, method: str, path: str, options: Any = None) -> Any:
    """What is answered; control has no api-version."""
    answer = arm.send(method, path, options, query={"api-version": ""})
    assert answer.status_code == 200, answer.content
    return answer.json()


def refused(arm: Arm, method: str, path: str, options: Any = None) -> dict[str, Any]:
    """The error of a call that must fail."""
    return arm.error(method, path, options, query={"api-version": ""})


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_without_control_nothing_is_there_whoever_asks(arm: Arm, method: str, path: str) -> None:
    assert refused(arm, method, path)["status"] == 404
    assert Client().generic(method, path).status_code == 404


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_only_an_owner_of_the_root_may_call(
    control: None, arm: Arm, method: str, path: str
) -> None:
    assert Client().generic(method, path).status_code == 401
    bob = User.objects.create_user("bob")
    grant(bob, roles.OWNER, scopes.get(SUBSCRIPTION))
    error = refused(Arm(access.new_token(bob, "tests")), method, path)
    assert (error["status"], error["code"]) == (403, "AuthorizationFailed")
    grant(bob, roles.OWNER, root())
    assert ask(Arm(access.new_token(bob, "tests")), "GET", CLOCK)["aheadSeconds"] == 0


def test_no_other_machine_may_call_behind_a_proxy_either(
    control: None, arm: Arm, settings: Settings
) -> None:
    for address, status in [("192.0.2.7", 403), ("::1", 200), ("::ffff:127.0.0.1", 200)]:
        assert arm.client.get(CLOCK, REMOTE_ADDR=address).status_code == status
    settings.PROXIES = 1
    forwarded = arm.client.get(CLOCK, headers={"X-Forwarded-For": "192.0.2.7"})
    assert forwarded.status_code == 403
    assert forwarded.json()["error"]["code"] == "ControlNotAllowed"


@pytest.mark.parametrize(
    ("path", "options", "target"),
    [
        (RESET, {"estate": "small"}, "estate"),
        (RESET, {"estate": ["demo"]}, "estate"),
        (RESET, {"state": "demo"}, "state"),
        (CLOCK, {}, "now"),
        (CLOCK, {"now": "2099-01-01T00:00:00Z", "advance": "PT1M"}, "now"),
        (CLOCK, {"now": "2099-01-01"}, "now"),
        (CLOCK, {"now": "2099-02-30T00:00:00Z"}, "now"),
        (CLOCK, {"now": "2001-01-01T00:00:00Z"}, "now"),
        (CLOCK, {"now": "9999-12-31T23:59:59-14:00"}, "now"),
        (CLOCK, {"advance": "soon"}, "advance"),
        (CLOCK, {"advance": 60}, "advance"),
        (CLOCK, {"advance": "-PT1M"}, "advance"),
        (CLOCK, {"advance": "P99999999D"}, "advance"),
        (SYNC, {"all": True}, "all"),
    ],
)
def test_a_wrong_option_is_refused_by_its_name_and_nothing_moves(
    control: None, arm: Arm, path: str, options: Any, target: str
) -> None:
    error = refused(arm, "POST", path, options)
    assert (error["status"], error["target"]) == (400, target)
    assert wall_clock.ahead() == timedelta()
    assert Cluster.objects.exists()


@pytest.mark.parametrize("sent", [b"[1]", b"[]", b'"demo"', b"{", b"1", b"null"])
def test_a_body_that_is_no_object_is_refused(control: None, arm: Arm, sent: bytes) -> None:
    assert refused(arm, "POST", RESET, sent)["code"] == "InvalidRequestContent"


def test_a_session_needs_the_token_that_pages_carry(control: None, arm: Arm, alice: User) -> None:
    pages = Client(enforce_csrf_checks=True)
    pages.force_login(alice)
    assert pages.post(RESET, {}, content_type="application/json").status_code == 403
    assert Cluster.objects.exists()


def fill(arm: Arm, by: User) -> None:
    """Something of everything that a reset takes away."""
    own = definitions(SUBSCRIPTION, "own")
    arm.put(own, policy())
    arm.put(assignment(), body())
    exempt = assignment().replace("policyAssignments", "policyExemptions")
    category = {"policyAssignmentId": assignment(), "exemptionCategory": "Waiver"}
    arm.put(exempt, {"properties": category})
    bob = User.objects.create_user("bob")
    grant(bob, roles.OWNER, scopes.get(RESOURCE_GROUP))
    grant(bob, roles.READER, root())
    custom_role("Looker", scopes.get(SUBSCRIPTION), "*/read")
    service_principals.create("ci", "", by)


def test_a_reset_makes_the_demo_estate_anew_and_keeps_who_signs_in(
    control: None, arm: Arm, alice: User
) -> None:
    fill(arm, alice)
    ask(arm, "POST", CLOCK, {"advance": "P1D"})
    before = set(Scope.objects.exclude(parent=None).values_list("pk", flat=True))
    told = ask(arm, "POST", RESET)
    assert told["scopes"] == [row.arm_id for row in estate.demo_scopes()]
    assert CLUSTER in told["scopes"]
    assert not before & set(Scope.objects.values_list("pk", flat=True))
    for model in (Assignment, Exemption):
        assert not model.objects.exists()
        assert not model.history.exists()
    assert not Definition.objects.exclude(scope=None).exists()
    assert not Definition.history.filter(name="own").exists()
    assert not RoleDefinition.objects.filter(is_built_in=False).exists()
    assert [str(one.role) for one in RoleAssignment.objects.all()] == ["Reader"]
    assert User.objects.filter(username="bob").exists()
    assert ServicePrincipal.objects.exists()
    assert wall_clock.ahead() == timedelta()
    newest = KubeObject.objects.order_by("-pk")[0].body["metadata"]["creationTimestamp"]
    assert datetime.fromisoformat(newest) < timezone.now() + timedelta(minutes=1)
    entry = ActivityEntry.objects.latest("pk")
    assert (entry.caller, entry.after) == ("alice", {"estate": "demo"})
    # And it works: the same name can be assigned again.
    arm.put(assignment(), body())


def test_a_reset_to_nothing_leaves_no_scope_and_the_demo_can_come_back(
    control: None, arm: Arm, alice: User
) -> None:
    fill(arm, alice)
    assert ask(arm, "POST", RESET, {"estate": "none"}) == {"estate": "none", "scopes": []}
    assert not Scope.objects.exists()
    assert not KubeObject.objects.exists()
    assert arm.get("/providers/Microsoft.Management/managementGroups")["value"] == []
    assert ask(arm, "POST", RESET)["scopes"]
    assert Cluster.objects.count() == 2


def test_a_reset_that_fails_leaves_everything_as_it_was(
    control: None, arm: Arm, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(arm, alice)
    ask(arm, "POST", CLOCK, {"advance": "P1D"})
    ahead = wall_clock.ahead()

    def fail() -> None:
        raise RuntimeError("half-way")

    monkeypatch.setattr(estate, "make_demo", fail)
    assert refused(arm, "POST", RESET)["code"] == "InternalServerError"
    assert Assignment.objects.exists()
    assert Cluster.objects.count() == 2
    assert wall_clock.ahead() == ahead


def test_the_clock_goes_ahead_by_a_duration_or_to_a_moment(control: None, arm: Arm) -> None:
    assert ask(arm, "GET", CLOCK)["aheadSeconds"] == 0
    assert ask(arm, "POST", CLOCK, {"advance": "PT15M"})["aheadSeconds"] == 900
    told = ask(arm, "POST", CLOCK, {"now": "2099-01-01T01:00:00+01:00"})
    assert told["now"].startswith("2099-01-01T00:00:0")
    assert ask(arm, "GET", CLOCK)["now"] >= told["now"]
    error = refused(arm, "POST", CLOCK, {"now": "2098-12-31T00:00:00Z"})
    assert error["code"] == "ClockCannotMove"


def test_exemptions_end_and_things_are_dated_by_the_clock(control: None, arm: Arm) -> None:
    arm.put(assignment(), body())
    path = assignment().replace("policyAssignments", "policyExemptions")
    expires = (timezone.now() + timedelta(days=30)).isoformat().replace("+00:00", "Z")
    properties = {
        "policyAssignmentId": assignment(),
        "exemptionCategory": "Waiver",
        "expiresOn": expires,
    }
    arm.put(path, {"properties": properties})
    live = {"filter": "excludeExpired()"}
    exemptions = path.rpartition("/")[0]
    assert arm.names(exemptions, **live)
    ask(arm, "POST", CLOCK, {"advance": "P31D"})
    assert arm.names(exemptions, **live) == []
    later = arm.put(assignment(name="later"), body())
    month = f"{timezone.now() + timedelta(days=31):%Y-%m-%dT%H}"
    assert later["properties"]["metadata"]["createdOn"] >= month
    assert later["systemData"]["createdAt"] >= month
    assert Assignment.history.latest("history_id").history_date > timezone.now()


def test_the_add_on_waits_for_its_cycle_and_the_clock_brings_it(
    control: None, arm: Arm, aks_demo: Cluster
) -> None:
    addon.catch_up(aks_demo)
    addon.set_timing(aks_demo, addon.Timing.AZURE)
    arm.put(assignment(), body())
    constraints = KubeObject.objects.filter(cluster=aks_demo, group="constraints.gatekeeper.sh")
    addon.catch_up(aks_demo)
    assert not constraints.exists()
    ask(arm, "POST", CLOCK, {"advance": "PT15M1S"})
    addon.catch_up(aks_demo)
    assert constraints.exists()


def test_tokens_and_sessions_do_not_end_with_the_clock(
    control: None, arm: Arm, alice: User
) -> None:
    pages = Client()
    pages.force_login(alice)
    link = access.new_link(alice)
    ask(arm, "POST", CLOCK, {"advance": "P400D"})
    ask(arm, "GET", CLOCK)
    assert pages.get("/").status_code == 200
    assert Client().get(f"/sign-in/{link}").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_sync_does_now_what_would_come_round(control: None, arm: Arm, aks_demo: Cluster) -> None:
    addon.set_timing(aks_demo, addon.Timing.AZURE)
    arm.put(assignment(), {"properties": {"policyDefinitionId": BASELINE_ID}})
    told = ask(arm, "POST", SYNC)
    assert CLUSTER in told["addons"]
    assert {"schedule", "recover", "sweep", "retention"} <= set(told["duties"])
    scans = {one["cluster"]: one for one in told["scans"]}
    assert {one["state"] for one in scans.values()} == {"done"}
    assert scans[CLUSTER]["objects"] > 0
    assert PolicyState.objects.filter(cluster=aks_demo, active=True).exists()
    assert not Scan.objects.filter(state__in=Scan.OPEN).exists()
    row = assignments.everywhere().get()
    assert [one.assignment for one in addon.timeline(aks_demo)] == [row]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_push_the_clock_neither_push_is_lost(
    control: None, arm: Arm, token: str
) -> None:
    push = partial(Arm(token).send, "POST", CLOCK, {"advance": "PT1H"}, query={"api-version": ""})
    answers = at_once(push, push, push)
    assert [one.status_code for one in answers] == [200] * 3
    assert ask(arm, "GET", CLOCK)["aheadSeconds"] == 3 * 3600


@pytest.mark.own_data
def test_a_reset_that_is_killed_half_way_leaves_the_clock_and_the_data_as_they_were(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    settings = {"POLICY_PORTAL_CONTROL": "1", "POLICY_PORTAL_DATA": str(data)}
    with serving(data, control=True) as server:
        made = run("token", "--user", "admin", "--data", str(data))
        token = {"Authorization": f"Bearer {made.stdout.strip()}"}
        assert server.post(CLOCK, {"advance": "P2D"}, **token).status == 200

    def state() -> list[str]:
        told = run("manage", "shell", "--no-imports", "-c", _LOOK, settings=settings)
        assert told.returncode == 0, told.stderr
        return told.stdout.split()

    before = state()
    assert before[0] == "172800.0"
    killed = run("manage", "shell", "--no-imports", "-c", _RESET_AND_DIE, settings=settings)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert "emptied" in killed.stdout, "it had begun"
    assert state() == before


_LOOK = """
from policy_app import wall_clock
from policy_app.models import Scope
print(wall_clock.ahead().total_seconds(), *Scope.objects.values_list("pk", flat=True))
"""
_RESET_AND_DIE = """
import os, signal
from policy_app.models import Scope
from policy_app.services import control, estate
def die():
    print("emptied" if Scope.objects.count() < 2 else "full", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
estate.make_demo = die
control.reset(control.Estate.DEMO, None)
"""


@pytest.mark.own_data
def test_a_server_that_was_started_with_control_and_its_worker_share_the_clock(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    with serving(data, control=True, workers=1) as server:
        made = run("token", "--user", "admin", "--data", str(data))
        token = f"Bearer {made.stdout.strip()}"
        assert server.get(CLOCK).status == 401

        def post(path: str, options: Any = None) -> Any:
            answer = server.post(path, options, Authorization=token)
            assert answer.status == 200, answer.text
            return answer.json()

        assert post(RESET)["estate"] == "demo"
        assert post(CLOCK, {"advance": "P2D"})["aheadSeconds"] == 172_800
        now = json.loads(server.get(CLOCK, Authorization=token).text)["now"]
        assert datetime.fromisoformat(now) > timezone.now() + timedelta(days=1)
        told = post(SYNC)
        assert {one["state"] for one in told["scans"]} == {"done"}
