"""roleDefinitions and roleAssignments: get, put, delete and list, at every scope."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, Q, QuerySet, Value, When
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from policy_app.arm import bodies as requests
from policy_app.arm import openapi
from policy_app.arm.filtering import at_scope, filtered
from policy_app.arm.odata import Column, Columns, Kind
from policy_app.arm.paging import paginate
from policy_app.arm.roles import bodies
from policy_app.arm.roles.serializers import (
    RoleAssignmentListResultSerializer,
    RoleAssignmentSerializer,
    RoleDefinitionListResultSerializer,
    RoleDefinitionSerializer,
)
from policy_app.arm.routes import TENANT
from policy_app.arm.views import ArmView
from policy_app.models import RoleDefinition
from policy_app.services.authorization import actions, assigning, roles

_TYPES = ("BuiltInRole", "CustomRole")
_ROLE_NAME = Column("roleName", "key", Kind.KEY, bare=True)
_TYPE = Column("type", "type_name", Kind.CHOICE, _TYPES, bare=True)
_PRINCIPAL = Column("principalId", "principal__object_id", Kind.TEXT, bare=True)
_ROLE_FILTER = openapi.filter_parameter(
    "`roleName eq 'Reader'` or `type eq 'BuiltInRole'` (or `CustomRole`); joined with `and`."
)
_FILTER = openapi.filter_parameter(
    "Without one: those at, above and below the scope that you may see. `atScope()` leaves out"
    " those below; `principalId eq '{id}'` leaves those of one principal. Joined with `and`."
)
_GONE = {
    200: OpenApiResponse(description="What was deleted."),
    204: OpenApiResponse(description="There was no such thing."),
}


class RoleDefinitions(ArmView):
    """The roles that can be assigned at a scope; the built-in ones at the tenant."""

    group = "RoleDefinitions"
    verbs = {"get": "List"}
    provider = actions.ROLE_DEFINITIONS

    @extend_schema(
        parameters=[_ROLE_FILTER, openapi.TOP, openapi.SKIP_TOKEN],
        responses=RoleDefinitionListResultSerializer,
    )
    def get(self, request: Request, **kwargs: str) -> Response:
        """List roles."""
        rows = _with_types(roles.visible(self.caller))
        here = "" if self.level is TENANT else self.scope.arm_id
        rows = roles.assignable_at(rows, self.scope) if here else rows.filter(is_built_in=True)
        # Every role here can be assigned at the scope, and those below it are asked for there.
        columns = Columns((_ROLE_NAME, _TYPE), {"atScope": Q, "atScopeAndBelow": Q})
        page = paginate(request, filtered(request, rows, columns))
        return Response(page.body([bodies.role_shape(row, here, self.caller) for row in page.rows]))


class OneRoleDefinition(ArmView):
    """One role, by its GUID."""

    group = "RoleDefinitions"
    verbs = {"get": "Get", "put": "CreateOrUpdate", "delete": "Delete"}
    provider = actions.ROLE_DEFINITIONS

    @extend_schema(responses=RoleDefinitionSerializer)
    def get(self, request: Request, **kwargs: str) -> Response:
        """Get a role."""
        return Response(self._shape(roles.get(self._name, self.caller)))

    @extend_schema(request=RoleDefinitionSerializer, responses={201: RoleDefinitionSerializer})
    def put(self, request: Request, **kwargs: str) -> Response:
        """Create a custom role, or replace the one of that GUID."""
        number = bodies.number(self._name, "role definition")
        draft = bodies.role_draft(requests.json_object(request.data))
        row, _ = roles.put(number, draft, self.caller)
        return Response(self._shape(row), status=status.HTTP_201_CREATED)

    @extend_schema(responses=_GONE)
    def delete(self, request: Request, **kwargs: str) -> Response:
        """Delete a custom role that nobody has."""
        row = self._found()
        if row is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        shape = self._shape(row)
        roles.delete(row, self.caller)
        return Response(shape)

    def _shape(self, row: RoleDefinition) -> dict[str, Any]:
        return bodies.role_shape(row, self._here, self.caller)

    def _found(self) -> RoleDefinition | None:
        number = roles.guid(self._name)
        return roles.visible(self.caller).filter(name=number).first() if number else None

    @property
    def _name(self) -> str:
        return str(self.kwargs["roleDefinitionId"])

    @property
    def _here(self) -> str:
        return "" if self.level is TENANT else self.scope.arm_id


class BuiltInRole(OneRoleDefinition):
    """One role at the tenant, where nobody changes any."""

    verbs = {"get": "Get"}
    http_method_names = ["get", "head"]


class RoleAssignments(ArmView):
    """Who has which role around a scope."""

    group = "RoleAssignments"
    verbs = {"get": "ListForScope"}
    provider = actions.ROLE_ASSIGNMENTS

    @extend_schema(
        parameters=[_FILTER, openapi.TOP, openapi.SKIP_TOKEN],
        responses=RoleAssignmentListResultSerializer,
    )
    def get(self, request: Request, **kwargs: str) -> Response:
        """List role assignments."""
        rows = assigning.listing(self.scope, self.caller)
        columns = Columns((_PRINCIPAL,), at_scope(self.scope))
        page = paginate(request, filtered(request, rows, columns))
        return Response(page.body([bodies.assignment_shape(row) for row in page.rows]))


class OneRoleAssignment(ArmView):
    """One role assignment at exactly one scope, by its GUID."""

    group = "RoleAssignments"
    verbs = {"get": "Get", "put": "Create", "delete": "Delete"}
    provider = actions.ROLE_ASSIGNMENTS

    @extend_schema(responses=RoleAssignmentSerializer)
    def get(self, request: Request, **kwargs: str) -> Response:
        """Get a role assignment."""
        return Response(bodies.assignment_shape(assigning.get(self.scope, self._name)))

    @extend_schema(
        request=RoleAssignmentSerializer,
        responses={200: RoleAssignmentSerializer, 201: RoleAssignmentSerializer},
    )
    def put(self, request: Request, **kwargs: str) -> Response:
        """Give a role (201); a PUT that repeats one changes its description alone (200)."""
        body = requests.json_object(request.data)
        gift = bodies.role_gift(self.scope, self._name, body, self.caller)
        row, created = assigning.put(gift, self.caller)
        code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return Response(bodies.assignment_shape(row), status=code)

    @extend_schema(responses=_GONE)
    def delete(self, request: Request, **kwargs: str) -> Response:
        """Take a role away."""
        row = assigning.find(self.scope, self._name)
        if row is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        shape = bodies.assignment_shape(row)
        assigning.delete(row, self.caller)
        return Response(shape)

    @property
    def _name(self) -> str:
        return str(self.kwargs["roleAssignmentName"])


def _with_types(rows: QuerySet[RoleDefinition]) -> QuerySet[Any]:
    """With ``type_name``, which is no column of its own."""
    built_in = When(is_built_in=True, then=Value(_TYPES[0]))
    return rows.annotate(type_name=Case(built_in, default=Value(_TYPES[1])))
