"""The bodies of this provider, as OpenAPI describes them."""

# ruff: noqa: N815 - the fields' names are ARM's
from __future__ import annotations

from rest_framework import serializers

from policy_app.arm.serializers import PageSerializer, Shape


class AddonProfileSerializer(Shape):
    """An add-on of a cluster."""

    enabled = serializers.BooleanField()
    config = serializers.DictField(required=False, allow_null=True)


class ManagedClusterPropertiesSerializer(Shape):
    """What the portal knows of a cluster; PUT changes the add-on `azurepolicy` alone."""

    provisioningState = serializers.CharField(required=False)
    powerState = serializers.DictField(required=False)
    kubernetesVersion = serializers.CharField(required=False)
    currentKubernetesVersion = serializers.CharField(required=False)
    addonProfiles = serializers.DictField(child=AddonProfileSerializer(), required=False)


class ManagedClusterSerializer(Shape):
    """A Kubernetes cluster."""

    id = serializers.CharField(required=False)
    name = serializers.CharField(required=False)
    type = serializers.CharField(required=False)
    location = serializers.CharField(required=False)
    properties = ManagedClusterPropertiesSerializer(required=False)


class ManagedClusterListResultSerializer(PageSerializer):
    """A page of clusters."""

    value = ManagedClusterSerializer(many=True)
