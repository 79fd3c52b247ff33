"""One person at every door; what comes back in one word, and which view it came from."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.test import Client

from policy_app.models import Assignment, Cluster, Definition, RoleAssignment, RoleDefinition, Scope
from policy_app.services import access

YES, NO, HIDDEN = "yes", "no", "hidden"
PROVIDER = "providers/Microsoft.Authorization"
INSIGHTS = "providers/Microsoft.PolicyInsights"


@dataclass
class Estate:
    """What is there to be asked for."""

    scope: Scope
    """A resource group with a cluster."""
    stored: Assignment
    """There, of ``definition``."""
    definition: Definition
    """Built in."""
    own: Definition
    """A custom policy of the subscription above, and a custom initiative of it."""
    own_set: Definition
    given: RoleAssignment
    role: RoleDefinition
    """A custom role for the resource group, which nobody has."""

    @property
    def subscription(self) -> Scope:
        """Above the resource group; the roles of the matrix are given there."""
        assert self.scope.parent is not None
        return self.scope.parent

    @property
    def cluster(self) -> Cluster:
        """The one in the resource group."""
        return Cluster.objects.select_related("scope").get(scope__parent=self.scope)


@dataclass
class Visitor:
    """One person at all doors."""

    user: User
    estate: Estate
    pages: Client = field(default_factory=Client)
    met: set[tuple[str, str]] = field(default_factory=set)
    """The views that have answered, each with the method."""
    betrayed: set[str] = field(default_factory=set)
    """The views in whose answers a name stands that nobody asked with: each begins with Canary."""

    def __post_init__(self) -> None:
        self.pages.force_login(self.user)
        self.token = access.new_token(self.user, "tests")

    @property
    def scope(self) -> Scope:
        """Where most things are: a resource group."""
        return self.estate.scope

    @property
    def cluster(self) -> str:
        """The name of the cluster in the resource group."""
        return self.scope.name.replace("rg-", "aks-")

    @property
    def cluster_path(self) -> str:
        """The cluster's address below the scope."""
        return f"providers/Microsoft.ContainerService/managedClusters/{self.cluster}"

    def rest(self, method: str, path: str, body: Any = None) -> Any:
        """A request of the REST door; the path is below the resource group."""
        return self.arm(method, f"{self.scope.arm_id}/{path}", body)

    def above(self, method: str, path: str, body: Any = None) -> Any:
        """The same below the subscription."""
        return self.arm(method, f"{self.estate.subscription.arm_id}/{path}", body)

    def arm(self, method: str, path: str, body: Any = None) -> Any:
        """The same anywhere."""
        query = {"api-version": "2026-06-01"}
        return self._asked(method, path, body, query_params=query)

    def kubernetes(self, method: str, path: str, body: Any = None) -> Any:
        """A request of the cluster's API."""
        return self._asked(method, f"/clusters/{self.cluster}/{path}", body)

    def get(self, path: str, **query: str) -> Any:
        """A page."""
        return self._met("get", self.pages.get(_with(path, query)))

    def post(self, path: str, form: dict[str, Any], **query: str) -> Any:
        """A form that is sent."""
        return self._met("post", self.pages.post(_with(path, query), form))

    def _asked(self, method: str, path: str, body: Any, **more: Any) -> Any:
        client = Client(headers={"Authorization": f"Bearer {self.token}"})
        text = json.dumps(body) if body is not None else ""
        answer = client.generic(method, path, text, content_type="application/json", **more)
        return self._met(method.lower(), answer)

    def _met(self, method: str, answer: Any) -> Any:
        view = name_of(answer.resolver_match.func)
        if answer.status_code != 405:
            self.met.add((view, method))
        said = b"".join(answer.streaming_content) if answer.streaming else answer.content
        if b"canary" in said.lower():
            self.betrayed.add(view)
        return answer


Operation = Callable[[Visitor], Any]
Right = dict[str, Operation]
"""Operations that one right allows, by name."""


def name_of(view: Any) -> str:
    """The view behind an address; of REST's, which are served at several levels, the class."""
    found = getattr(view, "view_class", None)
    if found is None:
        return f"{view.__module__}.{view.__qualname__}"
    kind = view.view_initkwargs.get("kind")
    return f"{found.__module__}.{found.__qualname__}{f' of {kind.folder}' if kind else ''}"


def outcome(answer: Any) -> str:
    """``yes``, ``no`` (403) or ``hidden`` (404); anything else is a mistake of the test."""
    status = answer.status_code
    if status == 403 or str(answer.headers.get("Location", "")).startswith("/admin/login"):
        return NO  # the console leads people who are no superusers to its own sign-in
    if status == 404:
        return HIDDEN
    said = "" if answer.streaming else answer.content[:600]
    assert status < 400, (status, said)
    assert not answer.headers.get("Location", "").startswith("/sign-in")
    return YES


def judged(answer: Any) -> Any:
    """An answer that is as good as a success: what was sent is refused for what it says."""
    if answer.status_code == 400:
        answer.status_code = 200
    return answer


def _with(path: str, query: dict[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path
