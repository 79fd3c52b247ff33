"""policyDefinitions and policySetDefinitions: get, put, delete and list.

At the tenant are the built-ins, which nobody changes.  At a subscription or management group the
lists have the built-ins too, but the address of one definition has only what is defined at exactly
that scope: Azure's own clients ask there first, and at the tenant after the 404.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import F, Q, QuerySet
from drf_spectacular.utils import OpenApiResponse
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from policy_app.arm import bodies, openapi
from policy_app.arm.authorization import expand, kinds, shapes
from policy_app.arm.filtering import filtered
from policy_app.arm.odata import Column, Columns, Kind
from policy_app.arm.paging import paginate
from policy_app.arm.routes import AUTHORIZATION, TENANT
from policy_app.arm.views import ArmView
from policy_app.models import Definition, DefinitionVersion
from policy_app.services import authoring, definitions
from policy_app.services.authorization import actions

_TYPES = tuple(one.value for one in Definition.PolicyType)
_COLUMNS = (
    Column("policyType", "policy_type", Kind.CHOICE, _TYPES, bare=True),
    Column("category", "category", bare=True),
)
_FILTER = openapi.filter_parameter(
    "`policyType eq 'BuiltIn'`, `category eq 'Kubernetes'`, `atExactScope()` for what is defined"
    " at this very scope; parts are joined with `and`, `or` and `not`."
)


class DefinitionSchema(openapi.ArmSchema):
    """The bodies and parameters follow from the view's kind of definition."""

    def get_override_parameters(self) -> list[Any]:
        """With what the view's lists and ``$expand`` take."""
        view: Any = self.view
        reads = self.method in ("GET", "POST")
        if not reads:
            return super().get_override_parameters()
        expandable = [openapi.EXPAND_VERSIONS] if view.kind.has_members else []
        return [*super().get_override_parameters(), *view.query_parameters, *expandable]

    def get_request_serializer(self) -> Any:
        """PUT takes a definition."""
        view: Any = self.view
        return view.kind.serializer if self.method == "PUT" else None

    def get_response_serializers(self) -> Any:
        """A page of definitions, or one; the statuses that the Azure SDKs take for a success."""
        view: Any = self.view
        if self.method == "PUT":
            return dict.fromkeys(view.put_statuses(), view.kind.serializer)
        if self.method == "DELETE":
            return {
                200: OpenApiResponse(description="It is deleted."),
                204: OpenApiResponse(description="There was no such thing."),
            }
        return {200: view.kind.list_serializer if view.is_list else view.kind.serializer}


class DefinitionView(ArmView):
    """What the operations share; ``kind`` says which of the two types they are about."""

    schema = DefinitionSchema()
    kind: kinds.Kind = kinds.POLICIES
    is_list = True
    query_parameters: tuple[Any, ...] = (openapi.TOP, openapi.SKIP_TOKEN)

    @property
    def group(self) -> str:  # type: ignore[override]
        """Azure's name for the operations on this kind."""
        return self.kind.group

    @property
    def provider(self) -> str:  # type: ignore[override]
        """What reading, writing and deleting ask a role for."""
        return actions.INITIATIVES if self.kind.has_members else actions.DEFINITIONS

    @property
    def post_action(self) -> str:  # type: ignore[override]
        """All versions are listed with POST, which only reads."""
        return actions.of(self.provider, actions.READ)

    @property
    def expanded(self) -> frozenset[str]:
        """What ``$expand`` asks for; policy definitions have no members to expand."""
        return expand.requested(self.request) if self.kind.has_members else frozenset()

    def visible(self) -> QuerySet[Definition]:
        """Built-ins at the tenant; elsewhere also the custom ones from this scope upward."""
        if self.level is TENANT:
            return definitions.listing(self.kind.stored).filter(scope=None)
        rows = definitions.listing(self.kind.stored, self.scope)
        return definitions.visible(rows, self.caller)

    @property
    def name(self) -> str:
        """The definition's name in the address."""
        return str(self.kwargs[self.kind.parameter])

    @property
    def address(self) -> str:
        """The id that the address gives the definition, at exactly this level's scope."""
        above = "" if self.level is TENANT else self.scope.arm_id
        return f"{above}/{AUTHORIZATION}/{self.kind.folder}/{self.name}"

    def definition(self) -> Definition:
        """The definition that the address names; ``NotFound`` with ARM's code."""
        found = definitions.find(self.address)
        if found is None:
            raise self.kind.missing(self.name)
        return found

    def put_statuses(self) -> set[int]:
        """What PUT answers: where something is new, and where it is not."""
        return {self.kind.put_status(created=new) for new in (True, False)}

    def definition_shapes(self, rows: Sequence[Definition]) -> list[dict[str, Any]]:
        """The rows with their latest bodies: as many queries for a page as for one."""
        names = self.expanded
        latest, versions = _latest(rows), _versions(rows)
        members = expand.members([row.body for row in latest.values()], names)
        return [
            shapes.definition(row, latest[row.pk], versions[row.pk], members, names)
            for row in rows
            if row.pk in latest
        ]

    def version_shapes(self, rows: Sequence[DefinitionVersion]) -> list[dict[str, Any]]:
        """The versions with their bodies."""
        names = self.expanded
        members = expand.members([row.body for row in rows], names)
        return [shapes.version(row, members, names) for row in rows]


class Definitions(DefinitionView):
    """The definitions to be seen from a scope."""

    verbs = {"get": "List"}
    query_parameters = (_FILTER, openapi.TOP, openapi.SKIP_TOKEN)

    def get(self, request: Request, **kwargs: str) -> Response:
        """List the definitions that can be assigned at this scope."""
        page = paginate(request, self._filtered(self.visible()))
        return Response(page.body(self.definition_shapes(page.rows)))

    def _filtered(self, rows: QuerySet[Definition]) -> QuerySet[Definition]:
        exact = Q(scope=None) if self.level is TENANT else Q(scope=self.scope)
        columns = Columns(_COLUMNS, {"atExactScope": lambda: exact})
        return filtered(self.request, rows, columns)


class OneDefinition(DefinitionView):
    """One definition, in its latest version."""

    verbs = {"get": "Get", "put": "CreateOrUpdate", "delete": "Delete"}
    is_list = False
    query_parameters = ()

    def get(self, request: Request, **kwargs: str) -> Response:
        """Get a definition in its latest version."""
        row = self.definition()
        return Response(self.definition_shapes([row])[0])

    def put(self, request: Request, **kwargs: str) -> Response:
        """Create a custom definition, or save the one of that name as a new version.

        A body that says what is stored already changes nothing. The version is raised by what
        changed: major, minor or patch; one in the body counts where it is higher than the newest.
        """
        body = bodies.json_object(request.data)
        own = {"id": self.address, "name": self.name, "type": self.kind.type}
        bodies.refuse_another_identity(body, own)
        row, created = authoring.put(self.scope, self.name, body, self.caller, self.kind.stored)
        code = self.kind.put_status(created=created)
        return Response(self.definition_shapes([row])[0], status=code)

    def delete(self, request: Request, **kwargs: str) -> Response:
        """Delete a custom definition with all its versions.

        What an initiative or an assignment uses is not deleted.
        """
        row = definitions.find(self.address)
        if row is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        authoring.delete(row, self.caller)
        return Response()


class BuiltInDefinition(OneDefinition):
    """One definition at the tenant: Azure made it, and nobody changes it."""

    verbs = {"get": "Get"}
    http_method_names = ["get", "head"]


def _latest(rows: Sequence[Definition]) -> Mapping[int, DefinitionVersion]:
    newest = DefinitionVersion.objects.filter(
        definition__in=[row.pk for row in rows], version=F("definition__latest_version")
    )
    return {one.definition_id: one for one in newest}


def _versions(rows: Sequence[Definition]) -> Mapping[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    every = DefinitionVersion.objects.filter(definition__in=[row.pk for row in rows])
    for owner, version in every.values_list("definition_id", "version"):
        found[owner].append(version)
    return found
