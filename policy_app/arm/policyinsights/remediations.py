"""remediations: get, put, delete, list, cancel and listDeployments, below the tenant."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from policy_app.arm import bodies, openapi
from policy_app.arm.filtering import filtered
from policy_app.arm.odata import Column, Columns, Kind
from policy_app.arm.paging import paginate
from policy_app.arm.policyinsights import shapes
from policy_app.arm.policyinsights.serializers import (
    RemediationDeploymentsListResultSerializer,
    RemediationListResultSerializer,
    RemediationSerializer,
)
from policy_app.arm.views import ArmView
from policy_app.models import Remediation as Row
from policy_app.services import authorization, remediations
from policy_app.services.authorization import actions

_READ = actions.of(actions.REMEDIATIONS, actions.READ)
_COLUMNS = Columns(
    (
        Column("policyAssignmentId", "assignment_key", Kind.KEY, bare=True),
        Column("policyDefinitionReferenceId", "reference_id"),
        Column("provisioningState", "state", Kind.CHOICE, tuple(Row.State.values)),
        Column("resourceDiscoveryMode", "discovery", Kind.CHOICE, tuple(Row.Discovery.values)),
    )
)
_FILTER = openapi.filter_parameter(f"A condition on {_COLUMNS.expected}.")
_TASK = OpenApiExample(
    "Bring what runs already to a read-only root file system",
    request_only=True,
    value={
        "properties": {
            "policyAssignmentId": "/subscriptions/00000000-0000-0000-0000-000000000001/providers"
            "/Microsoft.Authorization/policyAssignments/read-only-root",
            "resourceCount": 100,
            "failureThreshold": {"percentage": 0.1},
            "filters": {"locations": ["westeurope"]},
        }
    },
)


class Remediations(ArmView):
    """The remediations at a scope and below."""

    group = "Remediations"
    provider = actions.REMEDIATIONS
    verbs = {"get": "List"}

    @extend_schema(
        parameters=[_FILTER, openapi.TOP, openapi.SKIP_TOKEN],
        responses=RemediationListResultSerializer,
    )
    def get(self, request: Request, **kwargs: str) -> Response:
        """List remediations."""
        rows = authorization.visible(remediations.at_and_below(self.scope), self.caller, _READ)
        page = paginate(request, filtered(request, rows, _COLUMNS))
        counts = remediations.counts_of(page.rows)
        shown = [shapes.remediation(one, counts[one.pk]) for one in page.rows]
        return Response(page.body(shown))


class _OfOne(ArmView):
    """An address of one remediation at exactly one scope."""

    group = "Remediations"

    @property
    def _name(self) -> str:
        return str(self.kwargs["remediationName"])

    def _shown(self, row: Row, code: int = status.HTTP_200_OK) -> Response:
        counts = remediations.counts_of([row])[row.pk]
        return Response(shapes.remediation(row, counts), status=code)


class Remediation(_OfOne):
    """One remediation."""

    provider = actions.REMEDIATIONS
    verbs = {"get": "Get", "put": "CreateOrUpdate", "delete": "Delete"}

    @extend_schema(responses=RemediationSerializer)
    def get(self, request: Request, **kwargs: str) -> Response:
        """Get a remediation."""
        return self._shown(remediations.get(self.scope, self._name))

    @extend_schema(
        request=RemediationSerializer,
        responses={200: RemediationSerializer, 201: RemediationSerializer},
        examples=[_TASK],
    )
    def put(self, request: Request, **kwargs: str) -> Response:
        """Ask for a remediation (201), or begin one anew that is over (200).

        Workers carry it out: each object that the policy's mutators would change is sent to its
        cluster once more; where the changed fields of a Pod are fixed, its controller replaces it.
        """
        body = bodies.json_object(request.data)
        arm_id = Row(scope=self.scope, name=self._name).arm_id
        own = {"id": arm_id, "name": self._name, "type": actions.REMEDIATIONS}
        bodies.refuse_another_identity(body, own)
        row, created = remediations.put(self.scope, self._name, body, self.caller)
        return self._shown(row, status.HTTP_201_CREATED if created else status.HTTP_200_OK)

    @extend_schema(
        responses={
            200: RemediationSerializer,
            204: OpenApiResponse(description="There was no such remediation."),
        }
    )
    def delete(self, request: Request, **kwargs: str) -> Response:
        """Delete a remediation that is over; it is answered as it was last."""
        row = remediations.find(self.scope, self._name)
        if row is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        answer = self._shown(row)
        if not remediations.delete(row, self.caller):
            return Response(status=status.HTTP_204_NO_CONTENT)
        return answer


class CancelRemediation(_OfOne):
    """End a remediation early."""

    verbs = {"post": "Cancel"}
    provider = actions.REMEDIATIONS
    post_action = actions.CANCEL_REMEDIATION

    @extend_schema(request=None, responses=RemediationSerializer)
    def post(self, request: Request, **kwargs: str) -> Response:
        """Cancel a remediation: what waits is left as it is."""
        return self._shown(remediations.cancel(self.scope, self._name, self.caller))


class RemediationDeployments(_OfOne):
    """What becomes of a remediation's objects."""

    verbs = {"post": "ListDeployments", "get": "ListDeploymentsNext"}
    provider = actions.DEPLOYMENTS
    post_action = actions.of(actions.DEPLOYMENTS, actions.READ)

    @extend_schema(
        parameters=[openapi.TOP, openapi.SKIP_TOKEN],
        request=None,
        responses=RemediationDeploymentsListResultSerializer,
    )
    def post(self, request: Request, **kwargs: str) -> Response:
        """List the objects of a remediation, and what became of each."""
        row = remediations.get(self.scope, self._name)
        page = paginate(request, remediations.deployments(row))
        return Response(page.body([shapes.deployment(one) for one in page.rows]))

    @extend_schema(exclude=True)
    def get(self, request: Request, **kwargs: str) -> Response:
        """The next page, which the Azure SDK asks for by GET."""
        return self.post(request, **kwargs)
