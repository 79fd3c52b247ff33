"""Bodies that every resource provider shares, as OpenAPI describes them."""

# ruff: noqa: N815 - the fields' names are ARM's
from __future__ import annotations

from typing import Any

from rest_framework import serializers

_LAST = ("systemData", "nextLink")


class Shape(serializers.Serializer[dict[str, Any]]):
    """A JSON object, in which ARM takes null for a field that may be left out as if it were."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """The fields; those that may be left out may be null, and what ends a body is last."""
        fields = super().get_fields()
        for field in fields.values():
            field.allow_null = field.allow_null or not (field.required or field.read_only)
        return fields | {name: fields.pop(name) for name in _LAST if name in fields}


class ErrorAdditionalInfoSerializer(Shape):
    """Where to read more."""

    type = serializers.CharField()
    info = serializers.DictField()


class ErrorDetailSerializer(Shape):
    """One refusal."""

    code = serializers.CharField(help_text="ARM's code, such as `PolicyAssignmentNotFound`.")
    message = serializers.CharField()
    target = serializers.CharField(required=False, help_text="The field at fault, as a path.")
    details = serializers.ListField(
        child=serializers.DictField(),
        required=False,
        help_text="Further refusals of the same request, each of this same shape.",
    )
    additionalInfo = ErrorAdditionalInfoSerializer(many=True, required=False)


class ErrorResponseSerializer(Shape):
    """ARM's error envelope."""

    error = ErrorDetailSerializer()


class SystemDataSerializer(Shape):
    """Who made and last changed a resource, and when."""

    createdBy = serializers.CharField(required=False)
    createdByType = serializers.CharField(required=False)
    createdAt = serializers.DateTimeField()
    lastModifiedBy = serializers.CharField(required=False)
    lastModifiedByType = serializers.CharField(required=False)
    lastModifiedAt = serializers.DateTimeField()


class ResourceSerializer(Shape):
    """What every resource has beside its properties; the address gives it, not the body."""

    id = serializers.CharField(read_only=True)
    name = serializers.CharField(read_only=True)
    type = serializers.CharField(read_only=True)


class SignedResourceSerializer(ResourceSerializer):
    """A resource that tells who made it."""

    systemData = SystemDataSerializer(read_only=True)


class PageSerializer(Shape):
    """A page of a list; what is on it is its ``value``."""

    nextLink = serializers.CharField(required=False, help_text="The next page; none on the last.")
