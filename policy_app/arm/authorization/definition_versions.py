"""The versions of policyDefinitions and policySetDefinitions: get, put, delete and list."""

from __future__ import annotations

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from policy_app.arm import bodies
from policy_app.arm.authorization.definitions import DefinitionView
from policy_app.arm.paging import paginate
from policy_app.models import Definition, DefinitionVersion
from policy_app.services import authoring, definitions


class VersionView(DefinitionView):
    """Operations on versions, which Azure names apart."""

    @property
    def group(self) -> str:  # type: ignore[override]
        """``PolicyDefinitionVersions`` or ``PolicySetDefinitionVersions``."""
        return f"{self.kind.group.removesuffix('s')}Versions"


class Versions(VersionView):
    """The versions of one definition."""

    verbs = {"get": "List"}

    def get(self, request: Request, **kwargs: str) -> Response:
        """List the versions of a definition."""
        rows = self.definition().versions.select_related("definition")
        page = paginate(request, rows)
        return Response(page.body(self.version_shapes(page.rows)))


class OneVersion(VersionView):
    """One version of one definition."""

    verbs = {"get": "Get", "put": "CreateOrUpdate", "delete": "Delete"}
    is_list = False
    query_parameters = ()

    def get(self, request: Request, **kwargs: str) -> Response:
        """Get one version of a definition."""
        owner = self.definition()
        row = self.version_of(owner)
        if row is None:
            known = list(owner.versions.values_list("version", flat=True))
            raise self.kind.missing_version(owner.name, self.version, known)
        return Response(self.version_shapes([row])[0])

    def put(self, request: Request, **kwargs: str) -> Response:
        """Create one version of a custom definition (201), or replace it (200)."""
        body = bodies.json_object(request.data)
        own = {
            "id": f"{self.address}/versions/{self.version}",
            "name": self.version,
            "type": f"{self.kind.type}/versions",
        }
        bodies.refuse_another_identity(body, own)
        row, created = authoring.put_version(
            self.scope, self.name, self.version, body, self.caller, self.kind.stored
        )
        code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return Response(self.version_shapes([row])[0], status=code)

    def delete(self, request: Request, **kwargs: str) -> Response:
        """Delete one version of a custom definition.

        The only one goes with the definition itself, and one that nothing else can stand in for
        is not deleted while it is used.
        """
        owner = definitions.find(self.address)
        row = self.version_of(owner) if owner else None
        if row is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        authoring.delete_version(row, self.caller)
        return Response()

    @property
    def version(self) -> str:
        """The version in the address."""
        return str(self.kwargs["policyDefinitionVersion"])

    def version_of(self, owner: Definition) -> DefinitionVersion | None:
        """The version that the address names, if there is one."""
        rows = owner.versions.select_related("definition__scope")
        return rows.filter(version__iexact=self.version).first()

    def put_statuses(self) -> set[int]:
        """200 where it was there, 201 where it is new."""
        return {status.HTTP_200_OK, status.HTTP_201_CREATED}


class BuiltInVersion(OneVersion):
    """One version of a definition at the tenant: Azure made it, and nobody changes it."""

    verbs = {"get": "Get"}
    http_method_names = ["get", "head"]


class AllVersions(VersionView):
    """The versions of all definitions to be seen from a scope."""

    verbs = {"post": "ListAll"}

    def post(self, request: Request, **kwargs: str) -> Response:
        """List the versions of all definitions that can be assigned at this scope."""
        rows = DefinitionVersion.objects.filter(definition__in=self.visible())
        page = paginate(request, rows.select_related("definition"))
        return Response(page.body(self.version_shapes(page.rows)))
