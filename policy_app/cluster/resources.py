"""The verbs on resources: each view reads a request, calls one service, and answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from policy_app.apimachinery import errors
from policy_app.cluster import answers, bodies, streams, subresources
from policy_app.cluster import requests as asked
from policy_app.evaluation.gatekeeper.constraints import GROUP as CONSTRAINTS
from policy_app.models import Cluster
from policy_app.services.cluster import addon, authorization, deletes, mirrors, reads, writes
from policy_app.services.cluster.caller import Caller, Target

View = Callable[[HttpRequest, Cluster, Caller, Target], HttpResponseBase]


def serve(
    request: HttpRequest, cluster: Cluster, caller: Caller, target: Target
) -> HttpResponseBase:
    """Answer a request about a resource, an object or a subresource.  Raises ``ApiError``."""
    verb = verb_of(request, target)
    offered = target.subresource.verbs if target.subresource else target.kind.verbs
    if verb not in offered:
        raise errors.method_not_allowed(request.method or "")
    authorization.require(cluster, caller, verb, target)
    mirrors.require_read(cluster, target, verb)
    if target.kind.group == CONSTRAINTS and verb in ("get", "list", "watch"):
        addon.audit(cluster)
    special = subresources.VIEWS.get(target.below)
    if special is not None:
        return special(request, cluster, caller, target)
    return _VERBS[verb](request, cluster, caller, target)


def verb_of(request: HttpRequest, target: Target) -> str:
    """The API verb of a request.  Raises ``ApiError`` 405."""
    method = request.method or ""
    if method in ("GET", "HEAD"):
        if asked.is_true(request.GET, "watch"):
            return "watch"
        return "get" if target.name else "list"
    verbs = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
    if method not in verbs or (not target.name and method in ("PUT", "PATCH")):
        raise errors.method_not_allowed(method)
    if method == "POST" and target.name and target.subresource is None:
        raise errors.method_not_allowed(method)
    return "deletecollection" if method == "DELETE" and not target.name else verbs[method]


def _get(
    request: HttpRequest, cluster: Cluster, caller: Caller, target: Target
) -> HttpResponseBase:
    thing = reads.get(cluster, target.kind, target.namespace, target.name)
    return answers.one(request, target.kind, thing)


def _list(
    request: HttpRequest, cluster: Cluster, caller: Caller, target: Target
) -> HttpResponseBase:
    query = request.GET
    page = reads.page(
        cluster,
        target.kind,
        target.namespace,
        asked.selection_of(request, target),
        limit=asked.whole(query, "limit"),
        token=query.get("continue", ""),
    )
    return answers.several(request, target.kind, page)


def _create(
    request: HttpRequest, cluster: Cluster, caller: Caller, target: Target
) -> HttpResponseBase:
    options = asked.write_options(request)
    outcome = writes.create(cluster, target, _body(request), caller, options)
    return answers.answer(outcome.object, 201, warnings=outcome.warnings)


def _update(
    request: HttpRequest, cluster: Cluster, caller: Caller, target: Target
) -> HttpResponseBase:
    options = asked.write_options(request)
    outcome = writes.replace_object(cluster, target, _body(request), caller, options)
    return answers.answer(outcome.object, warnings=outcome.warnings)


def _patch(
    request: HttpRequest, cluster: Cluster, caller: Caller, target: Target
) -> HttpResponseBase:
    options = asked.write_options(request)
    outcome = writes.patch(cluster, target, bodies.read_patch(request), caller, options)
    code = 201 if outcome.created else 200
    return answers.answer(outcome.object, code, warnings=outcome.warnings)


def _delete(
    request: HttpRequest, cluster: Cluster, caller: Caller, target: Target
) -> HttpResponseBase:
    options = asked.delete_options(request, bodies.read(request))
    outcome = deletes.delete(cluster, target, caller, options)
    shown = deletes.shown(target, outcome.object)
    return answers.answer(shown, warnings=outcome.warnings)


def _delete_collection(
    request: HttpRequest, cluster: Cluster, caller: Caller, target: Target
) -> HttpResponseBase:
    options = asked.delete_options(request, bodies.read(request))
    selection = asked.selection_of(request, target)
    gone = deletes.delete_collection(cluster, target, selection, caller, options)
    return answers.several(request, target.kind, reads.Page(gone, 0))


def _body(request: HttpRequest) -> Any:
    body = bodies.read(request)
    if body is None:
        raise errors.bad_request("the body of the request is empty")
    return body


_VERBS: dict[str, View] = {
    "get": _get,
    "list": _list,
    "watch": streams.watch,
    "create": _create,
    "update": _update,
    "patch": _patch,
    "delete": _delete,
    "deletecollection": _delete_collection,
}
