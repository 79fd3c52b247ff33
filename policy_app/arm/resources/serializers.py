"""The bodies of this provider, as OpenAPI describes them."""

# ruff: noqa: N815 - the fields' names are ARM's
from __future__ import annotations

from rest_framework import serializers

from policy_app.arm.serializers import PageSerializer, ResourceSerializer, Shape


class SubscriptionSerializer(Shape):
    """A subscription."""

    id = serializers.CharField()
    authorizationSource = serializers.CharField()
    subscriptionId = serializers.CharField()
    tenantId = serializers.CharField()
    displayName = serializers.CharField()
    state = serializers.CharField()


class SubscriptionListResultSerializer(PageSerializer):
    """A page of subscriptions."""

    value = SubscriptionSerializer(many=True)


class ResourceGroupPropertiesSerializer(Shape):
    """What the portal knows of a resource group."""

    provisioningState = serializers.CharField()


class ResourceGroupSerializer(ResourceSerializer):
    """A resource group."""

    location = serializers.CharField()
    properties = ResourceGroupPropertiesSerializer()


class ResourceGroupListResultSerializer(PageSerializer):
    """A page of resource groups."""

    value = ResourceGroupSerializer(many=True)


class TenantSerializer(Shape):
    """A tenant."""

    id = serializers.CharField()
    tenantId = serializers.CharField()
    displayName = serializers.CharField()
    tenantCategory = serializers.CharField()


class TenantListResultSerializer(Shape):
    """The tenants; there is one."""

    value = TenantSerializer(many=True)
