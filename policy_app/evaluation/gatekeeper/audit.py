"""The audit: every object judged again as it lies there, and what constraints then say of it.

Source: ``pkg/audit`` and the ``ConstraintPodStatus`` of Gatekeeper.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.config import Config
from policy_app.evaluation.gatekeeper.constraints import AUDIT_POINT, SCOPED, Constraint
from policy_app.evaluation.gatekeeper.errors import ExpansionError, ReviewError
from policy_app.evaluation.gatekeeper.expansion import Expander, review_expanded
from policy_app.evaluation.gatekeeper.match import ORIGINAL, Subject
from policy_app.evaluation.gatekeeper.review import Review
from policy_app.evaluation.gatekeeper.scopes import Gvk
from policy_app.evaluation.results import Decision, EnforcementAction, Violation

VIOLATIONS_LIMIT = 20
"""How many violations a constraint's status holds: ``--constraint-violations-limit``."""
MESSAGE_BYTES = 256
"""How long a message in a status may be in UTF-8; a longer one ends in three dots."""
_CUT = "..."

Key = tuple[str, str]
"""A constraint's kind and name."""


class StatusViolation(NamedTuple):
    """One violation as a status tells it, in the order in which statuses sort."""

    group: str
    version: str
    kind: str
    namespace: str
    name: str
    message: str
    enforcement_action: str
    enforcement_actions: tuple[EnforcementAction, ...] = ()
    """Where the action is ``scoped``: the actions that hold for the audit."""

    def to_object(self) -> dict[str, Any]:
        """An element of ``status.violations``."""
        shown: dict[str, Any] = {
            "group": self.group,
            "version": self.version,
            "kind": self.kind,
            "name": self.name,
            "message": self.message,
            "enforcementAction": self.enforcement_action,
        }
        if self.namespace:
            shown["namespace"] = self.namespace
        if self.enforcement_actions:
            shown["enforcementActions"] = list(self.enforcement_actions)
        return shown


@dataclass(frozen=True, slots=True)
class GatekeeperPod:
    """One of Gatekeeper's pods, each of which reports on everything for itself."""

    id: str
    operations: tuple[str, ...]


DEFAULT_PODS = (
    GatekeeperPod("gatekeeper-audit", ("audit", "generate", "mutation-status", "status")),
    GatekeeperPod("gatekeeper-controller", ("mutation-webhook", "webhook")),
)


@dataclass(slots=True)
class _Tally:
    """What one constraint has been found to say."""

    constraint: Constraint
    total: int = 0
    kept: list[StatusViolation] = field(default_factory=list)

    def add(self, found: StatusViolation, limit: int) -> None:
        """Count a violation; only those that the status will show are kept."""
        self.total += 1
        self.kept.append(found)
        if len(self.kept) > 2 * limit:
            self.cut(limit)

    def cut(self, limit: int) -> list[StatusViolation]:
        """The violations that come first, so that memory does not grow with the cluster."""
        self.kept = sorted(self.kept)[:limit]
        return self.kept


class Audit:
    """One round of the audit: ``add`` what was decided, then ask for each constraint's status.

    ``timestamp`` is when it began, as RFC 3339 writes it.
    """

    def __init__(
        self, constraints: Iterable[Constraint], timestamp: str, *, limit: int = VIOLATIONS_LIMIT
    ) -> None:
        self._timestamp = timestamp
        self._limit = limit
        self._tallies = {(one.kind, one.name): _Tally(one) for one in constraints}
        self.errors: list[str] = []
        """What could not be audited, as sentences; such objects have no violations."""

    def add(self, thing: Mapping[str, Any], decision: Decision) -> None:
        """Count what was decided about an object, and about all that it implies."""
        for key, violations in _by_result(decision):
            tally = self._tallies.get(key)
            if tally is not None:
                tally.add(_told(thing, violations, tally.constraint), self._limit)

    def total(self, key: Key) -> int:
        """How many violations a constraint has, those included that its status leaves out."""
        return self._tallies[key].total

    def status(self, key: Key) -> dict[str, Any]:
        """``auditTimestamp``, ``totalViolations`` and ``violations`` of a constraint's status.

        The last is absent where there are none.  Raises ``KeyError`` for an unknown constraint.
        """
        tally = self._tallies[key]
        status: dict[str, Any] = {
            "auditTimestamp": self._timestamp,
            "totalViolations": tally.total,
        }
        shown = tally.cut(self._limit)
        return status | ({"violations": [one.to_object() for one in shown]} if shown else {})


@dataclass(frozen=True, slots=True)
class Auditor:
    """What the audit holds every object to.  Safe to use from several threads."""

    client: Client
    expander: Expander = field(default_factory=Expander)
    namespaces: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The Namespace objects by name."""
    config: Config = field(default_factory=Config)
    source: str = ORIGINAL

    def judge(self, thing: Mapping[str, Any]) -> Decision | str | None:
        """What is decided about an object, with all that it implies.

        A sentence where it cannot be audited; None where the audit leaves its namespace alone.
        """
        if self.config.excludes("audit", thing):
            return None
        home = Subject(thing).field("namespace")
        if home and home not in self.namespaces:
            return f"the namespace {home!r} is not known."
        try:
            review = Review.audit(thing, source=self.source)
            return review_expanded(
                self.client, self.expander, review, namespaces=self.namespaces, point=AUDIT_POINT
            )
        except (ReviewError, ExpansionError) as error:
            return error.message


def audit(
    client: Client,
    objects: Iterable[Mapping[str, Any]],
    timestamp: str,
    *,
    expander: Expander | None = None,
    namespaces: Mapping[str, Mapping[str, Any]] | None = None,
    config: Config | None = None,
    limit: int = VIOLATIONS_LIMIT,
    from_cache: bool = False,
) -> Audit:
    """Judge the objects of a cluster as they are.

    ``namespaces`` holds the Namespace objects by name; an object whose namespace is not among
    them cannot be audited.  Gatekeeper reads objects in chunks of 500, which changes nothing
    about what comes out.  ``from_cache`` is its audit of synced objects, which expands nothing and
    says of no object where it comes from: constraints with a source cannot be told apart there.
    """
    found = Audit(client.constraints, timestamp, limit=limit)
    auditor = Auditor(
        client,
        Expander() if from_cache or expander is None else expander,
        namespaces or {},
        config or Config(),
        "" if from_cache else ORIGINAL,
    )
    for thing in objects:
        told = auditor.judge(thing)
        if isinstance(told, str):
            found.errors.append(f"{_label(thing)}: {told}")
        elif told is not None:
            found.add(thing, told)
    return found


def pod_status(
    pods: Sequence[GatekeeperPod] = DEFAULT_PODS, *, uid: str = "", generation: int = 1
) -> list[dict[str, Any]]:
    """``status.byPod`` of a constraint that every pod enforces."""
    about: dict[str, Any] = {"enforced": True, "observedGeneration": generation}
    if uid:
        about["constraintUID"] = uid
    return [about | {"id": one.id, "operations": list(one.operations)} for one in pods]


def truncated(message: str) -> str:
    """A message as a status holds it."""
    data = message.encode()
    if len(data) <= MESSAGE_BYTES:
        return message
    return data[: MESSAGE_BYTES - len(_CUT)].decode(errors="ignore") + _CUT


def _by_result(decision: Decision) -> Iterable[tuple[Key, list[Violation]]]:
    """The violations by constraint and result: one that takes several actions is one result."""
    found: dict[tuple[str, ...], list[Violation]] = {}
    for one in decision.violations:
        details = json.dumps(one.details, sort_keys=True, default=str)
        same = one.constraint_kind, one.constraint, one.message, details, one.generated
        found.setdefault(same, []).append(one)
    return [((key[0], key[1]), violations) for key, violations in found.items()]


def _told(
    thing: Mapping[str, Any], violations: Sequence[Violation], constraint: Constraint
) -> StatusViolation:
    first, gvk, subject = violations[0], Gvk.of(thing), Subject(thing)
    actions = tuple(dict.fromkeys(one.enforcement_action for one in violations))
    # An expansion template may have put an action of its own in the place of the scoped ones.
    scoped = {*actions} <= {*constraint.actions_at(AUDIT_POINT)}
    scoped = scoped and constraint.enforcement_action == SCOPED
    return StatusViolation(
        group=gvk.group,
        version=gvk.version,
        kind=gvk.kind,
        namespace=subject.field("namespace"),
        name=subject.field("name"),
        message=truncated(first.message),
        enforcement_action=SCOPED if scoped else first.enforcement_action,
        enforcement_actions=actions if scoped else (),
    )


def _label(thing: Mapping[str, Any]) -> str:
    return Subject(thing).label
