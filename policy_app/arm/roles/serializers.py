"""The bodies of roles and role assignments, as OpenAPI describes them.

Source of the fields: Azure's role-based access control REST reference, 2022-04-01.
"""

# ruff: noqa: N815 - the fields' names are ARM's
from __future__ import annotations

from rest_framework import serializers

from policy_app.arm.serializers import PageSerializer, ResourceSerializer, Shape


class PermissionSerializer(Shape):
    """What a role allows, and what it takes away again."""

    actions = serializers.ListField(child=serializers.CharField(), required=False)
    notActions = serializers.ListField(child=serializers.CharField(), required=False)
    dataActions = serializers.ListField(child=serializers.CharField(), required=False)
    notDataActions = serializers.ListField(child=serializers.CharField(), required=False)


class RoleDefinitionPropertiesSerializer(Shape):
    """A role's properties."""

    roleName = serializers.CharField()
    type = serializers.CharField(required=False, help_text="`BuiltInRole` or `CustomRole`.")
    description = serializers.CharField(required=False, allow_blank=True)
    assignableScopes = serializers.ListField(child=serializers.CharField())
    permissions = PermissionSerializer(many=True)


class RoleDefinitionSerializer(ResourceSerializer):
    """A role."""

    properties = RoleDefinitionPropertiesSerializer()


class RoleDefinitionListResultSerializer(PageSerializer):
    """A page of roles."""

    value = RoleDefinitionSerializer(many=True)


class RoleAssignmentPropertiesSerializer(Shape):
    """Who has which role where."""

    roleDefinitionId = serializers.CharField()
    principalId = serializers.CharField()
    principalType = serializers.CharField(
        required=False, help_text="`User`, `Group` or `ServicePrincipal`."
    )
    scope = serializers.CharField(read_only=True)
    description = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    createdOn = serializers.CharField(read_only=True)
    createdBy = serializers.CharField(read_only=True, allow_null=True)
    updatedOn = serializers.CharField(read_only=True)
    updatedBy = serializers.CharField(read_only=True, allow_null=True)


class RoleAssignmentSerializer(ResourceSerializer):
    """A role assignment."""

    properties = RoleAssignmentPropertiesSerializer()


class RoleAssignmentListResultSerializer(PageSerializer):
    """A page of role assignments."""

    value = RoleAssignmentSerializer(many=True)
