"""What is old goes: by one table of rules, a few hundred rows at a time, so that nobody waits.

The settings say for how many days each kind of history is kept, and 0 keeps it for ever.  What
stands now is no history: verdicts, definitions, assignments and the newest scan of each cluster
stay however old they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, QuerySet

from policy_app import wall_clock
from policy_app.models import (
    ActivityEntry,
    AppliedSet,
    ComplianceEvent,
    ComplianceSample,
    PolicyState,
    Refusal,
    Remediation,
    Scan,
    SignInLink,
)

AT_ONCE = 500
"""Rows that one statement deletes: the lock that it takes is short."""
_SECRETS_KEPT = timedelta(days=1)
_REMEDIATIONS_KEPT = timedelta(days=60)
"""As in Azure, after they were last changed."""
_log = structlog.get_logger("retention")

Old = Callable[[datetime], QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class Rule:
    """Which rows go."""

    name: str
    kept: timedelta | None
    """How long they stay; None for ever."""
    old: Old
    """The rows that were over before a moment."""


def rules() -> list[Rule]:
    """Every rule, by the settings; what others hang on comes after them."""
    days = {
        name: timedelta(days=number) if number else None
        for name, number in settings.KEEP_DAYS.items()
    }
    # They end by the machine's clock, which is behind the one that all else is dated by.
    secrets = _SECRETS_KEPT + wall_clock.ahead()
    return [
        Rule("verdicts", days["verdicts"], _before(ComplianceEvent, "at")),
        Rule("samples", days["samples"], _samples),
        Rule("scans", days["scans"], _scans),
        Rule("remediations", _REMEDIATIONS_KEPT, _remediations),
        Rule("refusals", days["refusals"], _before(Refusal, "at")),
        Rule("activity", days["activity"], _before(ActivityEntry, "at")),
        *(
            Rule(f"changes of {model.__name__}", days["changes"], _before(model, "history_date"))
            for model in _histories()
        ),
        Rule("policies that are gone", days["verdicts"], _policies),
        Rule("applied sets without components", timedelta(days=0), _applied_sets),
        Rule("sign-in links", secrets, _before(SignInLink, "expires_at")),
        Rule("sessions", secrets, _before(Session, "expire_date")),
    ]


def thin(now: datetime | None = None) -> dict[str, int]:
    """Delete what is old; how many rows of each rule went, without those of which none did.

    Safe to repeat, and to be cut off at any moment.
    """
    moment = now or wall_clock.now()
    gone = {
        rule.name: _delete(rule.old(moment - rule.kept))
        for rule in rules()
        if rule.kept is not None
    }
    told = {name: number for name, number in gone.items() if number}
    if told:
        _log.info("thinned", **told)
    return told


def _delete(rows: QuerySet[Any]) -> int:
    """Delete rows some at a time, each lot in a transaction of its own."""
    total = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        # Past the manager: that of the activity log lets nobody delete, but for this rule.
        QuerySet(rows.model).filter(pk__in=keys).delete()
        total += len(keys)
    return total


def _before(model: type[Any], field: str) -> Old:
    return lambda moment: QuerySet(model).filter(**{f"{field}__lt": moment})


def _samples(moment: datetime) -> QuerySet[Any]:
    return QuerySet(ComplianceSample).filter(day__lt=moment.date())


def _scans(moment: datetime) -> QuerySet[Any]:
    """Scans that are over, but for the newest of each cluster; their chunks go with them."""
    newer = Scan.objects.filter(
        cluster=OuterRef("cluster"), requested_at__gt=OuterRef("requested_at")
    ).exclude(state__in=Scan.OPEN)
    over = Scan.objects.exclude(state__in=Scan.OPEN)
    return over.filter(Exists(newer), requested_at__lt=moment)


def _remediations(moment: datetime) -> QuerySet[Any]:
    over = Remediation.objects.exclude(state__in=Remediation.OPEN)
    return over.filter(updated_at__lt=moment)


def _policies(moment: datetime) -> QuerySet[Any]:
    """What is left of assignments that are gone, once their history has gone as well."""
    gone = PolicyState.objects.filter(active=False, since__lt=moment)
    return gone.filter(events=None, components=None, applied_sets=None)


def _applied_sets(moment: datetime) -> QuerySet[Any]:
    """Sets that no component has, of clusters in which no scan is at work."""
    scans = Scan.objects.filter(cluster=OuterRef("cluster"), state__in=Scan.OPEN)
    return AppliedSet.objects.filter(~Exists(scans), components=None)


def _histories() -> list[type[Any]]:
    """The tables in which earlier states of definitions, assignments and exemptions are kept."""
    return [
        model
        for model in apps.get_app_config("policy_app").get_models()
        if model.__name__.startswith("Historical")
    ]
