"""Questions that are asked by creating an object which is never stored: may I, who am I."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from policy_app.apimachinery import errors
from policy_app.apimachinery.objects import Object
from policy_app.cluster import answers, bodies
from policy_app.models import Cluster
from policy_app.services.cluster import authorization
from policy_app.services.cluster.caller import Caller

_Asked = Mapping[str, Any]
_ABOUT_OTHERS = ("subjectaccessreviews", "localsubjectaccessreviews")


def view(
    request: HttpRequest, cluster: Cluster, caller: Caller, parts: list[str]
) -> HttpResponse | None:
    """The answer to a review; None where the path is none of them.  Raises ``ApiError``."""
    if request.method != "POST" or len(parts) < 4 or parts[0] != "apis":
        return None
    answered = _REVIEWS.get((parts[1], parts[-1]))
    if answered is None:
        return None
    if parts[-1] in _ABOUT_OTHERS:
        namespace = parts[4] if len(parts) > 5 and parts[3] == "namespaces" else ""
        authorization.require_review(cluster, caller, parts[-1], namespace)
    body = bodies.read(request)
    if not isinstance(body, dict):
        raise errors.bad_request("the body of a review must be an object")
    spec = body.get("spec")
    status = answered(cluster, caller, spec if isinstance(spec, Mapping) else {})
    metadata = {"creationTimestamp": None}
    return answers.answer({**body, "metadata": metadata, "status": status}, 201)


def _self_access(cluster: Cluster, caller: Caller, spec: _Asked) -> Object:
    return _verdict(cluster, caller, spec)


def _access(cluster: Cluster, caller: Caller, spec: _Asked) -> Object:
    groups = spec.get("groups")
    subject = Caller(str(spec.get("user") or ""), tuple(groups) if isinstance(groups, list) else ())
    return _verdict(cluster, subject, spec)


def _verdict(cluster: Cluster, caller: Caller, spec: _Asked) -> Object:
    resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if isinstance(resource, Mapping):
        verdict = authorization.decide(cluster, caller, authorization.Attributes.of(resource))
    elif isinstance(path, Mapping):
        verdict = authorization.decide_path(cluster, caller, path)
    else:
        raise errors.bad_request(
            "spec: exactly one of nonResourceAttributes or resourceAttributes must be specified"
        )
    status: Object = {"allowed": verdict.allowed}
    return {**status, "reason": verdict.reason} if verdict.reason else status


def _self_rules(cluster: Cluster, caller: Caller, spec: _Asked) -> Object:
    return authorization.rules_of(cluster, caller, str(spec.get("namespace") or "default"))


def _self_subject(cluster: Cluster, caller: Caller, spec: _Asked) -> Object:
    return {"userInfo": caller.to_object()}


_REVIEWS: dict[tuple[str, str], Callable[[Cluster, Caller, _Asked], Object]] = {
    ("authorization.k8s.io", "selfsubjectaccessreviews"): _self_access,
    ("authorization.k8s.io", "subjectaccessreviews"): _access,
    ("authorization.k8s.io", "localsubjectaccessreviews"): _access,
    ("authorization.k8s.io", "selfsubjectrulesreviews"): _self_rules,
    ("authentication.k8s.io", "selfsubjectreviews"): _self_subject,
}
