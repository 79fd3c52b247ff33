"""How drf-spectacular describes this door: operation ids, shared parameters, the error envelope.

Operation ids follow Azure's own (``PolicyAssignments_ListForResourceGroup``), so that a client
generated from the schema reads like the SDK.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from policy_app.arm.serializers import ErrorResponseSerializer

API_VERSION = OpenApiParameter(
    "api-version",
    str,
    required=True,
    pattern=r"^\d{4}-\d{2}-\d{2}(-[A-Za-z0-9.]+)?$",
    description="From the first version of the resource type to `2026-06-01`.",
    default="2026-06-01",
)
TOP = OpenApiParameter("$top", int, description="The most rows of one page; 500 at most.")
SKIP_TOKEN = OpenApiParameter("$skiptoken", str, description="Part of `nextLink`; opaque.")
EXPAND_VERSIONS = OpenApiParameter(
    "$expand",
    str,
    description="`LatestDefinitionVersion`, `EffectiveDefinitionVersion`, or both with a comma.",
)

_PATH_PARAMETERS = {
    "managementGroupId": "The name of a management group.",
    "subscriptionId": "The id of a subscription.",
    "resourceGroupName": "The name of a resource group.",
    "resourceProviderNamespace": "`Microsoft.ContainerService` or `Microsoft.Kubernetes`.",
    "resourceType": "`managedClusters` or `connectedClusters`.",
    "resourceName": "The name of a Kubernetes cluster.",
    "resourceSelection": "`latest` or `default`.",
    "operation": "What `Location` ends with; opaque.",
    "policyMode": "A data plane mode: `Microsoft.Kubernetes.Data`.",
    "policyAssignmentName": "The name of a policy assignment.",
    "policyExemptionName": "The name of a policy exemption.",
    "metadataName": "The name of a control, such as `NIST_SP_800-53_R4_AC-1`.",
    "attestationName": "The name of an attestation.",
    "remediationName": "The name of a remediation.",
    "policyDefinitionName": "The name of a policy definition; a built-in's is its GUID.",
    "policySetDefinitionName": "The name of a policy set definition; a built-in's is its GUID.",
    "roleDefinitionId": "The GUID of a role.",
    "roleAssignmentName": "The GUID of a role assignment.",
    "policyDefinitionVersion": "A whole version, such as `6.1.0`.",
}
_ERRORS = {
    "400": "The request is malformed or breaks a rule; `target` names the field.",
    "401": "The bearer token is missing or wrong.",
    "404": "The scope or the thing itself does not exist.",
    "default": "Any other refusal.",
}


def filter_parameter(text: str) -> OpenApiParameter:
    """``$filter`` with what one list understands."""
    return OpenApiParameter("$filter", str, description=text)


class ArmSchema(AutoSchema):
    """An ``ArmView`` as OpenAPI: its own parameters, and what every operation shares."""

    def get_operation_id(self) -> str:
        """``PolicyAssignments_GetAtResourceGroup``: the view's group and verb, the level."""
        view: Any = self.view
        verb = view.verbs[self.method.lower()]
        return f"{view.group}_{verb}At{view.level.name}"

    def get_tags(self) -> list[str]:
        """One tag a resource type."""
        view: Any = self.view
        return [view.group]

    def get_summary(self) -> str:
        """The first sentence of the handler's docstring."""
        return super().get_description().partition("\n")[0]

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular has it
        """The rest of the handler's docstring."""
        return super().get_description().partition("\n")[2].strip()

    def get_override_parameters(self) -> list[Any]:
        """The api-version and the parts of the address."""
        names = re.findall(r"\{(\w+)\}", self.path)
        parts = [
            OpenApiParameter(name, str, OpenApiParameter.PATH, description=_PATH_PARAMETERS[name])
            for name in names
        ]
        return [*parts, API_VERSION]

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        answers: dict[str, Any] = super()._get_response_bodies(direction)
        for status, answer in answers.items():
            answer["description"] = answer["description"] or HTTPStatus(int(status)).phrase
        for status, description in _ERRORS.items():
            response = OpenApiResponse(ErrorResponseSerializer, description=description)
            answers[status] = self._get_response_for_code(  # type: ignore[no-untyped-call]
                response, status, direction=direction
            )
        return answers


class BearerTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The bearer token, as OpenAPI names it."""

    target_class = "policy_app.arm.authentication.BearerToken"
    name = "bearerToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """HTTP bearer authentication with an opaque token."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token that `policy-portal token --user NAME` printed.",
        }


class PortalSessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The portal's session cookie, as OpenAPI names it."""

    target_class = "policy_app.arm.authentication.PortalSession"
    name = "portalSession"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """The cookie that signing in sets."""
        from django.conf import settings

        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "Signed in to the portal; a change also needs `X-CSRFToken`.",
        }
