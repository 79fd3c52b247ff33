"""What a file holds: objects, lists of objects, JSON, and the values that kubectl would see."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import pytest

from policy_app.evaluation.manifests import load


def names(text: str, file: str = "pods.yaml") -> list[str]:
    """The names of the objects in a text."""
    return [document.object["metadata"]["name"] for document in load(file, text).documents]


def read_value(text: str) -> Any:
    """What a plain scalar comes to inside an object."""
    loaded = load("x.yaml", f"apiVersion: v1\nkind: ConfigMap\nvalue: {text}\n")
    assert loaded.problems == []
    return loaded.documents[0].object["value"]


def test_documents_are_counted_without_the_empty_ones() -> None:
    loaded = load(
        "x.yaml",
        dedent("""\
            # a comment
            ---
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: first}
            ---
            # only a comment
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: second}
            ...
            """),
    )

    assert [(one.index, one.line) for one in loaded.documents] == [(1, 4), (2, 10)]
    assert loaded.problems == []


def test_a_list_is_read_as_its_items() -> None:
    loaded = load(
        "x.yaml",
        dedent("""\
            apiVersion: v1
            kind: List
            items:
            - apiVersion: v1
              kind: Pod
              metadata: {name: a}
            - apiVersion: v1
              kind: List
              items:
              - apiVersion: v1
                kind: Service
                metadata: {name: b}
            """),
    )

    assert [(one.object["kind"], one.index, one.line) for one in loaded.documents] == [
        ("Pod", 1, 4),
        ("Service", 1, 10),
    ]
    assert loaded.documents[1].position("metadata.name") == (12, 16)


def test_the_items_of_a_pod_list_are_pods() -> None:
    loaded = load("x.yaml", "apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: a}\n")

    assert loaded.documents[0].object == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "a"},
    }


def test_an_object_whose_kind_only_ends_in_list_stays_whole() -> None:
    text = "apiVersion: x.io/v1\nkind: AllowList\nmetadata: {name: a}\nitems: [1]\n"

    assert names(text) == ["a"]


def test_bytes_with_a_byte_order_mark_and_windows_line_ends_are_read() -> None:
    text = "\ufeffapiVersion: v1\r\nkind: Pod\r\nmetadata:\r\n  name: a\r\n"

    loaded = load("x.yaml", text.encode())

    assert loaded.problems == []
    assert loaded.documents[0].position("metadata.name") == (4, 3)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("Off", False),
        ("n", False),
        ("~", None),
        ("'yes'", "yes"),
        ("017", 15),
        ("0o17", 15),
        ("0x1F", 31),
        ("0b101", 5),
        ("1_000", 1000),
        ("-12", -12),
        ("1.50", 1.5),
        ("1.0", 1),
        ("1e3", 1000),
        (".5", 0.5),
        ("08", 8),
        ("100m", "100m"),
        ("2020-01-02", "2020-01-02"),
        ("2020-01-02T03:04:05Z", "2020-01-02T03:04:05Z"),
        ("12:30:45", "12:30:45"),
        ("!!str 5", "5"),
        ("!!int '5'", 5),
        ("!!binary aGVsbG8=", "hello"),
        ("0123456789abcdef", "0123456789abcdef"),
    ],
)
def test_scalars_come_out_as_kubectl_reads_them(text: str, value: object) -> None:
    found = read_value(text)

    assert found == value
    assert type(found) is type(value)


def test_names_of_fields_become_strings() -> None:
    loaded = load("x.yaml", "apiVersion: v1\nkind: ConfigMap\ndata: {1: a, true: b, 'x': c}\n")

    assert loaded.documents[0].object["data"] == {"1": "a", "true": "b", "x": "c"}


def test_aliases_and_merges_give_each_use_values_of_its_own() -> None:
    loaded = load(
        "x.yaml",
        dedent("""\
            apiVersion: v1
            kind: ConfigMap
            base: &base {a: 1, b: {c: 2}}
            copy: *base
            more:
              <<: *base
              a: 3
            """),
    )

    value = loaded.documents[0].object
    assert value["copy"] == {"a": 1, "b": {"c": 2}}
    assert value["more"] == {"a": 3, "b": {"c": 2}}
    assert value["copy"]["b"] is not value["base"]["b"]


def test_json_is_read_by_the_rules_of_json() -> None:
    text = (
        '{"apiVersion": "v1", "kind": "Pod",\n\t"metadata": {"name": "\\ud83d\\ude00"}, "n": 1E2}'
    )

    loaded = load("x.json", text)

    assert loaded.documents[0].object["metadata"]["name"] == "😀"
    assert loaded.documents[0].object["n"] == 100


def test_several_json_values_are_several_documents() -> None:
    text = (
        '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}\n'
        '{"apiVersion":"v1","kind":"Pod",\n "metadata":{"name":"b"}}\n'
    )

    loaded = load("x.json", text)

    assert [one.object["metadata"]["name"] for one in loaded.documents] == ["a", "b"]
    assert loaded.documents[1].position("metadata.name")[0] == 3


def test_a_file_may_hold_two_thousand_pods() -> None:
    pods = "".join(
        f"---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: pod-{number}\n"
        for number in range(2000)
    )

    loaded = load("pods.yaml", pods)

    assert [loaded.problems, len(loaded.documents)] == [[], 2000]
    assert loaded.documents[-1].object["metadata"]["name"] == "pod-1999"
    assert loaded.documents[-1].line == 1999 * 5 + 2
