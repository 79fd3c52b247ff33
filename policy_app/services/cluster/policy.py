"""What Gatekeeper does with a write: one webhook changes it, the other one judges it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import uuid4

from policy_app.apimachinery import errors
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object, name_of, namespace_of
from policy_app.apimachinery.patches import json_patch
from policy_app.evaluation.gatekeeper.exemptions import (
    CONTROL_PLANE_LABEL,
    IGNORE_LABEL,
    LABEL_WEBHOOK,
    ExemptNamespaces,
    WebhookScope,
)
from policy_app.evaluation.gatekeeper.mutation.json_values import without_nulls
from policy_app.evaluation.gatekeeper.review import DELETE, Review
from policy_app.evaluation.gatekeeper.webhook import Answer, as_status, denied
from policy_app.evaluation.results import MUTATION_WEBHOOK, WEBHOOK
from policy_app.models import Cluster
from policy_app.services.cluster import denials
from policy_app.services.cluster.caller import Caller, WriteOptions
from policy_app.services.cluster.installed import Installed, installed
from policy_app.services.cluster.store import DECIDING_GROUPS, Writer

_SCOPE = WebhookScope()
# AKS keeps webhooks away from the namespaces of its own control plane.
_AKS_SCOPE = WebhookScope(absent_labels=frozenset({IGNORE_LABEL, CONTROL_PLANE_LABEL}))

# Those of Gatekeeper's chart: whom the add-on exempts beside them is not published.
_EXEMPT = ExemptNamespaces()

Namespaces = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Request:
    """One write as admission sees it; without ``object`` it is a deletion."""

    kind: Kind
    operation: str
    caller: Caller
    object: Object | None = None
    old_object: Mapping[str, Any] | None = None
    subresource: str = ""
    dry_run: bool = False
    options: WriteOptions | None = None

    def to_review(self) -> Review:
        """The request as an admission webhook gets it."""
        thing = self.object if self.object is not None else self.old_object or {}
        kind = self.kind
        extra: dict[str, Any] = {"dryRun": self.dry_run}
        if self.subresource:
            extra["subResource"] = self.subresource
        return Review(
            object=None if self.operation == DELETE else self.object,
            old_object=self.old_object,
            operation=self.operation,
            kind={"group": kind.group, "version": kind.version, "kind": kind.kind},
            resource={"group": kind.group, "version": kind.version, "resource": kind.plural},
            name=name_of(thing),
            namespace=namespace_of(thing),
            user_info=self.caller.to_object(),
            uid=str(uuid4()),
            extra=extra,
        )


def mutate(writer: Writer, request: Request) -> Object:
    """The object as the mutators leave it.  Raises ``ApiError`` where they fail."""
    assert request.object is not None
    deciding = installed(writer.cluster, writer.state)
    if not deciding.mutators.all:
        return request.object
    # What the API server hands on was decoded by type, which leaves no null behind.
    thing = without_nulls(request.object)
    review = replace(request, object=thing).to_review()
    namespaces = _namespaces(writer, request)
    if left_out(writer.cluster, review, namespaces.get(review.namespace)):
        return request.object
    answer = deciding.mutation.answer(review, namespaces, mutation_id=str(uuid4()))
    if not answer.allowed:
        raise refusal(answer, MUTATION_WEBHOOK)
    if not answer.patch:
        return request.object
    return json_patch.apply(request.kind, thing, list(answer.patch))


def judge(writer: Writer, request: Request, complete: Object | None) -> tuple[str, ...]:
    """Ask the validation webhook about the object as it will be stored.

    The warnings for the client are returned.  Raises ``ApiError`` 403 where a policy denies it,
    which is kept once the transaction is over.
    """
    deciding = installed(writer.cluster, writer.state)
    review = replace(request, object=complete).to_review()
    _judge_labels(writer.cluster, review)
    if _idle(deciding, review):
        return ()
    namespaces = _namespaces(writer, request)
    if left_out(writer.cluster, review, namespaces.get(review.namespace)):
        return ()
    answer = deciding.webhook.answer(review, namespaces)
    if answer.allowed:
        return answer.warnings
    refused = denials.Refused(review, answer, dry_run=request.dry_run)
    writer.afterwards.append(partial(denials.keep, writer.cluster, refused))
    raise refusal(answer)


def _judge_labels(cluster: Cluster, review: Review) -> None:
    """Ask Gatekeeper's third webhook, about Namespaces that would keep the others out.

    Raises ``ApiError`` 403 where only an exempt one may.
    """
    said = _EXEMPT.refusal(review) if cluster.addon_enabled else ""
    if said:
        raise refusal(denied(said), LABEL_WEBHOOK)


def refusal(answer: Answer, webhook: str = WEBHOOK) -> errors.ApiError:
    """What the API server makes of a webhook's refusal.

    Older versions of Gatekeeper put the text where the reason belongs, so clients show it twice.
    """
    status = as_status(answer, webhook)
    return errors.ApiError(
        status["code"], status.get("reason", ""), status["message"], warnings=answer.warnings
    )


def left_out(cluster: Cluster, review: Review, namespace: Mapping[str, Any] | None) -> bool:
    """Whether the API server asks no webhook at all; without the add-on there is none to ask."""
    if not cluster.addon_enabled:
        return True
    managed = cluster.resource_type == Cluster.MANAGED
    return bool((_AKS_SCOPE if managed else _SCOPE).left_out(review, namespace))


def _idle(deciding: Installed, review: Review) -> bool:
    """Whether there is nothing that could object: no constraint, and none of Gatekeeper's kinds."""
    return not deciding.constraints and review.kind.get("group", "") not in DECIDING_GROUPS


def _namespaces(writer: Writer, request: Request) -> Namespaces:
    name = namespace_of(request.object or request.old_object or {})
    home = writer.namespace(name) if name else None
    return {name: home} if home is not None else {}
