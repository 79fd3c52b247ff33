"""The add-on of a cluster: its switch, its clock, and how far each assignment has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from policy_app.browser import links
from policy_app.browser.clusters import filters
from policy_app.browser.clusters.subject import Subject
from policy_app.browser.filter_bars import Select
from policy_app.browser.grids import page_of
from policy_app.browser.inputs import asked
from policy_app.browser.pages import PortalRequest
from policy_app.evaluation.language import reasons
from policy_app.services.cluster import addon

_WAYS = [("done", "Audited"), ("going", "On their way"), ("stopped", "Stopped")]
_EXPLAINED = {
    "Assigned": "stored in the portal",
    "Synced": "seen by the add-on",
    "Installed": "templates, constraints and mutators are in the cluster",
    "Enforcing": "asked about every request",
    "Audited": "what is there already was looked at",
}


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step of the way; ``state`` is done, stopped, next or ahead."""

    name: str
    at: Any
    state: str
    explained: str


@dataclass(frozen=True, slots=True)
class Way:
    """How far one assignment has come."""

    name: str
    url: str
    steps: list[StepRow]
    constraints: Sequence[str]
    code: str
    meaning: str
    reason: str
    failed: bool
    """False where the assignment rightly brings nothing, as with the effect Disabled."""
    state: str
    constraints_url: str


def context(request: PortalRequest, subject: Subject) -> dict[str, Any]:
    """``?search=&state=&page=``, and ``follow=1`` to see them come on."""
    cluster = subject.cluster
    narrowed = filters.read(request, "Search by assignment", Select("state", "State", "All", _WAYS))
    ways = [_way(subject, one) for one in addon.timeline(cluster)] if cluster.addon_enabled else []
    page = page_of(request, [one for one in ways if _matches(one, narrowed)])
    state = addon.state_of(cluster)
    return {
        "bar": narrowed,
        "page": page,
        "thing": "assignment",
        "rows": list(page.object_list),
        "can_follow": True,
        "may_change": subject.may_change,
        "follow": asked(request, "follow") == "1",
        "state": state,
        "timings": addon.Timing.choices,
        "generations": addon.Generation.choices,
        "next_sync": addon.next_sync(cluster) if cluster.addon_enabled else None,
        "switch_url": reverse("cluster-addon", args=[subject.name]),
        "timing_url": reverse("cluster-timing", args=[subject.name]),
        "gatekeeper_url": reverse("cluster-gatekeeper", args=[subject.name]),
        "sync_url": reverse("cluster-sync", args=[subject.name]),
    }


def _way(subject: Subject, one: addon.Timeline) -> Way:
    code = _code(one)
    failed = bool(code) and reasons.NotInstalled(one.reason, code).failed
    last = one.assignment_id.rpartition("/")[2]
    return Way(
        name=str(one.assignment) if one.assignment else f"{last} (deleted)",
        url=links.assignment_by_id(one.assignment_id) if one.assignment else "",
        steps=_steps(one, code, failed),
        constraints=one.constraints,
        code=code,
        meaning=reasons.MEANINGS.get(code, ""),
        reason=one.reason,
        failed=failed,
        state=_state(one, code),
        constraints_url=subject.url("policies", type="constraints"),
    )


def _code(one: addon.Timeline) -> str:
    """Why the way stopped; a sync that had nothing to do for an assignment notes no reason."""
    synced = one.stopped_at == "Installed" and not one.constraints
    return one.code or (reasons.SWITCHED_OFF if synced else "")


def _steps(one: addon.Timeline, code: str, failed: bool) -> list[StepRow]:
    found = []
    for step in one.steps:
        state = "done" if step.reached else "ahead"
        if step.name == one.stopped_at:
            state = ("stopped" if failed else "absent") if code else "next"
        found.append(StepRow(step.name, step.at, state, _EXPLAINED.get(step.name, "")))
    return found


def _state(one: addon.Timeline, code: str) -> str:
    if not one.stopped_at:
        return "done"
    return "stopped" if code else "going"


def _matches(way: Way, narrowed: filters.Filters) -> bool:
    wanted = narrowed.chosen("state")
    named = all(word.lower() in way.name.lower() for word in narrowed.words)
    return named and wanted in ("", way.state)
