"""Microsoft.PolicyInsights' addresses, at every level that Azure has them."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import URLPattern

from policy_app.arm.policyinsights.evaluations import AsyncOperationResult, TriggerEvaluation
from policy_app.arm.policyinsights.operations import Operations
from policy_app.arm.policyinsights.places import INSIGHTS, Place, every, of_components
from policy_app.arm.policyinsights.queries import (
    ComponentPolicyStates,
    PolicyEvents,
    PolicyStates,
    QueryResults,
)
from policy_app.arm.policyinsights.restrictions import CheckPolicyRestrictions
from policy_app.arm.policyinsights.summaries import Summarize
from policy_app.arm.routes import (
    MANAGEMENT_GROUP,
    RESOURCE_GROUP,
    SUBSCRIPTION,
    TENANT,
    Level,
    arm_path,
)

_WHICH = "<segment:resourceSelection>"


def _queries() -> Iterator[URLPattern]:
    views: tuple[type[QueryResults], ...] = (PolicyStates, PolicyEvents)
    for place in every():
        for view in views:
            yield _about(place.join(f"{view.resource}/{_WHICH}/queryResults"), view, place)
        yield _about(place.join(f"policyStates/{_WHICH}/summarize"), Summarize, place)
    for place in of_components():
        view = ComponentPolicyStates
        yield _about(place.join(f"{view.resource}/{_WHICH}/queryResults"), view, place)


def _about(route: str, view: type[QueryResults] | type[Summarize], place: Place) -> URLPattern:
    given = {"level": place.level, "place": place}
    verb = f"{view.verbs['post']}For{place.name}"
    return arm_path(route, view.as_view(**given, verbs={"post": verb}))


def _evaluations(level: Level) -> Iterator[URLPattern]:
    states = level.join(f"{INSIGHTS}/policyStates/latest/triggerEvaluation")
    yield arm_path(states, TriggerEvaluation.as_view(level=level))
    results = level.join(f"{INSIGHTS}/asyncOperationResults/<segment:operation>")
    yield arm_path(results, AsyncOperationResult.as_view(level=level))


def _restrictions(level: Level) -> URLPattern:
    route = level.join(f"{INSIGHTS}/checkPolicyRestrictions")
    return arm_path(route, CheckPolicyRestrictions.as_view(level=level))


urlpatterns = [
    arm_path(f"{INSIGHTS}/operations", Operations.as_view(level=TENANT)),
    *_queries(),
    *(one for level in (SUBSCRIPTION, RESOURCE_GROUP) for one in _evaluations(level)),
    *(_restrictions(level) for level in (MANAGEMENT_GROUP, SUBSCRIPTION, RESOURCE_GROUP)),
]
