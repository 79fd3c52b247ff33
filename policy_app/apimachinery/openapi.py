"""OpenAPI: what clients learn about kinds and their fields.

Clients ask version 2 (as protobuf, whatever they accept) whether a kind's PATCH takes ``dryRun``
and ``fieldValidation``; version 3, one document for each group and version, tells that too, and the
fields, for ``kubectl explain``.  There are no definitions in version 2: a client that finds some
validates by them, and an incomplete set is worse than none.

Sources: gnostic's ``OpenAPIv2.proto`` for field numbers; ``openapi/v3`` of an API server.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from policy_app.apimachinery.identity import Same
from policy_app.apimachinery.kinds import Kind, Kinds
from policy_app.apimachinery.objects import Object
from policy_app.apimachinery.schemas import Schemas

_PARAMETERS = ("dryRun", "fieldValidation")
_GVK = "x-kubernetes-group-version-kind"
_DEFS = "#/$defs/"
_COMPONENTS = "#/components/schemas/"
_OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_VERBS_OF_ALL = {"get": "list", "post": "create"}
_VERBS_OF_ONE = {"get": "get", "put": "update", "patch": "patch", "delete": "delete"}
_HEAD = {
    "apiVersion": "APIVersion is the version of the schema that this object has.",
    "kind": "Kind is the name of the resource that this object is.",
}


def document_v2(kinds: Kinds, schemas: Schemas, version: str) -> bytes:
    """The document of version 2: the PATCH of every kind, as a protobuf message."""
    return _document_v2(Same(kinds), version)


def index_v3(kinds: Kinds, base: str) -> Object:
    """Where the documents of version 3 are; an address changes with its document."""
    marks = _marks(Same(kinds))
    return {
        "paths": {
            path: {"serverRelativeURL": f"{base}/openapi/v3/{path}?hash={mark}"}
            for path, mark in marks.items()
        }
    }


def document_v3(kinds: Kinds, path: str, schemas: Schemas, version: str) -> bytes | None:
    """The JSON document of one group and version, ``apis/apps/v1``; None where it is not served."""
    if path not in _marks(Same(kinds)):
        return None
    return _document_v3(Same(kinds), path, Same(schemas), version)


@lru_cache(maxsize=64)
def _marks(key: Same[Kinds]) -> Mapping[str, str]:
    """For each group and version, a text that differs as soon as a kind of it does."""
    by_path: dict[str, list[Kind]] = {}
    for kind in key.thing:
        by_path.setdefault(kind.path, []).append(kind)
    return {path: _digest(repr(by_path[path])) for path in sorted(by_path)}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32].upper()


@lru_cache(maxsize=256)
def _document_v3(key: Same[Kinds], path: str, schemas: Same[Schemas], version: str) -> bytes:
    kinds = [kind for kind in key.thing if kind.path == path]
    document = {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": f"v{version}"},
        "paths": {where: item for kind in kinds for where, item in _paths(kind)},
        "components": {"schemas": _components(kinds, schemas.thing)},
    }
    return json.dumps(document, separators=(",", ":")).encode()


def _paths(kind: Kind) -> Iterator[tuple[str, Object]]:
    """The paths of a kind, with its operations on all objects and on one."""
    for where, verbs in ((_address(kind), _VERBS_OF_ALL), (_address_of_one(kind), _VERBS_OF_ONE)):
        item = {method: _operation(kind) for method, verb in verbs.items() if verb in kind.verbs}
        if item:
            yield where, item


def _operation(kind: Kind) -> Object:
    query = [
        {"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}}
        for name in _PARAMETERS
    ]
    return {_GVK: _gvk(kind), "parameters": query, "responses": {"200": {"description": "OK"}}}


def _address(kind: Kind) -> str:
    scope = "namespaces/{namespace}/" if kind.namespaced else ""
    return f"/{kind.path}/{scope}{kind.plural}"


def _address_of_one(kind: Kind) -> str:
    return f"{_address(kind)}/{{name}}"


def _gvk(kind: Kind) -> Object:
    return {"group": kind.group, "version": kind.version, "kind": kind.kind}


def _components(kinds: Iterable[Kind], schemas: Schemas) -> Object:
    """The schemas of some kinds, and of everything to which they refer."""
    found: Object = {}
    waiting: list[str] = []
    for kind in kinds:
        node = schemas.of(kind)
        if kind.custom:
            found[_custom_name(kind)] = _custom(kind)
            waiting.append(_OBJECT_META)
        elif node is not None:
            waiting.append(node.reference)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _converted(schemas.definitions[name], waiting)
    return dict(sorted(found.items()))


def _custom_name(kind: Kind) -> str:
    """``com.example.v1.Widget`` for ``widgets.example.com``."""
    return ".".join((*reversed(kind.group.split(".")), kind.version, kind.kind))


def _custom(kind: Kind) -> Object:
    given = kind.schema or {}
    fields = given.get("properties")
    own = fields if isinstance(fields, Mapping) else {}
    head = {name: {"type": "string", "description": text} for name, text in _HEAD.items()}
    metadata = {"allOf": [{"$ref": _COMPONENTS + _OBJECT_META}]}
    properties = {**own, **head, "metadata": metadata}
    return {"type": "object", **given, "properties": properties, _GVK: [_gvk(kind)]}


def _converted(raw: Any, waiting: list[str]) -> Any:
    """A published schema as OpenAPI has it: no null among types, references into components.

    The names that it refers to are put into ``waiting``.
    """
    if isinstance(raw, list):
        return [_converted(one, waiting) for one in raw]
    if not isinstance(raw, Mapping):
        return raw
    reference = raw.get("$ref")
    found = {key: _converted(one, waiting) for key, one in raw.items() if key != "$ref"}
    types = raw.get("type")
    if isinstance(types, list):
        found.pop("type")
        named = [one for one in types if one != "null"]
        if len(named) == 1:
            found["type"] = named[0]
    if isinstance(reference, str):
        name = reference.removeprefix(_DEFS)
        waiting.append(name)
        found["allOf"] = [{"$ref": _COMPONENTS + name}]
    return found


@lru_cache(maxsize=64)
def _document_v2(key: Same[Kinds], version: str) -> bytes:
    info = _text(1, "Kubernetes") + _text(2, f"v{version}")
    patched = [kind for kind in key.thing if "patch" in kind.verbs]
    paths = b"".join(_block(2, _path_v2(kind)) for kind in patched)
    return _text(1, "2.0") + _block(2, info) + _block(8, paths)


def _path_v2(kind: Kind) -> bytes:
    """A named path item with the PATCH operation."""
    parameters = b"".join(_block(8, _parameter_v2(name)) for name in _PARAMETERS)
    gvk = "".join(f"{key}: {json.dumps(value)}\n" for key, value in sorted(_gvk(kind).items()))
    extension = _block(13, _text(1, _GVK) + _block(2, _text(2, gvk)))
    return _text(1, _address_of_one(kind)) + _block(2, _block(8, parameters + extension))


def _parameter_v2(name: str) -> bytes:
    """A query parameter of type string, within the three choices that hold it."""
    query = _text(2, "query") + _text(4, name) + _text(6, "string")
    return _block(1, _block(2, _block(3, query)))


def _text(number: int, text: str) -> bytes:
    return _block(number, text.encode())


def _block(number: int, content: bytes) -> bytes:
    """One field of a protobuf message: all that is written here has a length in front."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
