"""What a cluster serves: versions, groups, resources, and their OpenAPI documents.

Clients ask in two ways: one document for everything (the aggregated one), or one for each group and
version.  The client picks its parser by the type in the answer's header.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from policy_app.apimachinery import discovery, errors, openapi
from policy_app.apimachinery.kinds import Kinds
from policy_app.cluster import answers
from policy_app.models import Cluster
from policy_app.services.cluster import kinds as served
from policy_app.services.cluster import steps

_AGGREGATED = "apidiscovery.k8s.io"
_V2_PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"


def view(request: HttpRequest, cluster: Cluster, parts: list[str]) -> HttpResponse | None:
    """The document behind a path; None where the path is about objects.  Raises ``ApiError``."""
    if not parts and request.method in ("GET", "HEAD"):
        return answers.answer(discovery.paths(served.kinds_of(cluster)))
    if not parts or parts[0] not in ("version", "api", "apis", "openapi"):
        return None
    if parts[0] == "openapi":
        return _openapi(request, cluster, parts[1:])
    if len(parts) > (2 if parts[0] == "api" else 3):
        return None
    if request.method not in ("GET", "HEAD"):
        return None if len(parts) > 2 else _refuse(request)
    if parts == ["version"]:
        return answers.answer(discovery.version(cluster.kubernetes_version))
    kinds = served.kinds_of(cluster)
    if len(parts) == 1:
        return _root(request, kinds, core=parts[0] == "api")
    return _group(kinds, parts)


def _refuse(request: HttpRequest) -> HttpResponse:
    raise errors.method_not_allowed(request.method or "")


def _root(request: HttpRequest, kinds: Kinds, *, core: bool) -> HttpResponse:
    version = _aggregated_version(request)
    if version:
        response = answers.answer(discovery.aggregated(kinds, version, core=core))
        form = f"application/json;g={_AGGREGATED};v={version};as=APIGroupDiscoveryList"
        response["Content-Type"] = form
        return _cached(request, response)
    document = discovery.core_versions() if core else discovery.group_list(kinds)
    return _cached(request, answers.answer(document))


def _group(kinds: Kinds, parts: list[str]) -> HttpResponse | None:
    """``/apis/G``, ``/apis/G/V`` and ``/api/v1``; longer paths are no discovery."""
    document: Mapping[str, Any] | None
    if parts[0] == "api" and len(parts) == 2:
        document = discovery.resource_list(kinds, "", parts[1])
    elif parts[0] == "apis" and len(parts) == 2:
        document = discovery.group(kinds, parts[1])
    elif parts[0] == "apis" and len(parts) == 3:
        document = discovery.resource_list(kinds, parts[1], parts[2])
    else:
        return None
    if document is None:
        raise errors.no_such_path()
    return answers.answer(document)


def _openapi(request: HttpRequest, cluster: Cluster, parts: list[str]) -> HttpResponse:
    kinds, schemas = served.kinds_of(cluster), steps.schemas_of(cluster)
    base = f"/clusters/{cluster.scope.name}"
    if parts == ["v2"]:
        body = openapi.document_v2(kinds, schemas, cluster.kubernetes_version)
        return _cached(request, HttpResponse(body, content_type=_V2_PROTOBUF))
    if parts == ["v3"]:
        return answers.answer(openapi.index_v3(kinds, base))
    document = None
    if parts[:1] == ["v3"]:
        path = "/".join(parts[1:])
        document = openapi.document_v3(kinds, path, schemas, cluster.kubernetes_version)
    if document is None:
        raise errors.no_such_path()
    return _cached(request, HttpResponse(document, content_type="application/json"))


def _aggregated_version(request: HttpRequest) -> str:
    """``v2`` or ``v2beta1`` where the client asks for the aggregated document, the newer first."""
    accepted = request.headers.get("Accept", "")
    for part in accepted.split(","):
        words = dict(word.strip().partition("=")[::2] for word in part.split(";")[1:])
        if words.get("g") == _AGGREGATED and words.get("v") in ("v2", "v2beta1"):
            return words["v"]
    return ""


def _cached(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """An answer that clients keep, and only ask whether it is still so."""
    tag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    if request.headers.get("If-None-Match") == tag:
        # Clients put the headers of this answer over those that they kept, and go by the type.
        response = HttpResponse(status=304, content_type=response["Content-Type"])
    response["ETag"] = tag
    response["Cache-Control"] = "no-cache, private"
    response["Vary"] = "Accept"
    return response
