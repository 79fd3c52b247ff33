"""policyAssignments: get, put, patch, delete and list, at every level below the tenant."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from policy_app.arm import filters, openapi
from policy_app.arm.authorization import expand, shapes
from policy_app.arm.authorization.serializers import (
    PolicyAssignmentListResultSerializer,
    PolicyAssignmentSerializer,
    PolicyAssignmentUpdateSerializer,
)
from policy_app.arm.paging import paginate
from policy_app.arm.views import ArmView
from policy_app.services import assignments, drafts
from policy_app.services.drafts import AssignmentDraft
from policy_app.services.errors import PolicyError

_DEFINITION = "policyDefinitionId"
_PATCHABLE = {"resourceSelectors", "overrides", "selfServeExemptionSettings"}
_FILTER = openapi.filter_parameter(
    "Without one: the assignments at, above and below the scope. `atScope()` leaves out those"
    " below, `atExactScope()` those above as well; `policyDefinitionId eq '{id}'` leaves those of"
    " one definition. Parts are joined with `and`."
)


_DENY = OpenApiExample(
    "Refuse what breaks the pod security baseline",
    request_only=True,
    value={
        "properties": {
            "displayName": "Pod security baseline",
            "policyDefinitionId": "/providers/Microsoft.Authorization/policySetDefinitions"
            "/a8640138-9b0a-4a28-b8cb-1666c838647d",
            "parameters": {
                "effect": {"value": "deny"},
                "excludedNamespaces": {"value": ["kube-system", "gatekeeper-system"]},
            },
        }
    },
)
_OVERRIDE = OpenApiExample(
    "Only audit for now",
    request_only=True,
    value={"properties": {"overrides": [{"kind": "policyEffect", "value": "audit"}]}},
)


class PolicyAssignments(ArmView):
    """The assignments around a scope."""

    group = "PolicyAssignments"
    verbs = {"get": "List"}

    @extend_schema(
        parameters=[_FILTER, openapi.EXPAND_VERSIONS, openapi.TOP, openapi.SKIP_TOKEN],
        responses=PolicyAssignmentListResultSerializer,
    )
    def get(self, request: Request, **kwargs: str) -> Response:
        """List policy assignments."""
        wanted = filters.parse(
            request.query_params.get("$filter"),
            functions=(filters.AT_SCOPE, filters.AT_EXACT_SCOPE),
            fields=(_DEFINITION,),
        )
        names = expand.requested(request)
        rows = assignments.listing(self.scope, wanted.at, wanted.values.get(_DEFINITION, ""))
        page = paginate(request, rows)
        expand.load(page.rows, names)
        return Response(page.body([shapes.assignment(row, names) for row in page.rows]))


class PolicyAssignment(ArmView):
    """One assignment at exactly one scope."""

    group = "PolicyAssignments"
    verbs = {"get": "Get", "put": "Create", "patch": "Update", "delete": "Delete"}

    @extend_schema(parameters=[openapi.EXPAND_VERSIONS], responses=PolicyAssignmentSerializer)
    def get(self, request: Request, **kwargs: str) -> Response:
        """Get a policy assignment."""
        names = expand.requested(request)
        row = assignments.get(self.scope, self._name)
        return Response(shapes.assignment(row, names))

    @extend_schema(
        request=PolicyAssignmentSerializer,
        responses={201: PolicyAssignmentSerializer},
        examples=[_DENY],
    )
    def put(self, request: Request, **kwargs: str) -> Response:
        """Create a policy assignment, or replace the one of that name.

        The answer is 201 in both cases: the Azure SDKs take anything else for a failure.
        """
        body = _object(request.data)
        draft = drafts.from_arm(self.scope, self._name, body)
        _refuse_another_identity(body, draft)
        row, _ = assignments.put(draft, self.caller)
        return Response(shapes.assignment(row), status=status.HTTP_201_CREATED)

    @extend_schema(
        request=PolicyAssignmentUpdateSerializer,
        responses=PolicyAssignmentSerializer,
        examples=[_OVERRIDE],
    )
    def patch(self, request: Request, **kwargs: str) -> Response:
        """Change the location, identity, resource selectors or overrides of an assignment.

        What the body leaves out stays as it is; every other field is changed with PUT.
        """
        body = _object(request.data)
        _refuse_what_put_changes(body)
        row = assignments.change(self.scope, self._name, body, self.caller)
        return Response(shapes.assignment(row))

    @extend_schema(
        responses={
            200: OpenApiResponse(PolicyAssignmentSerializer, description="What was deleted."),
            204: OpenApiResponse(description="There was no such assignment."),
        }
    )
    def delete(self, request: Request, **kwargs: str) -> Response:
        """Delete a policy assignment."""
        row = assignments.find(self.scope, self._name)
        if row is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        shape = shapes.assignment(row)
        assignments.delete(row, self.caller)
        return Response(shape)

    @property
    def _name(self) -> str:
        return str(self.kwargs["policyAssignmentName"])


def _object(body: Any) -> dict[str, Any]:
    if isinstance(body, dict) and body:
        return body
    raise PolicyError(
        "InvalidRequestContent",
        'The request content must be a JSON object with "properties".',
    )


def _refuse_another_identity(body: dict[str, Any], draft: AssignmentDraft) -> None:
    """A body may repeat what the address says, as one that was read before does."""
    own = {"id": draft.arm_id, "name": draft.name, "type": f"{shapes.PROVIDER}/policyAssignments"}
    given = {**{field: body.get(field) for field in own}, "scope": body["properties"].get("scope")}
    for field, expected in {**own, "scope": draft.scope.arm_id}.items():
        sent = given[field]
        if sent is None or (isinstance(sent, str) and _same(sent, expected)):
            continue
        target = f"properties.{field}" if field == "scope" else field
        raise PolicyError(
            "InvalidRequestContent",
            f"'{target}' is {sent!r} and the request's address says '{expected}'; leave it out or"
            " make them equal.",
            target=target,
        )


def _same(one: str, other: str) -> bool:
    return one.rstrip("/").lower() == other.rstrip("/").lower()


def _refuse_what_put_changes(body: dict[str, Any]) -> None:
    properties = body.get("properties")
    if properties is not None and not isinstance(properties, dict):
        raise PolicyError(
            "InvalidRequestContent", "'properties' must be an object.", target="properties"
        )
    others = [name for name in body if name not in ("location", "identity", "properties")]
    others += [f"properties.{name}" for name in properties or {} if name not in _PATCHABLE]
    if others:
        raise PolicyError(
            "InvalidRequestContent",
            f"PATCH cannot change {', '.join(others)}: it changes location, identity,"
            " properties.resourceSelectors, properties.overrides and"
            " properties.selfServeExemptionSettings. Use PUT for the rest.",
            target=others[0],
        )
