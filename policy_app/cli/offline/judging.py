"""Judging manifests: each object as a cluster would that holds all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from policy_app.cli.offline.errors import INPUT, Trouble
from policy_app.cli.offline.mutating import mutate_request, namespaces_among
from policy_app.cli.offline.policies import Policies
from policy_app.cli.offline.progress import Progress
from policy_app.cli.offline.report import Explanation, Finding, Judged, Report, Subject
from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.constraints import GATOR_POINT
from policy_app.evaluation.gatekeeper.errors import ExpansionError, MutationError, ReviewError
from policy_app.evaluation.gatekeeper.inventory import inventory_of
from policy_app.evaluation.gatekeeper.review import Review, is_admission_review
from policy_app.evaluation.gatekeeper.scopes import in_namespace
from policy_app.evaluation.manifests import Document
from policy_app.evaluation.results import Decision, Violation


@dataclass(frozen=True, slots=True)
class Options:
    """How to judge."""

    namespace: str = "default"
    """Where objects go that name no namespace."""
    explain: bool = False


def judge(
    documents: Sequence[Document],
    policies: Policies,
    options: Options,
    report: Report,
    progress: Progress,
) -> None:
    """Add to the report what the policies say about each object."""
    judging = _Judging(documents, policies, options)
    for document in progress.over(documents, "judging", "objects"):
        try:
            report.judged.append(judging.judged(document))
        except (ReviewError, ExpansionError, MutationError) as error:
            line, column = document.position(error.path)
            report.troubles.append(
                Trouble(
                    INPUT,
                    document.file,
                    error.message,
                    line=line,
                    column=column,
                    document=document.index,
                )
            )


class _Judging:
    """The policies in force among all the objects."""

    def __init__(self, documents: Sequence[Document], policies: Policies, options: Options) -> None:
        self._options = options
        templates = policies.templates.values()
        looks_around = any(template.uses_inventory for template in templates)
        inventory = _inventory(documents, options) if looks_around else None
        self._client = Client(templates, policies.constraints, inventory)
        self._policies = policies
        self._namespaces = namespaces_among(documents, options.namespace)

    def judged(self, document: Document) -> Judged:
        """One object.  Raises ``ReviewError`` where it cannot be judged at all."""
        thing = document.object
        if is_admission_review(thing):
            review = Review.from_admission_review(thing)
        else:
            review = Review.create(thing, default_namespace=self._options.namespace)
        subject = _subject(document, review)
        decision = self._decision(self._mutated(review))
        findings = _findings(document, subject, decision)
        return Judged(subject, findings, self._explanation(decision))

    def _decision(self, review: Review) -> Decision:
        if not self._policies.expands:
            return self._client.review(review, namespaces=self._namespaces, point=GATOR_POINT)
        from policy_app.evaluation.gatekeeper.expansion import review_expanded

        return review_expanded(
            self._client,
            self._policies.expander,
            review,
            namespaces=self._namespaces,
            point=GATOR_POINT,
        )

    def _mutated(self, review: Review) -> Review:
        """The request with its object as the mutators leave it, which is before it is judged."""
        if not self._policies.mutators:
            return review
        mutated = mutate_request(review, self._policies, self._namespaces)
        return replace(review, object=mutated.object) if mutated.changed else review

    def _explanation(self, decision: Decision) -> Explanation | None:
        if not self._options.explain:
            return None
        return Explanation(decision.passed, decision.not_applied)


def _inventory(documents: Sequence[Document], options: Options) -> dict[str, Any]:
    return inventory_of(
        in_namespace(document.object, options.namespace)
        for document in documents
        if not is_admission_review(document.object)
    )


def _subject(document: Document, review: Review) -> Subject:
    thing = review.object or review.old_object or {}
    metadata = thing.get("metadata") or {}
    return Subject(
        file=document.file,
        line=document.line,
        document=document.index,
        api_version=str(thing.get("apiVersion", "")),
        kind=str(thing.get("kind", "")),
        namespace=review.namespace,
        name=str(metadata.get("name") or metadata.get("generateName") or review.name),
    )


def _findings(document: Document, subject: Subject, decision: Decision) -> Sequence[Finding]:
    return tuple(_finding(document, subject, one) for one in decision.violations)


def _finding(document: Document, subject: Subject, violation: Violation) -> Finding:
    path = violation.place.path if violation.place else ""
    return Finding(
        subject=subject,
        line=document.position(_inside(document, path))[0] if path else subject.line,
        path=path,
        constraint=violation.constraint,
        constraint_kind=violation.constraint_kind,
        action=violation.enforcement_action,
        message=violation.message,
        details=violation.details,
        origin=violation.origin,
    )


def _inside(document: Document, path: str) -> str:
    """A field of the object that a request carries stands below the request."""
    if not is_admission_review(document.object):
        return path
    part = "object" if document.object["request"].get("object") is not None else "oldObject"
    return f"request.{part}.{path}"
