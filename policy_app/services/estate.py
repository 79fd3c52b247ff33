"""The demo estate: a small tenant with two Kubernetes clusters, to try policies on; and none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import CASCADE, PROTECT, Model, QuerySet

from policy_app.models import Cluster, ClusterState, RoleAssignment, RoleDefinition, Scope
from policy_app.models.scopes import ScopeKind
from policy_app.services.cluster import bootstrap

TENANT_ID = "10000000-0000-0000-0000-000000000000"
SUBSCRIPTION_ID = "00000000-0000-0000-0000-000000000001"
_GROUPS = "/providers/Microsoft.Management/managementGroups"
_SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION_ID}"
_LOCATION = "westeurope"


@dataclass(frozen=True, slots=True)
class _Node:
    """A scope of the estate with what is below it; ``namespaces`` are a cluster's, with labels."""

    kind: ScopeKind
    arm_id: str
    display_name: str
    location: str = ""
    below: tuple[_Node, ...] = ()
    namespaces: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The last part of the id."""
        return self.arm_id.rpartition("/")[2]


def _resource_group(name: str, cluster: str, teams: Mapping[str, Mapping[str, str]]) -> _Node:
    arm_id = f"{_SUBSCRIPTION}/resourceGroups/{name}"
    managed = _Node(
        ScopeKind.CLUSTER,
        f"{arm_id}/providers/{Cluster.MANAGED}/{cluster}",
        cluster,
        _LOCATION,
        namespaces={**bootstrap.SYSTEM_NAMESPACES, **teams},
    )
    return _Node(ScopeKind.RESOURCE_GROUP, arm_id, name, _LOCATION, (managed,))


_DEMO = _Node(
    ScopeKind.MANAGEMENT_GROUP,
    f"{_GROUPS}/{TENANT_ID}",
    "Tenant root group",
    below=(
        _Node(
            ScopeKind.MANAGEMENT_GROUP,
            f"{_GROUPS}/mg-demo",
            "mg-demo",
            below=(
                _Node(
                    ScopeKind.SUBSCRIPTION,
                    _SUBSCRIPTION,
                    "Demo subscription",
                    below=(
                        _resource_group(
                            "rg-demo",
                            "aks-demo",
                            {
                                "shop": {"team": "storefront", "environment": "production"},
                                "payments": {"team": "billing", "environment": "production"},
                            },
                        ),
                        _resource_group(
                            "rg-staging",
                            "aks-staging",
                            {
                                "shop": {"team": "storefront", "environment": "staging"},
                                "payments": {"team": "billing", "environment": "staging"},
                            },
                        ),
                    ),
                ),
            ),
        ),
    ),
)


def make_demo() -> list[Scope]:
    """Make what is missing of the demo estate, and return what was made, parents first.

    What is there already stays as it is, the user's own changes included.
    """
    made: list[Scope] = []
    with transaction.atomic():
        _ensure(_DEMO, None, made)
    return made


@transaction.atomic
def empty(*, but_the_root: bool) -> None:
    """Delete every scope with all that is at it or belongs to it, histories included.

    People, programs, built-in definitions and roles, and the activity log stay.  ``but_the_root``
    spares the root of the demo's tenant and the roles that are assigned there.
    """
    # As every writer of a cluster or of a scope begins: nobody adds to what is about to go.
    list(ClusterState.objects.select_for_update().order_by("pk").values_list("pk"))
    list(Scope.objects.select_for_update().order_by("pk").values_list("pk"))
    root = Scope.objects.filter(key=_DEMO.arm_id.lower()) if but_the_root else Scope.objects.none()
    for relation in _that_belong_to(Scope):
        if relation.related_model is not RoleAssignment:
            _delete(_rows(relation, Scope.objects.all()))
    RoleAssignment.objects.exclude(scope__in=root).delete()
    # A role that is for certain scopes would be one for all where those are gone.
    RoleDefinition.objects.filter(is_built_in=False, role_assignments=None).delete()
    Scope.objects.update(parent=None)
    Scope.objects.exclude(pk__in=root).delete()
    for model in apps.get_app_config(Scope._meta.app_label).get_models():
        if hasattr(model, "history"):
            model.history.exclude(id__in=model._base_manager.values("pk")).delete()


def _delete(rows: QuerySet[Any]) -> None:
    """Delete rows, first what belongs to them: some of it would protect them."""
    for relation in _that_belong_to(rows.model):
        _delete(_rows(relation, rows))
    rows.delete()


def _that_belong_to(model: type[Model]) -> Iterator[Any]:
    """The relations by which rows of other models go with those of this one, or protect them."""
    for relation in model._meta.related_objects:
        if relation.related_model is not model and relation.on_delete in (CASCADE, PROTECT):
            yield relation


def _rows(relation: Any, of: QuerySet[Any]) -> QuerySet[Any]:
    # Past the manager, which may hide some.
    return QuerySet(relation.related_model).filter(**{f"{relation.field.name}__in": of})


def demo_scopes() -> list[Scope]:
    """The scopes of the demo estate that exist, parents before their children."""
    return list(Scope.objects.filter(key__in=[node.arm_id.lower() for node in _walk(_DEMO)]))


def _walk(node: _Node) -> Iterable[_Node]:
    yield node
    for child in node.below:
        yield from _walk(child)


def _ensure(node: _Node, parent: Scope | None, made: list[Scope]) -> None:
    scope, is_new = Scope.objects.get_or_create(
        key=node.arm_id.lower(),
        defaults={
            "kind": node.kind,
            "name": node.name,
            "display_name": node.display_name,
            "arm_id": node.arm_id,
            "parent": parent,
            "location": node.location,
        },
    )
    if is_new:
        made.append(scope)
    if node.kind == ScopeKind.CLUSTER:
        _ensure_cluster(scope, node)
    for child in node.below:
        _ensure(child, scope, made)


def _ensure_cluster(scope: Scope, node: _Node) -> None:
    cluster, is_new = Cluster.objects.get_or_create(scope=scope)
    if is_new:
        bootstrap.fill(cluster, node.namespaces)
