"""What every ARM operation shares: who may call, the api-version, JSON, ARM's headers."""

from __future__ import annotations

from typing import Any, NoReturn

from django.contrib.auth.models import User
from django.http.response import HttpResponseBase
from django.utils.functional import cached_property
from django.views import View
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.views import APIView

from policy_app import callers
from policy_app.arm import api_versions, headers
from policy_app.arm.errors import not_yet
from policy_app.arm.openapi import ArmSchema
from policy_app.arm.rendering import ArmJsonRenderer, OnlyJson
from policy_app.arm.routes import TENANT, Level
from policy_app.models import Scope
from policy_app.services import authorization
from policy_app.services.authorization import Principal, actions
from policy_app.services.errors import PolicyError

_VERBS = {
    "get": actions.READ,
    "put": actions.WRITE,
    "patch": actions.WRITE,
    "delete": actions.DELETE,
}


class ArmView(APIView):
    """One address of ARM's, at one level of the tree.

    ``group`` and ``verbs`` (HTTP method to Azure's word) name its operations; ``not_yet`` lists
    the methods that Azure has here and the portal has not.  ``provider`` is the resource type that
    reading, writing and deleting ask a role for; ``post_action`` is what POST asks for.
    """

    schema = ArmSchema()
    renderer_classes = [ArmJsonRenderer]
    content_negotiation_class = OnlyJson
    http_method_names = [name for name in View.http_method_names if name != "options"]

    level: Level = TENANT
    group = ""
    verbs: dict[str, str] = {}
    not_yet: frozenset[str] = frozenset()
    provider = ""
    post_action = ""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """First who is calling, then whether the request can be read, then whether it may be."""
        super().initial(request, *args, **kwargs)
        api_versions.check(request.path, request.query_params.get("api-version", ""))
        refuse_chunks(request)
        if self.level is not TENANT and (action := self.asked_action(request)):
            authorization.require(self.caller, action, self.scope)

    def asked_action(self, request: Request) -> str:
        """What the caller must be allowed at the scope; empty where nobody serves the method."""
        method = str(request.method).lower().replace("head", "get")
        if method not in self.verbs or not self.provider:
            return ""
        verb = _VERBS.get(method)
        return actions.of(self.provider, verb) if verb else self.post_action

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Put ARM's headers on every answer, errors included."""
        final: HttpResponseBase = super().finalize_response(request, response, *args, **kwargs)
        headers.stamp(request, final)
        return final

    def http_method_not_allowed(self, request: Any, *args: Any, **kwargs: Any) -> NoReturn:
        """501 for what Azure does here, 405 for what nobody does."""
        method = str(request.method)
        if method.lower() in self.not_yet:
            raise not_yet(f"{method} on {self.group}")
        raise MethodNotAllowed(method)

    @cached_property
    def scope(self) -> Scope:
        """The scope that the address names; ``NotFound`` with ARM's code for its level.

        One that the caller has no role at answers as one that does not exist.
        """
        return authorization.scope_for(self.caller, self.level.scope_id(self.kwargs))

    @cached_property
    def caller(self) -> Principal:
        """Who is calling; permissions have made sure that it is a user."""
        user: User = self.request.user  # type: ignore[assignment]
        return callers.principal_of(self.request._request, callers.REST, user)


def refuse_chunks(request: Request) -> None:
    """WSGI has no body without a length: better a refusal than to take it for an empty one."""
    if request.headers.get("Transfer-Encoding") and not request.headers.get("Content-Length"):
        raise PolicyError(
            "LengthRequired",
            "The request content came in chunks; send it whole, with its Content-Length.",
            status=411,
        )
