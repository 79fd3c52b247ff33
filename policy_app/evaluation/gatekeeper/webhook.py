"""Gatekeeper's validation webhook as a function: a request in, the answer to the API server out.

Source: the validation handler of Gatekeeper, and ``admission/v1`` of Kubernetes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.config import Config
from policy_app.evaluation.gatekeeper.errors import ExpansionError, ReviewError
from policy_app.evaluation.gatekeeper.exemptions import (
    OWN_NAMESPACE,
    SELF_MANAGED,
    is_own_account,
)
from policy_app.evaluation.gatekeeper.expansion import Expander, review_expanded
from policy_app.evaluation.gatekeeper.review import DELETE, Review
from policy_app.evaluation.gatekeeper.vet import INTERNAL_ERROR, Templates, vet
from policy_app.evaluation.results import Decision, Violation

OK, WARNED, FORBIDDEN = 200, 299, 403
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
    """What the webhook answers; ``decision`` is empty where nothing was judged."""

    allowed: bool
    code: int
    message: str = ""
    reason: str = ""
    warnings: tuple[str, ...] = ()
    decision: Decision = field(default_factory=Decision)

    def to_object(self, uid: str) -> dict[str, Any]:
        """The ``AdmissionReview`` that goes back to the API server."""
        status: dict[str, Any] = {"code": self.code}
        status |= {"message": self.message} if self.message else {}
        status |= {"reason": self.reason} if self.reason else {}
        response: dict[str, Any] = {"uid": uid, "allowed": self.allowed, "status": status}
        if self.warnings:
            response["warnings"] = list(self.warnings)
        return {
            "apiVersion": "admission.k8s.io/v1",
            "kind": "AdmissionReview",
            "response": response,
        }


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
        refusals = () if _is_of_many(review) else vet(review.object or {}, self.templates)
        if refusals:
            message = "\n".join(one.message for one in refusals)
            return Answer(False, refusals[0].code, message)
        if self.config.excludes_request("webhook", review):
            return Answer(True, OK, EXCLUDED)
        if review.namespace and review.namespace not in namespaces:
            return Answer(False, INTERNAL_ERROR, f'namespaces "{review.namespace}" not found')
        try:
            decision = review_expanded(self.client, self.expander, review, namespaces=namespaces)
        except (ReviewError, ExpansionError) as error:
            return Answer(False, INTERNAL_ERROR, error.message)
        return self._judged(decision)

    def _judged(self, decision: Decision) -> Answer:
        warnings = tuple(one.line_text for one in decision.warnings)
        if decision.allowed:
            return Answer(True, WARNED if warnings else OK, warnings=warnings, decision=decision)
        message = "\n".join(denial_line(one, self.version) for one in decision.denials)
        if self.version < _PROPER_REASONS:
            return Answer(False, FORBIDDEN, "", message, warnings, decision)
        return Answer(False, FORBIDDEN, message, REASON, warnings, decision)


def denial_line(violation: Violation, version: tuple[int, int] = AKS_VERSION) -> str:
    """One line of a refusal, as a version of Gatekeeper words it."""
    if version < _PLAIN_NAMES:
        return f"[denied by {violation.constraint}] {violation.message}"
    return violation.line_text


def _is_of_many(review: Review) -> bool:
    """Whether a request deletes a whole collection, which has no name to look at."""
    return review.operation == DELETE and not review.name
