"""What nobody learns who has no role for it: names, contents, and whether there is anything."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.test import Client

from policy_app.models import Assignment, Cluster, Definition, KubeObject, Scope
from policy_app.services import assignments, definitions
from policy_app.services.authorization import roles
from policy_app.services.cluster import clock
from tests.arm.addresses import NO_PRIVILEGE
from tests.compliance_rows import policy_row
from tests.granting import grant, root
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
