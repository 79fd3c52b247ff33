"""policyMetadata: the regulatory controls that built-in initiatives name."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from policy_app.arm import openapi
from policy_app.arm.paging import listed
from policy_app.arm.policyinsights.serializers import (
    PolicyMetadataCollectionSerializer,
    PolicyMetadataSerializer,
)
from policy_app.arm.views import ArmView
from policy_app.services import policy_metadata
from policy_app.services.policy_metadata import PolicyMetadata


class PolicyMetadataCollection(ArmView):
    """All controls."""

    group = "PolicyMetadata"
    verbs = {"get": "List"}

    @extend_schema(
        parameters=[openapi.TOP, openapi.SKIP_TOKEN], responses=PolicyMetadataCollectionSerializer
    )
    def get(self, request: Request, **kwargs: str) -> Response:
        """List policy metadata, without descriptions."""
        return Response(listed(request, [_shape(one) for one in policy_metadata.listing()]))


class PolicyMetadataResource(ArmView):
    """One control."""

    group = "PolicyMetadata"
    verbs = {"get": "GetResource"}

    @extend_schema(responses=PolicyMetadataSerializer)
    def get(self, request: Request, **kwargs: str) -> Response:
        """Get a policy metadata resource."""
        found = policy_metadata.get(str(self.kwargs["metadataName"]))
        shape = _shape(found)
        shape["properties"] |= {
            "description": found.description,
            "metadata": {"initiatives": list(found.initiatives)},
        }
        return Response(shape)


def _shape(one: PolicyMetadata) -> dict[str, Any]:
    return {
        "id": one.arm_id,
        "name": one.name,
        "type": policy_metadata.TYPE,
        "properties": {"metadataId": one.name, "category": one.category, "title": one.title},
    }
