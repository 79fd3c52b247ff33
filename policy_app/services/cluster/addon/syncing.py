"""One round of the add-on: what is wanted is put into the cluster, what is not wanted goes.

Everything of one round is one transaction.  Objects that somebody changed by hand are set back;
what people applied themselves stays, and keeps its name even where the add-on wants it.
"""

from __future__ import annotations

from collections.abc import Iterator

from policy_app.apimachinery import defaults, ownership, versions
from policy_app.apimachinery.kinds import Kind, Kinds
from policy_app.apimachinery.objects import Object, metadata_of, name_of, namespace_of
from policy_app.models import KubeObject
from policy_app.services.cluster import kinds, steps
from policy_app.services.cluster.addon import components
from policy_app.services.cluster.addon.wanted import Wanted, is_managed
from policy_app.services.cluster.controllers import gatekeeper
from policy_app.services.cluster.store import DECIDING_GROUPS, Writer, says_the_same

MANAGER = "azurepolicyaddon"
_TAKEN = "The cluster has a {kind} {name} that somebody else put there, which stays."
_DEFINITIONS = ("apiextensions.k8s.io", "customresourcedefinitions")
_REVISION = "deployment.kubernetes.io/revision"
# What the API server and controllers write, and the add-on leaves as it finds it.
_SERVERS_OWN = (
    "uid",
    "creationTimestamp",
    "generation",
    "resourceVersion",
    "managedFields",
    "ownerReferences",
    "finalizers",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
)


def install_parts(writer: Writer) -> None:
    """Gatekeeper's kinds and the add-on's Pods, where they are missing or were changed.

    A mirror has the Pods of its real cluster, whatever runs there.
    """
    served = kinds.builtins_of(writer.cluster)
    for thing in (*components.custom_kinds(), *_workloads(writer)):
        kind = served.of(thing["apiVersion"], thing["kind"])
        if kind is not None and _home_exists(writer, kind, thing):
            _put(writer, kind, kind, thing)


def install(writer: Writer, wanted: Wanted) -> None:
    """The templates first, then what needs the kinds that they make.

    What cannot be put there is taken out of ``wanted``, with the reason.
    """
    served = kinds.kinds_of(writer.cluster)
    for kind, template in list(wanted.templates.items()):
        row = _put_own(writer, served, template)
        if row is None:
            wanted.without_template(kind, _taken(template))
        else:
            gatekeeper.make_kind(writer, row)
    served = kinds.kinds_of(writer.cluster)
    for thing, _ in list(wanted.rest):
        if _put_own(writer, served, thing) is None:
            wanted.without(thing, _taken(thing))
    if wanted.config is not None:
        _put_own(writer, served, wanted.config)


def remove_unwanted(writer: Writer, wanted: Wanted) -> None:
    """What the add-on made and does not want any more goes; constraints before their templates."""
    kept = {_key(thing) for thing, _ in wanted.rest}
    kept |= {_key(thing) for thing in wanted.templates.values()}
    if wanted.config is not None:
        kept.add(_key(wanted.config))
    for row in _deciding(writer):
        if is_managed(row.body) and _key(row.body) not in kept:
            writer.remove(row)


def remove_everything(writer: Writer) -> None:
    """The add-on goes with all of Gatekeeper: its kinds, every object of them, and its Pods."""
    for row in _deciding(writer):
        writer.remove(row)
    definitions = KubeObject.objects.filter(
        cluster=writer.cluster, group=_DEFINITIONS[0], plural=_DEFINITIONS[1]
    )
    for row in definitions.filter(name__endswith=".gatekeeper.sh").order_by("pk"):
        writer.remove(row)
    served = kinds.builtins_of(writer.cluster)
    for thing in _workloads(writer):
        kind = served.of(thing["apiVersion"], thing["kind"])
        found = writer.find(kind, namespace_of(thing), name_of(thing)) if kind else None
        if found is not None:
            writer.remove(found)


def _workloads(writer: Writer) -> list[Object]:
    return [] if writer.cluster.is_mirror else components.workloads()


def _deciding(writer: Writer) -> Iterator[KubeObject]:
    rows = KubeObject.objects.filter(cluster=writer.cluster, group__in=sorted(DECIDING_GROUPS))
    # Constraints come before templates by the alphabet, too.
    yield from list(rows.order_by("group", "plural", "name"))


def _put_own(writer: Writer, served: Kinds, thing: Object) -> KubeObject | None:
    """Store one object; None where another one has its name, or its kind is not there."""
    kind = served.of(thing["apiVersion"], thing["kind"])
    stored = served.stored_as(kind.group, kind.plural) if kind is not None else None
    if kind is None or stored is None:
        return None
    row = writer.find(kind, namespace_of(thing), name_of(thing))
    if row is not None and not is_managed(row.body):
        return None
    return _put(writer, kind, stored, thing)


def _put(writer: Writer, kind: Kind, stored: Kind, thing: Object) -> KubeObject:
    """Store an object as it should be, whatever it was; where nothing differs nothing is written.

    Policies were compiled and admitted before, and Gatekeeper does not manage itself: no webhook
    is asked.
    """
    schemas = steps.schemas_of(writer.cluster)
    complete = defaults.with_defaults(kind, thing, schemas)
    row = writer.find(kind, namespace_of(thing), name_of(thing))
    old = versions.to(kind, row.body) if row is not None else None
    merged = complete if old is None else _over(old, complete)
    if old is None or not says_the_same(old, merged):
        before = metadata_of(old).get("generation") if old is not None else 0
        generation = int(before or 0) + 1
        merged = {**merged, "metadata": {**metadata_of(merged), "generation": generation}}
    noted = ownership.noted(
        kind,
        old,
        merged,
        manager=MANAGER,
        operation=ownership.UPDATE,
        schemas=schemas,
        now=writer.now,
        subresource="",
    )
    if row is None:
        return writer.add_rows(stored, [versions.to(stored, noted)])[0]
    writer.change(row, versions.to(stored, noted))
    return row


def _over(old: Object, wanted: Object) -> Object:
    """The wanted object, with what others write of it as it stands in the cluster."""
    before = metadata_of(old)
    kept = {key: before[key] for key in _SERVERS_OWN if key in before}
    metadata = {**metadata_of(wanted), **kept}
    revision = (before.get("annotations") or {}).get(_REVISION)
    if revision is not None:
        metadata["annotations"] = {**(metadata.get("annotations") or {}), _REVISION: revision}
    merged = {**wanted, "metadata": metadata}
    return {**merged, "status": old["status"]} if "status" in old else merged


def _home_exists(writer: Writer, kind: Kind, thing: Object) -> bool:
    return not kind.namespaced or writer.namespace(namespace_of(thing)) is not None


def _key(thing: Object) -> tuple[str, str, str]:
    return thing["kind"], namespace_of(thing), name_of(thing)


def _taken(thing: Object) -> str:
    return _TAKEN.format(kind=thing["kind"], name=name_of(thing))
