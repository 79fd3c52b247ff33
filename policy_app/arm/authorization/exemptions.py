"""policyExemptions: get, put, patch, delete and list, at every level below the tenant."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from policy_app.arm import bodies, openapi
from policy_app.arm.authorization import shapes
from policy_app.arm.authorization.serializers import (
    PolicyExemptionListResultSerializer,
    PolicyExemptionSerializer,
    PolicyExemptionUpdateSerializer,
)
from policy_app.arm.filtering import at_scope, filtered
from policy_app.arm.odata import Column, Columns, Kind
from policy_app.arm.paging import paginate
from policy_app.arm.views import ArmView
from policy_app.models import Exemption
from policy_app.services import authorization, exemptions
from policy_app.services.authorization import actions

_READ = actions.of(actions.EXEMPTIONS, actions.READ)
_ASSIGNMENT = Column("policyAssignmentId", "assignment_key", Kind.KEY, bare=True)
_PATCHABLE = ("resourceSelectors", "assignmentScopeValidation", "exemptionManagementMode")
_FILTER = openapi.filter_parameter(
    "Without one: the exemptions at, above and below the scope. `atScope()` leaves out those below,"
    " `atExactScope()` those above as well; `excludeExpired()` leaves out what has expired;"
    " `policyAssignmentId eq '{id}'` leaves those of one assignment. Parts are joined with `and`,"
    " `or` and `not`."
)
_WAIVER = OpenApiExample(
    "Let a cluster be until the end of the year",
    request_only=True,
    value={
        "properties": {
            "displayName": "Until the move",
            "policyAssignmentId": "/subscriptions/00000000-0000-0000-0000-000000000001/providers"
            "/Microsoft.Authorization/policyAssignments/baseline",
            "policyDefinitionReferenceIds": ["NoPrivilegedContainers"],
            "exemptionCategory": "Waiver",
            "expiresOn": "2026-12-31T23:59:00Z",
        }
    },
)


class PolicyExemptions(ArmView):
    """The exemptions around a scope."""

    group = "PolicyExemptions"
    provider = actions.EXEMPTIONS
    verbs = {"get": "List"}

    @extend_schema(
        parameters=[_FILTER, openapi.TOP, openapi.SKIP_TOKEN],
        responses=PolicyExemptionListResultSerializer,
    )
    def get(self, request: Request, **kwargs: str) -> Response:
        """List policy exemptions."""
        rows = authorization.visible(exemptions.listing(self.scope), self.caller, _READ)
        functions = {**at_scope(self.scope), "excludeExpired": exemptions.unexpired}
        page = paginate(request, filtered(request, rows, Columns((_ASSIGNMENT,), functions)))
        return Response(page.body([shapes.exemption(row) for row in page.rows]))


class PolicyExemption(ArmView):
    """One exemption at exactly one scope."""

    group = "PolicyExemptions"
    provider = actions.EXEMPTIONS
    verbs = {"get": "Get", "put": "CreateOrUpdate", "patch": "Update", "delete": "Delete"}

    @extend_schema(responses=PolicyExemptionSerializer)
    def get(self, request: Request, **kwargs: str) -> Response:
        """Get a policy exemption."""
        return Response(shapes.exemption(exemptions.get(self.scope, self._name)))

    @extend_schema(
        request=PolicyExemptionSerializer,
        responses={200: PolicyExemptionSerializer, 201: PolicyExemptionSerializer},
        examples=[_WAIVER],
    )
    def put(self, request: Request, **kwargs: str) -> Response:
        """Create a policy exemption (201), or replace the one of that name (200)."""
        body = bodies.json_object(request.data)
        arm_id = Exemption(scope=self.scope, name=self._name).arm_id
        kind = f"{shapes.PROVIDER}/policyExemptions"
        bodies.refuse_another_identity(body, {"id": arm_id, "name": self._name, "type": kind})
        row, created = exemptions.put(self.scope, self._name, body, self.caller)
        code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return Response(shapes.exemption(row), status=code)

    @extend_schema(request=PolicyExemptionUpdateSerializer, responses=PolicyExemptionSerializer)
    def patch(self, request: Request, **kwargs: str) -> Response:
        """Change the resource selectors, scope validation or management mode of an exemption.

        What the body leaves out stays as it is; every other field is changed with PUT.
        """
        body = bodies.json_object(request.data)
        bodies.refuse_what_put_changes(body, (), _PATCHABLE)
        row = exemptions.change(self.scope, self._name, body, self.caller)
        return Response(shapes.exemption(row))

    @extend_schema(
        responses={
            200: OpenApiResponse(description="It is deleted."),
            204: OpenApiResponse(description="There was no such exemption."),
        }
    )
    def delete(self, request: Request, **kwargs: str) -> Response:
        """Delete a policy exemption."""
        row = exemptions.find(self.scope, self._name)
        if row is None or not exemptions.delete(row, self.caller):
            return Response(status=status.HTTP_204_NO_CONTENT)
        return Response()

    @property
    def _name(self) -> str:
        return str(self.kwargs["policyExemptionName"])
