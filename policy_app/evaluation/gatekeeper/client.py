"""The client: templates and constraints in, a decision about each review out.

What a template's code says comes from its driver, whatever language it is in.
Source: ``client`` of the constraint framework, and Gatekeeper's webhook.
"""

from __future__ import annotations

import copy
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from policy_app.evaluation.gatekeeper import pointing
from policy_app.evaluation.gatekeeper.constraints import WEBHOOK_POINT, Constraint
from policy_app.evaluation.gatekeeper.drivers import Driver, Finding, Query, World
from policy_app.evaluation.gatekeeper.errors import ConstraintError
from policy_app.evaluation.gatekeeper.external_data import ExternalDataBuiltin
from policy_app.evaluation.gatekeeper.locate import Locator
from policy_app.evaluation.gatekeeper.match import (
    MatchError,
    NotMatched,
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

_MOST_SORTS = 2_000


@dataclass(frozen=True, slots=True)
class _Installed:
    """A constraint, admitted by its template and ready to be asked."""

    constraint: Constraint
    template: ConstraintTemplate
    driver: Driver

    def left_out(self, outcome: NotMatched) -> NotApplied:
        """Why the constraint was not asked, as decisions tell it."""
        return NotApplied(
            constraint=self.constraint.name,
            constraint_kind=self.constraint.kind,
            reason=outcome.reason,
            criterion=outcome.criterion,
            origin=self.constraint.origin,
        )


@dataclass(frozen=True, slots=True)
class _Step:
    """A constraint, and what holds for every request of a sort about objects in one place."""

    installed: _Installed
    actions: tuple[EnforcementAction, ...]
    left_out: NotApplied | None = None
    """Why none of these requests is judged."""
    judges: bool = False
    """Whether all of them are; otherwise each object has to be looked at."""


@dataclass(frozen=True, slots=True)
class _Sort:
    """What requests have in common about which each constraint decides just once."""

    point: str
    operation: str
    place: tuple[Any, ...] | None
    """``Subject.place`` of the only object; None for a request about two."""


class Client:
    """Templates and constraints in force.  Safe to ask from several threads.

    ``inventory`` is what Rego reads as ``data.inventory``: synced objects under
    ``cluster[version][kind][name]`` and ``namespace[namespace][version][kind][name]``.
    With ``explain``, a rule that finds something is run once more to learn which fields it looked
    at, so that violations point at them; otherwise the words of the message have to do.  Without
    ``locate`` violations point nowhere, for who wants the answer alone, and soon.
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
        locate: bool = True,
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
        self._locate = locate
        # In one cluster the same kinds and namespaces come again and again.
        self._steps: dict[_Sort, tuple[_Step, ...]] = {}

    @property
    def constraints(self) -> tuple[Constraint, ...]:
        """The constraints in force, with their defaults, by kind and name."""
        return tuple(each.constraint for each in self._installed)

    def narrowed(
        self, names: Container[tuple[str, str]], *, explain: bool = False, locate: bool = True
    ) -> Client:
        """The same client with the constraints of these kinds and names alone, compiled as here."""
        other = copy.copy(self)
        other._installed = [
            each
            for each in self._installed
            if (each.constraint.kind, each.constraint.name) in names
        ]
        other._explain, other._locate, other._steps = explain, locate, {}
        return other

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
        judging = _Judging(review, namespace, explain=self._explain, locate=self._locate)
        for step in self._steps_of(judging.sort(point), judging.subjects):
            judging.take(step)
        return judging.decision()

    def _steps_of(self, sort: _Sort, subjects: list[Subject]) -> tuple[_Step, ...]:
        known = self._steps.get(sort)
        if known is None:
            known = tuple(_step(one, sort, subjects) for one in self._installed)
            if len(self._steps) < _MOST_SORTS:
                self._steps[sort] = known
        return known

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


def _step(installed: _Installed, sort: _Sort, subjects: list[Subject]) -> _Step:
    """What a constraint decides about a sort; the subjects are those of one such request."""
    actions = installed.constraint.actions_at(sort.point)
    if not actions:
        reason = f"It is not enforced at {sort.point}."
        said = NotMatched("scopedEnforcementActions", reason)
        return _Step(installed, actions, installed.left_out(said))
    operation = sort.operation
    if sort.point == WEBHOOK_POINT and operation and not installed.template.reviews(operation):
        reason = f"Its template does not review {operation} requests."
        return _Step(installed, actions, installed.left_out(NotMatched("operations", reason)))
    match = installed.constraint.match
    if match is not None and (sort.place is None or not match.is_about_place):
        return _Step(installed, actions)
    outcome = judge_any(match, subjects)
    if isinstance(outcome, NotMatched):
        return _Step(installed, actions, installed.left_out(outcome))
    # An error names the object.
    return _Step(installed, actions, judges=not isinstance(outcome, MatchError))


class _Judging:
    """One review, and what has been found so far."""

    def __init__(
        self,
        review: Review,
        namespace: Mapping[str, Any] | None,
        *,
        explain: bool,
        locate: bool,
    ) -> None:
        self._review = review
        self._locate = locate
        self.subjects = review.subjects(namespace)
        self._query = Query(review, review.to_input(), namespace, explain)
        self._violations: list[Violation] = []
        self._not_applied: list[NotApplied] = []
        self._passed: list[str] = []

    def decision(self) -> Decision:
        """Everything found, sorted so that the same request always reads the same."""
        ordered = sorted(self._violations, key=lambda each: each.order)
        return Decision(tuple(ordered), tuple(self._not_applied), tuple(self._passed))

    def sort(self, point: str) -> _Sort:
        """Which requests are decided upon as this one, at an enforcement point."""
        place = self.subjects[0].place if len(self.subjects) == 1 else None
        return _Sort(point, self._review.operation, place)

    def take(self, step: _Step) -> None:
        """Ask one constraint, and keep what it says or why it was not asked."""
        if step.left_out is not None:
            self._not_applied.append(step.left_out)
            return
        installed = step.installed
        if not step.judges:
            outcome = judge_any(installed.constraint.match, self.subjects)
            if isinstance(outcome, NotMatched):
                self._not_applied.append(installed.left_out(outcome))
                return
            if isinstance(outcome, MatchError):
                message = f"unable to match constraints: {outcome.message}"
                self._keep(installed.constraint, step.actions, [Finding(message)])
                return
        findings = installed.driver.query(installed.constraint, self._query)
        if findings:
            self._keep(installed.constraint, step.actions, findings)
        else:
            self._passed.append(installed.constraint.name)

    def _keep(
        self,
        constraint: Constraint,
        actions: tuple[EnforcementAction, ...],
        findings: list[Finding],
    ) -> None:
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
        if not self._locate:
            return "", ""
        guess = self._locator.locate(finding.message, finding.details)
        return pointing.point(guess, self._thing, finding.reads) if finding.reads else guess

    @cached_property
    def _thing(self) -> Mapping[str, Any]:
        return self._review.object or self._review.old_object or {}

    @cached_property
    def _locator(self) -> Locator:
        return Locator(self._thing)
