"""queryResults of policyStates, policyEvents and componentPolicyStates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from policy_app.arm import openapi
from policy_app.arm.odata import Columns
from policy_app.arm.paging import next_link, token_text
from policy_app.arm.policyinsights import columns, expand, places
from policy_app.arm.policyinsights.places import INSIGHTS, SCOPES
from policy_app.arm.policyinsights.shaping import Query, cut
from policy_app.arm.views import ArmView
from policy_app.services.authorization import actions
from policy_app.services.compliance import records
from policy_app.services.errors import PolicyError

PAGE_SIZE = 1_000
"""Azure's: the most records of one answer."""
_TOP = re.compile(r"[1-9]\d{0,8}|0")
_TOKEN = re.compile(r"from:(\d{1,12})")
_ANSWER = OpenApiResponse(OpenApiTypes.OBJECT, description="The records, with `@odata.nextLink`.")


def _option(name: str, text: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, description=text)


PARAMETERS = [
    openapi.filter_parameter("A condition on any field of the records."),
    _option("$orderby", "Fields of the records, each with `asc` or `desc`."),
    _option("$select", "The fields to answer with; all without it."),
    _option("$apply", "Steps `filter(…)`, `groupby((…), aggregate(…))`, `aggregate(…)`."),
    _option("$from", "Records from this moment on."),
    _option("$to", "Records until this moment."),
    _option("$expand", "`PolicyEvaluationDetails`, `components`, or both with a comma."),
    OpenApiParameter("$top", int, description="The most records in all."),
    openapi.SKIP_TOKEN,
]


class QueryResults(ArmView):
    """Records below a place, filtered, sorted and grouped."""

    verbs = {"post": "ListQueryResults"}
    place = SCOPES[0]
    resource = ""
    """``policyStates``: the part of the address, and of ``@odata.context``."""
    resources: tuple[str, ...] = ()
    """What may stand after it; letter case makes no difference."""
    columns: Columns = columns.STATES
    paged = False

    @extend_schema(parameters=PARAMETERS, request=None, responses=_ANSWER)
    def post(self, request: Request, **kwargs: str) -> Response:
        """Query records."""
        which = self._which()
        query = Query.of(request, self.columns)
        expanded = expand.requested(request)
        belongs = self.place.test(self.kwargs, self.scope.arm_id)
        every = places.told(self.records(query), self.caller)
        found = query.apply(one for one in every if belongs(one))
        first, most = _first(request), most_of(request)
        size = min(most - first, PAGE_SIZE) if self.paged else most
        shown, more = cut(found, first, max(size, 0))
        context = self._context(request, which)
        value = [self._shape(context, one) for one in expand.filled(shown, self.scope, expanded)]
        body: dict[str, Any] = {"@odata.context": context, "@odata.count": len(value)}
        if self.paged and more and first + len(shown) < most:
            body["@odata.nextLink"] = next_link(request, f"from:{first + len(shown)}")
        return Response(body | {"value": value})

    def records(self, query: Query) -> Iterable[Mapping[str, Any]]:
        """Everything below the scope that there is to ask about."""
        raise NotImplementedError

    def _which(self) -> str:
        given = str(self.kwargs["resourceSelection"])
        for known in self.resources:
            if given.lower() == known.lower():
                return known
        raise PolicyError(
            "InvalidResourceSelection",
            f"'{given}' is none of the {self.resource}: use {' or '.join(self.resources)}.",
            target=f"{self.resource}Resource",
            status=404,
        )

    def _context(self, request: Request, which: str) -> str:
        root = f"{request.scheme}://{request.get_host()}{self.scope.arm_id}"
        return f"{root}/{INSIGHTS}/{self.resource}/$metadata#{which}"

    def _shape(self, context: str, record: Mapping[str, Any]) -> dict[str, Any]:
        return {"@odata.id": None, "@odata.context": f"{context}/$entity", **record}


class PagedResults(QueryResults):
    """The same in pages; Azure's newer clients ask for the next one by GET, older ones by POST."""

    verbs = {"post": "ListQueryResults", "get": "ListQueryResultsNext"}
    paged = True

    @extend_schema(exclude=True)
    def get(self, request: Request, **kwargs: str) -> Response:
        """Query the next page's records."""
        return self.post(request, **kwargs)


class PolicyStates(PagedResults):
    """``policyStates/latest`` and ``default``: a record a cluster and policy."""

    group = "PolicyStates"
    provider = "Microsoft.PolicyInsights/policyStates/queryResults"
    post_action = actions.STATES
    resource, resources = "policyStates", ("latest", "default")

    def records(self, query: Query) -> Iterator[Mapping[str, Any]]:
        """What each policy has come to."""
        return records.policy_states(self.scope)


class PolicyEvents(PagedResults):
    """``policyEvents/default``: a record a component that became something else."""

    group = "PolicyEvents"
    provider = "Microsoft.PolicyInsights/policyEvents/queryResults"
    post_action = actions.EVENTS
    resource, resources = "policyEvents", ("default",)
    columns = columns.EVENTS

    def records(self, query: Query) -> Iterator[Mapping[str, Any]]:
        """What became of components in the time that is asked about."""
        return records.policy_events(self.scope, since=query.since, until=query.until)


class ComponentPolicyStates(QueryResults):
    """``componentPolicyStates/latest``: a record a component and policy, in one answer."""

    group = "ComponentPolicyStates"
    provider = "Microsoft.PolicyInsights/componentPolicyStates/queryResults"
    post_action = actions.COMPONENT_STATES
    resource, resources = "componentPolicyStates", ("latest",)
    columns = columns.COMPONENTS

    def records(self, query: Query) -> Iterator[Mapping[str, Any]]:
        """What each policy says of each component, the compliant ones too."""
        return records.component_policy_states(self.scope)


def most_of(request: Request) -> int:
    """How many ``$top`` wants at most; beyond any number without it.  Raises ``PolicyError``."""
    given = request.query_params.get("$top")
    if given is None:
        return 10**9
    if not _TOP.fullmatch(given):
        text = f"The query parameter $top is '{given}'; it must be a whole number from 0."
        raise PolicyError("InvalidQueryParameter", text, target="$top")
    return int(given)


def _first(request: Request) -> int:
    token = request.query_params.get("$skiptoken")
    if not token:
        return 0
    found = _TOKEN.fullmatch(token_text(token))
    if found is None:
        what = f"The query parameter $skiptoken '{token}' is none of the portal's; follow"
        raise PolicyError(
            "InvalidQueryParameter", f"{what} @odata.nextLink as it is.", target="$skiptoken"
        )
    return int(found[1])
