"""managementGroups: get and list, for clients that look a scope up."""

from __future__ import annotations

from collections import defaultdict

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from policy_app.arm import openapi
from policy_app.arm.management import serializers, shapes
from policy_app.arm.paging import paginate
from policy_app.arm.views import ArmView
from policy_app.models import Scope
from policy_app.services import authorization
from policy_app.services.authorization import actions
from policy_app.services.errors import PolicyError

_EXPAND = OpenApiParameter("$expand", str, description="`children`: what is directly below.")
_RECURSE = OpenApiParameter("$recurse", bool, description="With `$expand=children`: all below.")
_SHOWN = (Scope.Kind.MANAGEMENT_GROUP, Scope.Kind.SUBSCRIPTION)


class ManagementGroups(ArmView):
    """The management groups that the caller may see."""

    group = "ManagementGroups"
    verbs = {"get": "List"}

    @extend_schema(
        parameters=[openapi.TOP, openapi.SKIP_TOKEN],
        responses=serializers.ManagementGroupListResultSerializer,
    )
    def get(self, request: Request, **kwargs: str) -> Response:
        """List management groups."""
        rows = authorization.visible_scopes(self.caller, actions.of(shapes.TYPE, actions.READ))
        page = paginate(request, rows.filter(kind=Scope.Kind.MANAGEMENT_GROUP))
        return Response(page.body([shapes.management_group(row) for row in page.rows]))


class ManagementGroup(ArmView):
    """One management group."""

    group = "ManagementGroups"
    provider = shapes.TYPE
    verbs = {"get": "Get"}
    not_yet = frozenset({"put", "patch", "delete"})

    @extend_schema(parameters=[_EXPAND, _RECURSE], responses=serializers.ManagementGroupSerializer)
    def get(self, request: Request, **kwargs: str) -> Response:
        """Get a management group, with what is below it where `$expand=children` asks for it."""
        expand = request.query_params.get("$expand", "").strip().lower()
        recurse = request.query_params.get("$recurse", "false").lower()
        if expand not in ("", "children"):
            raise _wrong("$expand", expand, "children")
        if recurse not in ("true", "false"):
            raise _wrong("$recurse", recurse, "true or false")
        parent = self.scope.parent
        if parent is not None and not authorization.knows(self.caller, parent):
            parent = None
        children = self._below() if expand else None
        shape = shapes.with_details(self.scope, parent, children, recurse=recurse == "true")
        return Response(shape)

    def _below(self) -> shapes.Children:
        found = defaultdict(list)
        rows = Scope.objects.filter(path__startswith=self.scope.path, kind__in=_SHOWN)
        for row in rows.order_by("pk"):
            found[row.parent_id].append(row)
        return found


def _wrong(name: str, given: str, right: str) -> PolicyError:
    text = f"The query parameter {name} is '{given}'; it may be {right}."
    return PolicyError("InvalidQueryParameter", text, target=name)
