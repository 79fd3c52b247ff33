"""OpenAPI documents: what kubectl asks of them before it writes, and to explain fields."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from typing import Any

import pytest

from policy_app.apimachinery import builtin, openapi
from policy_app.apimachinery.kinds import Kind, Kinds
from policy_app.apimachinery.protobuf import _parts
from policy_app.apimachinery.schemas import Schemas

VERSIONS = [f"1.{minor}" for minor in range(27, 34)]
SPEC = {"type": "object", "properties": {"size": {"type": "integer", "description": "How large."}}}


def kinds_of(version: str) -> Kinds:
    return builtin.kinds(version)


def widget(spec: dict[str, Any] = SPEC) -> Kind:
    base = kinds_of("1.32").of("v1", "ConfigMap")
    assert base is not None
    schema = {"type": "object", "description": "A widget.", "properties": {"spec": spec}}
    names: dict[str, Any] = {
        "group": "example.com",
        "kind": "Widget",
        "plural": "widgets",
        "singular": "widget",
    }
    return replace(base, **names, schema=schema, custom=True)


def document(kinds: Kinds, path: str, version: str = "1.32") -> dict[str, Any]:
    raw = openapi.document_v3(kinds, path, Schemas.of_version(version), f"{version}.4")
    assert raw is not None
    found: dict[str, Any] = json.loads(raw)
    return found


def children(raw: bytes, number: int) -> list[bytes]:
    return [value for one, _, value in _parts(raw) if one == number and isinstance(value, bytes)]


@pytest.mark.parametrize("version", VERSIONS)
def test_version_2_lists_the_patch_of_every_kind_with_what_it_takes(version: str) -> None:
    kinds = kinds_of(version).with_more([widget()])

    raw = openapi.document_v2(kinds, Schemas.of_version(version), f"{version}.4")

    assert children(raw, 1) == [b"2.0"]
    assert children(raw, 9) == []  # definitions
    told = {}
    for path in children(children(raw, 8)[0], 2):
        [item] = children(path, 2)
        [patch] = children(item, 8)
        queries = [
            children(children(children(one, 1)[0], 2)[0], 3)[0] for one in children(patch, 8)
        ]
        names = [children(query, 4)[0].decode() for query in queries]
        [extension] = children(patch, 13)
        assert children(extension, 1) == [b"x-kubernetes-group-version-kind"]
        gvk = children(children(extension, 2)[0], 2)[0].decode()
        told[gvk] = names
    wanted = {
        f'group: "{kind.group}"\nkind: "{kind.kind}"\nversion: "{kind.version}"\n'
        for kind in kinds
        if "patch" in kind.verbs
    }
    assert told.keys() == wanted
    assert all(names == ["dryRun", "fieldValidation"] for names in told.values())


@pytest.mark.parametrize("version", VERSIONS)
def test_every_address_of_the_index_has_its_document(version: str) -> None:
    kinds = kinds_of(version)
    index = openapi.index_v3(kinds, "/clusters/c1")["paths"]

    assert index.keys() == {kind.path for kind in kinds}
    for path, entry in index.items():
        assert re.fullmatch(
            rf"/clusters/c1/openapi/v3/{path}\?hash=[0-9A-F]{{32}}", entry["serverRelativeURL"]
        )
        assert document(kinds, path, version)["openapi"] == "3.0.0"


def test_what_is_not_served_has_no_document() -> None:
    schemas = Schemas.of_version("1.32")
    assert openapi.document_v3(kinds_of("1.32"), "apis/example.com/v1", schemas, "1.32.4") is None


@pytest.mark.parametrize("version", VERSIONS)
def test_the_schemas_are_those_to_which_a_document_refers_and_no_others(version: str) -> None:
    kinds = kinds_of(version)
    for path in {kind.path for kind in kinds}:
        text = json.dumps(document(kinds, path, version))
        schemas = json.loads(text)["components"]["schemas"]
        referred = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
        roots = {name for name, one in schemas.items() if "x-kubernetes-group-version-kind" in one}
        assert referred <= schemas.keys() <= referred | roots
        assert "$defs" not in text


def test_a_kind_is_found_by_its_path_and_by_its_schema() -> None:
    found = document(kinds_of("1.32"), "apis/apps/v1")
    gvk = {"group": "apps", "version": "v1", "kind": "Deployment"}

    of_one = found["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]
    of_all = found["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments"]
    assert of_one.keys() == {"get", "put", "patch", "delete"}
    assert of_all.keys() == {"get", "post"}
    assert of_all["get"]["x-kubernetes-group-version-kind"] == gvk
    names = [one["name"] for one in of_one["patch"]["parameters"]]
    assert names == ["dryRun", "fieldValidation"]
    schema = found["components"]["schemas"]["io.k8s.api.apps.v1.Deployment"]
    assert gvk in schema["x-kubernetes-group-version-kind"]


def test_a_field_has_one_type_a_description_and_the_schema_it_refers_to() -> None:
    schemas = document(kinds_of("1.32"), "api/v1")["components"]["schemas"]
    pod, container = (schemas[f"io.k8s.api.core.v1.{name}"] for name in ("Pod", "Container"))

    assert pod["type"] == "object"
    spec = pod["properties"]["spec"]
    assert spec["allOf"] == [{"$ref": "#/components/schemas/io.k8s.api.core.v1.PodSpec"}]
    assert spec["description"].startswith("Specification of the desired behavior of the pod.")
    assert container["properties"]["image"]["type"] == "string"
    assert "containers" in schemas["io.k8s.api.core.v1.PodSpec"]["required"]


def test_kinds_of_the_whole_cluster_have_no_namespace_in_their_paths() -> None:
    assert "/api/v1/nodes/{name}" in document(kinds_of("1.32"), "api/v1")["paths"]


def test_a_custom_kind_is_explained_by_its_own_schema() -> None:
    kinds = kinds_of("1.32").with_more([widget()])

    schemas = document(kinds, "apis/example.com/v1")["components"]["schemas"]

    own = schemas["com.example.v1.Widget"]
    assert own["description"] == "A widget."
    assert own["properties"]["spec"] == SPEC
    assert own["properties"]["kind"]["type"] == "string"
    [reference] = own["properties"]["metadata"]["allOf"]
    assert reference["$ref"].removeprefix("#/components/schemas/") in schemas
    gvk = {"group": "example.com", "version": "v1", "kind": "Widget"}
    assert own["x-kubernetes-group-version-kind"] == [gvk]


def test_a_schema_that_changes_changes_its_document_and_its_address() -> None:
    before = kinds_of("1.32").with_more([widget()])
    after = kinds_of("1.32").with_more([widget({"type": "string"})])
    assert before == after  # what tells kinds apart is not their schema

    addresses = [openapi.index_v3(one, "")["paths"] for one in (before, after)]

    changed = {path for path in addresses[0] if addresses[0][path] != addresses[1][path]}
    assert changed == {"apis/example.com/v1"}
    assert document(before, "apis/example.com/v1") != document(after, "apis/example.com/v1")


def test_a_document_is_made_once() -> None:
    kinds = kinds_of("1.33").with_more([widget()])
    schemas = Schemas.of_version("1.33")
    begun = time.process_time()
    first = openapi.document_v3(kinds, "api/v1", schemas, "1.33.1")
    spent = time.process_time() - begun

    assert openapi.document_v3(kinds, "api/v1", schemas, "1.33.1") is first
    assert spent < 1  # some 12 ms; a walk that repeats what it met would take far longer
