"""The steps that every write of a cluster goes through, in the API server's order.

Decode strictly, find the namespace, default, mutate, validate, ask the validating webhook, note who
owns which field.  Each step refuses with the ``ApiError`` of a real server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policy_app.apimachinery import decoding, defaults, errors, validation, versions
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import (
    Object,
    generated_name,
    is_going,
    metadata_of,
    name_of,
    namespace_of,
    new_uid,
)
from policy_app.apimachinery.schemas import Schemas
from policy_app.evaluation.gatekeeper.review import CREATE, UPDATE
from policy_app.models import Cluster
from policy_app.services.cluster import escalation, kinds, plugins, policy, schema_rules
from policy_app.services.cluster.caller import Caller, Target, WriteOptions
from policy_app.services.cluster.store import Writer, says_the_same

NAMESPACE = ("v1", "Namespace")
# Fields that the server alone sets, and that a client's body never changes.
_SERVERS_OWN = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds")


@dataclass(frozen=True, slots=True)
class Admitted:
    """What admission made of an object."""

    object: Object
    """The object as it will be stored."""
    asked: Object
    """The object with its defaults, before anything was put into it."""
    warnings: tuple[str, ...]


def schemas_of(cluster: Cluster) -> Schemas:
    """The schemas of the cluster's version of Kubernetes."""
    return Schemas.of_version(cluster.minor_version)


def decode(
    cluster: Cluster, target: Target, body: Any, options: WriteOptions
) -> tuple[Object, tuple[str, ...]]:
    """The object in a request's body, and warnings.

    Kind, namespace and name come from the path where the body has none.  Raises ``ApiError`` 400.
    """
    kind = target.kind
    decoded = decoding.decode(kind, body, schemas_of(cluster))
    thing = _placed(decoded.object, target)
    if decoded.strict_faults and options.field_validation == "Strict":
        raise decoding.strict_error(kind, decoded.strict_faults)
    warns = options.field_validation == "Warn"
    return thing, decoded.strict_faults if warns else ()


def named(thing: Object, kind: Kind) -> Object:
    """The object with a name, made from ``generateName`` where it has none."""
    metadata = metadata_of(thing)
    if metadata.get("name"):
        return thing
    prefix = metadata.get("generateName")
    if not prefix:
        cause = errors.Cause(
            "metadata.name",
            "Required value: name or generateName is required",
            "FieldValueRequired",
        )
        raise errors.invalid(kind, "", [cause])
    return {**thing, "metadata": {**metadata, "name": generated_name(str(prefix))}}


def require_namespace(writer: Writer, target: Target) -> None:
    """A namespaced object needs its namespace, and one that is not going.  Raises ``ApiError``."""
    if not target.kind.namespaced:
        return
    kind = kinds.builtins_of(writer.cluster).of(*NAMESPACE)
    assert kind is not None
    home = writer.namespace(target.namespace)
    if home is None:
        raise errors.not_found(kind, target.namespace)
    if is_going(home):
        why = (
            f"unable to create new content in namespace {target.namespace}"
            " because it is being terminated"
        )
        raise errors.forbidden(target.kind, target.name, why)


def fresh(thing: Object) -> Object:
    """A new object without what only the server sets."""
    dropped = {*_SERVERS_OWN, "resourceVersion", "selfLink", "generation"}
    kept = {key: value for key, value in metadata_of(thing).items() if key not in dropped}
    return {**thing, "metadata": kept}


def carried_over(thing: Object, old: Mapping[str, Any]) -> Object:
    """An update with the fields that no client changes, as they are stored."""
    before = metadata_of(old)
    kept = {key: before[key] for key in (*_SERVERS_OWN, "generation") if key in before}
    given = {
        key: value
        for key, value in metadata_of(thing).items()
        if key not in {*_SERVERS_OWN, "generation", "selfLink"}
    }
    return {**thing, "metadata": {**given, **kept}}


def admitted(
    writer: Writer,
    target: Target,
    thing: Object,
    old: Object | None,
    caller: Caller,
    options: WriteOptions,
) -> Admitted:
    """Default, mutate, validate, judge.

    Raises ``ApiError`` 403 where a policy denies it or it gives others more rights than the caller
    has, 422 where its kind's rules do.
    """
    kind = target.kind
    schemas = schemas_of(writer.cluster)
    filled = defaults.with_defaults(kind, thing, schemas)
    escalation.check(writer.cluster, caller, kind, filled)
    request = policy.Request(
        kind=kind,
        operation=UPDATE if old is not None else CREATE,
        object=plugins.changed(writer, kind, filled, old, target.below),
        old_object=old,
        caller=caller,
        subresource=target.below,
        dry_run=options.dry_run,
        options=options,
    )
    mutated = policy.mutate(writer, request)
    if mutated is not request.object:
        mutated = _read_again(kind, mutated, schemas)
    complete = defaults.with_defaults(kind, mutated, schemas)
    causes = validation.faults(kind, complete, old, schemas) or _faults_by_rules(
        kind, complete, old
    )
    if causes:
        raise errors.invalid(kind, name_of(complete), causes)
    plugins.check(writer, kind, complete, old, target.below)
    warnings = policy.judge(writer, request, complete)
    plugins.charge(writer, kind, complete, old, target.below)
    return Admitted(complete, filled, warnings)


def _faults_by_rules(kind: Kind, thing: Object, old: Object | None) -> list[errors.Cause]:
    """What rules of CEL say about an object that is valid otherwise; which are no CEL."""
    if kind.schema is not None:
        return schema_rules.faults(kind, thing, old)
    is_definition = (kind.group, kind.plural) == (kinds.CRD_GROUP, kinds.CRD_PLURAL)
    return schema_rules.faults_of_definition(thing) if is_definition else []


def _read_again(kind: Kind, mutated: Object, schemas: Schemas) -> Object:
    """What mutators have made, as an object of its kind.  Raises ``ApiError`` 500 for a wrong type.

    The client is not to blame for it.
    """
    try:
        return decoding.decode(kind, mutated, schemas).object
    except errors.ApiError as error:
        raise errors.internal(error.message) from None


def stored_form(writer: Writer, kind: Kind, thing: Object) -> Object:
    """The object in the version in which its resource is kept."""
    if kind.stored:
        return versions.to(kind, thing)
    stored = kinds.stored(writer.cluster, kind.group, kind.plural)
    return versions.to(stored or kind, thing)


def _placed(thing: Object, target: Target) -> Object:
    """The object at the path's namespace and name.  Raises ``ApiError`` 400 for another one."""
    metadata = dict(metadata_of(thing))
    given = namespace_of(thing)
    if target.kind.namespaced:
        if given and target.namespace and given != target.namespace:
            raise errors.bad_request(
                f"the namespace of the provided object does not match the namespace sent on"
                f" the request ({given} is not {target.namespace})"
            )
        metadata["namespace"] = target.namespace or given or "default"
    else:
        metadata.pop("namespace", None)
    name = name_of(thing)
    if target.name and name and name != target.name:
        raise errors.bad_request(
            f"the name of the object ({name}) does not match the name on the URL ({target.name})"
        )
    if target.name:
        metadata["name"] = target.name
    head = {"apiVersion": target.kind.api_version, "kind": target.kind.kind}
    return {**head, **thing, "metadata": metadata}


def prepared_for_create(kind: Kind, thing: Object) -> Object:
    """A new object as its kind's strategy begins it: a uid, no status, generation 1."""
    metadata = {**metadata_of(thing), "uid": new_uid()}
    if kind.custom or "spec" in thing:
        metadata["generation"] = 1
    begun = {**thing, "metadata": metadata}
    if kind.subresource("status") is not None:
        begun.pop("status", None)
    if kind.kind == "Namespace" and not kind.group:
        begun["spec"] = {"finalizers": ["kubernetes"]}
        begun["status"] = {"phase": "Active"}
    return begun


def prepared_for_update(target: Target, thing: Object, old: Object) -> Object:
    """An update that touches only what its path is for: the status, or all but the status."""
    if target.kind.subresource("status") is None:
        return thing
    kept, other = (old, thing) if target.below == "status" else (thing, old)
    merged = {key: value for key, value in kept.items() if key != "status"}
    if "status" in other:
        merged["status"] = other["status"]
    if target.below == "status":
        # Of the metadata, the status path takes the version to compare alone.
        version = metadata_of(thing).get("resourceVersion") or metadata_of(old)["resourceVersion"]
        merged["metadata"] = {**metadata_of(old), "resourceVersion": version}
        managed = metadata_of(thing).get("managedFields")
        if managed is not None:
            merged["metadata"]["managedFields"] = managed
    return merged


def with_generation(thing: Object, old: Object) -> Object:
    """The generation counts changes of what is wanted: all but metadata and status."""
    before = metadata_of(old).get("generation")
    if before is None:
        return thing
    generation = before if says_the_same(old, thing) else int(before) + 1
    return {**thing, "metadata": {**metadata_of(thing), "generation": generation}}


def keeps_itself(thing: Mapping[str, Any]) -> bool:
    """Whether something else than a finalizer keeps a deleted object: a namespace, a grace."""
    spec = thing.get("spec")
    finalizers = spec.get("finalizers") if isinstance(spec, Mapping) else None
    grace = metadata_of(thing).get("deletionGracePeriodSeconds")
    return bool(thing.get("kind") == "Namespace" and finalizers) or bool(grace)
