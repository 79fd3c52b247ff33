"""Service accounts get tokens, and whoever comes with one is the account, in its own cluster."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.cluster.conftest import Api

pytestmark = pytest.mark.django_db

ACCOUNTS = "/api/v1/namespaces/shop/serviceaccounts"
WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


def token_of(api: Api, name: str = "builder", **spec: int) -> str:
    api("POST", ACCOUNTS, {"metadata": {"name": name}})
    answer = api("POST", f"{ACCOUNTS}/{name}/token", {"spec": spec})
    assert answer.code == 201
    assert answer.body["status"]["expirationTimestamp"] > timezone.now().isoformat()
    return str(answer.body["status"]["token"])


def test_a_token_makes_its_bearer_the_account(api: Api) -> None:
    account = Api(token_of(api))
    user = account("POST", WHO, {}).body["status"]["userInfo"]
    assert user["username"] == "system:serviceaccount:shop:builder"
    assert {"system:serviceaccounts", "system:serviceaccounts:shop"} <= set(user["groups"])
    assert account("GET", "/api/v1/namespaces/shop/secrets").code == 403


def test_a_role_binding_lets_the_account_in(api: Api) -> None:
    account = Api(token_of(api))
    binding = {
        "metadata": {"name": "builder-views"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        "subjects": [{"kind": "ServiceAccount", "name": "builder", "namespace": "shop"}],
    }
    path = "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings"
    assert api("POST", path, binding).code == 201
    assert account("GET", "/api/v1/namespaces/shop/pods").code == 200
    assert account("GET", "/api/v1/namespaces/payments/pods").code == 403


def test_who_may_only_patch_makes_nothing_by_applying(api: Api) -> None:
    account = Api(token_of(api))
    rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/shop"
    rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["patch"]}
    api("POST", f"{rbac}/roles", {"metadata": {"name": "patcher"}, "rules": [rule]})
    binding = {
        "metadata": {"name": "builder-patches"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "patcher"},
        "subjects": [{"kind": "ServiceAccount", "name": "builder", "namespace": "shop"}],
    }
    api("POST", f"{rbac}/rolebindings", binding)
    path = "/api/v1/namespaces/shop/configmaps/own"
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "own"}}
    apply = {"form": "application/apply-patch+yaml", "query": "fieldManager=t"}
    refused = account("PATCH", path, config, **apply)
    assert (refused.code, "cannot create resource" in refused.body["message"]) == (403, True)
    assert api("PATCH", path, config, **apply).code == 201
    assert account("PATCH", path, {**config, "data": {"a": "b"}}, **apply).code == 200


def test_a_token_is_for_its_own_cluster(api: Api) -> None:
    elsewhere = Api(token_of(api), cluster="aks-staging")
    assert elsewhere("GET", "/api/v1/namespaces").code == 401


def test_a_token_ends_with_its_account(api: Api) -> None:
    account = Api(token_of(api))
    assert api("DELETE", f"{ACCOUNTS}/builder").code == 200
    assert account("POST", WHO, {}).code == 401


def test_a_token_ends_with_its_time(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    account = Api(token_of(api, expirationSeconds=600))
    later = timezone.now() + timedelta(seconds=601)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    assert account("POST", WHO, {}).code == 401


@pytest.mark.parametrize("token", ["ppsa_", "ppsa_W10:1:x", "ppsa_nonsense"])
def test_what_the_portal_did_not_sign_is_no_token(api: Api, token: str) -> None:
    assert Api(token)("GET", "/api/v1/namespaces").code == 401


def test_a_token_for_less_than_ten_minutes_is_refused(api: Api) -> None:
    api("POST", ACCOUNTS, {"metadata": {"name": "builder"}})
    answer = api("POST", f"{ACCOUNTS}/builder/token", {"spec": {"expirationSeconds": 60}})
    assert answer.code == 422
    assert "spec.expirationSeconds: Invalid value: 60" in answer.body["message"]


def test_an_account_that_is_not_there_gets_none(api: Api) -> None:
    assert api("POST", f"{ACCOUNTS}/nobody/token", {"spec": {}}).code == 404
