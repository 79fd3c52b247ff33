"""What Gatekeeper does with a write: one webhook changes it, the other one judges it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from policy_app.apimachinery import errors
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object, name_of, namespace_of
from policy_app.evaluation.gatekeeper.errors import GatekeeperError
from policy_app.evaluation.gatekeeper.exemptions import WebhookScope
from policy_app.evaluation.gatekeeper.mutation.json_values import without_nulls
from policy_app.evaluation.gatekeeper.review import DELETE, Review
from policy_app.evaluation.gatekeeper.webhook import Answer
from policy_app.evaluation.results import WEBHOOK
from policy_app.models import Cluster, KubeObject
from policy_app.services.cluster import denials
from policy_app.services.cluster.caller import Caller, WriteOptions
from policy_app.services.cluster.installed import Installed, installed
from policy_app.services.cluster.store import Writer

MUTATION_WEBHOOK = "mutation.gatekeeper.sh"
_SCOPE = WebhookScope()

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
    """The object as the mutators leave it.  Raises ``ApiError`` 500 where they fail."""
    assert request.object is not None
    deciding = installed(writer.cluster)
    if not deciding.mutators.all:
        return request.object
    review, namespaces = request.to_review(), _namespaces(writer.cluster, request)
    if _left_out(review, namespaces) or deciding.config.excludes_request(
        "mutation-webhook", review
    ):
        return request.object
    try:
        decoded = replace(review, object=without_nulls(request.object))
        changed = deciding.mutators.mutate(decoded, namespaces=namespaces, mutation_id=str(uuid4()))
    except GatekeeperError as error:
        raise _failed(MUTATION_WEBHOOK, error.message) from None
    return dict(changed.object) if changed.changed else request.object


def judge(writer: Writer, request: Request, complete: Object | None) -> tuple[str, ...]:
    """Ask the validation webhook about the object as it will be stored.

    The warnings for the client are returned.  Raises ``ApiError`` 403 where a policy denies it.
    """
    deciding = installed(writer.cluster)
    asked = replace(request, object=complete)
    review, namespaces = asked.to_review(), _namespaces(writer.cluster, asked)
    if _idle(deciding, review) or _left_out(review, namespaces):
        return ()
    answer = deciding.webhook.answer(review, namespaces)
    if answer.allowed:
        return answer.warnings
    denials.keep(writer.cluster, review, answer, dry_run=request.dry_run)
    raise refusal(answer)


def refusal(answer: Answer) -> errors.ApiError:
    """What the API server makes of a webhook's refusal.

    Older versions of Gatekeeper put the text where the reason belongs, so clients show it twice.
    """
    text = answer.message or answer.reason
    message = f'admission webhook "{WEBHOOK}" denied the request: {text}'
    reason = "Forbidden" if answer.message and answer.code == 403 else answer.reason
    return errors.ApiError(max(answer.code, 400), reason, message, warnings=answer.warnings)


def _failed(webhook: str, why: str) -> errors.ApiError:
    return errors.internal(f'failed calling webhook "{webhook}": {why}')


def _idle(deciding: Installed, review: Review) -> bool:
    """Whether there is nothing that could object: no constraint, and none of Gatekeeper's kinds."""
    return not deciding.constraints and ".gatekeeper.sh" not in review.kind.get("group", "")


def _left_out(review: Review, namespaces: Namespaces) -> bool:
    return bool(_SCOPE.left_out(review, namespaces.get(review.namespace)))


def _namespaces(cluster: Cluster, request: Request) -> Namespaces:
    name = namespace_of(request.object or request.old_object or {})
    if not name:
        return {}
    row = KubeObject.objects.filter(
        cluster=cluster, group="", plural="namespaces", namespace="", name=name
    ).first()
    return {name: row.body} if row else {}
