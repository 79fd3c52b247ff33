"""The bodies of this provider, as OpenAPI describes them."""

# ruff: noqa: N815 - the fields' names are ARM's
from __future__ import annotations

from rest_framework import serializers

from policy_app.arm.serializers import PageSerializer, ResourceSerializer, Shape


class ManagementGroupChildSerializer(Shape):
    """A management group or a subscription below a management group."""

    id = serializers.CharField()
    type = serializers.CharField()
    name = serializers.CharField()
    displayName = serializers.CharField()
    children = serializers.ListField(
        child=serializers.DictField(), required=False, help_text="With `$recurse=true`."
    )


class ManagementGroupParentSerializer(Shape):
    """The management group above."""

    id = serializers.CharField()
    name = serializers.CharField()
    displayName = serializers.CharField()


class ManagementGroupDetailsSerializer(Shape):
    """Where it is in the tree."""

    version = serializers.IntegerField()
    parent = ManagementGroupParentSerializer(required=False)


class ManagementGroupPropertiesSerializer(Shape):
    """A management group's properties."""

    tenantId = serializers.CharField()
    displayName = serializers.CharField()
    details = ManagementGroupDetailsSerializer(required=False)
    children = ManagementGroupChildSerializer(
        many=True, required=False, help_text="With `$expand=children`."
    )


class ManagementGroupSerializer(ResourceSerializer):
    """A management group."""

    properties = ManagementGroupPropertiesSerializer()


class ManagementGroupListResultSerializer(PageSerializer):
    """A page of management groups."""

    value = ManagementGroupSerializer(many=True)
