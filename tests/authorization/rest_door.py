"""What REST offers, by the right that allows it."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.models import User
from django.core import signing
from django.utils import timezone

from policy_app.arm.policyinsights import evaluations
from policy_app.models import Attestation, Definition, Exemption, Remediation
from policy_app.services import authoring, definitions, exemptions
from policy_app.services.authoring import Kind
from policy_app.services.authorization import object_of, roles
from tests.authorization.visiting import INSIGHTS, PROVIDER, Right, Visitor, judged
from tests.estate_fixtures import BASELINE
from tests.services.authoring.bodies import initiative, member, policy

_ASSIGNMENT = f"{PROVIDER}/policyAssignments/stored"
_POLICIES, _SETS = f"{PROVIDER}/policyDefinitions", f"{PROVIDER}/policySetDefinitions"


def assignment(v: Visitor) -> dict[str, Any]:
    """The body of an assignment."""
    return {"properties": {"policyDefinitionId": v.estate.definition.arm_id}}


def exemption(v: Visitor) -> dict[str, Any]:
    """The body of an exemption."""
    about = {"policyAssignmentId": v.estate.stored.arm_id, "exemptionCategory": "Waiver"}
    return {"properties": about}


def kept(v: Visitor) -> Exemption:
    """An exemption of the portal itself, called ``kept``."""
    body = exemption(v)
    body["properties"]["displayName"] = "Canary exemption"
    return exemptions.put(v.scope, "kept", body, None)[0]


def task(v: Visitor, state: str = Remediation.State.ACCEPTED) -> Remediation:
    """A remediation called ``kept``."""
    about = {"assignment_arm_id": v.estate.stored.arm_id, "state": state}
    return Remediation.objects.create(scope=v.scope, name="kept", **about)


def _latest(name: str) -> str:
    return definitions.built_in(Definition.Kind.INITIATIVE, name).latest_version


def _attested(v: Visitor) -> Any:
    about = {"assignment_arm_id": v.estate.stored.arm_id, "state": Attestation.State.COMPLIANT}
    Attestation.objects.create(scope=v.scope, name="kept", state_since=timezone.now(), **about)
    return v.rest("GET", f"{INSIGHTS}/attestations/kept")


def _of_task(method: str, last: str = "", state: str = Remediation.State.ACCEPTED) -> Any:
    def ask(v: Visitor) -> Any:
        task(v, state)
        return v.rest(method, f"{INSIGHTS}/remediations/kept{last}")

    return ask


def _of_exemption(method: str, body: Any = None) -> Any:
    def ask(v: Visitor) -> Any:
        kept(v)
        return v.rest(method, f"{PROVIDER}/policyExemptions/kept", body)

    return ask


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


def _set(v: Visitor) -> dict[str, Any]:
    return initiative(member(v.estate.own.arm_id))


def _second(v: Visitor, kind: Kind, method: str) -> Any:
    """The second version of the custom definition of a kind, which can be deleted."""
    folder, name = (_POLICIES, "own") if kind == Kind.POLICY else (_SETS, "own-set")
    body = policy(displayName="Later") if kind == Kind.POLICY else _set(v)
    if method == "DELETE":
        authoring.put_version(v.estate.subscription, name, "9.0.0", body, None, kind)
    sent = body if method == "PUT" else None
    return v.above(method, f"{folder}/{name}/versions/9.0.0", sent)


def _how_far(v: Visitor) -> Any:
    told = {"scope": v.scope.pk, "at": timezone.now().isoformat()}
    token = signing.dumps(told, salt=evaluations._SALT)
    return v.rest("GET", f"{INSIGHTS}/asyncOperationResults/{token}")


def _restrictions(v: Visitor) -> Any:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}
    about = {"scope": f"{v.scope.arm_id}/{v.cluster_path}", "resourceContent": pod}
    return v.rest("POST", f"{INSIGHTS}/checkPolicyRestrictions", {"resourceDetails": about})


def _states(kind: str, last: str = "queryResults", method: str = "POST") -> Any:
    which = "latest" if "States" in kind else "default"
    return lambda v: v.rest(method, f"{INSIGHTS}/{kind}/{which}/{last}")


OPEN: Right = {
    "rest: list tenants": lambda v: v.arm("GET", "/tenants"),
    "rest: list subscriptions": lambda v: v.arm("GET", "/subscriptions"),
    "rest: list management groups": lambda v: v.arm(
        "GET", "/providers/Microsoft.Management/managementGroups"
    ),
    "rest: list modes": lambda v: v.arm("GET", f"/{PROVIDER}/dataPolicyManifests"),
    "rest: see a mode": lambda v: v.arm(
        "GET", f"/{PROVIDER}/dataPolicyManifests/Microsoft.Kubernetes.Data"
    ),
    "rest: list controls": lambda v: v.arm("GET", f"/{INSIGHTS}/policyMetadata"),
    "rest: list what roles can allow": lambda v: v.arm("GET", f"/{INSIGHTS}/operations"),
    "rest: see a built-in policy": lambda v: v.arm(
        "GET", f"/{_POLICIES}/{v.estate.definition.name}"
    ),
    "rest: see a version of a built-in policy": lambda v: v.arm(
        "GET",
        f"/{_POLICIES}/{v.estate.definition.name}/versions/{v.estate.definition.latest_version}",
    ),
    "rest: see a built-in initiative": lambda v: v.arm("GET", f"/{_SETS}/{BASELINE}"),
    "rest: see a version of a built-in initiative": lambda v: v.arm(
        "GET", f"/{_SETS}/{BASELINE}/versions/{_latest(BASELINE)}"
    ),
    "rest: see a built-in role": lambda v: v.arm(
        "GET", f"/{PROVIDER}/roleDefinitions/{roles.READER}"
    ),
}
KNOWING: Right = {
    "rest: ask how far an evaluation is": _how_far,
    # Of those that the caller may read.
    "rest: list resource groups": lambda v: v.above("GET", "resourceGroups"),
}
SEEING: Right = {
    "rest: see a subscription": lambda v: v.above("GET", ""),
    "rest: see a resource group": lambda v: v.rest("GET", ""),
    "rest: see an assignment": lambda v: v.rest("GET", _ASSIGNMENT),
    "rest: list assignments": lambda v: v.rest("GET", f"{PROVIDER}/policyAssignments"),
    "rest: list exemptions": lambda v: v.rest("GET", f"{PROVIDER}/policyExemptions"),
    "rest: see an exemption": _of_exemption("GET"),
    "rest: list policies": lambda v: v.above("GET", _POLICIES),
    "rest: see a policy": lambda v: v.above("GET", f"{_POLICIES}/own"),
    "rest: list versions of a policy": lambda v: v.above("GET", f"{_POLICIES}/own/versions"),
    "rest: see a version of a policy": lambda v: v.above("GET", f"{_POLICIES}/own/versions/1.0.0"),
    "rest: list versions of all policies": lambda v: v.above(
        "POST", f"{PROVIDER}/listPolicyDefinitionVersions"
    ),
    "rest: list initiatives": lambda v: v.above("GET", _SETS),
    "rest: see an initiative": lambda v: v.above("GET", f"{_SETS}/own-set"),
    "rest: list versions of an initiative": lambda v: v.above("GET", f"{_SETS}/own-set/versions"),
    "rest: see a version of an initiative": lambda v: v.above(
        "GET", f"{_SETS}/own-set/versions/1.0.0"
    ),
    "rest: list versions of all initiatives": lambda v: v.above(
        "POST", f"{PROVIDER}/listPolicySetDefinitionVersions"
    ),
    "rest: see a remediation": _of_task("GET"),
    "rest: list remediations": lambda v: v.rest("GET", f"{INSIGHTS}/remediations"),
    "rest: list a remediation's objects": _of_task("POST", "/listDeployments"),
    "rest: see the next page of them": _of_task("GET", "/listDeployments"),
    "rest: list attestations": lambda v: v.rest("GET", f"{INSIGHTS}/attestations"),
    "rest: see an attestation": _attested,
    "rest: query states": _states("policyStates"),
    "rest: query the next page of states": _states("policyStates", method="GET"),
    "rest: query events": _states("policyEvents"),
    "rest: query the next page of events": _states("policyEvents", method="GET"),
    "rest: query states of components": _states("componentPolicyStates"),
    "rest: summarize states": _states("policyStates", "summarize"),
    "rest: query tracked resources": _states("policyTrackedResources"),
    "rest: check an object before it is made": _restrictions,
    "rest: see the cluster": lambda v: v.rest("GET", v.cluster_path),
    "rest: list clusters": lambda v: v.rest(
        "GET", "providers/Microsoft.ContainerService/managedClusters"
    ),
    "rest: see who has which role": lambda v: v.rest("GET", f"{PROVIDER}/roleAssignments"),
    "rest: see one role that somebody has": lambda v: v.rest(
        "GET", f"{PROVIDER}/roleAssignments/{v.estate.given.name}"
    ),
    "rest: list roles": lambda v: v.rest("GET", f"{PROVIDER}/roleDefinitions"),
    "rest: see a role": lambda v: v.rest("GET", f"{PROVIDER}/roleDefinitions/{v.estate.role.name}"),
}
ASSIGNING: Right = {
    "rest: assign": lambda v: v.rest("PUT", f"{PROVIDER}/policyAssignments/new", assignment(v)),
    "rest: change an assignment": lambda v: v.rest(
        "PATCH", _ASSIGNMENT, {"properties": {"overrides": []}}
    ),
    "rest: ask what if": lambda v: v.rest("POST", f"{_ASSIGNMENT}/whatIf"),
}
POLICY: Right = {
    "rest: delete an assignment": lambda v: v.rest("DELETE", _ASSIGNMENT),
    "rest: exempt": lambda v: v.rest("PUT", f"{PROVIDER}/policyExemptions/new", exemption(v)),
    "rest: change an exemption": _of_exemption("PATCH", {"properties": {"resourceSelectors": []}}),
    "rest: delete an exemption": _of_exemption("DELETE"),
    "rest: write a policy": lambda v: v.above("PUT", f"{_POLICIES}/new", policy()),
    "rest: delete a policy": lambda v: judged(v.above("DELETE", f"{_POLICIES}/own")),
    "rest: write a version of a policy": lambda v: _second(v, Kind.POLICY, "PUT"),
    "rest: delete a version of a policy": lambda v: _second(v, Kind.POLICY, "DELETE"),
    "rest: write an initiative": lambda v: v.above("PUT", f"{_SETS}/new", _set(v)),
    "rest: delete an initiative": lambda v: v.above("DELETE", f"{_SETS}/own-set"),
    "rest: write a version of an initiative": lambda v: _second(v, Kind.INITIATIVE, "PUT"),
    "rest: delete a version of an initiative": lambda v: _second(v, Kind.INITIATIVE, "DELETE"),
}
INSIGHT: Right = {
    "rest: ask for a remediation": lambda v: judged(
        v.rest("PUT", f"{INSIGHTS}/remediations/new", {"properties": {}})
    ),
    "rest: cancel a remediation": _of_task("POST", "/cancel"),
    "rest: delete a remediation": _of_task("DELETE", state=Remediation.State.FAILED),
    "rest: attest": lambda v: judged(
        v.rest("PUT", f"{INSIGHTS}/attestations/new", {"properties": {}})
    ),
    "rest: delete an attestation": lambda v: v.rest("DELETE", f"{INSIGHTS}/attestations/none"),
    "rest: ask for an evaluation": _states("policyStates", "triggerEvaluation"),
}
ACCESS: Right = {
    "rest: give a role": lambda v: v.rest(
        "PUT", f"{PROVIDER}/roleAssignments/{uuid.uuid4()}", _role(v)
    ),
    "rest: take a role away": lambda v: v.rest(
        "DELETE", f"{PROVIDER}/roleAssignments/{v.estate.given.name}"
    ),
    "rest: make a role": lambda v: v.rest(
        "PUT", f"{PROVIDER}/roleDefinitions/{uuid.uuid4()}", _custom_role(v)
    ),
    "rest: delete a role": lambda v: v.rest(
        "DELETE", f"{PROVIDER}/roleDefinitions/{v.estate.role.name}"
    ),
}
CLUSTER: Right = {
    "rest: switch the add-on": lambda v: v.rest("PUT", v.cluster_path, _switched_off(v)),
}
ROOT: Right = {
    "rest: see a management group": lambda v: v.arm(
        "GET", str(v.estate.subscription.parent and v.estate.subscription.parent.arm_id)
    ),
}
