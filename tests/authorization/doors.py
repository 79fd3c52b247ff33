"""Every door's operations, each as one request of one person; what comes back in one word."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.test import Client

from policy_app.models import (
    Assignment,
    Definition,
    Exemption,
    Remediation,
    RoleAssignment,
    Scope,
)
from policy_app.services import access, exemptions
from policy_app.services.authorization import object_of, roles
from policy_app.services.testing import Upload

YES, NO, HIDDEN = "yes", "no", "hidden"
PROVIDER = "providers/Microsoft.Authorization"
_INSIGHTS = "providers/Microsoft.PolicyInsights"


@dataclass
class Visitor:
    """One person at all doors."""

    user: User
    scope: Scope
    """Where the things are that are asked for: a resource group with a cluster."""
    stored: Assignment
    definition: Definition
    given: RoleAssignment
    pages: Client = field(default_factory=Client)

    def __post_init__(self) -> None:
        self.pages.force_login(self.user)
        self.token = access.new_token(self.user, "tests")

    def rest(self, method: str, path: str, body: Any = None) -> Any:
        """A request of the REST door; the path is below the scope."""
        return Client(headers={"Authorization": f"Bearer {self.token}"}).generic(
            method,
            f"{self.scope.arm_id}/{path}",
            json.dumps(body) if body is not None else "",
            content_type="application/json",
            query_params={"api-version": "2026-06-01"},
        )

    def kubernetes(self, method: str, path: str, body: Any = None) -> Any:
        """A request of the cluster's API."""
        return Client(headers={"Authorization": f"Bearer {self.token}"}).generic(
            method,
            f"/clusters/{self.cluster}/{path}",
            json.dumps(body) if body is not None else "",
            content_type="application/json",
        )

    def get(self, path: str, **query: str) -> Any:
        """A page."""
        return self.pages.get(f"{path}?{urlencode(query)}" if query else path)

    def post(self, path: str, form: dict[str, Any], **query: str) -> Any:
        """A form that is sent."""
        return self.pages.post(f"{path}?{urlencode(query)}" if query else path, form)

    @property
    def cluster(self) -> str:
        """The name of the cluster in the resource group."""
        return self.scope.name.replace("rg-", "aks-")

    @property
    def cluster_path(self) -> str:
        """The cluster's address below the scope."""
        return f"providers/Microsoft.ContainerService/managedClusters/{self.cluster}"


Operation = Callable[[Visitor], Any]


def outcome(answer: Any) -> str:
    """``yes``, ``no`` (403) or ``hidden`` (404); anything else is a mistake of the test."""
    status = answer.status_code
    if status == 403 or str(answer.headers.get("Location", "")).startswith("/admin/login"):
        return NO  # the console leads people who are no staff to its own sign-in
    if status == 404:
        return HIDDEN
    assert status < 400, (status, answer.content[:600])
    assert not answer.headers.get("Location", "").startswith("/sign-in")
    return YES


def _assignment(v: Visitor) -> dict[str, Any]:
    return {"properties": {"policyDefinitionId": v.definition.arm_id}}


def _exemption(v: Visitor) -> dict[str, Any]:
    about = {"policyAssignmentId": v.stored.arm_id, "exemptionCategory": "Waiver"}
    return {"properties": about}


def _role(v: Visitor) -> dict[str, Any]:
    reader = f"/{PROVIDER}/roleDefinitions/{roles.READER}"
    someone = User.objects.create_user("someone")
    number = str(object_of(someone).object_id)
    return {"properties": {"roleDefinitionId": reader, "principalId": number}}


def _custom_role(v: Visitor) -> dict[str, Any]:
    permissions = [{"actions": ["*/read"]}]
    about = {"roleName": "Looker", "permissions": permissions}
    return {"properties": {**about, "assignableScopes": [v.scope.arm_id]}}


def _switched_off(v: Visitor) -> dict[str, Any]:
    return {"properties": {"addonProfiles": {"azurepolicy": {"enabled": False}}}}


def _store(v: Visitor) -> Any:
    page = v.get("/policy/assign", definition=v.definition.arm_id, scope=v.scope.arm_id)
    if page.status_code != 200:
        return page
    form = page.context["form"]
    given = {
        "scope": v.scope.arm_id,
        "name": form.name,
        "display_name": "By a form",
        "definition_version": form.pattern,
        "enforcement_mode": "Default",
        "current": "review",
        "save": "1",
    }
    answer = v.post("/policy/assign", given, definition=v.definition.arm_id)
    stored = Assignment.objects.filter(display_name="By a form").exists()
    if answer.status_code == 200 and not stored:
        # The form comes again, with the reason beside its field.
        text = answer.content.decode()
        hidden = "is not known here" in text
        assert hidden or "You need a role with" in text
        answer.status_code = 404 if hidden else 403
    return answer


def _exempt(v: Visitor) -> Any:
    page = v.get("/policy/exemptions/new", assignment=v.stored.arm_id, scope=v.scope.arm_id)
    if page.status_code != 200:
        return page
    given = {"scope": v.scope.arm_id, "name": "by-a-form", "category": "Waiver", "save": "1"}
    return v.post("/policy/exemptions/new", given, assignment=v.stored.arm_id)


def _kept(v: Visitor) -> Exemption:
    """An exemption of the portal itself."""
    return exemptions.put(v.scope, "kept", _exemption(v), None)[0]


def _edit_exemption(v: Visitor) -> Any:
    row = _kept(v)
    given = {"category": "Mitigated", "as_of": exemptions.stamp(row), "save": "1"}
    return v.post("/policy/exemptions/edit", given, id=row.arm_id)


def _delete_exemption(v: Visitor) -> Any:
    row = _kept(v)
    given = {"as_of": exemptions.stamp(row)}
    return v.post("/policy/exemptions/delete", given, id=row.arm_id)


def _task(v: Visitor, state: str = Remediation.State.ACCEPTED) -> Remediation:
    """A remediation called ``kept``."""
    about = {"assignment_arm_id": v.stored.arm_id, "state": state}
    return Remediation.objects.create(scope=v.scope, name="kept", **about)


def _see_task(v: Visitor) -> Any:
    _task(v)
    return v.rest("GET", f"{_INSIGHTS}/remediations/kept")


def _cancel_task(v: Visitor) -> Any:
    _task(v)
    return v.rest("POST", f"{_INSIGHTS}/remediations/kept/cancel")


def _delete_task(v: Visitor) -> Any:
    _task(v, Remediation.State.FAILED)
    return v.rest("DELETE", f"{_INSIGHTS}/remediations/kept")


def _test(v: Visitor) -> Any:
    manifest = Upload("pod.yaml", b"apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n")
    cluster = f"{v.scope.arm_id}/{v.cluster_path}"
    answer = v.post("/policy/test", {"cluster": cluster, "text": manifest.data.decode()})
    if answer.status_code == 400:
        # Who may not see the cluster is told what anybody is told who names none that there is.
        unknown = v.post("/policy/test", {"cluster": "/nowhere", "text": "kind: Pod"})
        assert answer.context["refusal"].message == unknown.context["refusal"].message
        answer.status_code = 404
    return answer


def _role_by_form(v: Visitor) -> Any:
    User.objects.create_user("someone")
    given = {"principal": "someone", "role": str(roles.READER)}
    return v.post("/access/add", given, scope=v.scope.arm_id)


def _taken_away(v: Visitor) -> Any:
    return v.post("/access/remove", {}, scope=v.scope.arm_id, name=str(v.given.name))


def _new_role_by_form(v: Visitor) -> Any:
    given = {"role_name": "Looker", "actions": "*/read", "scopes": [v.scope.arm_id]}
    return v.post("/access/roles/new", given)


_NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "made"}}
_STORED = f"{PROVIDER}/policyAssignments/stored"

OPERATIONS: dict[str, Operation] = {
    "rest: see an assignment": lambda v: v.rest("GET", _STORED),
    "rest: list assignments": lambda v: v.rest("GET", f"{PROVIDER}/policyAssignments"),
    "rest: assign": lambda v: v.rest("PUT", f"{PROVIDER}/policyAssignments/new", _assignment(v)),
    "rest: change an assignment": lambda v: v.rest(
        "PATCH", _STORED, {"properties": {"overrides": []}}
    ),
    "rest: delete an assignment": lambda v: v.rest("DELETE", _STORED),
    "rest: list exemptions": lambda v: v.rest("GET", f"{PROVIDER}/policyExemptions"),
    "rest: exempt": lambda v: v.rest("PUT", f"{PROVIDER}/policyExemptions/new", _exemption(v)),
    "rest: see a remediation": _see_task,
    "rest: list remediations": lambda v: v.rest("GET", f"{_INSIGHTS}/remediations"),
    "rest: cancel a remediation": _cancel_task,
    "rest: delete a remediation": _delete_task,
    "rest: list attestations": lambda v: v.rest("GET", f"{_INSIGHTS}/attestations"),
    "rest: delete an attestation": lambda v: v.rest("DELETE", f"{_INSIGHTS}/attestations/none"),
    "rest: see the cluster": lambda v: v.rest("GET", v.cluster_path),
    "rest: switch the add-on": lambda v: v.rest("PUT", v.cluster_path, _switched_off(v)),
    "rest: see who has which role": lambda v: v.rest("GET", f"{PROVIDER}/roleAssignments"),
    "rest: give a role": lambda v: v.rest(
        "PUT", f"{PROVIDER}/roleAssignments/{uuid.uuid4()}", _role(v)
    ),
    "rest: take a role away": lambda v: v.rest(
        "DELETE", f"{PROVIDER}/roleAssignments/{v.given.name}"
    ),
    "rest: make a role": lambda v: v.rest(
        "PUT", f"{PROVIDER}/roleDefinitions/{uuid.uuid4()}", _custom_role(v)
    ),
    "pages: see an assignment": lambda v: v.get("/policy/assignments/view", id=v.stored.arm_id),
    "pages: assign": _store,
    "pages: edit an assignment": lambda v: v.get("/policy/assignments/edit", id=v.stored.arm_id),
    "pages: delete an assignment": lambda v: v.post(
        "/policy/assignments/delete", {}, id=v.stored.arm_id
    ),
    "pages: see an exemption": lambda v: v.get("/policy/exemptions/view", id=_kept(v).arm_id),
    "pages: exempt": _exempt,
    "pages: edit an exemption": _edit_exemption,
    "pages: delete an exemption": _delete_exemption,
    "pages: see a remediation": lambda v: v.get("/policy/remediation/task", id=_task(v).arm_id),
    "pages: cancel a remediation": lambda v: v.post(
        "/policy/remediation/cancel", {"id": _task(v).arm_id}
    ),
    "pages: see the cluster": lambda v: v.get(f"/clusters/{v.cluster}"),
    "pages: switch the add-on": lambda v: v.post(f"/clusters/{v.cluster}/-/addon", {"to": "off"}),
    "pages: set the add-on's clock": lambda v: v.post(
        f"/clusters/{v.cluster}/-/timing", {"timing": "azure"}
    ),
    "pages: test a manifest": _test,
    "pages: see who has which role": lambda v: v.get("/access", scope=v.scope.arm_id),
    "pages: give a role": _role_by_form,
    "pages: take a role away": _taken_away,
    "pages: make a role": _new_role_by_form,
    "pages: see service principals": lambda v: v.get("/access/principals"),
    "pages: make a service principal": lambda v: v.post(
        "/access/principals/new", {"display_name": "pipeline"}
    ),
    "kubernetes: list pods": lambda v: v.kubernetes("GET", "api/v1/namespaces/default/pods"),
    "kubernetes: list secrets": lambda v: v.kubernetes("GET", "api/v1/namespaces/default/secrets"),
    "kubernetes: make a namespace": lambda v: v.kubernetes("POST", "api/v1/namespaces", _NAMESPACE),
    "kubernetes: ask who one is": lambda v: v.kubernetes(
        "POST", "apis/authentication.k8s.io/v1/selfsubjectreviews", {}
    ),
    "admin: see assignments": lambda v: v.get("/admin/policy_app/assignment/"),
}
