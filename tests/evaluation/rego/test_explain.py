"""Explain: which line gave a value, and which fields of the input it looked at."""

from __future__ import annotations

from typing import Any

from policy_app.evaluation.rego.program import Program

TEXT = """package t
violation[{"msg": msg}] {
  c := containers[_]
  not exempt(c.image)
  c.securityContext.privileged
  msg := sprintf("%v is privileged", [c.name])
}

violation[{"msg": "no owner"}] {
  not input.review.object.metadata.labels.owner
}
containers[c] { c := input.review.object.spec.containers[_] }
exempt(image) { image == input.parameters.exempt[_] }
"""
REVIEW: dict[str, Any] = {
    "review": {
        "object": {
            "metadata": {"labels": {"owner": "me"}},
            "spec": {
                "containers": [
                    {"name": "fine", "image": "x"},
                    {"name": "bad", "image": "y", "securityContext": {"privileged": True}},
                ]
            },
        }
    },
    "parameters": {"exempt": ["z"]},
}


def _explained(document: dict[str, Any]) -> dict[str, tuple[int, dict[str, Any]]]:
    found = Program((TEXT,), "v0").explain("data.t.violation", input=document)
    return {
        item.value["msg"]: (item.line, {read.field: read.value for read in item.reads})
        for item in found
    }


def test_a_violation_names_its_line_and_the_fields_of_its_own_container() -> None:
    line, fields = _explained(REVIEW)["bad is privileged"]
    assert line == 2
    assert fields == {
        "spec.containers[1].image": "y",
        "input.parameters.exempt[0]": "z",
        "spec.containers[1].securityContext.privileged": True,
        "spec.containers[1].name": "bad",
    }


def test_a_missing_field_is_named_as_missing() -> None:
    document: dict[str, Any] = {"review": {"object": {"metadata": {}}}, "parameters": {}}
    (item,) = Program((TEXT,), "v0").explain("data.t.violation", input=document)
    assert item.line == 9
    (read,) = item.reads
    assert (read.field, read.missing, read.in_object) == ("metadata.labels.owner", True, True)


def test_the_values_are_those_of_the_query() -> None:
    program = Program((TEXT,), "v0")
    explained = program.explain("data.t.violation", input=REVIEW)
    assert [item.value for item in explained] == program.query("data.t.violation", input=REVIEW)


def test_a_complete_rule_is_explained_by_its_definition() -> None:
    text = "package t\np = 1 { input.x > 5 }\np = 2 { input.x < 5 }"
    (item,) = Program((text,), "v0").explain("data.t.p", input={"x": 1})
    assert (item.value, item.line) == (2, 3)
    assert [read.field for read in item.reads] == ["input.x"]


def test_a_rule_asked_twice_explains_both_who_asked() -> None:
    text = "package t\np[1] { q }\np[2] { q }\nq { input.x }"
    found = Program((text,), "v0").explain("data.t.p", input={"x": True})
    assert [[read.field for read in item.reads] for item in found] == [["input.x"], ["input.x"]]
