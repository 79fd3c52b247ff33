"""Decisions about a request and about all that it implies.

Constraints with the source Original see the object as it came, those with Generated what it would
make, and those with All both.  Source: the validation webhook and ``pkg/expansion`` of Gatekeeper.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.constraints import WEBHOOK_POINT, Constraint
from policy_app.evaluation.gatekeeper.expansion.expander import Expander, Resultant
from policy_app.evaluation.gatekeeper.match import GENERATED, ORIGINAL
from policy_app.evaluation.gatekeeper.review import DELETE, Review
from policy_app.evaluation.results import Decision, Violation

Namespaces = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Generated:
    """An object that the request implies, and what the constraints say about it."""

    resultant: Resultant
    decision: Decision
    """Messages begin with ``[Implied by …]``; fields are told as those of the request's object."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What the constraints say about a request's object, and about what it implies."""

    own: Decision
    generated: tuple[Generated, ...] = ()

    @property
    def decision(self) -> Decision:
        """All of it as one answer, which is the webhook's."""
        if not self.generated:
            return self.own
        every = [self.own, *(one.decision for one in self.generated)]
        violations = sorted((v for one in every for v in one.violations), key=lambda v: v.order)
        guilty = {violation.constraint for violation in violations}
        passed = dict.fromkeys(name for one in every for name in one.passed if name not in guilty)
        asked = guilty | set(passed)
        silent = tuple(one for one in self.own.not_applied if one.constraint not in asked)
        return Decision(tuple(violations), silent, tuple(passed))


def review_expanded(
    client: Client,
    expander: Expander,
    review: Review,
    *,
    namespaces: Namespaces | None = None,
    point: str = WEBHOOK_POINT,
) -> Decision:
    """What the webhook says about a request, with what its object would make.

    Raises ``ReviewError`` or ``ExpansionError`` where the request fails as a whole.
    """
    return judge_expanded(client, expander, review, namespaces=namespaces, point=point).decision


def judge_expanded(
    client: Client,
    expander: Expander,
    review: Review,
    *,
    namespaces: Namespaces | None = None,
    point: str = WEBHOOK_POINT,
) -> Judged:
    """The same, with the decision about each object kept apart."""
    own = client.review(review, namespaces=namespaces, point=point)
    if review.object is None:
        return Judged(own)
    namespace = client.namespace_of(review, namespaces or {})
    username = str(review.user_info.get("username") or "")
    implied = []
    for one in expander.expand(review.object, namespace, username=username):
        asked = _implied_review(one.object, review.operation, namespace)
        implied.append(Generated(one, _implied(one, client.review(asked, point=point))))
    return Judged(own, tuple(implied))


def looks_at_generated(constraints: Iterable[Constraint]) -> bool:
    """Whether any constraint judges what objects would make; the add-on expands only then."""
    return any(one.match is None or one.match.source != ORIGINAL for one in constraints)


def _implied_review(
    thing: Mapping[str, Any], operation: str, namespace: Mapping[str, Any] | None
) -> Review:
    plain = Review.audit(thing, source=GENERATED)
    return replace(
        plain,
        operation=operation,
        old_object=thing if operation == DELETE else None,
        namespace_object=namespace,
    )


def _implied(resultant: Resultant, decision: Decision) -> Decision:
    return replace(
        decision,
        violations=tuple(_implied_violation(resultant, one) for one in decision.violations),
    )


def _implied_violation(resultant: Resultant, violation: Violation) -> Violation:
    return replace(
        place_in_maker(resultant, violation),
        enforcement_action=resultant.enforcement_action or violation.enforcement_action,
        message=f"[Implied by {resultant.template}] {violation.message}",
        implied_by=resultant.template,
        generated=resultant.label,
    )


def place_in_maker(resultant: Resultant, violation: Violation) -> Violation:
    """The violation with its field told as one of the object that was expanded."""
    place = violation.place
    if place is None:
        return violation
    path = f"{resultant.source_path}.{place.path}" if place.path else resultant.source_path
    return replace(violation, place=replace(place, path=path))
