"""The door for real API servers: ``AdmissionReview`` in, ``AdmissionReview`` out.

``POST /clusters/<name>/admission/v1/<validate|mutate>[/<ignore|fail>][/<token>]``.  The word in the
middle is the ``failurePolicy`` of the configuration that the address is from: what is answered
where nobody could decide in time.  The token may come as a bearer token instead.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse

from policy_app.apimachinery import errors
from policy_app.cluster import answers, bodies
from policy_app.evaluation.gatekeeper.webhook import Answer
from policy_app.services.cluster import webhooks

_POLICIES = ("ignore", "fail")
_ADDRESS = re.compile(r"/clusters/(?P<cluster>[^/]+)/admission/v1/(?P<rest>.+)")
_TIMEOUT = re.compile(r"(?:^|&)timeout=(\d{1,6}(?:\.\d{1,6})?)(ms|s|m)?(?:&|$)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, None: 1.0}
_USUAL_SECONDS = 10.0
_MOST_SECONDS = 30.0
"""What an API server allows a webhook at most."""
_ON_THE_WAY = 0.1
"""The part of the time that is left for the network."""
_log = structlog.get_logger("webhooks")


class InFront:
    """Middleware that answers the webhooks' addresses itself, as WhiteNoise does those of files.

    An API server waits for the answer with every request that it has.  What stands behind, for
    sessions, forms and pages, takes longer than the decision, and no API server has any of them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, or pass on what is for others.  Raises ``DisallowedHost``."""
        found = _ADDRESS.fullmatch(request.path_info)
        if found is None:
            return self.get_response(request)
        request.get_host()
        response = view(request, found["cluster"], found["rest"])
        response["Content-Length"] = str(len(response.content))
        return response


def view(request: HttpRequest, cluster: str, rest: str) -> HttpResponse:
    """Decide; what is wrong with the request itself is a Status."""
    began = time.monotonic()
    try:
        response = _answered(request, cluster, rest, began)
    except errors.ApiError as error:
        response = answers.refusal(error)
    except Exception as error:
        _log.error("webhook failed", cluster=cluster, error=type(error).__name__)
        response = answers.refusal(errors.internal("the request could not be handled"))
    # Django would log the path of what is refused, and the token with it.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def _answered(request: HttpRequest, cluster: str, rest: str, began: float) -> HttpResponse:
    webhook, policy, token = _parts(request, rest)
    if request.method != "POST":
        raise errors.method_not_allowed(request.method or "")
    deadline = began + _seconds(request.META.get("QUERY_STRING", "")) * (1 - _ON_THE_WAY)
    call = webhooks.Call(cluster, webhook, token, deadline)
    webhooks.require_signature(call)
    body = bodies.read_plain(request)
    if not isinstance(body, dict):
        raise errors.bad_request("the body must be an AdmissionReview of admission.k8s.io/v1")
    try:
        given = webhooks.answer(call, body)
    except webhooks.Undecided as why:
        given = _by_failure_policy(policy, str(why))
    return answers.answer(given.to_object(_uid(body)))


def _parts(request: HttpRequest, rest: str) -> tuple[str, str, str]:
    """The webhook, the failure policy and the token.  Raises ``ApiError`` 404."""
    webhook, *more = rest.rstrip("/").split("/")
    policy = more.pop(0) if more and more[0] in _POLICIES else _POLICIES[0]
    if webhook not in (webhooks.VALIDATE, webhooks.MUTATE) or len(more) > 1:
        raise errors.no_such_path()
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    token = more[0] if more else bearer.strip() if scheme.lower() == "bearer" else ""
    return webhook, policy, token


def _seconds(query: str) -> float:
    """How long the API server waits: ``timeout=10s`` as Go writes it."""
    found = _TIMEOUT.search(query)
    if found is None:
        return _USUAL_SECONDS
    return min(float(found[1]) * _UNITS[found[2]], _MOST_SECONDS) or _USUAL_SECONDS


def _by_failure_policy(policy: str, why: str) -> Answer:
    if policy == _POLICIES[0]:
        warning = f"Policy Portal: {why}; allowed, as failurePolicy Ignore says"
        return Answer(True, 200, warnings=(warning,))
    return Answer(False, 500, f"Policy Portal: {why}; refused, as failurePolicy Fail says")


def _uid(body: dict[str, Any]) -> str:
    return str(body["request"]["uid"])
