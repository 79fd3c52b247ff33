"""dataPolicyManifests: get by mode, and list."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from policy_app.arm import openapi
from policy_app.arm.authorization.serializers import (
    DataPolicyManifestListResultSerializer,
    DataPolicyManifestSerializer,
)
from policy_app.arm.odata import Column, Columns, parse_filter, to_predicate
from policy_app.arm.views import ArmView
from policy_app.services import manifests

_COLUMNS = Columns((Column("namespace", "namespaces", bare=True),))
_FILTER = openapi.filter_parameter(
    "`namespace eq 'Microsoft.ContainerService'`: the manifests for resources of a namespace."
)


class DataPolicyManifests(ArmView):
    """The manifests of all modes that the portal evaluates."""

    group = "DataPolicyManifests"
    verbs = {"get": "List"}

    @extend_schema(parameters=[_FILTER], responses=DataPolicyManifestListResultSerializer)
    def get(self, request: Request, **kwargs: str) -> Response:
        """List data policy manifests."""
        text = request.query_params.get("$filter", "")
        fits = to_predicate(parse_filter(text, _COLUMNS.expected), _COLUMNS, text)
        return Response(
            {"value": [one for one in manifests.manifests() if fits(one["properties"])]}
        )


class DataPolicyManifest(ArmView):
    """The manifest of one mode."""

    group = "DataPolicyManifests"
    verbs = {"get": "GetByPolicyMode"}

    @extend_schema(responses=DataPolicyManifestSerializer)
    def get(self, request: Request, **kwargs: str) -> Response:
        """Get the data policy manifest of a mode."""
        return Response(manifests.get(str(kwargs["policyMode"])))
