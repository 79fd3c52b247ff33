"""operations: what Microsoft.PolicyInsights offers here."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from policy_app.arm.views import ArmView
from policy_app.services.authorization import actions

_DEPLOYMENTS = actions.of(actions.DEPLOYMENTS, actions.READ)
_OFFERED = (
    (actions.STATES, "Policy states", "Query what policies have come to"),
    (actions.EVENTS, "Policy events", "Query what became of components, and when"),
    (actions.COMPONENT_STATES, "Component policy states", "Query what policies say of components"),
    (actions.EVALUATE, "Policy states", "Audit what is below a scope now"),
    (actions.RESTRICTIONS, "Policy restrictions", "Check an object before it is made"),
    (actions.TRACKED, "Policy tracked resources", "Query what policies deployed"),
    *(
        (actions.of(resource_type, verb), resource, operation)
        for resource_type, resource in (
            (actions.REMEDIATIONS, "Policy remediation"),
            (actions.ATTESTATIONS, "Attestation"),
        )
        for verb, operation in (
            (actions.READ, "Get or list them"),
            (actions.WRITE, "Create or replace one"),
            (actions.DELETE, "Delete one"),
        )
    ),
    (actions.CANCEL_REMEDIATION, "Policy remediation", "End one early"),
    (_DEPLOYMENTS, "Policy remediation", "List the objects of one"),
)


class Operations(ArmView):
    """The operations that roles can allow."""

    group = "Operations"
    verbs = {"get": "List"}

    @extend_schema(
        responses=OpenApiResponse(OpenApiTypes.OBJECT, description="The operations."),
    )
    def get(self, request: Request, **kwargs: str) -> Response:
        """List operations."""
        value = [
            {
                "name": name,
                "isDataAction": False,
                "display": {
                    "provider": "Microsoft.PolicyInsights",
                    "resource": resource,
                    "operation": operation,
                    "description": f"{operation}.",
                },
            }
            for name, resource, operation in _OFFERED
        ]
        return Response({"@odata.count": len(value), "value": value})
