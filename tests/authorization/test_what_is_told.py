"""What nobody learns who has no role for it: names, contents, and whether there is anything."""

from __future__ import annotations

import uuid

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.test import Client

from policy_app.evaluation.gatekeeper.mutation import Change
from policy_app.evaluation.gatekeeper.mutation.mutator import MutatorId
from policy_app.models import Assignment, Cluster, Definition, KubeObject, Scope
from policy_app.services import access, activity, assignments, authoring, definitions
from policy_app.services.authorization import actions, roles
from policy_app.services.cluster import clock
from policy_app.services.compliance import records, why
from policy_app.services.errors import PolicyError
from policy_app.services.whatif.examining import as_shown
from tests.arm.addresses import NO_PRIVILEGE
from tests.arm.conftest import Arm
from tests.compliance_rows import component_row, fault_row, policy_row
from tests.granting import custom_role, grant, root
from tests.services.cluster.inside import Api, pod
from tests.services.test_drafts import draft

PROVIDER = "providers/Microsoft.Authorization"


@pytest.fixture
def policy(portal: None) -> Definition:
    """A built-in policy."""
    return definitions.built_in(Definition.Kind.POLICY, NO_PRIVILEGE)


@pytest.fixture
def bob(rg_staging: Scope) -> User:
    """A reader of one resource group, who knows of nothing beside it."""
    user = User.objects.create_user("bob")
    grant(user, roles.READER, rg_staging)
    return user


def assigned(scope: Scope, policy: Definition, title: str) -> Assignment:
    """An assignment with a title of its own."""
    given = draft(scope, policy, name="hidden", display_name=title, parameters={})
    return assignments.put(given, None)[0]


def page(user: User, path: str, **query: str) -> str:
    """What a page says to a person, whatever its status."""
    client = Client()
    client.force_login(user)
    main = BeautifulSoup(client.get(path, query).content, "html.parser").main
    assert main is not None
    return main.get_text(" ", strip=True)


def test_the_compliance_of_an_assignment_elsewhere_is_that_of_none(
    bob: User, rg_demo: Scope, policy: Definition
) -> None:
    hidden = assigned(rg_demo, policy, "Top secret")
    asked = page(bob, "/policy/compliance/assignment", id=hidden.arm_id)
    unknown = hidden.arm_id.replace("/hidden", "/nothing")
    nothing = page(bob, "/policy/compliance/assignment", id=unknown)
    assert asked.replace("/hidden", "/nothing") == nothing
    assert "Top secret" not in asked


def test_an_id_that_somebody_put_on_a_constraint_tells_nothing_of_an_assignment_elsewhere(
    bob: User, rg_demo: Scope, rg_staging: Scope, policy: Definition
) -> None:
    hidden = assigned(rg_demo, policy, "Top secret")
    cluster = Cluster.objects.get(scope__parent=rg_staging)
    assigned(root(), policy, "From above")
    clock.catch_up(cluster)
    row = KubeObject.objects.get(cluster=cluster, group="constraints.gatekeeper.sh")
    assert "From above" in page(bob, f"/clusters/{cluster}", tab="policies")
    row.body["metadata"]["annotations"]["azure-policy-assignment-id"] = hidden.arm_id
    row.save()
    shown = page(bob, f"/clusters/{cluster}", tab="policies")
    assert "Top secret" not in shown
    assert "hidden (deleted, or not shown to you)" in shown
    policy_row(cluster, 1, assignment_arm_id=hidden.arm_id)
    listed = page(bob, "/policy/compliance")
    assert "hidden (deleted, or not shown to you)" in listed
    assert "Top secret" not in listed


def test_what_decides_from_above_is_named_and_its_scope_is_not(
    bob: User, rg_staging: Scope, policy: Definition
) -> None:
    above = assigned(root(), policy, "From above")
    policy_row(Cluster.objects.get(scope__parent=rg_staging), 1, assignment_arm_id=above.arm_id)
    listed = page(bob, "/policy/compliance")
    assert "From above" in listed
    assert "a scope above that is not shown to you" in listed
    assert root().display_name not in listed


def test_a_role_for_several_scopes_tells_each_reader_of_those_that_are_theirs(
    bob: User, rg_demo: Scope, rg_staging: Scope
) -> None:
    draft_of_both = roles.RoleDraft(
        "Both", actions=["*/read"], scopes=[rg_demo.arm_id, rg_staging.arm_id]
    )
    both, _ = roles.put(uuid.uuid4(), draft_of_both, None)
    grant(bob, roles.ACCESS_ADMINISTRATOR, rg_staging)
    arm = Arm(access.new_token(bob))
    address = f"{rg_staging.arm_id}/{PROVIDER}/roleDefinitions/{both.name}"
    shown = arm.get(address)
    assert shown["properties"]["assignableScopes"] == [rg_staging.arm_id]
    for method, body in (("PUT", {"properties": shown["properties"]}), ("DELETE", None)):
        refused = arm.error(method, address, body)
        assert (refused["status"], refused["code"]) == (403, "AuthorizationFailed")
        assert "rg-demo" not in str(refused)
    logged = [(one.before, one.after) for one in activity.entries(bob)]
    assert rg_staging.arm_id in str(logged)
    assert rg_demo.arm_id not in str(logged)
    assert "rg-demo" not in page(bob, f"/access/roles/{both.name}")


def test_nobody_takes_over_a_role_whose_scopes_are_gone(bob: User, rg_staging: Scope) -> None:
    lost = custom_role("Lost", rg_staging, "*/read")
    lost.assignable_scopes.clear()
    grant(bob, roles.OWNER, rg_staging)
    taken = roles.RoleDraft("Mine", actions=["*"], scopes=[rg_staging.arm_id])
    with pytest.raises(PolicyError) as refusal:
        roles.put(lost.name, taken, bob)
    assert refusal.value.status == 403
    assert not roles.may_change(bob, lost)


def custom(scope: Scope, category: str = "Kubernetes") -> Definition:
    """A custom policy with a parameter that can be taken away."""
    rule = {"if": {"field": "type", "equals": "x"}, "then": {"effect": "[parameters('effect')]"}}
    effect = {"type": "String", "allowedValues": ["audit", "deny"], "defaultValue": "audit"}
    properties = {
        "displayName": "Own",
        "mode": "All",
        "metadata": {"category": category},
        "parameters": {"effect": effect},
        "policyRule": rule,
    }
    return authoring.put(scope, "own", {"properties": properties}, None)[0]


def test_a_category_of_a_definition_elsewhere_is_no_choice(bob: User, rg_demo: Scope) -> None:
    assert rg_demo.parent is not None
    custom(rg_demo.parent, "Project Merger")
    assert "Project Merger" not in page(bob, "/policy/definitions")
    grant(bob, roles.READER, rg_demo.parent)
    assert "Project Merger" in page(bob, "/policy/definitions")


def test_what_uses_a_definition_is_not_named_to_who_may_not_read_it(
    portal: None, rg_demo: Scope
) -> None:
    assert rg_demo.parent is not None
    own = custom(rg_demo.parent)
    given = draft(rg_demo, own, name="merger", parameters={"effect": "deny"})
    assignments.put(given, None)
    carol = User.objects.create_user("carol")
    author = custom_role("Author", rg_demo.parent, "Microsoft.Authorization/policyDefinitions/*")
    grant(carol, author, rg_demo.parent)
    body = definitions.version(own).body
    effect = {"type": "String", "allowedValues": ["audit"], "defaultValue": "audit"}
    for told, by in (("merger", None), ("a policy assignment that is not shown to you", carol)):
        with pytest.raises(PolicyError) as refusal:
            authoring.delete(own, by)
        assert told in refusal.value.message
        changed = {"properties": {**body, "parameters": {"effect": effect}}}
        with pytest.raises(PolicyError) as refusal:
            authoring.put(rg_demo.parent, "own", changed, by)
        assert told in refusal.value.message
        assert by is None or "deny" not in refusal.value.message


def test_what_if_lists_the_objects_of_clusters_that_the_caller_may_look_into(
    rg_demo: Scope, policy: Definition
) -> None:
    Api().create(pod("bad", privileged=True))
    body = {"properties": {"policyDefinitionId": policy.arm_id}}
    body["properties"]["parameters"] = {"effect": {"value": "Deny"}}  # type: ignore[assignment]
    address = f"{rg_demo.arm_id}/{PROVIDER}/policyAssignments/new/whatIf"
    for patterns, shown, hidden in (((actions.ASSIGN,), [], 1), ((actions.ASSIGN, "*/read"), 1, 0)):
        user = User.objects.create_user(f"user{hidden}")
        grant(user, custom_role(f"Role {hidden}", rg_demo, *patterns), rg_demo)
        told = Arm(access.new_token(user)).send("POST", address, body).json()
        assert told["clustersNotShown"] == hidden
        assert len(told["clusters"]) == (shown or 0)
        assert ("privileged" in str(told).lower()) is bool(shown)
        form = {"scope": rg_demo.arm_id, "name": "new", "current": "impact", "p.effect": "Deny"}
        client = Client()
        client.force_login(user)
        answer = client.post(f"/policy/assign?definition={policy.arm_id}", form).content.decode()
        assert ("that you may not look into" in answer) is bool(hidden)
        assert ("Pod bad" in answer) is bool(shown)


def test_what_becomes_of_a_secret_is_told_without_its_values() -> None:
    secret = {"kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "eA=="}}
    by = MutatorId("mutations.gatekeeper.sh", "Assign", "", "own")
    told = as_shown(secret, Change(by, 'data["a"]', "eA==", "eQ=="))
    assert (told.before, told.after) == ("(hidden)", "(hidden)")
    label = Change(by, "metadata.labels.team", None, "a")
    assert as_shown(secret, label) == label


def test_the_object_behind_a_verdict_is_for_who_may_look_into_its_cluster(
    bob: User, rg_staging: Scope
) -> None:
    cluster = Cluster.objects.get(scope__parent=rg_staging)
    Api(str(cluster)).create(pod("bad", privileged=True))
    policy = policy_row(cluster, 1)
    thing = KubeObject.objects.get(cluster=cluster, name="bad", plural="pods")
    row = component_row(cluster, "bad", [policy], uid=thing.uid)
    fault_row(row, policy)
    carol = User.objects.create_user("carol")
    grant(carol, custom_role("Auditor", rg_staging, "Microsoft.PolicyInsights/*/read"), rg_staging)
    for user, shown in ((bob, True), (carol, False)):
        told = why.explain(row, records.faults_of(row), user)
        assert bool(told.text) is shown
        text = page(user, f"/policy/compliance/components/{cluster}/{thing.uid}")
        assert ("The object itself is not shown to you" in text) is not shown
        assert ("View the object" in text) is shown


def test_what_others_may_in_a_cluster_is_told_to_who_may_ask_that(
    bob: User, rg_staging: Scope
) -> None:
    cluster = Cluster.objects.get(scope__parent=rg_staging)
    spec = {"user": "alice", "resourceAttributes": {"verb": "get", "resource": "secrets"}}
    caller = Client(headers={"Authorization": f"Bearer {access.new_token(bob)}"})

    def asked(resource: str) -> int:
        address = f"/clusters/{cluster}/apis/authorization.k8s.io/v1/{resource}"
        answer = caller.post(address, {"spec": spec}, content_type="application/json")
        return int(answer.status_code)

    about_others = ("subjectaccessreviews", "namespaces/default/localsubjectaccessreviews")
    assert [asked(one) for one in about_others] == [403, 403]
    assert asked("selfsubjectaccessreviews") == 201
    grant(bob, roles.OWNER, rg_staging)
    assert [asked(one) for one in about_others] == [201, 201]


def test_states_name_no_group_above_and_tell_nothing_of_an_assignment_elsewhere(
    bob: User, rg_demo: Scope, rg_staging: Scope, policy: Definition
) -> None:
    given = draft(rg_demo, policy, name="hidden", parameters={"excludedImages": ["secret/image"]})
    hidden, _ = assignments.put(given, None)
    cluster = Cluster.objects.get(scope__parent=rg_staging)
    policy_row(cluster, 1, assignment_arm_id=hidden.arm_id)
    asked = f"{rg_staging.arm_id}/providers/Microsoft.PolicyInsights/policyStates/latest"
    arm = Arm(access.new_token(bob))
    (state,) = arm.send("POST", f"{asked}/queryResults").json()["value"]
    assert (state["managementGroupIds"], state["policyAssignmentParameters"]) == ("", "")
    by_name = {"$filter": "managementGroupIds eq 'mg-demo'"}
    assert arm.send("POST", f"{asked}/queryResults", None, by_name).json()["value"] == []
    grant(bob, roles.READER, root())
    (state,) = arm.send("POST", f"{asked}/queryResults").json()["value"]
    assert "mg-demo" in state["managementGroupIds"]
    assert "secret/image" not in state["policyAssignmentParameters"]
