"""Nobody gives by roles and bindings what they do not have, unless they may escalate or bind."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cluster.conftest import Api
from tests.cluster.test_accounts import token_of

pytestmark = pytest.mark.django_db

GROUP = "rbac.authorization.k8s.io"
RBAC = f"/apis/{GROUP}/v1/namespaces/shop"
MERGE = "application/merge-patch+json"
WRITE = ["create", "update", "patch", "get"]


def rule(resources: list[str], verbs: list[str], group: str = "", **more: Any) -> dict[str, Any]:
    """A rule of RBAC."""
    return {"apiGroups": [group], "resources": resources, "verbs": verbs, **more}


def role(name: str, *rules: dict[str, Any]) -> dict[str, Any]:
    """A role in the namespace shop."""
    return {"metadata": {"name": name}, "rules": list(rules)}


def binding(name: str, kind: str = "Role", given: str = "") -> dict[str, Any]:
    """That the account builder has a role."""
    return {
        "metadata": {"name": name},
        "roleRef": {"apiGroup": GROUP, "kind": kind, "name": given or name},
        "subjects": [{"kind": "ServiceAccount", "name": "builder", "namespace": "shop"}],
    }


def builder(api: Api, *more: dict[str, Any]) -> Api:
    """An account that writes roles and bindings, reads ConfigMaps, and has ``more``."""
    account = Api(token_of(api))
    own = (rule(["roles", "rolebindings"], WRITE, GROUP), rule(["configmaps"], ["get", "list"]))
    assert api("POST", f"{RBAC}/roles", role("builder", *own, *more)).code == 201
    assert api("POST", f"{RBAC}/rolebindings", binding("builder")).code == 201
    return account


def test_a_role_holds_no_more_than_its_writer(api: Api) -> None:
    account = builder(api)
    within = role("within", rule(["configmaps"], ["get"]))
    assert account("POST", f"{RBAC}/roles", within).code == 201
    wide = rule(["configmaps", "pods"], ["get", "delete"])
    refused = account("POST", f"{RBAC}/roles", role("wide", wide))
    assert refused.code == 403
    message = refused.body["message"]
    assert message.startswith(
        f'roles.{GROUP} "wide" is forbidden: user "system:serviceaccount:shop:builder"'
        ' (groups=["system:serviceaccounts"'
    )
    told, *missing = message.split("\n")
    assert told.endswith("is attempting to grant RBAC permissions not currently held:")
    assert missing == [
        '{APIGroups:[""], Resources:["configmaps"], Verbs:["delete"]}',
        '{APIGroups:[""], Resources:["pods"], Verbs:["get" "delete"]}',
    ]
    assert account("GET", f"{RBAC}/roles/wide").code == 404


@pytest.mark.parametrize(
    "wanted",
    [
        rule(["configmaps"], ["*"]),
        rule(["*"], ["get"]),
        rule(["configmaps"], ["get"], "*"),
        {"apiGroups": ["", "apps"], "resources": ["configmaps"], "verbs": ["get"]},
    ],
)
def test_all_is_more_than_some(api: Api, wanted: dict[str, Any]) -> None:
    assert builder(api)("POST", f"{RBAC}/roles", role("wide", wanted)).code == 403


def test_some_is_less_than_all(api: Api) -> None:
    account = builder(api, {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get"]})
    named = rule(["secrets"], ["get"], resourceNames=["own"])
    assert account("POST", f"{RBAC}/roles", role("less", named)).code == 201
    paths = {"nonResourceURLs": ["/metrics"], "verbs": ["get"]}
    refused = account("POST", f"/apis/{GROUP}/v1/clusterroles", role("paths", paths))
    assert refused.code == 403


def test_a_role_does_not_grow_by_a_change(api: Api) -> None:
    account = builder(api)
    change = {"rules": [rule(["secrets"], ["get"])]}
    refused = account("PATCH", f"{RBAC}/roles/builder", change, form=MERGE)
    assert (refused.code, "not currently held" in refused.body["message"]) == (403, True)
    assert account("GET", "/api/v1/namespaces/shop/secrets").code == 403


def test_a_binding_gives_no_more_than_its_writer_has(api: Api) -> None:
    account = builder(api)
    everything = binding("all", "ClusterRole", "cluster-admin")
    refused = account("POST", f"{RBAC}/rolebindings", everything)
    assert (refused.code, "not currently held" in refused.body["message"]) == (403, True)
    assert account("POST", f"{RBAC}/rolebindings", binding("same", given="builder")).code == 201
    missing = account("POST", f"{RBAC}/rolebindings", binding("none", "ClusterRole", "no-such"))
    assert (missing.code, missing.body["reason"]) == (404, "NotFound")


def test_who_may_bind_a_role_binds_that_one(api: Api) -> None:
    may = rule(["clusterroles"], ["bind"], GROUP, resourceNames=["view"])
    account = builder(api, may)
    assert account("POST", f"{RBAC}/rolebindings", binding("view", "ClusterRole")).code == 201
    assert account("POST", f"{RBAC}/rolebindings", binding("edit", "ClusterRole")).code == 403


def test_who_may_escalate_writes_any_role(api: Api) -> None:
    account = builder(api, rule(["roles"], ["escalate"], GROUP))
    assert account("POST", f"{RBAC}/roles", role("wide", rule(["pods"], ["*"]))).code == 201
