"""Gatekeeper's webhooks as functions: a request in, the answer to the API server out.

Source: the validation and mutation handlers of Gatekeeper, and ``admission/v1`` of Kubernetes.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.config import Config
from policy_app.evaluation.gatekeeper.errors import (
    ExpansionError,
    MutationError,
    ReviewError,
)
from policy_app.evaluation.gatekeeper.exemptions import (
    OWN_NAMESPACE,
    SELF_MANAGED,
    is_own_account,
)
from policy_app.evaluation.gatekeeper.expansion import Expander, Judged, judge_expanded
from policy_app.evaluation.gatekeeper.mutation import Mutated, Mutators
from policy_app.evaluation.gatekeeper.review import CREATE, DELETE, UPDATE, Review
from policy_app.evaluation.gatekeeper.vet import (
    INTERNAL_ERROR,
    Refusal,
    Templates,
    is_own_resource,
    vet,
)
from policy_app.evaluation.results import WEBHOOK, Decision, Violation

OK, WARNED, FORBIDDEN = 200, 299, 403
_BAD_REQUEST = 400
EXCLUDED = "Namespace is set to be ignored by Gatekeeper config"
REASON = "Forbidden"

AKS_VERSION = (3, 19)
"""The version of Gatekeeper that the add-on of AKS runs."""
_PLAIN_NAMES = (3, 4)
"""Since when a line begins with ``[name]``, and no longer with ``[denied by name]``."""
_PROPER_REASONS = (3, 8)
"""Since when a refusal's reason is ``Forbidden``, and its message the message."""

Namespaces = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a webhook answers; ``decision`` is empty where nothing was judged."""

    allowed: bool
    code: int
    message: str = ""
    reason: str = ""
    warnings: tuple[str, ...] = ()
    decision: Decision = field(default_factory=Decision)
    patch: Sequence[Mapping[str, Any]] = ()
    """What mutators change, as RFC 6902 has it; only the mutation webhook's answer has one."""
    judged: Judged | None = None
    """The decision with what the object implies kept apart; None where nothing was judged."""
    mutated: Mutated | None = None
    """The object with what changed it; None where nothing did."""

    def to_object(self, uid: str) -> dict[str, Any]:
        """The ``AdmissionReview`` that goes back to the API server."""
        status: dict[str, Any] = {"code": self.code}
        status |= {"message": self.message} if self.message else {}
        status |= {"reason": self.reason} if self.reason else {}
        response: dict[str, Any] = {"uid": uid, "allowed": self.allowed, "status": status}
        if self.warnings:
            response["warnings"] = list(self.warnings)
        if self.patch:
            patch = json.dumps(list(self.patch)).encode()
            response |= {"patchType": "JSONPatch", "patch": base64.b64encode(patch).decode()}
        return {
            "apiVersion": "admission.k8s.io/v1",
            "kind": "AdmissionReview",
            "response": response,
        }


def denied(message: str) -> Answer:
    """A refusal that says why."""
    return Answer(False, FORBIDDEN, message, REASON)


def as_status(answer: Answer, webhook: str = WEBHOOK) -> dict[str, Any]:
    """The ``Status`` that the API server makes of a refusal and hands to its client.

    Source: ``ToStatusErr`` of the API server, which tells the reason where there is no message.
    """
    said = answer.message or answer.reason
    told = f"denied the request: {said}" if said else "denied the request without explanation"
    status = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": f'admission webhook "{webhook}" {told}',
        "code": max(answer.code, _BAD_REQUEST),
    }
    return status | ({"reason": answer.reason} if answer.reason else {})


@dataclass(frozen=True, slots=True)
class Webhook:
    """A validation webhook.  Safe to ask from several threads.

    It answers what it is asked; ``WebhookScope`` says what the API server asks.
    """

    client: Client
    expander: Expander = field(default_factory=Expander)
    config: Config = field(default_factory=Config)
    templates: Templates = field(default_factory=dict)
    """The templates in the cluster, by the kind of their constraints."""
    own_namespace: str = OWN_NAMESPACE
    version: tuple[int, int] = AKS_VERSION
    partial: bool = False
    """Whether the cluster may have other namespaces and templates than those that are known here:
    then none that is named is refused for being missing."""

    def answer_document(self, document: Mapping[str, Any], namespaces: Namespaces) -> Answer:
        """The answer to an ``AdmissionReview``; one that cannot be read is refused with 500."""
        try:
            review = Review.from_admission_review(document)
        except ReviewError as error:
            return Answer(False, INTERNAL_ERROR, error.message)
        return self.answer(review, namespaces)

    def answer(self, review: Review, namespaces: Namespaces) -> Answer:
        """The answer to a request; ``namespaces`` holds the cluster's Namespaces by name."""
        if is_own_account(review, self.own_namespace):
            return Answer(True, OK, SELF_MANAGED)
        refusals = self._vetted(review)
        if refusals:
            message = "\n".join(one.message for one in refusals)
            return Answer(False, refusals[0].code, message)
        if self.config.excludes_request("webhook", review):
            return Answer(True, OK, EXCLUDED)
        if not self.partial and _is_homeless(review, namespaces):
            return _homeless(review)
        try:
            judged = judge_expanded(self.client, self.expander, review, namespaces=namespaces)
        except (ReviewError, ExpansionError) as error:
            return Answer(False, INTERNAL_ERROR, error.message)
        return replace(self._judged(judged.decision), judged=judged)

    def _vetted(self, review: Review) -> Sequence[Refusal]:
        """What is wrong with one of Gatekeeper's own resources."""
        if self.partial or _is_of_many(review):
            return ()
        return vet(review.object or {}, self.templates)

    def _judged(self, decision: Decision) -> Answer:
        warnings = tuple(one.line_text for one in decision.warnings)
        if decision.allowed:
            return Answer(True, WARNED if warnings else OK, warnings=warnings, decision=decision)
        message = "\n".join(denial_line(one, self.version) for one in decision.denials)
        if self.version < _PROPER_REASONS:
            return Answer(False, FORBIDDEN, "", message, warnings, decision)
        return Answer(False, FORBIDDEN, message, REASON, warnings, decision)


@dataclass(frozen=True, slots=True)
class MutationWebhook:
    """A mutation webhook, which the API server asks before the other.  Safe to share as well."""

    mutators: Mutators
    config: Config = field(default_factory=Config)
    own_namespace: str = OWN_NAMESPACE
    partial: bool = False
    """Whether the cluster may have other namespaces than those that are known here."""

    def answer(self, review: Review, namespaces: Namespaces, *, mutation_id: str = "") -> Answer:
        """The answer to a request, with a patch where the mutators change its object.

        With a ``mutation_id``, the object tells in its annotations what has changed it.
        """
        left_alone = self._left_alone(review)
        if left_alone:
            return Answer(True, OK, left_alone)
        if not self.partial and _is_homeless(review, namespaces):
            return _homeless(review)
        try:
            found = self.mutators.mutate(review, namespaces=namespaces, mutation_id=mutation_id)
        except MutationError as error:
            return Answer(False, INTERNAL_ERROR, error.message)
        if not found.changed:
            return Answer(True, OK, "Resource was not mutated")
        return Answer(True, OK, patch=found.patch, mutated=found)

    def _left_alone(self, review: Review) -> str:
        """Why nothing is changed, in Gatekeeper's words; empty where something may be."""
        if is_own_account(review, self.own_namespace):
            return SELF_MANAGED
        if review.operation not in (CREATE, UPDATE):
            return "Mutating only on create or update"
        if is_own_resource(review.object or {}):
            return "Not mutating gatekeeper resources"
        return EXCLUDED if self.config.excludes_request("mutation-webhook", review) else ""


def denial_line(violation: Violation, version: tuple[int, int] = AKS_VERSION) -> str:
    """One line of a refusal, as a version of Gatekeeper words it."""
    if version < _PLAIN_NAMES:
        return f"[denied by {violation.constraint}] {violation.message}"
    return violation.line_text


def _is_of_many(review: Review) -> bool:
    """Whether a request deletes a whole collection, which has no name to look at."""
    return review.operation == DELETE and not review.name


def _is_homeless(review: Review, namespaces: Namespaces) -> bool:
    return bool(review.namespace) and review.namespace not in namespaces


def _homeless(review: Review) -> Answer:
    return Answer(False, INTERNAL_ERROR, f'namespaces "{review.namespace}" not found')
