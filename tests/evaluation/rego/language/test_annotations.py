"""Annotations in ``# METADATA`` comments, and the calls that ask for them."""

from __future__ import annotations

import pytest

from policy_app.evaluation.rego.program import Program
from tests.evaluation.rego.asking import error, v1

ANNOTATED = """
# METADATA
# title: My rule
# description: |
#   Says who
#   may enter
# authors:
# - John Doe <john@example.com>
# - name: Jane
# - <only@example.com>
# organizations: [Acme]
# related_resources:
# - https://example.com
# - ref: https://example.com/b
#   description: more
# schemas:
# - input: schema.input
# - input.x: {type: number}
# custom:
#   severity: 3
#   nested: {a: [1, 2]}
# unknown: ignored
p := rego.metadata.rule()
"""


def test_a_rule_sees_its_own_annotations() -> None:
    assert v1(ANNOTATED) == {
        "scope": "rule",
        "title": "My rule",
        "description": "Says who\nmay enter\n",
        "authors": [
            {"name": "John Doe", "email": "john@example.com"},
            {"name": "Jane"},
            {"email": "only@example.com"},
        ],
        "organizations": ["Acme"],
        "related_resources": [
            {"ref": "https://example.com"},
            {"ref": "https://example.com/b", "description": "more"},
        ],
        "schemas": [
            {"path": ["input"], "schema": ["schema", "input"]},
            {"path": ["input", "x"], "definition": {"type": "number"}},
        ],
        "custom": {"severity": 3, "nested": {"a": [1, 2]}},
    }


CHAIN = """# METADATA
# title: Package
package a.b.c

# METADATA
# scope: document
# title: Document

# METADATA
# title: First
p contains x if { x := rego.metadata.chain() }

q := rego.metadata.chain()
"""
ABOVE = """# METADATA
# scope: subpackages
# title: Above
package a

r := 1
"""
OTHER_FILE = "# METADATA\n# scope: subpackages\n# custom: {x: 1}\npackage a.b.c\n\nz := 1\n"


def test_a_chain_goes_from_the_rule_to_its_farthest_package() -> None:
    program = Program((CHAIN, ABOVE, OTHER_FILE), "v1")
    (chain,) = program.query("data.a.b.c.p")
    around = [
        {"path": ["a", "b", "c"], "annotations": {"scope": "package", "title": "Package"}},
        {"path": ["a", "b", "c"], "annotations": {"scope": "subpackages", "custom": {"x": 1}}},
        {"path": ["a"], "annotations": {"scope": "subpackages", "title": "Above"}},
    ]
    assert chain == [
        {"path": ["a", "b", "c", "p"], "annotations": {"scope": "rule", "title": "First"}},
        {"path": ["a", "b", "c", "p"], "annotations": {"scope": "document", "title": "Document"}},
        *around,
    ]
    assert program.query("data.a.b.c.q") == [{"path": ["a", "b", "c", "q"]}, *around]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("p := rego.metadata.rule()", {}),
        ("# METADATA\n# title: T\np := rego.metadata.rule().title", "T"),
        ("# METADATA\n# title: T\np := [e.path | some e in rego.metadata.chain()]", [["t", "p"]]),
        ("# METADATA\n# custom: {a: 5}\np := rego.metadata.chain()[0].annotations.custom.a", 5),
        ("# METADATA\n# title: T\np if { not rego.metadata.rule().other }", True),
        ("# METADATA\n# title: T\np if { m := rego.metadata.rule(); m.title == \"T\" }", True),
        ("# METADATA\n# title: T\nf(x) := [x, rego.metadata.rule().title]\np := f(1)", [1, "T"]),
        ("# METADATA\n# title: T\n# entrypoint: true\np := count(rego.metadata.chain())", 2),
        ("# METADATA\n# title: T\n\n# said apart\n\np := rego.metadata.rule().title", "T"),
    ],
)  # fmt: skip
def test_the_calls_are_constants_wherever_they_stand(text: str, expected: object) -> None:
    assert v1(text) == expected


def test_annotations_that_nobody_asks_for_are_comments() -> None:
    assert v1("# METADATA\n# title: [\np := 1") == 1


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("# title: [", "metadata: "),
        ("# just words", "metadata: expected a mapping"),
        ("", "metadata: expected a mapping"),
        ("# title: 1", "metadata: title must be a str"),
        ("# authors: [1]", "metadata: an entry of authors is malformed"),
        ("# related_resources: [{description: x}]", "an entry of related_resources is malformed"),
        ("# schemas: [1]", "metadata: an entry of schemas is malformed"),
        ("# scope: package", "annotation scope 'package' does not fit a rule"),
    ],
)
def test_a_malformed_annotation_that_is_asked_for_is_an_error(block: str, expected: str) -> None:
    found = error(f"# METADATA\n{block}\np := rego.metadata.rule()", version="v1")
    assert expected in found.message
    assert (found.code, found.line) == ("rego_parse_error", 2)
