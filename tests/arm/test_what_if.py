"""What an assignment would break, asked through REST."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from policy_app.models import Assignment
from policy_app.services import access
from tests.arm.addresses import assignment, body
from tests.arm.conftest import Arm
from tests.services.cluster.inside import Api, pod

WHAT_IF = f"{assignment()}/whatIf"


@pytest.fixture
def pods(portal: None) -> None:
    """A Pod that is privileged, and one that is not."""
    api = Api()
    api.create(pod("good"))
    api.create(pod("bad", privileged=True))


def examined(arm: Arm, asked: Any = None, **query: str) -> dict[str, Any]:
    """The answer to a request that must succeed."""
    named = {f"${name}": value for name, value in query.items()}
    response = arm.send("POST", WHAT_IF, asked, named)
    assert response.status_code == 200, response.content
    found: dict[str, Any] = response.json()
    return found


def test_a_body_tells_what_a_put_of_it_would_refuse(pods: None, arm: Arm) -> None:
    told = examined(arm, body())
    assert told["summary"]["denied"] == {"objects": 1, "workloads": 1}
    (cluster,) = told["clusters"]
    (thing,) = cluster["objects"]
    assert (thing["name"], thing["outcome"]) == ("bad", "denied")
    assert thing["findings"][0]["path"] == "spec.containers[0].securityContext.privileged"
    assert not Assignment.objects.exists()


def test_without_a_body_the_stored_assignment_is_examined(pods: None, arm: Arm) -> None:
    arm.put(assignment(), body())
    assert examined(arm)["summary"]["denied"] == {"objects": 0, "workloads": 0}


def test_a_cut_list_says_of_how_many(pods: None, arm: Arm) -> None:
    Api().create(pod("worse", privileged=True))
    (cluster,) = examined(arm, body(), top="1")["clusters"]
    assert len(cluster["objects"]) == 1
    assert cluster["objectsTotal"] == 2


@pytest.mark.parametrize("top", ["0", "1001", "many"])
def test_a_top_that_is_no_number_is_refused(arm: Arm, top: str) -> None:
    refused = arm.error("POST", WHAT_IF, body(), {"$top": top})
    assert (refused["status"], refused["target"]) == (400, "$top")


def test_what_a_put_would_refuse_is_refused_here_too(arm: Arm) -> None:
    wrong = body()
    wrong["properties"]["parameters"]["effect"]["value"] = "Forbid"
    refused = arm.error("POST", WHAT_IF, wrong)
    assert (refused["status"], refused["code"]) == (400, "PolicyParameterValueNotAllowed")


def test_an_assignment_that_is_not_there_has_no_impact(arm: Arm) -> None:
    assert arm.error("POST", WHAT_IF)["code"] == "PolicyAssignmentNotFound"


def test_who_may_know_nothing_is_told_nothing(
    pods: None, arm: Arm, django_user_model: type[User]
) -> None:
    stranger = Arm(access.new_token(django_user_model.objects.create_user("stranger")))
    assert stranger.error("POST", WHAT_IF, body())["status"] in (403, 404)
