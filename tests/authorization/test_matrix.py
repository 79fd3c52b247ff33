"""Each role against each door and action: what is allowed, what is refused, what is not there.

And nothing is left out: what the addresses of the portal offer is held against what is asked here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.urls import URLPattern, get_resolver

from policy_app.models import Assignment, Cluster, Definition, RoleAssignment, RoleDefinition, Scope
from policy_app.services import assignments, authoring, definitions
from policy_app.services.authoring import Kind
from policy_app.services.authorization import roles
from policy_app.services.cluster import clock
from tests.arm.addresses import NO_PRIVILEGE
from tests.authorization import pages_door as pages
from tests.authorization import rest_door as rest
from tests.authorization.visiting import (
    HIDDEN,
    NO,
    YES,
    Estate,
    Right,
    Visitor,
    name_of,
    outcome,
)
from tests.granting import custom_role, grant
from tests.services.authoring.bodies import initiative, member, policy
from tests.services.test_drafts import draft

_OPEN = rest.OPEN | pages.OPEN
_SEEING = rest.SEEING | pages.SEEING | pages.BY_CLUSTER | pages.LOOKING_INTO | pages.CALLING
_ASSIGNING = rest.ASSIGNING | pages.ASSIGNING
_POLICY = _ASSIGNING | rest.POLICY | pages.POLICY | pages.WRITING_SOMEWHERE
_INSIGHT = rest.INSIGHT | pages.INSIGHT
_ACCESS = rest.ACCESS | pages.ACCESS | pages.ACCESS_SOMEWHERE
_CLUSTER = rest.CLUSTER | pages.CLUSTER | pages.MASTERING
_SUPERUSERS = pages.TENANT | pages.CONSOLE
OPERATIONS: Right = {
    **(_OPEN | rest.KNOWING | _SEEING | _POLICY | _INSIGHT | _ACCESS | _CLUSTER),
    **(rest.ROOT | _SUPERUSERS),
}
_UNSEEN = {
    *("pages: compliance of an assignment", "pages: compliance of a policy"),
    *("pages: compliance of a component", "pages: next apply of a component"),
    *("pages: progress of a scan", "pages: choose a cluster", "pages: see a denial"),
    *("pages: see an entry of the log", "pages: scan", "pages: cancel a scan"),
    *("pages: see a role", "pages: change a role", "pages: delete a role"),
    *pages.BY_CLUSTER,
}
"""Where who may not read is told the same as where there is nothing."""
_SOMEWHERE = pages.WRITING_SOMEWHERE | pages.ACCESS_SOMEWHERE

ALLOWED: dict[str, Right] = {
    "Reader": _SEEING,
    "Resource Policy Contributor": _SEEING | _POLICY | _INSIGHT,
    "Contributor": _SEEING | _CLUSTER | _INSIGHT,
    "User Access Administrator": _SEEING | _POLICY | _ACCESS,
    "Owner": _SEEING | _POLICY | _ACCESS | _CLUSTER | _INSIGHT,
    "a role that only assigns": _ASSIGNING,
    "a role that only calls clusters": pages.CALLING,
}
_BUILT_IN = {
    "Reader": roles.READER,
    "Resource Policy Contributor": roles.POLICY_CONTRIBUTOR,
    "Contributor": roles.CONTRIBUTOR,
    "User Access Administrator": roles.ACCESS_ADMINISTRATOR,
    "Owner": roles.OWNER,
}
_CUSTOM = {
    "a role that only assigns": "Microsoft.Authorization/policyAssignments/write",
    "a role that only calls clusters": (
        "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action"
    ),
}
_ELSEWHERE = {
    "nobody has to sign in": (
        *("browser.health.healthz", "browser.health.readyz", "browser.signin.sign_in"),
        *("browser.signin.redeem", "browser.signin.sign_out", "browser.oidc.start"),
        *("browser.oidc.callback", "arm.oauth.token", "arm.oauth.configuration"),
        *("arm.docs.Schema", "arm.docs.BrowsableDocs", "browser.metrics.metrics"),
        *(f"browser.documentation.views.{one}" for one in ("contents", "document", "image")),
    ),
    "only tests have it, whose own tests ask who may": (
        *("arm.control.Reset", "arm.control.Clock", "arm.control.Sync"),
    ),
    "there is nothing to be had": (
        *("arm.unserved.Unserved", "arm.policyinsights.metadata.PolicyMetadataResource"),
    ),
    "it leads on to another one": ("cluster.views.root",),
}
"""What the matrix does not ask, and why."""
_NOT_ASKED = {
    # What can be chosen there is what one may remediate; of nothing no role makes more.
    ("policy_app.browser.remediation.asking.new", "post"),
    # The address of every object of a cluster: RBAC decides, which has tests of its own.
    *(("policy_app.cluster.views.api", one) for one in ("put", "patch", "delete")),
}


@pytest.fixture
def definition(portal: None) -> Definition:
    """A policy with an effect, small enough to be installed at once."""
    return definitions.built_in(Definition.Kind.POLICY, NO_PRIVILEGE)


@pytest.fixture
def stored(aks_demo: Cluster, rg_demo: Scope, definition: Definition) -> Assignment:
    """An assignment of the portal itself, which the cluster has taken over."""
    told = {"name": "stored", "display_name": "Canary assignment", "parameters": {}}
    row = assignments.put(draft(rg_demo, definition, **told), None)[0]
    clock.catch_up(aks_demo)
    return row


@pytest.fixture
def given(rg_demo: Scope) -> RoleAssignment:
    """A role that somebody else has."""
    return grant(User.objects.create_user("canary-person"), roles.READER, rg_demo)


@pytest.fixture
def role(rg_demo: Scope) -> RoleDefinition:
    """A custom role that nobody has."""
    return custom_role("Canary role", rg_demo, "*/read")


@pytest.fixture
def estate(
    rg_demo: Scope,
    definition: Definition,
    stored: Assignment,
    given: RoleAssignment,
    role: RoleDefinition,
) -> Estate:
    """What is there, custom definitions at the subscription among it."""
    assert rg_demo.parent is not None
    titled = policy(displayName="Canary definition", metadata={"category": "Canary category"})
    own = authoring.put(rg_demo.parent, "own", titled, None)[0]
    body = initiative(member(own.arm_id), displayName="Canary initiative")
    own_set = authoring.put(rg_demo.parent, "own-set", body, None, Kind.INITIATIVE)[0]
    return Estate(rg_demo, stored, definition, own, own_set, given, role)


def tried(visitor: Visitor, operations: Right = OPERATIONS) -> dict[str, str]:
    """What every operation came to, each from the same beginning."""
    found = {}
    for name, operation in operations.items():
        with transaction.atomic():
            found[name] = outcome(operation(visitor))
            transaction.set_rollback(True)
    return found


def expected(allowed: Right, otherwise: str) -> dict[str, str]:
    """The row of the matrix; ``otherwise`` is what is said of a scope without the right."""
    found = dict.fromkeys(OPERATIONS, otherwise)
    if not rest.SEEING.keys() <= allowed.keys():
        found |= dict.fromkeys(_UNSEEN, HIDDEN)
    # Nobody here has a role at the management group, or at the root of the tenant.
    found |= dict.fromkeys(rest.ROOT, HIDDEN) | dict.fromkeys(_SUPERUSERS, NO)
    return found | dict.fromkeys([*_OPEN, *allowed], YES)


@pytest.mark.parametrize("role_name", ALLOWED)
def test_a_role_allows_this_at_every_door_and_nothing_more(estate: Estate, role_name: str) -> None:
    bob = User.objects.create_user("bob")
    where = estate.subscription
    one = _BUILT_IN.get(role_name) or custom_role(role_name, where, _CUSTOM[role_name])
    grant(bob, one, where)
    # What is open to who has no role here is open to all.
    guarded = {name: one for name, one in OPERATIONS.items() if name not in _OPEN}
    wanted = expected(ALLOWED[role_name] | rest.KNOWING, NO)
    assert tried(Visitor(bob, estate), guarded) == {name: wanted[name] for name in guarded}


def test_who_has_a_role_elsewhere_finds_nothing_here(estate: Estate, rg_staging: Scope) -> None:
    bob = User.objects.create_user("bob")
    grant(bob, roles.OWNER, rg_staging)
    visitor = Visitor(bob, estate)
    assert tried(visitor) == expected(_SOMEWHERE, HIDDEN)
    assert visitor.betrayed == set()


def test_a_superuser_may_do_all_that_any_address_offers(estate: Estate, alice: User) -> None:
    visitor = Visitor(alice, estate)
    assert set(tried(visitor).values()) == {YES}
    # The names are there to be betrayed.
    assert len(visitor.betrayed) > 30
    left_out = sorted(offered() - visitor.met - _NOT_ASKED)
    assert left_out == [], "the matrix asks nothing of these; see CONTRIBUTING.md"


def offered() -> set[tuple[str, str]]:
    """Every view that has an address, with each method that it answers."""
    elsewhere = {f"policy_app.{one}" for names in _ELSEWHERE.values() for one in names}
    return {
        (name, method)
        for view in _views(get_resolver().url_patterns)
        if (name := name_of(view)) not in elsewhere
        for method in _methods(view)
    }


def _views(patterns: list[Any]) -> Iterator[Callable[..., Any]]:
    for one in patterns:
        if isinstance(one, URLPattern):
            yield one.callback
        elif one.app_name != "admin":
            # Of the administration every page asks the same; test_console.py opens each.
            yield from _views(one.url_patterns)


def _methods(view: Any) -> Iterator[str]:
    served = getattr(view, "view_class", None)
    if served is not None:
        yield from served.verbs
        return
    methods = getattr(view, "methods", ("GET", "POST", "PUT", "PATCH", "DELETE"))
    yield from (one.lower() for one in methods if one != "HEAD")
