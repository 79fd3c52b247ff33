"""What is no Kubernetes object, or cannot be read: named, placed, and never in the others' way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_app.evaluation.manifests import Limits, ManifestFile, Problem, load

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: good}\n"


def only_problem(loaded: ManifestFile) -> Problem:
    """The one problem of a file."""
    (problem,) = loaded.problems
    return problem


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("a: b: c\n", 1, 5, "mapping values are not allowed"),
        ("a: 1\nb: 2\na: 3\n", 3, 1, "The field 'a' stands here twice"),
        ("a: !ruby/object {}\n", 1, 4, "The tag !ruby/object is not allowed"),
        ("a: !!python/name:os.system x\n", 1, 4, "!!python/name:os.system is not allowed"),
        ("a: !!int x\n", 1, 4, "'x' is tagged !!int, but is none"),
        ("a: .inf\n", 1, 4, "no number that JSON can hold"),
        ("a: *nowhere\n", 1, 4, "The alias *nowhere has no anchor before it"),
        ("a: &a [*a]\n", 1, 8, "The alias *a refers to itself"),
        ("a: \x00\n", 1, 4, "U+0000 is not allowed"),
        ("~: 1\n", 1, 1, "A field's name is null"),
        ("? [a]\n: 1\n", 1, 3, "must be a word"),
        ("a:\n  <<: 5\n", 2, 7, "Only objects can be merged"),
    ],
)
def test_a_fault_is_told_with_its_place_and_the_next_document_is_read(
    text: str, line: int, column: int, words: str
) -> None:
    loaded = load("x.yaml", f"{text}---\n{POD}")

    problem = only_problem(loaded)
    assert words in problem.message
    assert (problem.document, problem.line, problem.column) == (1, line, column)
    assert [document.index for document in loaded.documents] == [2]


def test_tabs_are_told_apart_from_other_faults() -> None:
    problem = only_problem(load("x.yaml", "apiVersion: v1\nkind: Pod\nmetadata:\n\tname: a\n"))

    assert problem.line == 4
    assert "spaces" in problem.hint


def test_json_with_a_name_twice_is_refused_with_its_place() -> None:
    problem = only_problem(load("x.json", '{"apiVersion": "v1",\n "kind": "A", "kind": "B"}'))

    assert (problem.line, problem.column) == (2, 15)
    assert "'kind' stands here twice" in problem.message


def test_bytes_that_are_no_utf8_are_placed() -> None:
    problem = only_problem(load("x.yaml", b"apiVersion: v1\nkind: \xff\n"))

    assert (problem.document, problem.line, problem.column) == (0, 2, 7)
    assert "0xff is not UTF-8" in problem.message


def test_utf16_is_named() -> None:
    assert "UTF-16" in only_problem(load("x.yaml", POD.encode("utf-16"))).message


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        (
            "kustomization.yaml",
            "resources: [a.yaml]\n",
            "This is a Kustomization",
        ),
        (
            "x.yaml",
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n",
            "This is a Kustomization",
        ),
        ("values.yaml", "replicas: 1\n", "These are Helm values"),
        ("Chart.yaml", "apiVersion: v2\nname: x\nversion: 1.0.0\n", "Helm chart's description"),
        ("x.yaml", "services: {web: {image: nginx}}\n", "Compose file"),
        ("x.yaml", "kind: Pod\n", "apiVersion is missing"),
        ("x.yaml", "a: 1\n", "apiVersion and kind are missing"),
        ("x.yaml", "- a\n", "a list, not an object"),
        ("x.yaml", "just text\n", "text, not an object"),
        ("x.yaml", "apiVersion: v1\nkind: 5\n", "kind should be text, but is 5"),
        ("x.yaml", "apiVersion: v1\nkind: Pod\nmetadata: []\n", "metadata should be an object"),
    ],
)
def test_what_is_no_object_is_called_by_its_name(file: str, text: str, words: str) -> None:
    loaded = load(file, text)

    assert words in only_problem(loaded).message
    assert loaded.documents == []


def test_a_helm_template_is_recognised() -> None:
    text = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Values.name }}\n"

    problem = only_problem(load("pod.yaml", text))

    assert problem.line == 4
    assert "helm template" in problem.hint


def test_a_bad_item_leaves_the_rest_of_its_list() -> None:
    text = f"apiVersion: v1\nkind: List\nitems:\n- 5\n- {{{', '.join(POD.splitlines())}}}\n"

    loaded = load("x.yaml", text)

    assert only_problem(loaded).line == 4
    assert [document.object["metadata"]["name"] for document in loaded.documents] == ["good"]


def test_a_file_that_is_too_large_is_not_read() -> None:
    loaded = load("x.yaml", POD, Limits(size=10))

    assert "may have 10 at most" in only_problem(loaded).message
    assert loaded.documents == []


def test_documents_past_the_limit_are_left_out_and_told() -> None:
    loaded = load("x.yaml", f"{POD}---\n" * 3, Limits(documents=2))

    assert len(loaded.documents) == 2
    assert (only_problem(loaded).line, only_problem(loaded).document) == (8, 0)


def test_a_hundred_levels_are_enough() -> None:
    deep = "[" * 99 + "]" * 99
    deeper = "[" * 100 + "]" * 100

    assert load("x.yaml", f"{POD}a: {deep}\n").problems == []
    assert "deeper than 100 levels" in only_problem(load("x.yaml", f"{POD}a: {deeper}\n")).message


def test_deep_json_is_refused_as_well() -> None:
    text = '{"apiVersion": "v1", "kind": "Pod", "a": ' + "[" * 5000 + "]" * 5000 + "}"

    assert "deeper than 100 levels" in only_problem(load("x.json", text)).message


def test_a_bomb_of_aliases_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]

    problem = only_problem(load("x.yaml", "\n".join(lines)))

    assert "Aliases add more than 100,000 values" in problem.message


def test_a_million_opening_brackets_do_not_end_the_process() -> None:
    assert "deeper than" in only_problem(load("x.yaml", "[" * 1_000_000)).message


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_any_bytes_give_documents_or_problems_and_no_error(data: bytes | str) -> None:
    loaded = load("x.yaml", data)

    for document in loaded.documents:
        assert document.position("spec.containers[0]")[0] >= 1
    for problem in loaded.problems:
        assert problem.line >= 1


FRAGMENTS = st.sampled_from(
    [
        *(
            "apiVersion: v1\n",
            "kind: Pod\n",
            "kind: List\n",
            "items:\n",
            "- ",
            "  ",
            "\t",
            "{",
            "}",
        ),
        *(
            "[",
            "]",
            "&a ",
            "*a",
            "<<: ",
            "---\n",
            "...\n",
            "%YAML 1.1\n",
            "!!int ",
            "|\n",
            "'",
            '"',
        ),
        *(
            "{{ x }}",
            "\n",
            "a: ",
            "? ",
            "# c\n",
            ": ",
            "1",
            "metadata: {name: x}\n",
            "\r",
            "\u2028",
        ),
    ]
)


@given(st.lists(FRAGMENTS, max_size=25).map("".join))
def test_any_yaml_gives_documents_or_problems_and_no_error(text: str) -> None:
    loaded = load("x.yaml", text)

    for document in loaded.documents:
        assert {"apiVersion", "kind"} <= document.object.keys()
        assert document.end_line >= document.line >= 1
        assert document.position("metadata.name")[0] >= document.line or document.index > 1
