"""What decides in a cluster, as scans see it: the constraints of the add-on, each with a digest.

Constraints that people applied by hand decide in the cluster, but no assignment stands behind them,
so that no compliance is told of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib import metadata
from threading import Lock
from typing import Any, NamedTuple

from policy_app.evaluation.gatekeeper.audit import Auditor
from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.drivers import CEL
from policy_app.evaluation.gatekeeper.errors import TemplateError
from policy_app.evaluation.gatekeeper.mutation import Mutator
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate
from policy_app.evaluation.language.constraints import ADDON
from policy_app.models import Cluster, ClusterState
from policy_app.services.cluster import audited, kinds
from policy_app.services.cluster.audited import Resource
from policy_app.services.cluster.installed import Installed, installed

_KEPT = 64
_KEPT_CLIENTS = 8

Name = tuple[str, str]
"""A constraint's kind and name."""


class Key(NamedTuple):
    """A policy of an assignment, as ARM compares ids: in lower case."""

    assignment: str
    definition: str
    reference: str

    @classmethod
    def of(cls, assignment_id: str, definition_id: str, reference_id: str) -> Key:
        """The key of ids as they are written."""
        return cls(assignment_id.lower(), definition_id.lower(), reference_id)


@dataclass(frozen=True, slots=True)
class Judge:
    """One constraint of the add-on, with its template."""

    constraint: Constraint
    template: ConstraintTemplate
    brings: str
    """A digest of both: with another one, everything is judged anew."""

    @property
    def name(self) -> Name:
        """The constraint's kind and name."""
        return self.constraint.kind, self.constraint.name

    @property
    def key(self) -> Key:
        """The policy behind it."""
        return key_of(self.constraint.annotations)

    @property
    def looks_at_namespaces(self) -> bool:
        """Whether the labels of a namespace decide about what is in it."""
        match = self.constraint.match
        selects = match is not None and match.namespace_selector is not None
        return selects or self.template.code.engine == CEL

    @property
    def inventory_kinds(self) -> frozenset[str] | None:
        """The kinds of other objects that it looks at; None for any."""
        try:
            return self.template.inventory_kinds
        except TemplateError:
            return None


class Deciding:
    """Everything that decides in a cluster.  Safe to use from several threads."""

    def __init__(self, found: Installed) -> None:
        self.installed = found
        templates = found.webhook.templates
        self.judges: Mapping[Name, Judge] = {
            (one.kind, one.name): Judge(one, templates[one.kind], _digest(one, templates[one.kind]))
            for one in found.constraints
            if is_the_addons(one.annotations, one.labels)
        }
        self.mark = _mark(found)
        """Differs as soon as something does that decides beside the constraints."""
        self._clients: dict[frozenset[Name], Client] = {}

    @property
    def mutators(self) -> list[Mutator]:
        """The mutators of the add-on, those in conflict included."""
        return [one for one in self.installed.mutators.all if _is_managed(one.written)]

    def expands(self) -> bool:
        """Whether objects are judged by what they would make, too."""
        return bool(self.installed.webhook.expander.templates)

    def auditor(
        self, names: Collection[Name], namespaces: Mapping[str, Mapping[str, Any]]
    ) -> Auditor:
        """Holds objects to some of the constraints alone."""
        webhook = self.installed.webhook
        client = self._client(frozenset(names))
        return Auditor(client, webhook.expander, namespaces, webhook.config)

    def resources(self, cluster: Cluster, names: Collection[Name]) -> set[Resource]:
        """The resources that some of the constraints may say something about."""
        chosen = [self.judges[name].constraint for name in names if name in self.judges]
        served = kinds.kinds_of(cluster)
        return audited.resources(served, chosen, self.installed.webhook.expander)

    def _client(self, names: frozenset[Name]) -> Client:
        known = self._clients.get(names)
        if known is None:
            known = self.installed.webhook.client.narrowed(names)
            if len(self._clients) >= _KEPT_CLIENTS:
                self._clients.clear()
            self._clients[names] = known
        return known


_lock = Lock()
_kept: dict[int, Deciding] = {}


def deciding(cluster: Cluster, state: ClusterState | None = None) -> Deciding:
    """What decides in a cluster now, kept by the process until it is something else."""
    found = installed(cluster, state)
    known = _kept.get(cluster.pk)
    if known is not None and known.installed is found:
        return known
    made = Deciding(found)
    with _lock:
        if len(_kept) >= _KEPT and cluster.pk not in _kept:
            _kept.pop(next(iter(_kept)))
        _kept[cluster.pk] = made
    return made


def key_of(annotations: Mapping[str, str]) -> Key:
    """The policy that the add-on's annotations name."""
    about = (annotations.get(f"azure-policy-{one}") or "" for one in _IDS)
    return Key.of(*about)


_IDS = ("assignment-id", "definition-id", "definition-reference-id")


def is_the_addons(annotations: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether an assignment stands behind an object."""
    return labels.get("managed-by") == ADDON and bool(annotations.get("azure-policy-assignment-id"))


def _is_managed(written: Mapping[str, Any]) -> bool:
    metadata = written.get("metadata") or {}
    return is_the_addons(metadata.get("annotations") or {}, metadata.get("labels") or {})


def _digest(constraint: Constraint, template: ConstraintTemplate) -> str:
    return _hash([template.written.get("spec"), constraint.to_object()["spec"]])


def _mark(found: Installed) -> str:
    expander = found.webhook.expander
    expanding = sorted(
        json.dumps(one.written.get("spec") or {}, **_PLAIN) for one in expander.templates
    )
    changing = [one.written.get("spec") for one in found.mutators.all] if expander.templates else []
    excluded = [(one.processes, one.namespaces) for one in found.config.exclusions]
    about = [one.name for one in expander.templates]
    return _hash([metadata.version("policy-portal"), about, expanding, changing, excluded])


_PLAIN: dict[str, Any] = {"sort_keys": True, "default": str}


def _hash(told: Any) -> str:
    return hashlib.sha256(json.dumps(told, **_PLAIN).encode()).hexdigest()
