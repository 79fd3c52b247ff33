"""Tenants, subscriptions and resource groups: get and list, for clients that look a scope up.

The portal makes none of them: what Azure does beside reading is answered with 501.
"""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from policy_app.arm import openapi
from policy_app.arm.paging import paginate
from policy_app.arm.resources import serializers, shapes
from policy_app.arm.views import ArmView
from policy_app.models import Scope
from policy_app.services import authorization
from policy_app.services.authorization import actions

_SUBSCRIPTIONS = "Microsoft.Resources/subscriptions"
_GROUPS = f"{_SUBSCRIPTIONS}/resourceGroups"
_PAGE = [openapi.TOP, openapi.SKIP_TOKEN]


class Tenants(ArmView):
    """The tenants that the caller belongs to."""

    group = "Tenants"
    verbs = {"get": "List"}

    @extend_schema(responses=serializers.TenantListResultSerializer)
    def get(self, request: Request, **kwargs: str) -> Response:
        """List tenants."""
        return Response({"value": [shapes.tenant()]})


class Subscriptions(ArmView):
    """The subscriptions that the caller may see."""

    group = "Subscriptions"
    verbs = {"get": "List"}

    @extend_schema(parameters=_PAGE, responses=serializers.SubscriptionListResultSerializer)
    def get(self, request: Request, **kwargs: str) -> Response:
        """List subscriptions."""
        action = actions.of(_SUBSCRIPTIONS, actions.READ)
        rows = authorization.visible_scopes(self.caller, action)
        page = paginate(request, rows.filter(kind=Scope.Kind.SUBSCRIPTION))
        return Response(page.body([shapes.subscription(row) for row in page.rows]))


class Subscription(ArmView):
    """One subscription."""

    group = "Subscriptions"
    provider = _SUBSCRIPTIONS
    verbs = {"get": "Get"}
    not_yet = frozenset({"put", "patch", "delete", "post"})

    @extend_schema(responses=serializers.SubscriptionSerializer)
    def get(self, request: Request, **kwargs: str) -> Response:
        """Get a subscription."""
        return Response(shapes.subscription(self.scope))


class ResourceGroups(ArmView):
    """The resource groups of a subscription that the caller may see."""

    group = "ResourceGroups"
    verbs = {"get": "List"}

    @extend_schema(parameters=_PAGE, responses=serializers.ResourceGroupListResultSerializer)
    def get(self, request: Request, **kwargs: str) -> Response:
        """List resource groups."""
        rows = authorization.visible_scopes(self.caller, actions.of(_GROUPS, actions.READ))
        below = rows.filter(kind=Scope.Kind.RESOURCE_GROUP, path__startswith=self.scope.path)
        page = paginate(request, below)
        return Response(page.body([shapes.resource_group(row) for row in page.rows]))


class ResourceGroup(ArmView):
    """One resource group."""

    group = "ResourceGroups"
    provider = _GROUPS
    verbs = {"get": "Get"}
    not_yet = frozenset({"put", "patch", "delete", "post"})

    @extend_schema(responses=serializers.ResourceGroupSerializer)
    def get(self, request: Request, **kwargs: str) -> Response:
        """Get a resource group."""
        return Response(shapes.resource_group(self.scope))

    def head(self, request: Request, **kwargs: str) -> Response:
        """204 where there is one, and 404 where there is none: how clients ask whether."""
        self.scope  # noqa: B018 - raises NotFound
        return Response(status=status.HTTP_204_NO_CONTENT)
