"""Manifests applied to a cluster as ``kubectl apply --server-side`` applies them.

Each object is a request of its own, so a refusal of one leaves the others as they come: what the
person may do, defaults, mutators, policies and quotas are the API server's own path.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from policy_app.apimachinery import errors
from policy_app.apimachinery.objects import Object, metadata_of
from policy_app.evaluation import manifests
from policy_app.evaluation.manifests import Document, Problem
from policy_app.models import Cluster
from policy_app.services import kubectl, testing
from policy_app.services.authorization import Principal
from policy_app.services.cluster import authorization, clock, kinds, mirrors, store, writes
from policy_app.services.cluster.caller import Caller, Outcome, Target, WriteOptions
from policy_app.services.errors import PolicyError
from policy_app.services.testing import Upload

MANAGER = "policy-portal"
_OPTIONS = WriteOptions(field_manager=MANAGER, field_validation="Strict", force=True)


@dataclass(frozen=True, slots=True)
class Applied:
    """An object, and what the cluster answered."""

    file: str
    line: int
    """Where its document begins; from 1."""
    reference: str
    """``deployment.apps/web``, as kubectl names it."""
    namespace: str = ""
    """Empty for an object of the cluster."""
    done: str = ""
    """``created``, ``configured`` or ``unchanged``; empty where it was refused."""
    refusal: str = ""
    """``Error from server (Forbidden): …``; empty where it was not."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What became of the objects of some files."""

    cluster: Cluster
    applied: list[Applied]
    problems: list[Problem]
    """The documents that are no objects; nothing was done with them."""

    @property
    def refused(self) -> int:
        """How many objects the cluster did not take."""
        return sum(bool(one.refusal) for one in self.applied)

    @property
    def summary(self) -> str:
        """One sentence for the whole."""
        counted = [f"{len(self.applied) - self.refused} applied", f"{self.refused} refused"]
        if self.problems:
            counted.append(f"{len(self.problems)} unreadable")
        return f"{', '.join(counted)} on {self.cluster.scope.name}."


def apply(cluster: Cluster, uploads: Sequence[Upload], namespace: str, by: Principal) -> Report:
    """Apply the objects of files in their order; ``namespace`` is where those go that name none.

    Raises ``PolicyError`` where nothing, or too much, was given, and 403 for somebody who may not
    call the cluster at all.
    """
    testing.check(uploads)
    try:
        caller = authorization.caller_of(by, cluster)
    except errors.ApiError as error:
        raise PolicyError("AuthorizationFailed", f"{error.message}.", status=403) from None
    loaded = [manifests.load(one.name, one.data) for one in uploads]
    documents = [document for file in loaded for document in file.documents]
    applied = list(_each(cluster, documents, namespace, caller))
    return Report(cluster, applied, [problem for file in loaded for problem in file.problems])


def _each(
    cluster: Cluster, documents: Iterable[Document], namespace: str, caller: Caller
) -> Iterator[Applied]:
    for document in documents:
        # What an object before it has set going, as a namespace's account, is there for the next.
        clock.catch_up(cluster)
        yield _one(cluster, document, namespace, caller)


def _one(cluster: Cluster, document: Document, namespace: str, caller: Caller) -> Applied:
    thing = document.object
    told = Applied(document.file, document.line, kubectl.reference(thing))
    try:
        target = _target(cluster, thing, namespace)
        told = replace(told, namespace=target.namespace)
        outcome, done = _written(cluster, target, thing, caller)
    except errors.ApiError as error:
        refusal = f"Error from server ({error.reason}): {error.message}"
        return replace(told, refusal=refusal, warnings=error.warnings)
    return replace(told, done=done, warnings=outcome.warnings)


def _target(cluster: Cluster, thing: Object, namespace: str) -> Target:
    """Where the object goes.  Raises ``ApiError`` 404 for a kind that the cluster has not."""
    version, kind = str(thing["apiVersion"]), str(thing["kind"])
    found = kinds.kinds_of(cluster).of(version, kind)
    if found is None:
        text = f'no matches for kind "{kind}" in version "{version}"'
        raise errors.ApiError(404, "NotFound", text)
    metadata = metadata_of(thing)
    within = str(metadata.get("namespace") or namespace) if found.namespaced else ""
    return Target(found, within, str(metadata.get("name") or ""))


def _written(
    cluster: Cluster, target: Target, thing: Object, caller: Caller
) -> tuple[Outcome, str]:
    """What the write answers, and the word for it; an object without a name is always new."""
    verb = "patch" if target.name else "create"
    authorization.require(cluster, caller, verb, target)
    mirrors.require_read(cluster, target, verb)
    if not target.name:
        return writes.create(cluster, target, thing, caller, _OPTIONS), "created"
    before = store.rows(cluster, target.kind, target.namespace).filter(name=target.name)
    revision = before.values_list("revision", flat=True).first()
    outcome = writes.patch(cluster, target, writes.Patch("apply", thing), caller, _OPTIONS)
    same = metadata_of(outcome.object).get("resourceVersion") == str(revision)
    return outcome, "created" if outcome.created else "unchanged" if same else "configured"
