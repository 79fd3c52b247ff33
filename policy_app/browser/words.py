"""Sentences about what an assignment does: before it is stored, after, and when it goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from policy_app.evaluation.language.assignments import EffectivePolicy
from policy_app.evaluation.language.effects import MUTATE
from policy_app.models import Assignment
from policy_app.services import drafts
from policy_app.services.coverage import Covered, coverage
from policy_app.services.lifting import Lifted

_SHOWN = 4
_REFUSE, _WARN, _RECORD, _CHANGE = "refuse", "warn about", "record", "change"
_VERBS = {"deny": _REFUSE, "warn": _WARN, "dryrun": _RECORD}
_NOW = {
    _REFUSE: "refuses what {} forbid{s}",
    _WARN: "warns about what {} forbid{s}",
    _RECORD: "records what {} forbid{s}, without refusing it",
    _CHANGE: "changes objects as {} ask{s}",
}
_THEN = {
    _REFUSE: "will refuse what {} forbid{s}",
    _WARN: "will warn about what {} forbid{s}",
    _RECORD: "will record what {} forbid{s}, without refusing it",
    _CHANGE: "will change objects as {} ask{s}",
}


def outcome(draft: drafts.AssignmentDraft, *, stored: bool = False) -> str:
    """What the assignment does (or will do) to which clusters, in one sentence or two."""
    reached = coverage(draft)
    if not reached:
        return (
            f"No cluster is at {draft.scope} or below that is not left out,"
            " so nothing is enforced until there is one."
        )
    effects = _effects(reached)
    clusters = [one.cluster.scope.name for one in reached if one.policies or not effects]
    if not effects:
        why = "each is disabled or exempt there, or not for such a cluster"
        return f"No policy of it is in force on {listed(clusters)}: {why}."
    phrases = _NOW if stored else _THEN
    done = [_phrase(phrases[verb], count) for verb, count in effects.items()]
    now = "It now" if stored else "It"
    return f"{now} {listed(done)}, on {listed(clusters)}.{_mode(draft)}"


def stored(row: Assignment, created: bool) -> str:
    """The message after Create or Save."""
    did = f"“{row}” is assigned to {row.scope}." if created else f"“{row}” is saved."
    return f"{did} {outcome(drafts.from_assignment(row), stored=True)}"


def lifted(name: str, gone: Lifted) -> str:
    """The message after Delete."""
    where = listed([cluster.scope.name for cluster in gone.clusters])
    if not gone.clusters:
        return f"“{name}” is deleted. It reached no cluster, so nothing changes."
    if not gone.policies:
        return f"“{name}” is deleted. Nothing of it was in force on {where}, so nothing changes."
    one = len(gone.policies) == 1
    verb = "refuse" if gone.enforcing else "apply"
    does = f"no longer {verb}{'s' if one else ''}{' anything' if gone.enforcing else ''}"
    return f"“{name}” is deleted. Its {policies(len(gone.policies))} {does} on {where}."


def listed(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``; the rest of a long list is counted."""
    shown, more = list(names[:_SHOWN]), len(names) - _SHOWN
    if more > 0:
        shown.append(f"{more} more")
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def policies(count: int) -> str:
    """``1 policy``, ``5 policies``."""
    return "1 policy" if count == 1 else f"{count} policies"


def _effects(reached: Sequence[Covered]) -> dict[str, int]:
    """How many policies do what, the strongest first; a policy counts once for all clusters."""
    found = {
        (policy.reference_id, policy.definition.id): policy
        for one in reached
        for policy in one.policies
    }
    verbs = Counter(map(_verb, found.values()))
    return {verb: verbs[verb] for verb in _NOW if verbs[verb]}


def _verb(policy: EffectivePolicy) -> str:
    return _CHANGE if policy.effect == MUTATE else _VERBS.get(policy.enforcement_action or "", "")


def _phrase(phrase: str, count: int) -> str:
    return phrase.format(policies(count), s="s" if count == 1 else "")


def _mode(draft: drafts.AssignmentDraft) -> str:
    enforced = draft.enforcement_mode == Assignment.EnforcementMode.DEFAULT
    return "" if enforced else " Policy enforcement is disabled, so nothing is refused."
