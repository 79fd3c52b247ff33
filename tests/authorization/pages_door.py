"""What the pages offer, by the right that allows it."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile

from policy_app.models import (
    Assignment,
    Definition,
    KubeObject,
    Refusal,
    Scan,
    ServicePrincipal,
)
from policy_app.services import activity, exemptions, service_principals
from policy_app.services.authorization import roles
from tests.authorization.rest_door import kept, task
from tests.authorization.visiting import Right, Visitor, judged
from tests.compliance_rows import component_row, policy_row
from tests.services.authoring.bodies import TEMPLATE, policy

_NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "made"}}
_POD = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n"


def _store(v: Visitor) -> Any:
    about = {"definition": v.estate.definition.arm_id}
    page = v.get("/policy/assign", scope=v.scope.arm_id, **about)
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
    answer = v.post("/policy/assign", given, **about)
    stored = Assignment.objects.filter(display_name="By a form").exists()
    if answer.status_code == 200 and not stored:
        # The form comes again, with the reason beside its field.
        text = answer.content.decode()
        hidden = "is not known here" in text
        assert hidden or "You need a role with" in text
        answer.status_code = 404 if hidden else 403
    return answer


def _edit(v: Visitor) -> Any:
    about = {"id": v.estate.stored.arm_id}
    page = v.get("/policy/assignments/edit", **about)
    if page.status_code != 200:
        return page
    return v.post("/policy/assignments/edit", {"current": "basics"}, **about)


def _exempt(v: Visitor) -> Any:
    about = {"assignment": v.estate.stored.arm_id}
    page = v.get("/policy/exemptions/new", scope=v.scope.arm_id, **about)
    if page.status_code != 200:
        return page
    given = {"scope": v.scope.arm_id, "name": "by-a-form", "category": "Waiver", "save": "1"}
    return v.post("/policy/exemptions/new", given, **about)


def _of_exemption(last: str, **given: str) -> Any:
    def ask(v: Visitor) -> Any:
        row = kept(v)
        address = f"/policy/exemptions/{last}"
        page = v.get(address, id=row.arm_id)
        if page.status_code != 200 or not given:
            return page
        return v.post(address, {**given, "as_of": exemptions.stamp(row)}, id=row.arm_id)

    return ask


def _both(address: str, given: dict[str, Any], **query: str) -> Any:
    """The page, and where it may be seen its form."""

    def ask(v: Visitor) -> Any:
        page = v.get(address, **query)
        return v.post(address, given, **query) if page.status_code == 200 else page

    return ask


def _written(v: Visitor, **more: str) -> Any:
    """A new definition, by the page that writes one."""
    page = v.get("/policy/definitions/new", kind="policy")
    if page.status_code != 200:
        return page
    properties = policy()["properties"]
    for name in ("displayName", "policyType"):
        del properties[name]
    given = {"name": "by-a-form", "display_name": "By a form", "text": json.dumps(properties)}
    given |= {"scope": v.estate.subscription.arm_id, "category": "Own", "save": "1"}
    answer = v.post("/policy/definitions/new", given | more, kind="policy")
    if answer.status_code == 400:
        assert not Definition.objects.filter(name="by-a-form").exists()
        answer.status_code = 404  # the scope is none that could be chosen
    return answer


def _of_definition(last: str, method: str = "get", **given: str) -> Any:
    def ask(v: Visitor) -> Any:
        address, about = f"/policy/{last}", {"id": v.estate.own.arm_id}
        if "initiatives" in last:
            about = {"id": v.estate.own_set.arm_id}
        page = v.get(address, **about) if method != "post" else None
        if method == "get" or (page is not None and page.status_code != 200):
            return page
        return v.post(address, given, **about)

    return ask


def _where(v: Visitor, answer: Any) -> Any:
    """Who may not see the cluster is told what anybody is told who names none that there is."""
    if answer.status_code == 400:
        unknown = v.post("/policy/test", {"cluster": "/nowhere", "text": _POD})
        assert answer.context["refusal"].message == unknown.context["refusal"].message
        answer.status_code = 404
    return answer


def _test(v: Visitor) -> Any:
    cluster = f"{v.scope.arm_id}/{v.cluster_path}"
    return _where(v, v.post("/policy/test", {"cluster": cluster, "text": _POD}))


def _play(v: Visitor) -> Any:
    cluster = f"{v.scope.arm_id}/{v.cluster_path}"
    given = {"cluster": cluster, "manifests": _POD, "parameters": '{"effect": "Deny"}'}
    about = {"id": v.estate.definition.arm_id}
    return _where(v, v.post("/policy/definitions/playground", given, **about))


def _component(last: str) -> Any:
    def ask(v: Visitor) -> Any:
        cluster = v.estate.cluster
        thing = KubeObject.objects.filter(cluster=cluster, plural="namespaces").first()
        assert thing is not None
        component_row(cluster, "shop", [policy_row(cluster, 7)], uid=thing.uid, kind="Namespace")
        return v.get(f"/policy/compliance/components/{v.cluster}/{thing.uid}{last}")

    return ask


def _policy_compliance(v: Visitor) -> Any:
    row = policy_row(v.estate.cluster, 7, reference_id="a", display_name="Canary state")
    about = {"assignment": row.assignment_arm_id, "definition": row.definition_arm_id}
    return v.get("/policy/compliance/policy", reference="a", **about)


def _denial(v: Visitor) -> Any:
    row = Refusal.objects.create(
        cluster=v.estate.cluster,
        at=v.estate.stored.created_at,
        door=Refusal.Door.CLUSTER,
        operation="CREATE",
        kind="Pod",
        name="p",
        message="[azurepolicy-x] Canary refusal.",
    )
    return v.get(f"/policy/denials/{row.pk}")


def _cancel_scan(v: Visitor) -> Any:
    Scan.objects.get_or_create(cluster=v.estate.cluster, state=Scan.State.WAITING)
    return v.post("/policy/compliance/scan/cancel", {"cluster": v.cluster})


def _entry(v: Visitor) -> Any:
    row = activity.record(None, "Microsoft.Test/things/write", scope=v.scope)
    return v.get(f"/activity/{row.event_id}")


def _object(v: Visitor) -> Any:
    return v.get(f"/clusters/{v.cluster}/-/object", resource="namespaces", name="default")


def _switch(v: Visitor) -> Any:
    return _both(f"/clusters/{v.cluster}/-/addon", {"to": "off"}, to="off")(v)


def _snapshot(v: Visitor) -> Any:
    address = f"/clusters/{v.cluster}/-/snapshot"
    page = v.get(address)
    if page.status_code != 200:
        return page
    file = SimpleUploadedFile("dump.json", json.dumps(_NAMESPACE).encode())
    return v.post(address, {"files": [file], "replace": "1"})


def _role_by_form(v: Visitor) -> Any:
    about = {"scope": v.scope.arm_id}
    page = v.get("/access/add", **about)
    if page.status_code != 200:
        return page
    User.objects.create_user("someone")
    given = {"principal": "someone", "role": str(roles.READER)}
    return v.post("/access/add", given, **about)


def _taken_away(v: Visitor) -> Any:
    about = {"scope": v.scope.arm_id, "name": str(v.estate.given.name)}
    page = v.get("/access/remove", **about)
    return v.post("/access/remove", {}, **about) if page.status_code == 200 else page


def _new_role(v: Visitor) -> Any:
    given = {"role_name": "Looker", "actions": "*/read", "scopes": [v.scope.arm_id]}
    answer = v.post("/access/roles/new", given)
    if answer.status_code == 404:
        assert "could not be found" in answer.content.decode()
    return answer


def _of_role(last: str, given: dict[str, Any] | None = None) -> Any:
    def ask(v: Visitor) -> Any:
        address = f"/access/roles/{v.estate.role.name}{last}"
        page = v.get(address)
        return v.post(address, given) if given is not None and page.status_code == 200 else page

    return ask


def _changed_role(v: Visitor) -> Any:
    given = {"role_name": "Kept", "actions": "*/read", "scopes": [v.scope.arm_id]}
    return _of_role("/edit", given)(v)


def _program(v: Visitor) -> ServicePrincipal:
    return service_principals.create("canary-robot", "", None)


def _of_program(last: str, method: str = "get", **given: str) -> Any:
    def ask(v: Visitor) -> Any:
        address = f"/access/principals/{_program(v).client_id}{last}"
        if method == "post":
            return v.post(address, given)
        page = v.get(address)
        return v.post(address, given) if method == "both" and page.status_code == 200 else page

    return ask


_TEMPLATE_FORM = {"text": TEMPLATE, "kinds": "Pod", "effect": "Audit", "excluded": ""}

OPEN: Right = {
    "pages: overview": lambda v: v.get("/"),
    "pages: list definitions": lambda v: v.get("/policy/definitions"),
    "pages: read the structure's keywords": lambda v: v.get("/policy/definitions/keywords"),
    "pages: list assignments": lambda v: v.get("/policy/assignments"),
    "pages: check a value": lambda v: v.post(
        f"/policy/assign/check?parameter=effect&definition={v.estate.definition.arm_id}", {}
    ),
    "pages: list exemptions": lambda v: v.get("/policy/exemptions"),
    "pages: list clusters": lambda v: v.get("/clusters"),
    "pages: compliance": lambda v: v.get("/policy/compliance"),
    "pages: export compliance": lambda v: v.get("/policy/compliance/export.csv"),
    "pages: clusters to choose": lambda v: v.get("/policy/compliance/cluster"),
    "pages: denials": lambda v: v.get("/policy/denials"),
    "pages: list remediations": lambda v: v.get("/policy/remediation"),
    "pages: form for a remediation": lambda v: v.get("/policy/remediation/new"),
    "pages: activity log": lambda v: v.get("/activity"),
    "pages: export the activity log": lambda v: v.get("/activity/export.json"),
    "pages: list roles": lambda v: v.get("/access/roles"),
    "pages: form to test a manifest": lambda v: v.get("/policy/test"),
}
SEEING: Right = {
    "pages: see a definition": lambda v: v.get(
        "/policy/definitions/policy/own", id=v.estate.own.arm_id
    ),
    "pages: take a definition's JSON": lambda v: v.get(
        "/policy/definitions/policy/own/json", id=v.estate.own.arm_id
    ),
    "pages: export a definition": _of_definition("definitions/export"),
    "pages: compare versions": _of_definition("definitions/compare"),
    "pages: playground": _of_definition("definitions/playground"),
    "pages: see an assignment": lambda v: v.get(
        "/policy/assignments/view", id=v.estate.stored.arm_id
    ),
    "pages: see an exemption": _of_exemption("view"),
    "pages: see a remediation": lambda v: v.get("/policy/remediation/task", id=task(v).arm_id),
    "pages: see the cluster": lambda v: v.get(f"/clusters/{v.cluster}"),
    "pages: see an object": _object,
    "pages: compliance of an assignment": lambda v: v.get(
        "/policy/compliance/assignment", id=v.estate.stored.arm_id
    ),
    "pages: compliance of a policy": _policy_compliance,
    "pages: compliance of a component": _component(""),
    "pages: next apply of a component": _component("/next-apply"),
    "pages: progress of a scan": lambda v: v.get(
        "/policy/compliance/scan/progress", cluster=v.cluster
    ),
    "pages: choose a cluster": lambda v: v.post(
        "/policy/compliance/cluster", {"cluster": v.cluster}
    ),
    "pages: see a denial": _denial,
    "pages: see who has which role": lambda v: v.get("/access", scope=v.scope.arm_id),
    "pages: see a role": _of_role(""),
    "pages: see an entry of the log": _entry,
}
BY_CLUSTER: Right = {"pages: test a manifest": _test, "pages: try a policy": _play}
ASSIGNING: Right = {"pages: assign": _store}
POLICY: Right = {
    "pages: edit an assignment": _edit,
    "pages: delete an assignment": lambda v: _both(
        "/policy/assignments/delete", {}, id=v.estate.stored.arm_id
    )(v),
    "pages: exempt": _exempt,
    "pages: edit an exemption": _of_exemption("edit", category="Mitigated", save="1"),
    "pages: delete an exemption": _of_exemption("delete", sure="1"),
    "pages: write a definition": _written,
    "pages: edit a definition": _of_definition("definitions/edit", "both"),
    "pages: check what is written": _of_definition("definitions/check", "post"),
    "pages: try what is written": _of_definition("definitions/try", "post"),
    "pages: delete a definition": lambda v: v.get(
        "/policy/definitions/delete", id=v.estate.own.arm_id
    ),
    "pages: delete an initiative": lambda v: _both(
        "/policy/definitions/delete", {}, id=v.estate.own_set.arm_id
    )(v),
    "pages: edit an initiative": _of_definition("initiatives/edit", "both"),
}
WRITING_SOMEWHERE: Right = {
    "pages: import a definition": lambda v: judged(
        _both("/policy/definitions/import", {"text": "{}"})(v)
    ),
    "pages: begin with a template": _both("/policy/definitions/from-template", _TEMPLATE_FORM),
    "pages: names that an editor completes": lambda v: v.post("/policy/definitions/names", {}),
    "pages: begin an initiative": _both("/policy/initiatives/new", {}),
}
"""What begins a definition asks for the right at any scope; saving asks for it at one."""
INSIGHT: Right = {
    "pages: cancel a remediation": lambda v: v.post(
        "/policy/remediation/cancel", {"id": task(v).arm_id}
    ),
    "pages: scan": lambda v: v.post("/policy/compliance/scan", {"cluster": v.cluster}),
    "pages: cancel a scan": _cancel_scan,
}
ACCESS: Right = {
    "pages: give a role": _role_by_form,
    "pages: take a role away": _taken_away,
    "pages: make a role": _new_role,
    "pages: change a role": _changed_role,
    "pages: delete a role": _of_role("/delete", {}),
}
ACCESS_SOMEWHERE: Right = {"pages: form for a role": lambda v: v.get("/access/roles/new")}
CLUSTER: Right = {
    "pages: switch the add-on": _switch,
    "pages: set the add-on's clock": lambda v: v.post(
        f"/clusters/{v.cluster}/-/timing", {"timing": "azure"}
    ),
    "pages: choose whose words": lambda v: v.post(
        f"/clusters/{v.cluster}/-/gatekeeper", {"generation": "legacy"}
    ),
    "pages: sync": lambda v: v.post(f"/clusters/{v.cluster}/-/sync", {}),
    "pages: upload a snapshot": _snapshot,
}
TENANT: Right = {
    "pages: see service principals": lambda v: v.get("/access/principals"),
    "pages: make a service principal": _both("/access/principals/new", {"display_name": "ci"}),
    "pages: see a service principal": _of_program(""),
    "pages: make a secret": _of_program("/secret", "post", days="30"),
    "pages: revoke a service principal": _of_program("/end", "both"),
}
CONSOLE: Right = {"admin: see assignments": lambda v: v.get("/admin/policy_app/assignment/")}
LOOKING_INTO: Right = {
    "kubernetes: list pods": lambda v: v.kubernetes("GET", "api/v1/namespaces/default/pods"),
}
CALLING: Right = {
    "kubernetes: ask who one is": lambda v: v.kubernetes(
        "POST", "apis/authentication.k8s.io/v1/selfsubjectreviews", {}
    ),
}
MASTERING: Right = {
    "kubernetes: list secrets": lambda v: v.kubernetes("GET", "api/v1/namespaces/default/secrets"),
    "kubernetes: make a namespace": lambda v: v.kubernetes("POST", "api/v1/namespaces", _NAMESPACE),
}
