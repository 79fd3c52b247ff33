"""The client: templates and constraints in, a decision about each review out.

What a template's code says comes from its driver, whatever language it is in.
Source: ``client`` of the constraint framework, and Gatekeeper's webhook.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from policy_app.evaluation.gatekeeper import pointing
from policy_app.evaluation.gatekeeper.constraints import WEBHOOK_POINT, Constraint
from policy_app.evaluation.gatekeeper.drivers import Driver, Finding, Query, World
from policy_app.evaluation.gatekeeper.errors import ConstraintError
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
from policy_app.evaluation.results import (
    Decision,
    EnforcementAction,
    NotApplied,
    Place,
    Violation,
)

_MOST_OUTCOMES = 10_000


@dataclass(frozen=True, slots=True)
class _Installed:
    """A constraint, admitted by its template and ready to be asked."""

    constraint: Constraint
    template: ConstraintTemplate
    driver: Driver
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


class Client:
    """Templates and constraints in force.  Safe to ask from several threads.

    ``inventory`` is what Rego reads as ``data.inventory``: synced objects under
    ``cluster[version][kind][name]`` and ``namespace[namespace][version][kind][name]``.
    With ``explain``, a rule that finds something is run once more to learn which fields it looked
    at, so that violations point at them; otherwise the words of the message have to do.
    ``external_data`` asks providers for Rego; without it every provider is unknown.
    Raises ``TemplateError`` for code that does not compile and ``ConstraintError`` for a
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
        world = World(inventory or {}, external_data or ExternalDataBuiltin())
        self._installed = sorted(
            (_install(constraint, by_kind, world) for constraint in constraints),
            key=lambda each: (each.constraint.kind, each.constraint.name),
        )
        self._inventory = world.inventory
        self._explain = explain

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
        judging = _Judging(review, namespace, point, self._explain)
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
        cluster = self._inventory.get("cluster", {})
        found: Mapping[str, Any] | None = cluster.get("v1", {}).get("Namespace", {}).get(name)
        return found


def _install(
    constraint: Constraint, by_kind: Mapping[str, ConstraintTemplate], world: World
) -> _Installed:
    template = by_kind.get(constraint.kind)
    if template is None:
        raise ConstraintError(
            f'missing ConstraintTemplate: template "{constraint.kind.lower()}" not found'
        )
    return _Installed(template.admit(constraint), template, template.code.driver(world))


class _Judging:
    """One review, and what has been found so far."""

    def __init__(
        self,
        review: Review,
        namespace: Mapping[str, Any] | None,
        point: str,
        explain: bool,
    ) -> None:
        self._review = review
        self._point = point
        self._subjects = review.subjects(namespace)
        self._where = self._subjects[0].place if len(self._subjects) == 1 else None
        self._query = Query(review, review.to_input(), namespace, explain)
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
            self._keep(constraint, actions, [Finding(message)])
        else:
            self._keep(constraint, actions, installed.driver.query(constraint, self._query))

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
        findings: list[Finding],
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

    def _place(self, finding: Finding) -> tuple[str, str]:
        thing = self._review.object or self._review.old_object or {}
        guess = locate(thing, finding.message, finding.details)
        return pointing.point(guess, thing, finding.reads) if finding.reads else guess
