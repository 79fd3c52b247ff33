"""The bodies of this provider, as OpenAPI describes them."""

# ruff: noqa: N815 - the fields' names are ARM's
from __future__ import annotations

from rest_framework import serializers

from policy_app.arm.serializers import Shape


class SubscriptionSerializer(Shape):
    """A subscription."""

    id = serializers.CharField()
    authorizationSource = serializers.CharField()
    subscriptionId = serializers.CharField()
    tenantId = serializers.CharField()
    displayName = serializers.CharField()
    state = serializers.CharField()


class SubscriptionListResultSerializer(Shape):
    """A page of subscriptions."""

    value = SubscriptionSerializer(many=True)
    nextLink = serializers.CharField(required=False)


class ResourceGroupPropertiesSerializer(Shape):
    """What the portal knows of a resource group."""

    provisioningState = serializers.CharField()


class ResourceGroupSerializer(Shape):
    """A resource group."""

    id = serializers.CharField()
    name = serializers.CharField()
    type = serializers.CharField()
    location = serializers.CharField()
    properties = ResourceGroupPropertiesSerializer()


class ResourceGroupListResultSerializer(Shape):
    """A page of resource groups."""

    value = ResourceGroupSerializer(many=True)
    nextLink = serializers.CharField(required=False)


class TenantSerializer(Shape):
    """A tenant."""

    id = serializers.CharField()
    tenantId = serializers.CharField()
    displayName = serializers.CharField()
    tenantCategory = serializers.CharField()


class TenantListResultSerializer(Shape):
    """The tenants; there is one."""

    value = TenantSerializer(many=True)
