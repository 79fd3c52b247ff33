"""Gatekeeper's controllers: a template makes the kind of its constraints, and status says so.

Source: the controllers of Gatekeeper for constraint templates, constraints and mutators.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object, finalizers_of, metadata_of, uid_of
from policy_app.evaluation.gatekeeper.audit import DEFAULT_PODS, pod_status
from policy_app.evaluation.gatekeeper.constraints import GROUP as CONSTRAINTS
from policy_app.evaluation.gatekeeper.crds import crd_of, template_status
from policy_app.evaluation.gatekeeper.mutation import describe
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate
from policy_app.models import KubeChange, KubeObject
from policy_app.services.cluster import noting
from policy_app.services.cluster.controllers import making
from policy_app.services.cluster.installed import installed
from policy_app.services.cluster.store import Writer, says_the_same


def template_changed(writer: Writer, change: KubeChange) -> None:
    """A template makes the kind of its constraints; when it goes, they go."""
    if change.type == KubeChange.Type.DELETED:
        _forget_kind(writer, f"{change.name}.{CONSTRAINTS}")
        return
    row = making.current(writer, change)
    if row is not None and not _is_about_status(change):
        make_kind(writer, row)


def make_kind(writer: Writer, row: KubeObject) -> None:
    """The definition of a template's constraints as it should be, and the template's status."""
    metadata = metadata_of(row.body)
    generation = int(metadata.get("generation") or 1)
    status = template_status(row.body, uid=row.uid, generation=generation)
    if status["created"]:
        _store_kind(writer, crd_of(ConstraintTemplate.parse(row.body)), row.body)
    making.set_status(writer, row, status, noting.GATEKEEPER)


def constraint_changed(writer: Writer, change: KubeChange) -> None:
    """A constraint that is there is enforced by every one of Gatekeeper's Pods."""
    row = making.current(writer, change)
    if row is None:
        return
    status = dict(row.body.get("status") or {})
    generation = int(metadata_of(row.body).get("generation") or 1)
    status["byPod"] = pod_status(uid=row.uid, generation=generation)
    making.set_status(writer, row, status, noting.GATEKEEPER)


def mutator_changed(writer: Writer, change: KubeChange) -> None:
    """A mutator is enforced but for a conflict, which may be another one's doing."""
    if _is_about_status(change):
        return
    mutators = installed(writer.cluster, writer.state).mutators
    by_name = {(one.kind, one.name): one.id for one in mutators.all}
    rows = KubeObject.objects.filter(cluster=writer.cluster, group=change.group).order_by("pk")
    for row in rows:
        known = by_name.get((row.body["kind"], row.name))
        others = mutators.conflicts.get(known, ()) if known is not None else ()
        errors = [describe([known, *others])] if known is not None and others else []
        status = {"byPod": _mutator_status(row.body, errors)}
        making.set_status(writer, row, status, noting.GATEKEEPER)


def definition_changed(writer: Writer, change: KubeChange) -> None:
    """With the definition of a kind, every object of that kind goes."""
    if change.type != KubeChange.Type.DELETED:
        return
    spec = change.object.get("spec") or {}
    plural = (spec.get("names") or {}).get("plural", "")
    rows = KubeObject.objects.filter(
        cluster=writer.cluster, group=spec.get("group", ""), plural=plural
    )
    for row in rows.order_by("pk"):
        writer.remove(row)


def _is_about_status(change: KubeChange) -> bool:
    """Whether a change is one that these controllers make themselves."""
    return change.before is not None and says_the_same(change.before, change.object)


def _store_kind(writer: Writer, definition: Object, template: Mapping[str, Any]) -> None:
    kind = _definitions(writer)
    metadata = {**definition["metadata"], "ownerReferences": [making.owner_reference(template)]}
    wanted = {**definition, "metadata": metadata}
    row = writer.find(kind, "", metadata["name"])
    if row is None:
        begun = {**wanted, "metadata": {**metadata, "generation": 1}}
        noting.add(writer, kind, begun, noting.GATEKEEPER)
        return
    if finalizers_of(row.body) or row.body["spec"] == wanted["spec"]:
        return
    before = metadata_of(row.body)
    after = {**before, **metadata, "generation": int(before.get("generation") or 1) + 1}
    changed = {**row.body, **wanted, "metadata": after}
    noting.change(writer, row, changed, noting.GATEKEEPER)


def _forget_kind(writer: Writer, name: str) -> None:
    row = writer.find(_definitions(writer), "", name)
    if row is not None:
        writer.remove(row)


def _definitions(writer: Writer) -> Kind:
    return making.kind_of(writer, "apiextensions.k8s.io/v1", "CustomResourceDefinition")


def _mutator_status(thing: Mapping[str, Any], errors: list[str]) -> list[Object]:
    generation = int(metadata_of(thing).get("generation") or 1)
    about: Object = {"enforced": not errors, "observedGeneration": generation}
    about["mutatorUID"] = uid_of(thing)
    if errors:
        about["errors"] = [{"message": one, "type": "ConflictingSchema"} for one in errors]
    return [about | {"id": one.id, "operations": list(one.operations)} for one in DEFAULT_PODS]
