"""What is installed in a cluster and decides: templates, constraints, mutators and settings.

They are objects of the cluster: the add-on's and those that people apply by hand alike.  What has
been parsed and compiled is kept until one of them changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from django.db.models import Count, Max

from policy_app.evaluation.gatekeeper import config as configs
from policy_app.evaluation.gatekeeper import expansion
from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.config import Config
from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.errors import GatekeeperError
from policy_app.evaluation.gatekeeper.expansion import Expander, ExpansionTemplate
from policy_app.evaluation.gatekeeper.inventory import inventory_of
from policy_app.evaluation.gatekeeper.mutation import Mutator, Mutators
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate
from policy_app.evaluation.gatekeeper.vet import GROUPS
from policy_app.evaluation.gatekeeper.webhook import Webhook
from policy_app.models import Cluster, KubeObject

_TEMPLATES = "templates.gatekeeper.sh"
_CONSTRAINTS = "constraints.gatekeeper.sh"
_MUTATIONS = "mutations.gatekeeper.sh"
_EXPANSION = "expansion.gatekeeper.sh"
_LEGACY = (3, 3)
_KEPT = 64

Mark = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Installed:
    """What decides in a cluster: the validation webhook and the mutators."""

    webhook: Webhook
    mutators: Mutators = field(default_factory=Mutators)
    constraints: tuple[Constraint, ...] = ()
    templates: Mapping[str, ConstraintTemplate] = field(default_factory=dict)

    @property
    def config(self) -> Config:
        """Gatekeeper's own settings."""
        return self.webhook.config


_lock = Lock()
_kept: dict[int, tuple[Mark, Installed]] = {}


def installed(cluster: Cluster) -> Installed:
    """What decides in a cluster now.  What is wrong with itself decides nothing."""
    mark = _mark(cluster)
    kept = _kept.get(cluster.pk)
    if kept is not None and kept[0] == mark:
        return kept[1]
    made = _installed(cluster)
    with _lock:
        if len(_kept) >= _KEPT:
            _kept.pop(next(iter(_kept)))
        _kept[cluster.pk] = (mark, made)
    return made


def _mark(cluster: Cluster) -> Mark:
    """What differs as soon as one of Gatekeeper's objects does: a new one has a higher revision."""
    found = _objects(cluster).aggregate(Count("pk"), Max("revision"))
    return (*found.values(), cluster.gatekeeper, _inventory_mark(cluster))


def _objects(cluster: Cluster) -> Any:
    return KubeObject.objects.filter(cluster=cluster, group__in=sorted(GROUPS))


def _inventory_mark(cluster: Cluster) -> int:
    """Synced objects are part of what decides; without any, nothing needs to be looked at."""
    kept = _kept.get(cluster.pk)
    wanted = kept[1].config if kept else None
    if wanted is None or not configs.synced_kinds(wanted):
        return 0
    state = getattr(cluster, "state", None)
    return state.revision if state else 0


def _installed(cluster: Cluster) -> Installed:
    bodies = [row.body for row in _objects(cluster).order_by("group", "plural", "name")]
    by_group: dict[str, list[Mapping[str, Any]]] = {}
    for body in bodies:
        by_group.setdefault(str(body["apiVersion"]).partition("/")[0], []).append(body)
    templates = {one.kind: one for one in _parsed(ConstraintTemplate.parse, by_group, _TEMPLATES)}
    constraints = [
        one
        for one in _parsed(Constraint.parse, by_group, _CONSTRAINTS)
        if one.kind in templates and _fits(templates[one.kind], one)
    ]
    mutators = Mutators(list(_parsed(Mutator.parse, by_group, _MUTATIONS)))
    expanding = list(_parsed(ExpansionTemplate.parse, by_group, _EXPANSION))
    config = next(_parsed(Config.parse, {"": filter(configs.is_config, bodies)}, ""), Config())
    client = Client(templates.values(), constraints, _inventory(cluster, config), explain=True)
    expander = Expander(expanding or _ready_made(constraints), mutators)
    webhook = Webhook(client, expander, config, templates, version=_version(cluster))
    return Installed(webhook, mutators, tuple(constraints), templates)


def _parsed(
    parse: Any, by_group: Mapping[str, Iterable[Mapping[str, Any]]], group: str
) -> Iterator[Any]:
    """Each object of a group that can be read; the webhook has refused others long before."""
    for body in by_group.get(group, ()):
        try:
            yield parse(body)
        except GatekeeperError:
            continue


def _fits(template: ConstraintTemplate, constraint: Constraint) -> bool:
    try:
        template.admit(constraint)
    except GatekeeperError:
        return False
    return True


def _ready_made(constraints: list[Constraint]) -> Iterable[ExpansionTemplate]:
    return expansion.WORKLOADS if expansion.looks_at_generated(constraints) else ()


def _inventory(cluster: Cluster, config: Config) -> Mapping[str, Any]:
    kinds = configs.synced_kinds(config)
    if not kinds:
        return {}
    groups = {kind[0] for kind in kinds}
    rows = KubeObject.objects.filter(cluster=cluster, group__in=groups)
    return inventory_of(configs.synced([row.body for row in rows], config))


def _version(cluster: Cluster) -> tuple[int, int]:
    legacy = cluster.gatekeeper == Cluster.Generation.LEGACY
    return _LEGACY if legacy else Webhook(Client([], [])).version
