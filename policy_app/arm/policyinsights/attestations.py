"""attestations: get, put, delete and list, at subscriptions, resource groups and clusters."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from policy_app.arm import bodies, openapi
from policy_app.arm.filtering import filtered
from policy_app.arm.odata import Column, Columns, Kind
from policy_app.arm.paging import paginate
from policy_app.arm.policyinsights import shapes
from policy_app.arm.policyinsights.serializers import (
    AttestationListResultSerializer,
    AttestationSerializer,
)
from policy_app.arm.views import ArmView
from policy_app.models import Attestation
from policy_app.services import attestations, authorization
from policy_app.services.authorization import actions

_READ = actions.of(actions.ATTESTATIONS, actions.READ)
_COLUMNS = Columns(
    (
        Column("policyAssignmentId", "assignment_key", Kind.KEY, bare=True),
        Column("policyDefinitionReferenceId", "reference_id"),
        Column("complianceState", "state", Kind.CHOICE, tuple(Attestation.State.values)),
        Column("expiresOn", "expires_on", Kind.TIME),
        Column("assessmentDate", "assessment_date", Kind.TIME),
        Column("owner", "owner"),
    )
)
_FILTER = openapi.filter_parameter(f"A condition on {_COLUMNS.expected}.")


class Attestations(ArmView):
    """The attestations at a scope and below."""

    group = "Attestations"
    provider = actions.ATTESTATIONS
    verbs = {"get": "List"}

    @extend_schema(
        parameters=[_FILTER, openapi.TOP, openapi.SKIP_TOKEN],
        responses=AttestationListResultSerializer,
    )
    def get(self, request: Request, **kwargs: str) -> Response:
        """List attestations."""
        rows = authorization.visible(attestations.at_and_below(self.scope), self.caller, _READ)
        page = paginate(request, filtered(request, rows, _COLUMNS))
        return Response(page.body([shapes.attestation(one) for one in page.rows]))


class AttestationResource(ArmView):
    """One attestation at exactly one scope."""

    group = "Attestations"
    provider = actions.ATTESTATIONS
    verbs = {"get": "Get", "put": "CreateOrUpdate", "delete": "Delete"}

    @extend_schema(responses=AttestationSerializer)
    def get(self, request: Request, **kwargs: str) -> Response:
        """Get an attestation."""
        return Response(shapes.attestation(attestations.get(self.scope, self._name)))

    @extend_schema(
        request=AttestationSerializer,
        responses={200: AttestationSerializer, 201: AttestationSerializer},
    )
    def put(self, request: Request, **kwargs: str) -> Response:
        """Attest a state (201), or replace the attestation of that name (200).

        The policy must have the effect `manual`, which none for Kubernetes data can have.
        """
        body = bodies.json_object(request.data)
        arm_id = Attestation(scope=self.scope, name=self._name).arm_id
        own = {"id": arm_id, "name": self._name, "type": actions.ATTESTATIONS}
        bodies.refuse_another_identity(body, own)
        row, created = attestations.put(self.scope, self._name, body, self.caller)
        code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return Response(shapes.attestation(row), status=code)

    @extend_schema(
        responses={
            200: OpenApiResponse(description="It is deleted."),
            204: OpenApiResponse(description="There was no such attestation."),
        }
    )
    def delete(self, request: Request, **kwargs: str) -> Response:
        """Delete an attestation."""
        row = attestations.find(self.scope, self._name)
        if row is None or not attestations.delete(row, self.caller):
            return Response(status=status.HTTP_204_NO_CONTENT)
        return Response()

    @property
    def _name(self) -> str:
        return str(self.kwargs["attestationName"])
