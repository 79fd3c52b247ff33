"""policyAssignments: get, put, patch, delete and list, at every level below the tenant."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from policy_app.arm import bodies, openapi
from policy_app.arm.authorization import expand, shapes
from policy_app.arm.authorization.serializers import (
    PolicyAssignmentListResultSerializer,
    PolicyAssignmentSerializer,
    PolicyAssignmentUpdateSerializer,
)
from policy_app.arm.filtering import at_scope, filtered
from policy_app.arm.odata import Column, Columns, Kind
from policy_app.arm.paging import paginate
from policy_app.arm.views import ArmView
from policy_app.services import assignments, authorization, drafts
from policy_app.services.authorization import actions

_READ = actions.of(actions.ASSIGNMENTS, actions.READ)
_DEFINITION = Column("policyDefinitionId", "definition__key", Kind.KEY, bare=True)
_PATCHABLE_OUTSIDE = ("location", "identity")
_PATCHABLE = ("resourceSelectors", "overrides", "selfServeExemptionSettings")
_FILTER = openapi.filter_parameter(
    "Without one: the assignments at, above and below the scope. `atScope()` leaves out those"
    " below, `atExactScope()` those above as well; `policyDefinitionId eq '{id}'` leaves those of"
    " one definition. Parts are joined with `and`, `or` and `not`."
)


_DENY = OpenApiExample(
    "Refuse what breaks the pod security baseline",
    request_only=True,
    value={
        "properties": {
            "displayName": "Pod security baseline",
            "policyDefinitionId": "/providers/Microsoft.Authorization/policySetDefinitions"
            "/a8640138-9b0a-4a28-b8cb-1666c838647d",
            "parameters": {
                "effect": {"value": "deny"},
                "excludedNamespaces": {"value": ["kube-system", "gatekeeper-system"]},
            },
        }
    },
)
_OVERRIDE = OpenApiExample(
    "Only audit for now",
    request_only=True,
    value={"properties": {"overrides": [{"kind": "policyEffect", "value": "audit"}]}},
)


class PolicyAssignments(ArmView):
    """The assignments around a scope."""

    group = "PolicyAssignments"
    provider = actions.ASSIGNMENTS
    verbs = {"get": "List"}

    @extend_schema(
        parameters=[_FILTER, openapi.EXPAND_VERSIONS, openapi.TOP, openapi.SKIP_TOKEN],
        responses=PolicyAssignmentListResultSerializer,
    )
    def get(self, request: Request, **kwargs: str) -> Response:
        """List policy assignments."""
        names = expand.requested(request)
        rows = authorization.visible(assignments.listing(self.scope), self.caller, _READ)
        columns = Columns((_DEFINITION,), at_scope(self.scope))
        page = paginate(request, filtered(request, rows, columns))
        expand.load(page.rows, names)
        return Response(page.body([shapes.assignment(row, names) for row in page.rows]))


class PolicyAssignment(ArmView):
    """One assignment at exactly one scope."""

    group = "PolicyAssignments"
    provider = actions.ASSIGNMENTS
    verbs = {"get": "Get", "put": "Create", "patch": "Update", "delete": "Delete"}

    @extend_schema(parameters=[openapi.EXPAND_VERSIONS], responses=PolicyAssignmentSerializer)
    def get(self, request: Request, **kwargs: str) -> Response:
        """Get a policy assignment."""
        names = expand.requested(request)
        row = assignments.get(self.scope, self._name)
        return Response(shapes.assignment(row, names))

    @extend_schema(
        request=PolicyAssignmentSerializer,
        responses={201: PolicyAssignmentSerializer},
        examples=[_DENY],
    )
    def put(self, request: Request, **kwargs: str) -> Response:
        """Create a policy assignment, or replace the one of that name.

        The answer is 201 in both cases: the Azure SDKs take anything else for a failure.
        """
        body = bodies.json_object(request.data)
        draft = drafts.from_arm(self.scope, self._name, body, self.caller)
        own = {
            "id": draft.arm_id,
            "name": draft.name,
            "type": f"{shapes.PROVIDER}/policyAssignments",
        }
        bodies.refuse_another_identity(body, {**own, "properties.scope": draft.scope.arm_id})
        row, _ = assignments.put(draft, self.caller)
        return Response(shapes.assignment(row), status=status.HTTP_201_CREATED)

    @extend_schema(
        request=PolicyAssignmentUpdateSerializer,
        responses=PolicyAssignmentSerializer,
        examples=[_OVERRIDE],
    )
    def patch(self, request: Request, **kwargs: str) -> Response:
        """Change the location, identity, resource selectors or overrides of an assignment.

        What the body leaves out stays as it is; every other field is changed with PUT.
        """
        body = bodies.json_object(request.data)
        bodies.refuse_what_put_changes(body, _PATCHABLE_OUTSIDE, _PATCHABLE)
        row = assignments.change(self.scope, self._name, body, self.caller)
        return Response(shapes.assignment(row))

    @extend_schema(
        responses={
            200: OpenApiResponse(PolicyAssignmentSerializer, description="What was deleted."),
            204: OpenApiResponse(description="There was no such assignment."),
        }
    )
    def delete(self, request: Request, **kwargs: str) -> Response:
        """Delete a policy assignment."""
        row = assignments.find(self.scope, self._name)
        deleted = assignments.delete(row, self.caller) if row else None
        if deleted is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return Response(shapes.assignment(deleted))

    @property
    def _name(self) -> str:
        return str(self.kwargs["policyAssignmentName"])
