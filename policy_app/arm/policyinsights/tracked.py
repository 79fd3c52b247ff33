"""policyTrackedResources: what policies deployed and look after, which for clusters is nothing.

Azure tracks what ``deployIfNotExists`` deploys.  Policies for Kubernetes data deploy nothing, and
those for ARM resources are not carried out here, so there is never a record.
"""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from policy_app.arm import openapi
from policy_app.arm.odata import Column, Columns, parse_filter, to_predicate
from policy_app.arm.policyinsights.queries import most_of
from policy_app.arm.policyinsights.serializers import PolicyTrackedResourcesSerializer
from policy_app.arm.views import ArmView
from policy_app.services.authorization import actions
from policy_app.services.errors import PolicyError

_COLUMNS = Columns(
    tuple(
        Column(name, name)
        for name in (
            "trackedResourceId",
            "policyAssignmentId",
            "policyDefinitionId",
            "policySetDefinitionId",
            "policyDefinitionReferenceId",
        )
    )
)
_FILTER = openapi.filter_parameter(f"A condition on {_COLUMNS.expected}.")


class PolicyTrackedResources(ArmView):
    """The resources below a scope that policies look after."""

    group = "PolicyTrackedResources"
    verbs = {"post": "ListQueryResults"}
    provider = "Microsoft.PolicyInsights/policyTrackedResources"
    post_action = actions.TRACKED

    @extend_schema(
        parameters=[_FILTER, openapi.TOP], request=None, responses=PolicyTrackedResourcesSerializer
    )
    def post(self, request: Request, **kwargs: str) -> Response:
        """Query tracked resources, of which there are none."""
        if str(self.kwargs["resourceSelection"]).lower() != "default":
            raise PolicyError(
                "InvalidResourceSelection",
                "There is policyTrackedResources/default alone.",
                target="policyTrackedResourcesResource",
                status=404,
            )
        text = request.query_params.get("$filter", "")
        to_predicate(parse_filter(text, _COLUMNS.expected), _COLUMNS, text)
        most_of(request)
        return Response({"value": []})
