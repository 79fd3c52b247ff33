"""``Config`` and ``SyncSet``: what Gatekeeper leaves alone, and what it keeps for Rego to look at.

Source: ``config.gatekeeper.sh`` v1alpha1, ``syncset.gatekeeper.sh`` v1alpha1 and the process
excluder of Gatekeeper.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from policy_app.evaluation.gatekeeper import wildcard
from policy_app.evaluation.gatekeeper.errors import ConfigError, TemplateError
from policy_app.evaluation.gatekeeper.match import Subject
from policy_app.evaluation.gatekeeper.reading import Fields
from policy_app.evaluation.gatekeeper.review import Review
from policy_app.evaluation.gatekeeper.scopes import Gvk, split_api_version

CONFIG_GROUP = "config.gatekeeper.sh"
SYNC_SET_GROUP = "syncset.gatekeeper.sh"
VERSION = "v1alpha1"
CONFIG_NAME = "config"
"""The only name that Gatekeeper reads a ``Config`` by."""
SYNC_DATA_ANNOTATION = "metadata.gatekeeper.sh/requires-sync-data"

Process = Literal["audit", "sync", "webhook", "mutation-webhook"]
PROCESSES: tuple[Process, ...] = ("audit", "sync", "webhook", "mutation-webhook")
EVERY_PROCESS = "*"


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Namespaces that some of Gatekeeper's processes leave alone."""

    processes: tuple[str, ...]
    """Of ``PROCESSES``, or ``*`` for all; Gatekeeper passes over any other word in silence."""
    namespaces: tuple[str, ...]
    """Names with a ``*`` at either end or at both."""

    def hit(self, process: Process, namespace: str) -> str | None:
        """The pattern that leaves a namespace out; None where none does."""
        if process not in self.processes and EVERY_PROCESS not in self.processes:
            return None
        return next((one for one in self.namespaces if wildcard.matches(one, namespace)), None)


@dataclass(frozen=True, slots=True)
class Config:
    """Gatekeeper's configuration; the empty one excludes nothing and syncs nothing."""

    exclusions: tuple[Exclusion, ...] = ()
    sync_only: tuple[Gvk, ...] = ()

    @classmethod
    def parse(cls, value: Any) -> Config:
        """Read a ``Config`` resource.  Raises ``ConfigError`` with the field at fault."""
        whole = _resource(value, CONFIG_GROUP, "Config")
        if whole.child("metadata").text("name") != CONFIG_NAME:
            raise ConfigError(
                f"config resource must have name '{CONFIG_NAME}'", path="metadata.name"
            )
        spec = whole.child("spec")
        return cls(
            exclusions=tuple(
                Exclusion(one.texts("processes"), one.texts("excludedNamespaces"))
                for one in spec.children("match")
            ),
            sync_only=tuple(map(_gvk, spec.child("sync").children("syncOnly"))),
        )

    def excluded_by(self, process: Process, namespace: str) -> str | None:
        """The pattern that makes a process leave a namespace alone; None where none does.

        Objects of the cluster have the namespace ``""``, which only ``*`` hits.
        """
        hits = (one.hit(process, namespace) for one in self.exclusions)
        return next((hit for hit in hits if hit is not None), None)

    def excludes(self, process: Process, thing: Mapping[str, Any]) -> bool:
        """Whether a process leaves an object alone; a Namespace goes by its own name."""
        subject = Subject(thing)
        name = subject.field("name") if subject.is_namespace else subject.field("namespace")
        return self.excluded_by(process, name) is not None

    def excludes_request(self, process: Process, review: Review) -> bool:
        """The same for a request, whose namespace counts before that of its object."""
        thing = review.object or review.old_object or {}
        subject = Subject(thing)
        name = subject.field("name") if subject.is_namespace else review.namespace
        return self.excluded_by(process, name) is not None


@dataclass(frozen=True, slots=True)
class SyncSet:
    """Kinds to keep for Rego, beside those of the ``Config``."""

    name: str
    kinds: tuple[Gvk, ...] = ()

    @classmethod
    def parse(cls, value: Any) -> SyncSet:
        """Read a ``SyncSet`` resource.  Raises ``ConfigError`` with the field at fault."""
        whole = _resource(value, SYNC_SET_GROUP, "SyncSet")
        name = whole.child("metadata").text("name")
        if not name:
            whole.child("metadata").refuse("name", "is required")
        return cls(name, tuple(map(_gvk, whole.child("spec").children("gvks"))))


def is_config(value: Mapping[str, Any]) -> bool:
    """Whether a Kubernetes object is Gatekeeper's configuration."""
    return _is(value, CONFIG_GROUP, "Config")


def is_sync_set(value: Mapping[str, Any]) -> bool:
    """Whether a Kubernetes object is a set of kinds to sync."""
    return _is(value, SYNC_SET_GROUP, "SyncSet")


def synced_kinds(config: Config, sync_sets: Iterable[SyncSet] = ()) -> frozenset[Gvk]:
    """Every kind that Gatekeeper keeps for Rego."""
    return frozenset(config.sync_only).union(*(one.kinds for one in sync_sets))


def synced(
    objects: Iterable[Mapping[str, Any]], config: Config, sync_sets: Iterable[SyncSet] = ()
) -> Iterator[Mapping[str, Any]]:
    """The objects of a cluster that ``data.inventory`` holds; ``inventory_of`` lays them out."""
    kinds = synced_kinds(config, sync_sets)
    for thing in objects:
        if Gvk.of(thing) in kinds and not config.excludes("sync", thing):
            yield thing


Requirement = frozenset[Gvk]
"""Kinds of which one must be synced."""


def required_data(template: Mapping[str, Any]) -> tuple[Requirement, ...]:
    """What a template's annotation says that it needs in the inventory; all must be met.

    Raises ``TemplateError`` for an annotation that cannot be read.
    """
    annotations = Fields(template, error=TemplateError).child("metadata").child("annotations")
    written = annotations.text(SYNC_DATA_ANNOTATION)
    # It is often written as JSON within quotes, over several lines.
    text = written.strip().strip('"').strip()
    if not text:
        return ()
    try:
        found = json.loads(text.replace('\\"', '"'))
        return tuple(frozenset(_combined(clauses)) for clauses in _lists(found))
    except (ValueError, TypeError, RecursionError, TemplateError) as error:
        raise TemplateError(
            f"the annotation {SYNC_DATA_ANNOTATION} must hold a list of lists of "
            f"{{groups, versions, kinds}}: {error}",
            path=f'metadata.annotations["{SYNC_DATA_ANNOTATION}"]',
        ) from None


def _lists(found: Any) -> Sequence[Any]:
    if not isinstance(found, list) or not all(isinstance(one, list) for one in found):
        raise TypeError("it is something else")
    return found


def _combined(clauses: Sequence[Any]) -> Iterator[Gvk]:
    for clause in clauses:
        if not isinstance(clause, Mapping):
            raise TypeError("a clause is no object")
        whole = Fields(clause, error=TemplateError)
        for group in whole.texts("groups"):
            for version in whole.texts("versions"):
                yield from (Gvk(group, version, kind) for kind in whole.texts("kinds"))


def _is(value: Mapping[str, Any], group: str, kind: str) -> bool:
    return split_api_version(value.get("apiVersion"))[0] == group and value.get("kind") == kind


def _resource(value: Any, group: str, kind: str) -> Fields:
    known = isinstance(value, Mapping) and value.get("apiVersion") == f"{group}/{VERSION}"
    if not known or value.get("kind") != kind:
        raise ConfigError(f"this is no {kind} of {group}/{VERSION}", path="apiVersion")
    return Fields(value, error=ConfigError)


def _gvk(fields: Fields) -> Gvk:
    return Gvk(*(fields.text(part) for part in ("group", "version", "kind")))
