"""The kinds that a cluster serves: which, under which names, with which verbs. They are data.

``data/kinds.yaml`` lists the built-in ones; a CustomResourceDefinition adds its own.  A kind that
is served in several versions is several ``Kind``s of one group and plural; objects are stored once,
in the version marked as stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True, slots=True)
class ScalePaths:
    """Where a custom resource has what its ``scale`` tells, each a simple JSONPath."""

    wanted: str
    there: str
    selector: str = ""


@dataclass(frozen=True, slots=True)
class Subresource:
    """A path below an object: ``scale``, ``status``, ``log``, ``eviction``."""

    name: str
    kind: str
    group: str
    version: str
    verbs: tuple[str, ...]
    scale: ScalePaths | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a Table.

    ``source`` is a JSONPath into the object (it starts with a point), or the name of one of the
    renderers in ``tables``.  Columns of a priority above 0 are for ``-o wide``.
    """

    name: str
    source: str
    type: str = "string"
    format: str = ""
    priority: int = 0
    description: str = ""
    custom: bool = False
    """Whether a CustomResourceDefinition asks for it."""


@dataclass(frozen=True)
class Kind:
    """One kind in one version."""

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    namespaced: bool
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = VERBS
    subresources: tuple[Subresource, ...] = ()
    columns: tuple[Column, ...] = ()
    stored: bool = True
    """Whether objects are kept in this version."""
    schema: Mapping[str, Any] | None = field(default=None, compare=False)
    """The structural schema of a custom resource; None for built-in kinds."""
    custom: bool = False
    """Whether a CustomResourceDefinition made it."""

    @property
    def api_version(self) -> str:
        """``v1``, ``apps/v1``."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """``pods``, ``deployments.apps``: how error messages name it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def kind_and_group(self) -> str:
        """``Pod``, ``Deployment.apps``."""
        return f"{self.kind}.{self.group}" if self.group else self.kind

    @property
    def path(self) -> str:
        """``api/v1`` or ``apis/apps/v1``, where discovery and OpenAPI list it."""
        return f"apis/{self.api_version}" if self.group else f"api/{self.version}"

    def subresource(self, name: str) -> Subresource | None:
        """The subresource of that name, if this kind has it."""
        return next((one for one in self.subresources if one.name == name), None)


@dataclass(frozen=True)
class Kinds:
    """All kinds that one cluster serves, in the order in which discovery lists them."""

    all: tuple[Kind, ...]

    def __iter__(self) -> Iterator[Kind]:
        return iter(self.all)

    def served(self, group: str, version: str, plural: str) -> Kind | None:
        """The kind behind ``/apis/<group>/<version>/<plural>``."""
        return self._by_path.get((group, version, plural))

    def of(self, api_version: str, kind: str) -> Kind | None:
        """The kind that an object says it is."""
        return self._by_name.get((api_version, kind))

    def stored_as(self, group: str, plural: str) -> Kind | None:
        """The version in which objects of a resource are kept."""
        return self._stored.get((group, plural))

    def groups(self) -> dict[str, list[str]]:
        """Each group's versions, the preferred one first."""
        found: dict[str, list[str]] = {}
        for one in self.all:
            versions = found.setdefault(one.group, [])
            if one.version not in versions:
                versions.append(one.version)
        return found

    def within(self, group: str, version: str) -> list[Kind]:
        """The kinds of one group and version."""
        return [one for one in self.all if (one.group, one.version) == (group, version)]

    def with_more(self, more: Iterable[Kind]) -> Kinds:
        """These kinds and others; one that is there already is not replaced."""
        fresh = [one for one in more if (one.group, one.version, one.plural) not in self._by_path]
        return Kinds((*self.all, *fresh))

    @cached_property
    def _by_path(self) -> dict[tuple[str, str, str], Kind]:
        return {(one.group, one.version, one.plural): one for one in self.all}

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], Kind]:
        return {(one.api_version, one.kind): one for one in self.all}

    @cached_property
    def _stored(self) -> dict[tuple[str, str], Kind]:
        return {(one.group, one.plural): one for one in self.all if one.stored}
