"""The Azure SDK's whole story against a running portal with its worker.

Built-ins are listed, a definition, an initiative, an assignment that denies and an exemption are
made, an evaluation is triggered and awaited, states and events are read, and everything is deleted:
in each of the three ways in which the SDK can be had to speak plain HTTP, and over HTTPS.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken, AzureKeyCredential
from azure.core.exceptions import ResourceNotFoundError
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import AzureKeyCredentialPolicy, SansIOHTTPPolicy
from azure.core.rest import HttpRequest
from azure.mgmt.policyinsights import PolicyInsightsClient
from azure.mgmt.policyinsights.models import QueryOptions
from azure.mgmt.resource.policy import PolicyClient

from tests.arm.addresses import CLUSTER, RESOURCE_GROUP, assignment
from tests.cli.processes import Portal, portal, run
from tests.estate_fixtures import SUBSCRIPTION
from tests.services.authoring.bodies import initiative, member, policy
from tests.starting_points import prepared

pytestmark = pytest.mark.own_data

_ID = SUBSCRIPTION.rpartition("/")[2]
_PATIENCE = 90
EXEMPTION = f"{RESOURCE_GROUP}/providers/Microsoft.Authorization/policyExemptions/story"
_POD = """
from tests.services.cluster.inside import Api, pod
Api().create(pod("bad", privileged=True))
"""


class Token:
    """A credential that hands out one token, whatever it is asked for."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_token(self, *scopes: str, **keywords: Any) -> AccessToken:
        """Good for a day."""
        return AccessToken(self._token, int(time.time()) + 86_400)


class Header(SansIOHTTPPolicy[Any, Any]):
    """The shortest policy that authenticates."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = token

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Put the token in front."""
        request.http_request.headers["Authorization"] = f"Bearer {self._token}"


@dataclass(frozen=True)
class Way:
    """How clients are made, and what every call needs beside its arguments."""

    clients: dict[str, Any]
    calls: dict[str, Any]


def _enforced(token: str, authority: Path | None) -> Way:
    return Way({"credential": Token(token)}, {"enforce_https": False})


def _own_policy(token: str, authority: Path | None) -> Way:
    return Way({"credential": Token(token), "authentication_policy": Header(token)}, {})


def _key(token: str, authority: Path | None) -> Way:
    key = AzureKeyCredentialPolicy(AzureKeyCredential(token), "Authorization", prefix="Bearer")
    return Way({"credential": Token(token), "authentication_policy": key}, {})


def _https(token: str, authority: Path | None) -> Way:
    return Way({"credential": Token(token), "connection_verify": str(authority)}, {})


@dataclass
class Story:
    """Both clients of one way."""

    policy: Any
    insights: Any
    calls: dict[str, Any]

    def told(self) -> None:
        """From the first list to the last deletion."""
        self._built_ins()
        self._make()
        self._exempt()
        self._evaluate()
        self._delete()

    def _built_ins(self) -> None:
        found = self.policy.policy_definitions.list_built_in(
            filter="policyType eq 'BuiltIn'", **self.calls
        )
        assert any(one.display_name.startswith("Kubernetes cluster") for one in found)
        sets = self.policy.policy_set_definitions.list_built_in(**self.calls)
        assert any("pod security baseline" in one.display_name for one in sets)

    def _make(self) -> None:
        definitions, sets = self.policy.policy_definitions, self.policy.policy_set_definitions
        made = definitions.create_or_update("story", policy(), **self.calls)
        definitions.create_or_update("story", policy(), **self.calls)
        assert definitions.get("story", **self.calls).id == made.id
        own = definitions.list(filter="policyType eq 'Custom'", **self.calls)
        assert [one.name for one in own] == ["story"]
        group = sets.create_or_update("story", initiative(member(made.id)), **self.calls)
        assert sets.get("story", **self.calls).id == group.id
        assert "story" in [one.name for one in sets.list(**self.calls)]
        assignments = self.policy.policy_assignments
        body = {"properties": {"policyDefinitionId": group.id, "displayName": "The story"}}
        assignments.create(RESOURCE_GROUP, "story", body, **self.calls)
        expand = "LatestDefinitionVersion, EffectiveDefinitionVersion"
        read = assignments.get(RESOURCE_GROUP, "story", expand=expand, **self.calls)
        assert read.properties.display_name == "The story"
        here = assignments.list_for_resource_group("rg-demo", filter="atScope()", **self.calls)
        assert "story" in [one.name for one in here]
        assignments.update(RESOURCE_GROUP, "story", {"location": "westeurope"}, **self.calls)
        assignments.create(RESOURCE_GROUP, "story", body, **self.calls)
        with pytest.raises(ResourceNotFoundError):
            assignments.get(RESOURCE_GROUP, "nobody", **self.calls)
        self._deny()

    def _deny(self) -> None:
        named = "/providers/Microsoft.Authorization/policySetDefinitions/"
        body = {
            "properties": {
                "policyDefinitionId": f"{named}a8640138-9b0a-4a28-b8cb-1666c838647d",
                "parameters": {"effect": {"value": "deny"}},
            }
        }
        denied = self.policy.policy_assignments.create(
            RESOURCE_GROUP, "baseline", body, **self.calls
        )
        assert denied.id == assignment()

    def _exempt(self) -> None:
        body = {
            "properties": {
                "policyAssignmentId": assignment(name="story"),
                "exemptionCategory": "Waiver",
            }
        }
        for method, codes in (("PUT", (200, 201)), ("GET", (200,)), ("DELETE", (200,))):
            url = f"{EXEMPTION}?api-version=2022-07-01-preview"
            sent = HttpRequest(method, url, json=body if method == "PUT" else None)
            answer = self.policy.send_request(sent, **self.calls)
            assert answer.status_code in codes, answer.text()

    def _evaluate(self) -> None:
        states = self.insights.policy_states
        poller = states.begin_trigger_resource_group_evaluation(_ID, "rg-demo", **self.calls)
        poller.result(timeout=_PATIENCE)
        assert poller.done()
        bad = QueryOptions(filter="complianceState eq 'NonCompliant'", order_by="timestamp desc")
        found = list(states.list_query_results_for_subscription("latest", _ID, bad, **self.calls))
        assert "Pod/default/bad" in self._components(found)
        told = states.summarize_for_resource_group("latest", _ID, "rg-demo", **self.calls)
        assert told.value[0].results.non_compliant_resources == 1
        events = self.insights.policy_events.list_query_results_for_subscription(
            "default", _ID, **self.calls
        )
        assert any(one.compliance_state == "NonCompliant" for one in events)

    def _components(self, found: list[Any]) -> set[str]:
        assert found, "nothing is non-compliant"
        expanded = self.insights.policy_states.list_query_results_for_resource(
            "latest", CLUSTER, QueryOptions(expand="components"), **self.calls
        )
        return {one.id for state in expanded for one in state.components or ()}

    def _delete(self) -> None:
        for name in ("baseline", "story"):
            self.policy.policy_assignments.delete(RESOURCE_GROUP, name, **self.calls)
        self.policy.policy_assignments.delete(RESOURCE_GROUP, "story", **self.calls)
        self.policy.policy_set_definitions.delete("story", **self.calls)
        self.policy.policy_definitions.delete("story", **self.calls)
        left = self.policy.policy_definitions.list(filter="policyType eq 'Custom'", **self.calls)
        assert [one.name for one in left] == []


@pytest.fixture(scope="module")
def portal_process(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Portal, str]]:
    """A running portal with a privileged Pod, and a token of its administrator."""
    data = prepared(tmp_path_factory.mktemp("story"))
    made = run("token", "--user", "admin", "--data", str(data))
    filled = run("manage", "--data", str(data), "shell", "--command", _POD)
    assert made.returncode == 0, made.stderr
    assert filled.returncode == 0, filled.stderr
    with portal(data, tls=request.param, workers=1) as running:
        yield running, made.stdout.strip()


@pytest.mark.parametrize(
    ("portal_process", "way"),
    [(False, _enforced), (False, _own_policy), (False, _key), (True, _https)],
    indirect=["portal_process"],
)
def test_the_whole_story(
    portal_process: tuple[Portal, str], way: Callable[[str, Path | None], Way]
) -> None:
    running, token = portal_process
    given = way(token, running.authority)
    common = {**given.clients, "subscription_id": _ID, "base_url": running.url, "retry_total": 0}
    with (
        PolicyClient(**common) as client,
        PolicyInsightsClient(**common, polling_interval=1) as insights,
    ):
        Story(client, insights, given.calls).told()
