"""Judging manifests: each object as a cluster would that holds all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from policy_app.cli.offline import workers
from policy_app.cli.offline.around import Manifests, look
from policy_app.cli.offline.errors import INPUT, Trouble
from policy_app.cli.offline.mutating import mutate_request
from policy_app.cli.offline.policies import Policies
from policy_app.cli.offline.progress import Progress
from policy_app.cli.offline.report import (
    Batch,
    Explanation,
    FailOn,
    Finding,
    Judged,
    Report,
    Subject,
)
from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.constraints import GATOR_POINT
from policy_app.evaluation.gatekeeper.errors import (
    ExpansionError,
    GatekeeperError,
    MutationError,
    ReviewError,
)
from policy_app.evaluation.gatekeeper.review import Review, is_admission_review
from policy_app.evaluation.manifests import Document
from policy_app.evaluation.results import Decision, Violation

# Enough for a worker to be busy for a while, and little enough that the last one is not waited for.
_BATCH = 64 * 1024
# Less is judged before a second process could be asked.
_WORTH_FORKING = 256 * 1024


@dataclass(frozen=True, slots=True)
class Options:
    """How to judge."""

    namespace: str = "default"
    """Where objects go that name no namespace."""
    explain: bool = False
    jobs: int = 0
    """How many processes work; 0 for as many as the machine has processors."""


def judge(
    manifests: Manifests,
    policies: Policies,
    options: Options,
    report: Report,
    progress: Progress,
) -> None:
    """Add to the report what the policies say about each object."""
    judging = _Judging(manifests, policies, options, progress)
    sizes = [source.size for source in manifests.sources]
    batches = list(_batches(sizes))
    enough = sum(sizes) >= _WORTH_FORKING
    jobs = options.jobs or (workers.processors() if enough else 1)

    def work(numbers: range) -> Batch:
        return judging.batch(numbers, report.fail_on)

    bar = progress.over(batches, "judging", "files", weigh=len)
    for batch in workers.results(batches, work, jobs):
        report.add(batch)
        next(bar)
    next(bar, None)
    report.close()


def _batches(sizes: Sequence[int]) -> Iterator[range]:
    """The numbers of the files, some at a time."""
    start = total = 0
    for number, size in enumerate(sizes):
        total += size
        if total >= _BATCH:
            yield range(start, number + 1)
            start, total = number + 1, 0
    if start < len(sizes):
        yield range(start, len(sizes))


class _Judging:
    """The policies in force among all the objects."""

    def __init__(
        self, manifests: Manifests, policies: Policies, options: Options, progress: Progress
    ) -> None:
        self._options = options
        self._manifests = manifests
        around = look(manifests, policies, options.namespace, progress)
        self._client = Client(policies.templates.values(), policies.constraints, around.inventory)
        self._policies = policies
        self._namespaces = around.namespaces
        # Made once, before there are workers.
        if policies.mutators:
            _ = policies.mutating
        if policies.expands:
            _ = policies.expander

    def batch(self, numbers: Iterable[int], fail_on: FailOn) -> Batch:
        """All objects of some files."""
        batch = Batch(fail_on)
        for number in numbers:
            for document in self._manifests.documents(number, batch.inputs):
                try:
                    batch.add(self.judged(document))
                except (ReviewError, ExpansionError, MutationError) as error:
                    batch.troubles.append(_refusal(document, error))
        return batch.close()

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


def _refusal(document: Document, error: GatekeeperError) -> Trouble:
    line, column = document.position(error.path)
    return Trouble(
        INPUT,
        document.file,
        error.message,
        line=line,
        column=column,
        document=document.index,
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
    around = _around(document.object)
    return tuple(_finding(document, subject, one, around) for one in decision.violations)


def _finding(document: Document, subject: Subject, violation: Violation, around: str) -> Finding:
    path = violation.place.path if violation.place else ""
    return Finding(
        subject=subject,
        line=document.position(around + path)[0] if path else subject.line,
        path=path,
        constraint=violation.constraint,
        constraint_kind=violation.constraint_kind,
        action=violation.enforcement_action,
        message=violation.message,
        details=violation.details,
        origin=violation.origin,
    )


def _around(thing: Mapping[str, Any]) -> str:
    """What stands before a field's path: an object that a request carries is below the request."""
    if not is_admission_review(thing):
        return ""
    part = "object" if thing["request"].get("object") is not None else "oldObject"
    return f"request.{part}."
