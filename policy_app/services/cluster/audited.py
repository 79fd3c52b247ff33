"""Which objects of a cluster an audit looks at: those of each kind that a constraint is about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_

from django.db.models import Q

from policy_app.apimachinery.kinds import Kind, Kinds
from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.expansion import Expander, looks_at_generated
from policy_app.services.cluster.store import DECIDING_GROUPS

Resource = tuple[str, str]
"""A group and a plural, which objects are stored under."""

_EVERY = "*"
_NEVER_AUDITED = frozenset({"events", "events.events.k8s.io"})


def resources(
    served: Kinds, constraints: Sequence[Constraint], expander: Expander
) -> set[Resource]:
    """The resources whose objects the constraints may say something about, now or as made."""
    expanded: set[tuple[str, str]] = set()
    if looks_at_generated(constraints):
        expanded = {(gvk.group, gvk.kind) for one in expander.templates for gvk in one.applies_to}
    return {
        (kind.group, kind.plural)
        for kind in served
        if _is_audited(kind)
        and (
            (kind.group, kind.kind) in expanded
            or any(is_about(one, kind.group, kind.kind) for one in constraints)
        )
    }


def is_about(constraint: Constraint, group: str, kind: str) -> bool:
    """Whether a constraint judges objects of a kind."""
    entries = constraint.match.kinds if constraint.match is not None else ()
    return not entries or any(
        (not one.kinds or {_EVERY, kind} & {*one.kinds})
        and (not one.api_groups or {_EVERY, group} & {*one.api_groups})
        for one in entries
    )


def stored_under(chosen: Iterable[Resource]) -> Q:
    """The rows of some resources; none where there are none."""
    plurals: dict[str, list[str]] = {}
    for group, plural in sorted(chosen):
        plurals.setdefault(group, []).append(plural)
    parts = [Q(group=group, plural__in=names) for group, names in plurals.items()]
    return reduce(or_, parts, Q(pk__in=[])) if parts else Q(pk__in=[])


def _is_audited(kind: Kind) -> bool:
    return kind.qualified not in _NEVER_AUDITED and kind.group not in DECIDING_GROUPS
