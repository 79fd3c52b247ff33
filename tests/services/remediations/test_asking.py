"""What may be asked for, in Azure's codes, and what may be done with it later."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from policy_app.models import ActivityEntry, Cluster, Definition, Remediation, Scope
from policy_app.services import authorization, remediations
from policy_app.services.authorization import roles
from policy_app.services.errors import PolicyError
from tests.granting import custom_role, grant
from tests.services.compliance.worlds import assign as assign_with
from tests.services.remediations.worlds import ask, assign, body, policy

INVALID = "InvalidCreateRemediationRequest"


def refused(scope: Scope, given: Any, by: User | None = None, name: str = "fix") -> tuple[str, str]:
    """Code and field of a refusal."""
    with pytest.raises(PolicyError) as caught:
        remediations.put(scope, name, given, by)
    assert not Remediation.objects.exists()
    return caught.value.code, caught.value.target


@pytest.mark.parametrize(
    ("properties", "target"),
    [
        ({"resourceCount": 0}, "properties.resourceCount"),
        ({"resourceCount": 50_001}, "properties.resourceCount"),
        ({"resourceCount": True}, "properties.resourceCount"),
        ({"parallelDeployments": 31}, "properties.parallelDeployments"),
        ({"failureThreshold": {"percentage": 1.5}}, "properties.failureThreshold.percentage"),
        ({"resourceDiscoveryMode": "Guess"}, "properties.resourceDiscoveryMode"),
        ({"filters": {"resourceIds": []}}, "properties.filters.resourceIds"),
        ({"filters": {"locations": "here"}}, "properties.filters.locations"),
        ({"policyAssignmentId": ""}, "properties.policyAssignmentId"),
    ],
)
def test_what_is_not_shaped_right_is_named(
    rg_demo: Scope, properties: dict[str, Any], target: str
) -> None:
    given = body(assign(rg_demo, policy()), **properties)
    assert refused(rg_demo, given) == ("InvalidRequestContent", target)


def test_only_a_policy_that_changes_objects_can_be_remediated(
    rg_demo: Scope, baseline: Definition
) -> None:
    one = assign_with(rg_demo, policy("95edb821-ddaf-4404-9732-666045e056b4"), "judge")
    assert refused(rg_demo, body(one)) == (INVALID, "properties.policyAssignmentId")
    switched_off = assign(rg_demo, policy(), parameters={"effect": "Disabled"})
    assert refused(rg_demo, body(switched_off)) == (INVALID, "properties.policyAssignmentId")


def test_of_an_initiative_one_policy_is_named(rg_demo: Scope, aks_demo: Cluster) -> None:
    initiatives = Definition.objects.filter(kind=Definition.Kind.INITIATIVE)
    safeguards = initiatives.get(display_name__icontains="safeguards")
    required = ("allowedUsers", "allowedGroups", "labels", "reservedTaints")
    given: dict[str, Any] = {name: ["one"] for name in required}
    given |= {"allowedContainerImagesRegex": ".*", "effectForMutationPolicies": "Mutate"}
    one = assign(rg_demo, safeguards, parameters=given)
    where = "properties.policyDefinitionReferenceId"
    assert refused(rg_demo, body(one)) == (INVALID, where)
    assert refused(rg_demo, body(one, policyDefinitionReferenceId="no")) == (INVALID, where)
    row = ask(one, policyDefinitionReferenceId="MUTATEReservedSystemPoolTaints")
    assert row.state == Remediation.State.ACCEPTED


def test_its_scope_is_at_or_below_that_of_the_assignment(
    rg_demo: Scope, rg_staging: Scope, aks_demo: Cluster
) -> None:
    one = assign(rg_demo, policy())
    assert refused(rg_staging, body(one)) == (INVALID, "properties.policyAssignmentId")
    assert ask(one, aks_demo.scope).scope == aks_demo.scope


def test_evaluating_anew_is_for_subscriptions_and_below_and_for_all_resources(
    rg_demo: Scope,
) -> None:
    anew = {"resourceDiscoveryMode": "ReEvaluateCompliance"}
    group = Scope.objects.get(name="mg-demo")
    given = body(assign(group, policy()), **anew)
    assert refused(group, given) == (INVALID, "properties.resourceDiscoveryMode")
    chosen = body(assign(rg_demo, policy()), **anew, filters={"resourceIds": ["/x"]})
    assert refused(rg_demo, chosen) == (INVALID, "properties.filters.resourceIds")


def test_one_is_under_way_at_a_time_and_it_is_not_changed_meanwhile(rg_demo: Scope) -> None:
    one = assign(rg_demo, policy())
    ask(one)
    with pytest.raises(PolicyError, match="'fix' is already running") as caught:
        remediations.put(rg_demo, "second", body(one), None)
    assert caught.value.code == INVALID
    with pytest.raises(PolicyError) as caught:
        remediations.put(rg_demo, "FIX", body(one), None)
    assert caught.value.code == "InvalidUpdateRemediationRequest"
    with pytest.raises(PolicyError) as caught:
        remediations.delete(remediations.get(rg_demo, "fix"), None)
    assert caught.value.code == "InvalidDeleteRemediationRequest"
    remediations.cancel(rg_demo, "fix", None)
    with pytest.raises(PolicyError) as caught:
        remediations.cancel(rg_demo, "fix", None)
    assert caught.value.code == "InvalidCancelRemediationRequest"
    assert ask(one).state == Remediation.State.ACCEPTED, "one that is over begins anew"


def test_one_that_somebody_else_just_deleted_is_deleted_once(rg_demo: Scope) -> None:
    row = ask(assign(rg_demo, policy()))
    remediations.cancel(rg_demo, "fix", None)
    for _ in range(2):
        remediations.delete(row, None)
    told = ActivityEntry.objects.filter(operation__endswith="/remediations/delete")
    assert told.count() == 1


def test_who_may_ask_may_not_learn_of_assignments_elsewhere(
    rg_demo: Scope, rg_staging: Scope
) -> None:
    one = assign(rg_demo, policy())
    bob = User.objects.create_user("bob")
    grant(bob, roles.POLICY_CONTRIBUTOR, rg_staging)
    target = "properties.policyAssignmentId"
    assert refused(rg_staging, body(one), bob) == ("PolicyAssignmentNotFound", target)
    assert refused(rg_demo, body(one), bob) == ("ResourceGroupNotFound", "scope")


def test_each_right_is_a_right_of_its_own(rg_demo: Scope) -> None:
    one = assign(rg_demo, policy())
    bob = User.objects.create_user("bob")
    writer = custom_role("asks", rg_demo, "Microsoft.PolicyInsights/remediations/write")
    grant(bob, writer, rg_demo)
    remediations.put(rg_demo, "fix", body(one), bob)
    with pytest.raises(authorization.Forbidden):
        remediations.cancel(rg_demo, "fix", bob)
    remediations.cancel(rg_demo, "fix", None)
    with pytest.raises(authorization.Forbidden):
        remediations.delete(remediations.get(rg_demo, "fix"), bob)
    remediations.delete(remediations.get(rg_demo, "fix"), None)
    told = ActivityEntry.objects.filter(resource_id__endswith="/remediations/fix").order_by("pk")
    done = [one.operation.rpartition("remediations/")[2] for one in told]
    assert done == ["write", "cancel/action", "delete"]
