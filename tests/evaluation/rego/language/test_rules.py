"""Complete rules, partial sets and objects, defaults, else, heads with references."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.evaluation.rego import RegoError
from policy_app.evaluation.rego.program import Options
from tests.evaluation.rego.asking import UNDEFINED, error, run_error, v1, value


def test_a_rule_whose_body_fails_is_undefined_and_not_false() -> None:
    assert value("p { input.x }", input={"x": False}) == UNDEFINED
    assert value("p { input.x }", input={"x": 0}) is True


def test_a_default_stands_in_for_an_undefined_rule() -> None:
    text = "default p = false\np { input.x > 3 }"
    assert value(text, input={"x": 4}) is True
    assert value(text, input={"x": 3}) is False


def test_a_function_may_have_a_default() -> None:
    text = "default f(_) := 9\nf(x) := 1 if x == 1\np := [f(1), f(2)]"
    assert v1(text) == [1, 9]


def test_two_values_for_a_complete_rule_are_an_error() -> None:
    found = run_error("p = x { x = input.a[_] }", input={"a": [1, 2]})
    assert (found.code, found.line) == ("eval_conflict_error", 2)
    assert value("p = x { x = input.a[_] }", input={"a": [1, 1.0]}) == 1


def test_several_definitions_are_alternatives() -> None:
    text = "p { input.a }\np { input.b }"
    assert value(text, input={"b": 1}) is True
    assert value(text, input={"c": 1}) == UNDEFINED


def test_bodies_may_be_chained() -> None:
    text = "p { input.a } { input.b }"
    assert value(text, input={"b": 1}) is True
    assert value("p[x] { x := 1 } { x := 2 }") == [1, 2]


def test_else_is_asked_in_order_and_only_where_nothing_answered_before() -> None:
    text = "p = 1 { input.x == 1 } else = 2 { input.x > 0 } else = 3 { input.x > 1 }"
    assert value(text, input={"x": 1}) == 1
    assert value(text, input={"x": 5}) == 2
    assert value(text, input={"x": 0}) == UNDEFINED


def test_else_without_a_value_is_true() -> None:
    assert value("p = 1 { false } else { true }") is True
    assert v1("p := 1 if false\nelse := 3") == 3


def test_a_partial_set_holds_each_member_once_and_comes_sorted() -> None:
    assert value("p[x] { x := input.a[_] }", input={"a": [3, 1, 3]}) == [1, 3]
    assert v1('p contains "b"\np contains "a" if input.x', input={"x": 1}) == ["a", "b"]


def test_a_set_without_members_is_empty_and_not_undefined() -> None:
    assert value("p[x] { x := input.nothing[_] }") == []


def test_a_partial_object_maps_keys_to_values() -> None:
    assert value("p[k] = v { v := input.a[k] }", input={"a": {"x": 1}}) == {"x": 1}
    assert value('p["a"] = 1\np["b"] = 2') == {"a": 1, "b": 2}


def test_two_values_for_one_key_are_an_error() -> None:
    found = run_error("p[k] = v { k := 1; v := input.a[_] }", input={"a": [1, 2]})
    assert found.code == "eval_conflict_error"
    assert "object keys must be unique" in found.message


def test_heads_may_be_references() -> None:
    assert value("p.q.r = 1\np.q.s = 2 { input.x }", input={"x": 1}) == {"q": {"r": 1, "s": 2}}
    assert value("p := a.b.c\na.b.c := 3") == 3


def test_a_reference_in_a_head_may_have_variables_anywhere() -> None:
    text = "p.q[x].r := y if { y := input.a[x] }"
    assert v1(text, input={"a": [5, 6]}) == {"q": {"0": {"r": 5}, "1": {"r": 6}}}


def test_a_head_with_variables_may_collect_sets() -> None:
    text = "p[x].r contains y if { y := input.a[x][_] }"
    assert v1(text, input={"a": {"k": [2, 1, 2]}}) == {"k": {"r": [1, 2]}}


def test_heads_of_different_depth_fill_one_object() -> None:
    text = 'p[x].b := 1 if { x := "a" }\np.a.c := 2\np.z := 3'
    assert v1(text) == {"a": {"b": 1, "c": 2}, "z": 3}


def test_if_makes_a_key_and_no_member() -> None:
    assert v1('p[x] if { x := "a" }') == {"a": True}
    assert value('p[x] { x := "a" }') == ["a"]


def test_different_kinds_of_rules_under_one_name_are_refused() -> None:
    found = error("p := 1\np[x] { x := 2 }")
    assert (found.code, found.line) == ("rego_type_error", 3)
    assert "conflicting rules data.t.p found" in found.message


def test_two_defaults_are_refused() -> None:
    assert error("default p = 1\ndefault p = 2").code == "rego_type_error"


def test_recursion_is_refused_with_its_way() -> None:
    found = error("p { q }\nq { r }\nr { p }")
    assert found.code == "rego_recursion_error"
    assert "data.t.p -> data.t.q -> data.t.r -> data.t.p" in found.message


def test_recursion_through_the_package_is_seen() -> None:
    assert error("p := x { x := data.t }").code == "rego_recursion_error"
    assert error("f(x) = y { y := f(x) }").code == "rego_recursion_error"


# -- what the compiler takes shortcuts for


@pytest.mark.parametrize(("members", "answer"), [([], UNDEFINED), ([0], UNDEFINED), ([0, 3], True)])
def test_whether_a_set_has_members_is_decided_by_its_first(members: list[int], answer: Any) -> None:
    text = "p { count(large) > 0 }\nlarge[x] { x := input.a[_]; not small(x) }\nsmall(x) { x < 2 }"
    assert value(text, input={"a": members}) == answer
    both = text + "\nq = count(large) { count(large) > 0 }"
    expected = len([n for n in members if n > 1]) or UNDEFINED
    assert value(both, input={"a": members}, path="data.t.q") == expected


def test_a_conflict_behind_the_first_member_is_still_an_error() -> None:
    text = "p { count(found) > 0 }\nfound[y] { y := f(input.a[_]) }\nf(x) = 1 { x > 0 }\nf(x) = x"
    assert value(text, input={"a": [1]}) is True
    with pytest.raises(RegoError, match="multiple outputs"):
        value(text, input={"a": [1, 2]})


def test_a_failing_builtin_behind_the_first_member_is_still_an_error_where_it_counts() -> None:
    text = "p { count(found) > 0 }\nfound[x] { x := to_number(input.a[_]) }"
    assert value(text, input={"a": ["1", "b"]}) is True
    with pytest.raises(RegoError, match="to_number"):
        value(text, input={"a": ["1", "b"]}, options=Options(strict=True))


def test_a_rule_that_is_a_constant_is_looked_into_as_any_other() -> None:
    names = 'names := {"a", "b"}\n'
    document = {"a": [1], "b": {"k": 2}, "c": [3]}
    assert value(f"{names}p[x] {{ x := input[names[_]][_] }}", input=document) == [1, 2]
    assert value(f"{names}p[x] {{ names[x]; input[x] }}", input=document) == ["a", "b"]
    assert value(f"{names}p = [x | names[x]]") == ["a", "b"]
    assert value(f"{names}p {{ names[input.x] }}", input={"x": "c"}) == UNDEFINED
    assert value(f"{names}p = x {{ x := names with data.t.names as 5 }}") == 5


def test_a_constant_rule_with_false_is_as_false_as_any_other() -> None:
    assert value("off := false\np { off }") == UNDEFINED
    assert value("off := false\np { not off }") is True


def test_objects_that_differ_in_one_text_come_sorted_and_once() -> None:
    text = 'p[{"msg": m, "details": {"fields": ["x"]}}] { m := input.a[_] }'
    answer = value(text, input={"a": ["b", "a", "b"]})
    assert answer == [{"msg": m, "details": {"fields": ["x"]}} for m in ("a", "b")]
    assert answer[0]["details"] is not answer[1]["details"]
    text = 'p[{"msg": m, "n": n}] { m := input.a[n] }'
    answer = value(text, input={"a": ["b", "a", "b"]})
    assert answer == [{"msg": "a", "n": 1}, {"msg": "b", "n": 0}, {"msg": "b", "n": 2}]


def test_an_integer_constant_is_no_boolean() -> None:
    assert value("p { input.x == 1 }", input={"x": True}) == UNDEFINED
    assert value("p { 0 == input.x }", input={"x": False}) == UNDEFINED
    assert value("p { 0 == input.x }", input={"x": 0.0}) is True
