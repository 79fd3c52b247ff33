"""OpenAPI documents (to be completed)."""

from __future__ import annotations

from policy_app.apimachinery.kinds import Kinds
from policy_app.apimachinery.objects import Object
from policy_app.apimachinery.schemas import Schemas


def document_v2(kinds: Kinds, schemas: Schemas, version: str) -> bytes:
    return b""


def index_v3(kinds: Kinds, base: str) -> Object:
    paths = sorted({kind.path for kind in kinds})
    return {"paths": {p: {"serverRelativeURL": f"{base}/openapi/v3/{p}"} for p in paths}}


def document_v3(kinds: Kinds, path: str, schemas: Schemas, version: str) -> Object | None:
    found = {}
    for kind in kinds:
        if kind.path != path:
            continue
        where = f"/{kind.path}/{kind.plural}/{{name}}"
        mark = {"group": kind.group, "version": kind.version, "kind": kind.kind}
        query = [
            {"name": name, "in": "query", "schema": {"type": "string"}}
            for name in ("dryRun", "fieldValidation")
        ]
        found[where] = {
            "patch": {"x-kubernetes-group-version-kind": mark, "parameters": query, "responses": {}}
        }
    if not found:
        return None
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": f"v{version}"},
        "paths": found,
    }
