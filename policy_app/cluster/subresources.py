"""Views of what stands below an object: scale, eviction, log, and what a simulation has not."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from policy_app.apimachinery import errors
from policy_app.cluster import answers, bodies
from policy_app.cluster import requests as asked
from policy_app.models import Cluster
from policy_app.services.cluster import accounts, logs, subresources
from policy_app.services.cluster.caller import Caller, Target


def _scale(request: HttpRequest, cluster: Cluster, caller: Caller, target: Target) -> HttpResponse:
    if request.method == "GET":
        return answers.answer(subresources.scale(cluster, target))
    options = asked.write_options(request)
    if request.method == "PUT":
        body = bodies.read(request)
        outcome = subresources.rescale(cluster, target, body, caller, options)
    else:
        patch = bodies.read_patch(request)
        outcome = subresources.patch_scale(cluster, target, patch, caller, options)
    return answers.answer(outcome.object, warnings=outcome.warnings)


def _evict(request: HttpRequest, cluster: Cluster, caller: Caller, target: Target) -> HttpResponse:
    options, body = asked.write_options(request), bodies.read(request)
    return answers.answer(subresources.evict(cluster, target, body, caller, options), 201)


def _log(request: HttpRequest, cluster: Cluster, caller: Caller, target: Target) -> HttpResponse:
    text = logs.of(cluster, target, request.GET.get("container", ""))
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


def _token(request: HttpRequest, cluster: Cluster, caller: Caller, target: Target) -> HttpResponse:
    return answers.answer(accounts.new_token(cluster, target, bodies.read(request)), 201)


def _none(request: HttpRequest, cluster: Cluster, caller: Caller, target: Target) -> HttpResponse:
    message = (
        f"{target.kind.plural}/{target.below} needs running containers, which a simulated cluster"
        " does not have"
    )
    raise errors.ApiError(501, "NotImplemented", message)


VIEWS: dict[str, Callable[[HttpRequest, Cluster, Caller, Target], HttpResponse]] = {
    "scale": _scale,
    "eviction": _evict,
    "log": _log,
    "token": _token,
    "exec": _none,
    "attach": _none,
    "portforward": _none,
    "proxy": _none,
}
