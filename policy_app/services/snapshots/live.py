"""A real cluster as a source: every kind that the server lists, page by page, and only with GET.

Secrets are asked for as metadata alone, so that no value reaches this process; a server that
answers with more is not listened to.  Sources: the API concepts of Kubernetes for ``limit`` and
``continue``, for 410 and for ``PartialObjectMetadataList``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from policy_app.apimachinery.kinds import Kind
from policy_app.services.snapshots import kinds, notes
from policy_app.services.snapshots.asking import Asking, Refused
from policy_app.services.snapshots.gathering import CHANGING, Gatherer
from policy_app.services.snapshots.kubeconfig import Connection
from policy_app.services.snapshots.normal import is_policy
from policy_app.services.snapshots.source import Progress
from policy_app.services.snapshots.staging import Resource

PAGE = 500
METADATA = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
_JSON = "application/json"
_MOST_BEGINNINGS = 3
_DEFINITIONS_FIRST = {kinds.CRDS: 0, ("", "namespaces"): 1}


@dataclass(frozen=True, slots=True)
class _Served:
    """A resource that the server can list."""

    group: str
    version: str
    """The one that the server prefers."""
    versions: tuple[str, ...]
    plural: str
    kind: str
    namespaced: bool

    @property
    def resource(self) -> Resource:
        return self.group, self.plural

    @property
    def qualified(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural


class Live:
    """A cluster behind a connection; ``Source``."""

    def __init__(self, connection: Connection) -> None:
        self._asking = Asking(connection)
        self.title = f"{connection.server}, context {connection.context}"

    def version(self) -> str:
        """The server's version of Kubernetes, as plain numbers.  Raises ``PolicyError``."""
        told = self._asking.get("/version", _JSON)
        words = str(told.get("gitVersion", "")).removeprefix("v").partition("+")[0]
        numbers = words.partition("-")[0]
        return numbers if numbers.count(".") == 2 and numbers.replace(".", "").isdigit() else ""

    def read(self, gatherer: Gatherer, progress: Progress) -> frozenset[Resource]:
        """List every kind.  Returns what may not be listed; raises ``PolicyError`` otherwise."""
        refused: set[Resource] = set()
        for served in _in_order(self._served(gatherer)):
            if not self._read(served, gatherer, progress, kinds.CRDS in refused):
                refused.add(served.resource)
        return frozenset(refused)

    def _read(
        self, served: _Served, gatherer: Gatherer, progress: Progress, undefined: bool
    ) -> bool:
        """Whether a resource could be listed, or need not be."""
        if served.qualified in CHANGING:
            gatherer.left.add(notes.CHANGING, served.qualified, count=0)
            return True
        if is_policy(served.group):
            gatherer.left.add(notes.POLICY, served.qualified, count=0)
            return True
        kind, stored = _kind_of(served, gatherer, undefined)
        if kind is None or stored is None:
            gatherer.left.add(notes.NOT_KEPT, served.qualified, count=0)
            return True
        try:
            self._list(kind, stored, gatherer, progress)
        except Refused as refusal:
            gatherer.forget(kind)
            reason = notes.FORBIDDEN if refusal.code == 403 else notes.UNAVAILABLE
            gatherer.left.add(reason, served.qualified, refusal.message, count=0)
            return False
        return True

    def _list(self, kind: Kind, stored: Kind, gatherer: Gatherer, progress: Progress) -> None:
        head = {"apiVersion": kind.api_version, "kind": kind.kind}
        for beginning in range(_MOST_BEGINNINGS):
            done = 0
            try:
                for page in self._pages(kind):
                    for thing in page.get("items") or ():
                        # Items of a list do not say what they are; metadata say that alone.
                        gatherer.put(kind, stored, head | thing | head, "", trusted=True)
                    done += len(page.get("items") or ())
                    left = int((page.get("metadata") or {}).get("remainingItemCount") or 0)
                    progress(f"reading {kind.qualified}", done, done + left, "objects")
                return
            except Refused as refusal:
                # 410: what was listed is too long ago for the rest of it; only all of it anew is
                # of one moment.
                if refusal.code != 410 or beginning == _MOST_BEGINNINGS - 1:
                    raise
                gatherer.forget(kind)

    def _pages(self, kind: Kind) -> Iterator[Mapping[str, Any]]:
        secret = (kind.group, kind.plural) == ("", "secrets")
        query = {"limit": str(PAGE)}
        while True:
            path = f"/{kind.path}/{kind.plural}?{urlencode(query)}"
            page = self._asking.get(path, METADATA if secret else _JSON)
            if secret and page.get("kind") != "PartialObjectMetadataList":
                raise Refused(406, "the server does not give Secrets without their values")
            yield page
            token = (page.get("metadata") or {}).get("continue")
            if not token:
                return
            query["continue"] = str(token)

    def _served(self, gatherer: Gatherer) -> Iterator[_Served]:
        """What discovery lists, each resource once, in the version that the server prefers."""
        found: dict[Resource, _Served] = {}
        for group, version in self._group_versions():
            path = f"/apis/{group}/{version}" if group else f"/api/{version}"
            try:
                listed = self._asking.get(path, _JSON)
            except Refused as refusal:
                # Behind a group may be a server of its own, which is down.
                what = f"{group}/{version}"
                gatherer.left.add(notes.UNAVAILABLE, what, refusal.message, count=0)
                continue
            for one in listed.get("resources") or ():
                _note(found, group, version, one)
        yield from found.values()

    def _group_versions(self) -> Iterator[tuple[str, str]]:
        for version in self._asking.get("/api", _JSON).get("versions") or ("v1",):
            yield "", str(version)
        for group in self._asking.get("/apis", _JSON).get("groups") or ():
            preferred = (group.get("preferredVersion") or {}).get("version")
            versions = [one["version"] for one in group.get("versions") or ()]
            for version in sorted(versions, key=lambda one: one != preferred):
                yield str(group["name"]), str(version)


def _note(found: dict[Resource, _Served], group: str, version: str, one: Mapping[str, Any]) -> None:
    name = str(one.get("name", ""))
    if "/" in name or "list" not in (one.get("verbs") or ()):
        return
    before = found.get((group, name))
    if before is not None:
        found[group, name] = replace(before, versions=(*before.versions, version))
        return
    namespaced = bool(one.get("namespaced"))
    found[group, name] = _Served(group, version, (version,), name, str(one["kind"]), namespaced)


def _in_order(found: Iterator[_Served]) -> list[_Served]:
    """Definitions first, since what follows goes by them."""
    return sorted(found, key=lambda one: (_DEFINITIONS_FIRST.get(one.resource, 2), one.resource))


def _kind_of(
    served: _Served, gatherer: Gatherer, undefined: bool
) -> tuple[Kind | None, Kind | None]:
    """The kind in a version that both sides know, and the one in which it is kept."""
    known = gatherer.builtin
    if known.stored_as(*served.resource) is None:
        known = gatherer.custom()
        if undefined and known.stored_as(*served.resource) is None:
            known = _made_up(served, gatherer)
    stored = known.stored_as(*served.resource)
    if stored is None:
        return None, None
    for version in (stored.version, *served.versions):
        kind = known.served(served.group, version, served.plural)
        if version in served.versions and kind is not None:
            return kind, stored
    return None, None


def _made_up(served: _Served, gatherer: Gatherer) -> Any:
    """Where definitions may not be read, discovery tells enough of a kind."""
    api_version = f"{served.group}/{served.version}"
    if kinds.may_be_custom(api_version, served.kind, gatherer.builtin.groups()):
        gatherer.make_up(
            served.group,
            [served.version],
            served.kind,
            plural=served.plural,
            namespaced=served.namespaced,
        )
    return gatherer.custom()
