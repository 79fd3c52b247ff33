"""Compliance on the Overview: numbers and charts of everything that the person may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from policy_app import wall_clock
from policy_app.browser.compliance import charts, links_to, places, rows, states
from policy_app.browser.inputs import asked
from policy_app.browser.pages import PortalRequest
from policy_app.models import ComplianceState
from policy_app.services.compliance import pages, records

CHOICES = (7, 30)
_WORST = 5


@dataclass(frozen=True, slots=True)
class Home:
    """A namespace with how much is wrong in it."""

    name: str
    cluster: str
    url: str
    count: int


def chart(request: PortalRequest) -> dict[str, Any]:
    """``?days=7`` or ``30``: what the Overview draws."""
    place = places.read(request)
    days = next((one for one in CHOICES if str(one) == asked(request, "days")), CHOICES[0])
    today = wall_clock.now().date()
    told = records.summary(place.fleet, place.attested)
    good = told.components - told.non_compliant
    components = {
        ComplianceState.COMPLIANT.value: good,
        ComplianceState.NON_COMPLIANT.value: told.non_compliant,
    }
    return {
        "audited": bool(told.components or any(told.clusters.get(one) for one in components)),
        "counted": told.components,
        "share": states.share(told.component_percentage),
        "components": charts.parts(components),
        "states": [
            (states.look(state), components.get(state), told.clusters.get(state, 0))
            for state in (*components, *(one for one in told.clusters if one not in components))
        ],
        "blocked": told.blocked,
        "days": days,
        "choices": CHOICES,
        "line": charts.line(records.trend(place.fleet, days=days), today, days),
        "policies": [
            rows.policy(one, place.names) for one in pages.worst_policies(place.fleet, _WORST)
        ],
        "namespaces": [_home(place, *one) for one in pages.worst_namespaces(place.fleet, _WORST)],
        "denials": charts.columns(pages.refusals_by_day(place.fleet, days)),
    }


def _home(place: places.Place, key: int, name: str, count: int) -> Home:
    cluster = place.names.get(key, "")
    url = links_to.listing(view="resources", cluster=cluster, namespace=name)
    return Home(name, cluster, url, count)
