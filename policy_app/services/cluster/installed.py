"""What is installed in a cluster and decides: templates, constraints, mutators and settings.

They are objects of the cluster: the add-on's and those that people apply by hand alike.  What has
been parsed and compiled is kept until one of them changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from threading import Lock
from typing import Any, TypeVar

from django.db.models import Q

from policy_app.evaluation.gatekeeper import config as configs
from policy_app.evaluation.gatekeeper import expansion
from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.config import Config, SyncSet
from policy_app.evaluation.gatekeeper.constraints import GROUP as CONSTRAINTS
from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.errors import GatekeeperError
from policy_app.evaluation.gatekeeper.expansion import Expander, ExpansionTemplate
from policy_app.evaluation.gatekeeper.expansion.template import GROUP as EXPANSION
from policy_app.evaluation.gatekeeper.external_data import ProviderResource, is_provider
from policy_app.evaluation.gatekeeper.inventory import inventory_of
from policy_app.evaluation.gatekeeper.mutation import Mutator, Mutators
from policy_app.evaluation.gatekeeper.mutation.mutator import GROUP as MUTATIONS
from policy_app.evaluation.gatekeeper.scopes import Gvk, split_api_version
from policy_app.evaluation.gatekeeper.templates import GROUP as TEMPLATES
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate
from policy_app.evaluation.gatekeeper.webhook import AKS_VERSION, MutationWebhook, Webhook
from policy_app.evaluation.language.constraints import ADDON
from policy_app.models import Cluster, ClusterState, KubeObject
from policy_app.services import external_data
from policy_app.services.cluster.kinds import kinds_of
from policy_app.services.cluster.store import DECIDING_GROUPS

_LEGACY = (3, 3)
_KEPT = 64

Mark = tuple[Any, ...]
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Installed:
    """What decides in a cluster: the validation webhook, and the one that changes objects."""

    webhook: Webhook
    mutation: MutationWebhook
    constraints: tuple[Constraint, ...] = ()
    synced: frozenset[Gvk] = frozenset()
    """The kinds of other objects that policies look at."""

    @property
    def mutators(self) -> Mutators:
        """The mutators, those in conflict included."""
        return self.mutation.mutators

    @property
    def config(self) -> Config:
        """Gatekeeper's own settings."""
        return self.webhook.config


_lock = Lock()
_kept: dict[int, tuple[Mark, Installed]] = {}


def installed(cluster: Cluster, state: ClusterState | None = None) -> Installed:
    """What decides in a cluster now; what is wrong with itself decides nothing.

    ``state`` is the cluster's, where the caller has read it already.
    """
    state = state or ClusterState.objects.filter(cluster=cluster).first()
    if state is None:
        return _made([], cluster)
    kept = _kept.get(cluster.pk)
    if kept is not None and kept[0] == _mark(cluster, state, kept[1]):
        return kept[1]
    found = KubeObject.objects.filter(cluster=cluster, group__in=sorted(DECIDING_GROUPS))
    made = _made([row.body for row in found.order_by("group", "plural", "name")], cluster)
    with _lock:
        if len(_kept) >= _KEPT and cluster.pk not in _kept:
            _kept.pop(next(iter(_kept)))
        _kept[cluster.pk] = (_mark(cluster, state, made), made)
    return made


def _mark(cluster: Cluster, state: ClusterState, about: Installed) -> Mark:
    """What differs as soon as something does that decides; synced objects are part of that."""
    revision = state.revision if about.synced else 0
    return state.deciding, cluster.gatekeeper, revision


def _made(bodies: list[Mapping[str, Any]], cluster: Cluster) -> Installed:
    by_group: dict[str, list[Mapping[str, Any]]] = {}
    for body in bodies:
        by_group.setdefault(split_api_version(body["apiVersion"])[0], []).append(body)
    templates = {
        one.kind: one for one in _parsed(ConstraintTemplate.parse, by_group.get(TEMPLATES))
    }
    parsed = _parsed(Constraint.parse, by_group.get(CONSTRAINTS))
    constraints = [one for one in parsed if _works(templates.get(one.kind), one)]
    resources = list(_parsed(ProviderResource.parse, filter(is_provider, bodies)))
    providers = external_data.providers(resources)
    mutators = Mutators(_parsed(Mutator.parse, by_group.get(MUTATIONS)), providers=providers)
    expanding = list(_parsed(ExpansionTemplate.parse, by_group.get(EXPANSION)))
    config = next(_parsed(Config.parse, filter(configs.is_config, bodies)), Config())
    sync_sets = list(_parsed(SyncSet.parse, filter(configs.is_sync_set, bodies)))
    synced = configs.synced_kinds(config, sync_sets)
    inventory = _inventory(cluster, synced, config, sync_sets)
    asking = external_data.builtin(resources)
    # The API shows no places of violations; the Test page finds them by a client of its own.
    client = Client(templates.values(), constraints, inventory, locate=False, external_data=asking)
    expander = Expander(expanding or _ready_made(constraints), mutators)
    webhook = Webhook(client, expander, config, templates, version=_version(cluster))
    mutation = MutationWebhook(mutators, config)
    return Installed(webhook, mutation, tuple(constraints), synced)


def _parsed(
    parse: Callable[[Any], _Found], bodies: Iterable[Mapping[str, Any]] | None
) -> Iterator[_Found]:
    """Each object that can be read; the webhook has refused others long before."""
    for body in bodies or ():
        try:
            yield parse(body)
        except GatekeeperError:
            continue


def _works(template: ConstraintTemplate | None, constraint: Constraint) -> bool:
    """Whether a constraint has a template that compiles and that it fits."""
    if template is None:
        return False
    try:
        template.compile()
        template.admit(constraint)
    except GatekeeperError:
        return False
    return True


def _ready_made(constraints: list[Constraint]) -> Iterable[ExpansionTemplate]:
    """The add-on has workloads expanded where one of its own policies asks for that."""
    own = [one for one in constraints if one.labels.get("managed-by") == ADDON]
    return expansion.WORKLOADS if expansion.looks_at_generated(own) else ()


def _inventory(
    cluster: Cluster, kinds: frozenset[Gvk], config: Config, sync_sets: list[SyncSet]
) -> Mapping[str, Any]:
    if not kinds:
        return {}
    served = kinds_of(cluster)
    known = [one for kind in kinds if (one := served.of(kind.api_version, kind.kind)) is not None]
    wanted = reduce(or_, (Q(group=one.group, plural=one.plural) for one in known), Q(pk=None))
    rows = KubeObject.objects.filter(wanted, cluster=cluster)
    return inventory_of(configs.synced([row.body for row in rows], config, sync_sets))


def _version(cluster: Cluster) -> tuple[int, int]:
    return _LEGACY if cluster.gatekeeper == Cluster.Generation.LEGACY else AKS_VERSION
