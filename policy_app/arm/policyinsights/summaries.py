"""policyStates/latest/summarize: counts by state, assignment and definition.

Source: the shape of ``SummarizeResults`` 2019-10-01; states are in lower case there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from policy_app.arm.policyinsights import columns, places
from policy_app.arm.policyinsights.places import INSIGHTS, SCOPES
from policy_app.arm.policyinsights.queries import PARAMETERS, most_of
from policy_app.arm.policyinsights.shaping import Query, Record
from policy_app.arm.views import ArmView
from policy_app.services.authorization import actions
from policy_app.services.compliance import records, rollup
from policy_app.services.errors import PolicyError

_ANSWER = OpenApiResponse(OpenApiTypes.OBJECT, description="The summary.")
_NON_COMPLIANT = "api-version=2019-10-01&$filter=complianceState eq 'NonCompliant'"
_NAMES = ("$filter", "$from", "$to", "$top")
_ASKED = [one for one in PARAMETERS if one.name in _NAMES]


class Summarize(ArmView):
    """What all states below a place come to."""

    group = "PolicyStates"
    verbs = {"post": "Summarize"}
    provider = "Microsoft.PolicyInsights/policyStates"
    post_action = actions.STATES
    place = SCOPES[0]

    @extend_schema(parameters=_ASKED, request=None, responses=_ANSWER)
    def post(self, request: Request, **kwargs: str) -> Response:
        """Summarize policy states."""
        if str(self.kwargs["resourceSelection"]).lower() != "latest":
            raise PolicyError(
                "InvalidResourceSelection",
                "Only policyStates/latest can be summarized.",
                target="policyStatesSummaryResource",
                status=404,
            )
        query = Query.of(request, columns.STATES)
        belongs = self.place.test(self.kwargs, self.scope.arm_id)
        every = places.told(records.policy_states(self.scope), self.caller)
        found = list(query.apply(one for one in every if belongs(one)))
        root = f"{request.scheme}://{request.get_host()}{self.scope.arm_id}/{INSIGHTS}/policyStates"
        context = f"{root}/$metadata#summary"
        most = most_of(request)
        one = {
            "@odata.id": None,
            "@odata.context": f"{context}/$entity",
            "results": _results(found, f"{root}/latest/queryResults"),
            "policyAssignments": _assignments(found, f"{root}/latest/queryResults")[:most],
        }
        return Response({"@odata.context": context, "@odata.count": 1, "value": [one]})


def _results(found: list[dict[str, Any]], uri: str) -> dict[str, Any]:
    resources = rollup.by_resource(
        (one["resourceId"], str(one["complianceState"])) for one in found
    )
    policies = Counter(
        rollup.by_resource((_policy(one), str(one["complianceState"])) for one in found)
    )
    groups = rollup.by_resource(
        (name, str(one["complianceState"]))
        for one in found
        for name in one.get("policyDefinitionGroupNames") or ()
    )
    return {
        "queryResultsUri": f"{uri}?{_NON_COMPLIANT}",
        "nonCompliantResources": resources[rollup.NON_COMPLIANT],
        "nonCompliantPolicies": policies[rollup.NON_COMPLIANT],
        "resourceDetails": _details(resources),
        "policyDetails": _details(policies),
        "policyGroupDetails": _details(groups),
    }


def _details(states: Mapping[str, int]) -> list[dict[str, Any]]:
    return [
        {"complianceState": state.lower(), "count": count}
        for state, count in sorted(states.items())
        if count
    ]


def _policy(one: Record) -> tuple[object, ...]:
    fields = "policyAssignmentId", "policyDefinitionId", "policyDefinitionReferenceId"
    return tuple(one.get(name) for name in fields)


def _by(found: Iterable[dict[str, Any]], *names: str) -> list[list[dict[str, Any]]]:
    groups: dict[tuple[object, ...], list[dict[str, Any]]] = {}
    for one in found:
        groups.setdefault(tuple(one.get(name) for name in names), []).append(one)
    return list(groups.values())


def _assignments(found: list[dict[str, Any]], uri: str) -> list[dict[str, Any]]:
    return [
        {
            "policyAssignmentId": rows[0]["policyAssignmentId"],
            "policySetDefinitionId": rows[0].get("policySetDefinitionId") or "",
            "results": _results(rows, uri),
            "policyDefinitions": [
                {
                    "policyDefinitionId": each[0]["policyDefinitionId"],
                    "policyDefinitionReferenceId": each[0].get("policyDefinitionReferenceId") or "",
                    "policyDefinitionGroupNames": each[0].get("policyDefinitionGroupNames") or [],
                    "effect": each[0].get("policyDefinitionAction") or "",
                    "results": _results(each, uri),
                }
                for each in _by(rows, "policyDefinitionId", "policyDefinitionReferenceId")
            ],
            "policyGroups": _groups(rows, uri),
        }
        for rows in _by(found, "policyAssignmentId")
    ]


def _groups(rows: list[dict[str, Any]], uri: str) -> list[dict[str, Any]]:
    names = dict.fromkeys(
        name for row in rows for name in row.get("policyDefinitionGroupNames") or ()
    )
    return [
        {
            "policyGroupName": name,
            "results": _results(
                [row for row in rows if name in (row.get("policyDefinitionGroupNames") or ())], uri
            ),
        }
        for name in names
    ]
