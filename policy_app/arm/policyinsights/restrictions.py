"""checkPolicyRestrictions: what the policies of a cluster say of an object before it is made.

Azure answers for resources of ARM.  Here the resource's content is a Kubernetes object, and its
scope a cluster; what the admission webhook would say is told in Azure's shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from policy_app.arm import bodies
from policy_app.arm.errors import not_yet
from policy_app.arm.views import ArmView
from policy_app.evaluation.results import Violation
from policy_app.models import Cluster, Scope
from policy_app.services import authorization, testing
from policy_app.services.authorization import actions
from policy_app.services.errors import PolicyError

_EFFECTS = {"deny": "Deny", "warn": "Audit", "dryrun": "Audit"}


class CheckPolicyRestrictions(ArmView):
    """What would become of an object in a cluster below the scope."""

    group = "PolicyRestrictions"
    verbs = {"post": "Check"}
    provider = "Microsoft.PolicyInsights/checkPolicyRestrictions"
    post_action = actions.RESTRICTIONS

    @extend_schema(
        request=OpenApiTypes.OBJECT,
        responses=OpenApiResponse(OpenApiTypes.OBJECT, description="What policies say of it."),
    )
    def post(self, request: Request, **kwargs: str) -> Response:
        """Check what policies say of a Kubernetes object."""
        body = bodies.json_object(request.data, "resourceDetails")
        if body.get("pendingFields"):
            raise not_yet("pendingFields of checkPolicyRestrictions")
        details = _object(body, "resourceDetails", "resourceDetails")
        content = _object(details, "resourceContent", "resourceDetails.resourceContent")
        if not {"apiVersion", "kind"} <= content.keys():
            raise not_yet("checkPolicyRestrictions for resources that are no Kubernetes objects")
        cluster = self._cluster(details.get("scope"))
        audited = body.get("includeAuditEffect", False)
        if not isinstance(audited, bool):
            raise _wrong("includeAuditEffect", "must be true or false")
        decision = testing.decide(cluster, dict(content))
        told = (one for one in decision.violations if audited or _denies(one))
        evaluations = [_evaluation(one) for one in told]
        return Response(
            {"fieldRestrictions": [], "contentEvaluationResult": {"policyEvaluations": evaluations}}
        )

    def _cluster(self, given: Any) -> Cluster:
        path = "resourceDetails.scope"
        if given is None:
            scope: Scope = self.scope
        elif isinstance(given, str):
            scope = authorization.scope_for(self.caller, given)
        else:
            raise _wrong(path, "must be the id of a cluster")
        if scope.kind != Scope.Kind.CLUSTER or not scope.is_at_or_below(self.scope):
            raise _wrong(path, f"must be the id of a cluster below '{self.scope.arm_id}'")
        authorization.require(self.caller, actions.RESTRICTIONS, scope)
        return scope.cluster


def _denies(one: Violation) -> bool:
    return _EFFECTS[one.enforcement_action] == _EFFECTS["deny"]


def _evaluation(one: Violation) -> dict[str, Any]:
    origin = one.origin
    return {
        "policyInfo": {
            "policyDefinitionId": origin.definition_id,
            "policyAssignmentId": origin.assignment_id,
            "policySetDefinitionId": origin.set_definition_id or None,
            "policyDefinitionReferenceId": origin.definition_reference_id or None,
        },
        "evaluationResult": "NonCompliant",
        "effectDetails": {"policyEffect": _EFFECTS[one.enforcement_action]},
        "evaluationDetails": {
            "reason": one.message,
            "evaluatedExpressions": [
                {
                    "result": "False",
                    "expressionKind": "Field",
                    "expression": one.place.path if one.place else "",
                    "path": one.place.path if one.place else "",
                }
            ],
        },
    }


def _object(given: Mapping[str, Any], name: str, path: str) -> Mapping[str, Any]:
    value = given.get(name)
    if not isinstance(value, Mapping):
        raise _wrong(path, "must be an object")
    return value


def _wrong(path: str, why: str) -> PolicyError:
    return PolicyError("InvalidRequestContent", f"'{path}' {why}.", target=path)
