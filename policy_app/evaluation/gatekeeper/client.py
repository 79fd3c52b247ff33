"""The client: templates and constraints in, a decision about each review out.

Source: ``client`` and the Rego driver of the constraint framework, and Gatekeeper's webhook.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from policy_app.evaluation.gatekeeper import pointing
from policy_app.evaluation.gatekeeper.constraints import WEBHOOK_POINT, Constraint
from policy_app.evaluation.gatekeeper.errors import ConstraintError, ReviewError
from policy_app.evaluation.gatekeeper.external_data import ExternalDataBuiltin
from policy_app.evaluation.gatekeeper.locate import locate
from policy_app.evaluation.gatekeeper.match import (
    MatchError,
    NotMatched,
    Outcome,
    Subject,
    judge_any,
)
from policy_app.evaluation.gatekeeper.review import Review
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate
from policy_app.evaluation.rego import Options, Program, RegoError, Undefined
from policy_app.evaluation.rego.explain import Explanation, Read
from policy_app.evaluation.results import (
    Decision,
    EnforcementAction,
    NotApplied,
    Place,
    Violation,
)

_MOST_OUTCOMES = 10_000
_NO_DETAILS: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class _Installed:
    """A constraint, admitted by its template and ready to be asked."""

    constraint: Constraint
    template: ConstraintTemplate
    program: Program
    path: str
    outcomes: dict[tuple[Any, ...], Outcome] = field(default_factory=dict, compare=False)
    """What was decided about kinds and namespaces; in one cluster these come again and again."""

    def judge(self, subjects: list[Subject], place: tuple[Any, ...] | None) -> Outcome:
        """Whether the constraint judges a request; ``place`` is that of its only subject."""
        match = self.constraint.match
        if match is None or place is None or not match.is_about_place:
            return judge_any(match, subjects)
        known = self.outcomes.get(place)
        if known is None:
            known = judge_any(match, subjects)
            if len(self.outcomes) < _MOST_OUTCOMES and not isinstance(known, MatchError):
                self.outcomes[place] = known
        return known


@dataclass(frozen=True, slots=True)
class _Finding:
    """What a constraint says about a review: one element of ``violation``."""

    message: str
    details: Mapping[str, Any]
    reads: Sequence[Read] = ()
    """What the rule looked at; empty where nobody asked."""


class Client:
    """Templates and constraints in force.  Safe to ask from several threads.

    ``inventory`` is what Rego reads as ``data.inventory``: synced objects under
    ``cluster[version][kind][name]`` and ``namespace[namespace][version][kind][name]``.
    With ``explain``, a rule that finds something is run once more to learn which fields it looked
    at, so that violations point at them; otherwise the words of the message have to do.
    ``external_data`` asks providers for Rego; without it every provider is unknown.
    Raises ``TemplateError`` for Rego that does not compile and ``ConstraintError`` for a
    constraint that has no template or does not fit it.
    """

    def __init__(
        self,
        templates: Iterable[ConstraintTemplate],
        constraints: Iterable[Constraint],
        inventory: Mapping[str, Any] | None = None,
        *,
        explain: bool = False,
        external_data: ExternalDataBuiltin | None = None,
    ) -> None:
        by_kind = {template.kind: template for template in templates}
        self._installed = sorted(
            (_install(constraint, by_kind) for constraint in constraints),
            key=lambda each: (each.constraint.kind, each.constraint.name),
        )
        self._data = {"inventory": inventory or {}}
        self._explain = explain
        self._options = Options(external_data=external_data or ExternalDataBuiltin())

    @property
    def constraints(self) -> tuple[Constraint, ...]:
        """The constraints in force, with their defaults, by kind and name."""
        return tuple(each.constraint for each in self._installed)

    def review(
        self,
        review: Review,
        *,
        namespaces: Mapping[str, Mapping[str, Any]] | None = None,
        point: str = WEBHOOK_POINT,
    ) -> Decision:
        """What the constraints say about a request at an enforcement point.

        ``namespaces`` holds the Namespace objects that are known, by name.  Raises
        ``ReviewError`` where the request fails as a whole, as the webhook would with HTTP 500.
        """
        namespace = self.namespace_of(review, namespaces or {})
        judging = _Judging(review, namespace, point, self._data, self._explain, self._options)
        for installed in self._installed:
            judging.ask(installed)
        return judging.decision()

    def namespace_of(
        self, review: Review, namespaces: Mapping[str, Mapping[str, Any]]
    ) -> Mapping[str, Any] | None:
        """The Namespace object that a request is about, as far as it is known."""
        if review.namespace_object is not None:
            return review.namespace_object
        if not review.namespace:
            return None
        return namespaces.get(review.namespace) or self._synced_namespace(review.namespace)

    def _synced_namespace(self, name: str) -> Mapping[str, Any] | None:
        cluster = self._data["inventory"].get("cluster", {})
        found: Mapping[str, Any] | None = cluster.get("v1", {}).get("Namespace", {}).get(name)
        return found


def _install(constraint: Constraint, by_kind: Mapping[str, ConstraintTemplate]) -> _Installed:
    template = by_kind.get(constraint.kind)
    if template is None:
        raise ConstraintError(
            f'missing ConstraintTemplate: template "{constraint.kind.lower()}" not found'
        )
    return _Installed(
        template.admit(constraint), template, template.program, template.violation_path
    )


class _Judging:
    """One review, and what has been found so far."""

    def __init__(
        self,
        review: Review,
        namespace: Mapping[str, Any] | None,
        point: str,
        data: Mapping[str, Any],
        explain: bool,
        options: Options,
    ) -> None:
        self._review = review
        self._explain = explain
        self._options = options
        self._point = point
        self._data = data
        self._subjects = review.subjects(namespace)
        self._where = self._subjects[0].place if len(self._subjects) == 1 else None
        self._input = review.to_input()
        self._violations: list[Violation] = []
        self._not_applied: list[NotApplied] = []
        self._passed: list[str] = []

    def decision(self) -> Decision:
        """Everything found, sorted so that the same request always reads the same."""
        ordered = sorted(self._violations, key=lambda each: each.order)
        return Decision(tuple(ordered), tuple(self._not_applied), tuple(self._passed))

    def ask(self, installed: _Installed) -> None:
        """Ask one constraint, and keep what it says or why it was not asked."""
        constraint = installed.constraint
        actions = constraint.actions_at(self._point)
        if not actions:
            reason = f"It is not enforced at {self._point}."
            self._leave_out(constraint, NotMatched("scopedEnforcementActions", reason))
            return
        operation = self._review.operation
        if self._point == WEBHOOK_POINT and operation and not installed.template.reviews(operation):
            reason = f"Its template does not review {operation} requests."
            self._leave_out(constraint, NotMatched("operations", reason))
            return
        outcome = installed.judge(self._subjects, self._where)
        if isinstance(outcome, NotMatched):
            self._leave_out(constraint, outcome)
        elif isinstance(outcome, MatchError):
            message = f"unable to match constraints: {outcome.message}"
            self._keep(constraint, actions, [_Finding(message, _NO_DETAILS)])
        else:
            self._keep(constraint, actions, self._query(installed))

    def _leave_out(self, constraint: Constraint, outcome: NotMatched) -> None:
        self._not_applied.append(
            NotApplied(
                constraint=constraint.name,
                constraint_kind=constraint.kind,
                reason=outcome.reason,
                criterion=outcome.criterion,
                origin=constraint.origin,
            )
        )

    def _keep(
        self,
        constraint: Constraint,
        actions: tuple[EnforcementAction, ...],
        findings: list[_Finding],
    ) -> None:
        if not findings:
            self._passed.append(constraint.name)
        for finding in findings:
            container, path = self._place(finding)
            self._violations += [
                Violation(
                    constraint=constraint.name,
                    constraint_kind=constraint.kind,
                    enforcement_action=action,
                    message=finding.message,
                    details=finding.details,
                    origin=constraint.origin,
                    place=Place(file="", document=1, path=path),
                    container=container,
                )
                for action in actions
            ]

    def _place(self, finding: _Finding) -> tuple[str, str]:
        thing = self._review.object or self._review.old_object or {}
        guess = locate(thing, finding.message, finding.details)
        return pointing.point(guess, thing, finding.reads) if finding.reads else guess

    def _query(self, installed: _Installed) -> list[_Finding]:
        """The findings of one constraint; an error while it runs is a finding too."""
        constraint = installed.constraint
        asked = {"review": self._input, "parameters": constraint.parameters or {}}
        # Data costs time with every query, so only those that look at it get it.
        data = self._data if installed.template.uses_inventory else None
        try:
            answer = installed.program.query(
                installed.path, input=asked, data=data, options=self._options
            )
        except Undefined:
            return []
        except RegoError as error:
            return [_Finding(str(error), _NO_DETAILS)]
        findings = list(_distinct(_findings(answer, constraint)))
        if findings and self._explain:
            explanations = installed.program.explain(
                installed.path, input=asked, data=data, options=self._options
            )
            return list(_explained(findings, explanations))
        return findings


def _explained(findings: list[_Finding], explanations: Iterable[Explanation]) -> Iterator[_Finding]:
    """Each finding with what the definition that gave it had looked at."""
    reads = {_key(one.value): one.reads for one in explanations if isinstance(one.value, Mapping)}
    for finding in findings:
        found = reads.get(_key({"msg": finding.message, "details": finding.details}), ())
        yield replace(finding, reads=found)


def _key(element: Mapping[str, Any]) -> str:
    about = (element.get("msg"), element.get("details", _NO_DETAILS))
    return json.dumps(about, sort_keys=True, default=str)


def _findings(answer: Any, constraint: Constraint) -> Iterator[_Finding]:
    """The elements of ``violation`` that have a message; the others Gatekeeper drops as well."""
    elements = answer.values() if isinstance(answer, Mapping) else answer
    for element in elements if isinstance(elements, Iterable) else ():
        if not isinstance(element, Mapping) or "msg" not in element:
            continue
        message = element["msg"]
        if not isinstance(message, str):
            raise ReviewError(
                f"constraint {constraint.kind}/{constraint.name}: the msg of a violation must be "
                f"a string, but is {json.dumps(message)}"
            )
        details = element.get("details", _NO_DETAILS)
        yield _Finding(message, details if isinstance(details, Mapping) else {"details": details})


def _distinct(findings: Iterable[_Finding]) -> Iterator[_Finding]:
    """Results are a set of (constraint, message, details)."""
    seen: set[tuple[str, str]] = set()
    for finding in findings:
        key = finding.message, json.dumps(finding.details, sort_keys=True)
        if key not in seen:
            seen.add(key)
            yield finding
