"""The portal as the webhooks of a real cluster: who may ask, what is answered, and by when."""

from __future__ import annotations

import base64
import json
import logging
import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError

from policy_app.evaluation.gatekeeper.webhook import Webhook
from policy_app.models import AddonState, Definition, Refusal, Scope
from policy_app.services import access, assignments
from policy_app.services.authorization import roles
from policy_app.services.cluster import addon, denials, lookup, webhooks
from tests.cluster.admission import ApiServer, review
from tests.granting import grant
from tests.services.cluster.inside import Api, constraint, pod, template
from tests.services.test_drafts import draft


@pytest.fixture
def server(portal: None, rg_demo: Scope, baseline: Definition) -> ApiServer:
    """A real cluster under the baseline, which denies."""
    assignments.put(draft(rg_demo, baseline, parameters={"effect": "deny"}), None)
    assert Api().cluster
    return ApiServer()


def placed(name: str = "web", **more: Any) -> dict[str, Any]:
    """A Pod in a namespace of the real cluster."""
    return pod(name, "team", **more)


def test_what_is_assigned_decides(server: ApiServer) -> None:
    allowed = server.ask(review(placed()))
    assert (allowed["allowed"], allowed["status"]) == (True, {"code": 200})
    denied = server.ask(review(placed(privileged=True)))
    assert denied["allowed"] is False
    assert (denied["status"]["code"], denied["status"]["reason"]) == (403, "Forbidden")
    assert denied["status"]["message"].startswith("[azurepolicy-k8sazurev2noprivilege-")


def test_a_refusal_is_kept_without_the_object(server: ApiServer) -> None:
    server.ask(review(placed(privileged=True)))
    (row,) = denials.latest(lookup.by_name("aks-demo"))
    assert (row.door, row.kind, row.namespace, row.username) == (
        Refusal.Door.WEBHOOK,
        "Pod",
        "team",
        "jane",
    )
    events = Api().all("v1", "Event", "gatekeeper-system")
    assert any("Resource Namespace: team" in one["message"] for one in events)


def test_a_warning_travels_with_the_answer(
    server: ApiServer, rg_demo: Scope, baseline: Definition
) -> None:
    api = Api()
    (found,) = api.all("constraints.gatekeeper.sh/v1beta1", "K8sAzureV2NoPrivilege")
    api.patch(found, {"spec": {"enforcementAction": "warn"}})
    answer = server.ask(review(placed(privileged=True)))
    assert answer["allowed"] is True
    assert "Privileged container is not allowed" in answer["warnings"][0]


def test_mutators_answer_with_a_patch(server: ApiServer) -> None:
    mutator = {
        "apiVersion": "mutations.gatekeeper.sh/v1",
        "kind": "Assign",
        "metadata": {"name": "no-token"},
        "spec": {
            "applyTo": [{"groups": [""], "versions": ["v1"], "kinds": ["Pod"]}],
            "location": "spec.automountServiceAccountToken",
            "parameters": {"assign": {"value": False}},
        },
    }
    Api().create(mutator)
    answer = server.ask(review(placed()), below=f"mutate/{server.token}")
    assert answer["patchType"] == "JSONPatch"
    patch = json.loads(base64.b64decode(answer["patch"]))
    wanted = {"op": "add", "path": "/spec/automountServiceAccountToken", "value": False}
    assert wanted in patch
    assert server.ask(review(placed()))["allowed"] is True


def test_a_deletion_and_an_update_are_decided_too(server: ApiServer) -> None:
    gone = review(None, operation="DELETE", oldObject=placed(privileged=True))
    assert server.ask(gone)["allowed"] is False
    changed = review(placed(), operation="UPDATE", oldObject=placed(privileged=True))
    assert server.ask(changed)["allowed"] is True


def test_without_the_add_on_everything_is_allowed(server: ApiServer) -> None:
    addon.switch(lookup.by_name("aks-demo"), on=False)
    assert server.ask(review(placed(privileged=True)))["allowed"] is True


# Who may ask


@pytest.mark.parametrize(
    "below",
    ["validate", "validate/wrong", "validate/ppwh_1_00", "validate/ppwh_x_00", "validate/ppat_no"],
)
def test_nobody_asks_without_a_good_token(server: ApiServer, below: str) -> None:
    answer = server.call(review(placed()), below=below)
    assert answer.status_code == 401
    assert json.loads(answer.content)["reason"] == "Unauthorized"


def test_a_token_of_another_cluster_is_no_good(server: ApiServer) -> None:
    other = webhooks.token_of(lookup.by_name("aks-staging"))
    assert server.call(review(placed()), below=f"validate/{other}").status_code == 401


def test_a_new_token_ends_the_one_before(server: ApiServer) -> None:
    fresh = webhooks.renew_token(lookup.by_name("aks-demo"))
    assert server.call(review(placed())).status_code == 401
    assert server.call(review(placed()), below=f"validate/{fresh}").status_code == 200


def test_the_token_may_come_as_a_bearer(server: ApiServer) -> None:
    jane, guest = User.objects.create_user("jane"), User.objects.create_user("guest")
    grant(jane, roles.READER, lookup.by_name("aks-demo").scope)
    bearer = f"Bearer {access.new_token(guest)}"
    refused = server.call(review(placed()), below="validate", authorization=bearer)
    assert refused.status_code == 401
    for token in (server.token, access.new_token(jane)):
        bearer = f"Bearer {token}"
        answer = server.call(review(placed()), below="validate", authorization=bearer)
        assert answer.status_code == 200


def test_the_token_is_in_no_log(
    server: ApiServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        server.ask(review(placed(privileged=True)))
        server.call(b"{", below=f"validate/{server.token}")
        server.call(review(placed()), below=f"nonsense/{server.token}")
    told = caplog.text + "".join(capfd.readouterr())
    assert server.token not in told
    assert "nginx:1.27" not in told


# What is wrong with a request


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"null", 400),
        (b'"text"', 400),
        (b"\xff\xfe", 400),
        (b'{"a": NaN}', 400),
        (b"[" * 100_000, 400),
        (b'{"a":' * 50_000, 400),
        (b" " * (3 * 1024 * 1024 + 1), 413),
        ({"apiVersion": "v1", "kind": "Pod"}, 400),
        ({"apiVersion": "admission.k8s.io/v1beta1", "kind": "AdmissionReview"}, 400),
        ({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}, 400),
        (review(None), 400),
        (review({}, uid=""), 400),
        (review({}, uid=["x"]), 400),
        (review({}, operation="READ"), 400),
        (review({}, operation={}), 400),
        (review({}, unknown=1), 400),
        (review({}, object=[1]), 400),
        (review({}, object={"metadata": []}), 400),
        (review({}, kind="Pod"), 400),
        (review({}, userInfo=7), 400),
        (review({}, userInfo={"username": 7}), 400),
        (review({}, userInfo={"groups": "all"}), 400),
        (review({}, namespace=["a"]), 400),
    ],
)
def test_what_is_no_review_gets_a_status_that_says_why(
    server: ApiServer, body: Any, code: int
) -> None:
    answer = server.call(body)
    assert answer.status_code == code
    status = json.loads(answer.content)
    assert (status["kind"], status["code"]) == ("Status", code)
    assert status["message"]


def test_only_post_is_served_and_only_the_two_webhooks(server: ApiServer) -> None:
    assert server.call(review(placed()), below=f"audit/{server.token}").status_code == 404
    path = f"/clusters/aks-demo/admission/v1/validate/{server.token}"
    answer = server._client.get(path)
    assert answer.status_code == 405
    assert json.loads(answer.content)["kind"] == "Status"


def test_an_unknown_cluster_is_told(server: ApiServer) -> None:
    token = webhooks._token("nowhere", 1)
    path = f"/clusters/nowhere/admission/v1/validate/{token}"
    answer = server._client.post(path, json.dumps(review(placed())), "application/json")
    assert answer.status_code == 404


# In time, whatever happens


def test_what_takes_too_long_is_decided_by_the_failure_policy(
    server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*args: object) -> None:
        time.sleep(0.3)

    monkeypatch.setattr(Webhook, "answer", slow)
    allowed = server.ask(review(placed()), timeout="200ms")
    assert allowed["allowed"] is True
    assert "took too long" in allowed["warnings"][0]
    refused = server.ask(review(placed()), below=f"validate/fail/{server.token}", timeout="200ms")
    assert refused["allowed"] is False
    assert refused["status"]["code"] == 500
    assert "failurePolicy Fail" in refused["status"]["message"]


def test_a_policy_that_never_ends_is_stopped_in_time(server: ApiServer) -> None:
    code = (
        "package needs\n"
        'violation[{"msg": "x"}] {\n'
        "  all := numbers.range(1, 3000)\n"
        "  all[a] * all[b] + all[c] == -1\n"
        "}\n"
    )
    api = Api()
    for number in range(4):
        api.create(template(f"Endless{number}", rego=code))
        api.create(constraint(f"Endless{number}"))
    began = time.monotonic()
    answer = server.ask(review(placed()), timeout="1s")
    assert time.monotonic() - began < 2
    assert answer["allowed"] is True
    assert "failurePolicy Ignore" in answer["warnings"][0]


def test_a_policy_that_breaks_is_decided_by_the_failure_policy(
    server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("the object is a secret")

    monkeypatch.setattr(Webhook, "answer", broken)
    answer = server.ask(review(placed()))
    assert answer["allowed"] is True
    assert "secret" not in answer["warnings"][0]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("policy", "allowed"), [("ignore", True), ("fail", False)])
def test_without_a_database_the_failure_policy_answers_until_it_is_back(
    server: ApiServer, monkeypatch: pytest.MonkeyPatch, policy: str, allowed: bool
) -> None:
    below = f"validate/{policy}/{server.token}"
    thing = review(placed(privileged=True))
    assert server.ask(thing, below=below)["allowed"] is False

    def gone(*args: object, **kwargs: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    webhooks._snapshots.clear()
    with monkeypatch.context() as patched:
        patched.setattr("django.db.backends.utils.CursorWrapper.execute", gone)
        began = time.monotonic()
        answer = server.ask(thing, below=below)
        assert time.monotonic() - began < 2
        assert answer["allowed"] is allowed
        assert "the database did not answer" in json.dumps(answer)
    assert server.ask(thing, below=below)["allowed"] is False


@pytest.mark.django_db(transaction=True)
def test_a_database_that_hangs_is_not_waited_for(
    server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hanging(*args: object) -> None:
        time.sleep(2)
        raise OperationalError("timeout expired")

    webhooks._snapshots.clear()
    webhooks._under_way.clear()
    with monkeypatch.context() as patched:
        patched.setattr(webhooks, "_read", hanging)
        began = time.monotonic()
        answer = server.ask(review(placed(privileged=True)), timeout="500ms")
        assert time.monotonic() - began < 1.5
    assert answer["allowed"] is True
    assert "did not answer in time" in answer["warnings"][0]
    time.sleep(2)
    assert server.ask(review(placed(privileged=True)))["allowed"] is False


@pytest.mark.django_db(transaction=True)
def test_what_is_assigned_counts_at_once(
    server: ApiServer, rg_demo: Scope, baseline: Definition
) -> None:
    assert server.ask(review(placed(privileged=True)))["allowed"] is False
    assignments.delete(assignments.get(rg_demo, "baseline"), None)
    assert server.ask(review(placed(privileged=True)))["allowed"] is True
    assignments.put(draft(rg_demo, baseline, parameters={"effect": "deny"}), None)
    assert server.ask(review(placed(privileged=True)))["allowed"] is False
    denials.flush()
    (row, *_) = denials.latest(lookup.by_name("aks-demo"))
    assert row.name == "web"


@pytest.mark.django_db(transaction=True)
def test_refusals_that_come_together_are_one_record_that_counts(server: ApiServer) -> None:
    cluster = lookup.by_name("aks-demo")
    for _ in range(3):
        server.ask(review(placed(privileged=True)))
    server.ask(review(placed(privileged=True), name="other"))
    denials.flush()
    found = {row.name: row.times for row in denials.latest(cluster)}
    assert sum(found.values()) == 4
    assert set(found) == {"web", "other"}
    assert AddonState.objects.get(cluster=cluster).enabled
