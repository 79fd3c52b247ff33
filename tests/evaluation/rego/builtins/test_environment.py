"""What a policy may ask of its surroundings, and the template language."""

from __future__ import annotations

import time

import pytest

from policy_app.evaluation.rego.errors import RegoLimitError
from policy_app.evaluation.rego.limits import Budget, Limits
from policy_app.evaluation.rego.values import Value
from tests.evaluation.rego.builtins.calls import QueryContext, a_set, call, narrowly, problem


def test_messages_reach_whoever_runs_the_query() -> None:
    context = QueryContext()
    assert call("trace", "here", context=context) is True
    assert call("print", "a", {"b": 1}, a_set(), context=context) is True
    assert call("internal.print", [a_set("x"), a_set()], context=context) is True
    assert context.notes == ["here", 'a {"b": 1} set()', "x <undefined>"]


def test_a_policy_learns_nothing_about_its_process() -> None:
    assert call("opa.runtime") == {}


def test_external_data_comes_from_the_query() -> None:
    context = QueryContext(external_data=lambda request: {"responses": [request["keys"]]})
    request = {"provider": "p", "keys": ["k"]}
    assert call("external_data", request, context=context) == {"responses": [["k"]]}
    assert problem("external_data", request) == (
        "eval_builtin_error: no provider of external data is configured"
    )


def test_waiting_for_a_provider_is_not_the_querys_own_time() -> None:
    budget = Budget(Limits(deadline_s=0.2))
    budget.check_deadline()

    def slow(_: Value) -> Value:
        time.sleep(0.3)
        return {}

    context = QueryContext(budget, external_data=slow)
    assert call("external_data", {}, context=context) == {}
    budget.check_deadline()


def test_a_query_does_not_wait_for_ever() -> None:
    def slow(_: Value) -> Value:
        time.sleep(0.05)
        return {}

    context = QueryContext(Budget(Limits(max_wait_s=0.08)), external_data=slow)
    call("external_data", {}, context=context)
    with pytest.raises(RegoLimitError, match=r"waited longer than 0\.08 s"):
        call("external_data", {}, context=context)


@pytest.mark.parametrize(
    ("template", "values", "expected"),
    [
        ("Hello {{.name}}!", {"name": "Ann"}, "Hello Ann!"),
        ("{{.a.b}} {{.n}} {{.t}}", {"a": {"b": "x"}, "n": 1.5, "t": True}, "x 1.5 true"),
        ("{{range .l}}<{{.}}>{{end}}", {"l": ["a", "b"]}, "<a><b>"),
        ("{{range $i, $e := .l}}{{$i}}={{$e}} {{end}}", {"l": ["a", "b"]}, "0=a 1=b "),
        ("{{range $k, $v := .m}}{{$k}}{{$v}}{{end}}", {"m": {"b": 2, "a": 1}}, "a1b2"),
        ("{{range .l}}x{{else}}none{{end}}", {"l": []}, "none"),
        ("{{if .a}}yes{{else if .b}}b{{else}}no{{end}}", {"a": False, "b": 1}, "b"),
        ("{{if and .a (eq .b 2)}}yes{{end}}", {"a": True, "b": 2}, "yes"),
        ("{{with .a}}{{.b}}{{end}}", {"a": {"b": 1}}, "1"),
        ("{{$x := .a}}{{$x}}", {"a": 1}, "1"),
        ("a {{- .x -}} b", {"x": 1}, "a1b"),
        ("{{/* note */}}{{len .l}}", {"l": [1, 2]}, "2"),
        ('{{printf "%05d" .n}} {{.s | printf "%q"}}', {"n": 7, "s": "x"}, '00007 "x"'),
        ("{{.m}} {{.l}}", {"m": {"a": 1}, "l": [1, "b"]}, "map[a:1] [1 b]"),
        ("{{index .l 1}}", {"l": ["a", "b"]}, "b"),
        ("{{range .l}}{{if eq . 2}}{{break}}{{end}}{{.}}{{end}}", {"l": [1, 2, 3]}, "1"),
        ('{{define "x"}}<{{.}}>{{end}}{{template "x" .a}}{{template "x" 2}}', {"a": 1}, "<1><2>"),
        ('{{template "x"}}{{define `x`}}{{.}}{{end}}', {}, "<no value>"),
        ('{{block "x" .a}}[{{.b}}]{{end}}', {"a": {"b": 1}}, "[1]"),
        ('{{$v := 1}}{{block "x" .a}}{{$v := 2}}{{$.b}}{{end}}{{$v}}', {"a": {"b": 3}}, "31"),
    ],
)
def test_a_template_is_rendered_as_go_renders_it(
    template: str, values: Value, expected: str
) -> None:
    assert call("strings.render_template", template, values) == expected


@pytest.mark.parametrize(
    ("template", "part"),
    [
        ("{{.x}}", 'map has no entry for key "x"'),
        ("{{.a.b}}", "can't evaluate field b"),
        ("{{", "unclosed action"),
        ("{{if .a}}", "unexpected EOF"),
        ("{{end}}", "unexpected {{end}}"),
        ("{{shout .a}}", 'function "shout" not defined'),
        ("{{$y}}", "undefined variable"),
        ("{{len .n}}", "error calling len"),
        ('{{template "x"}}', 'template "x" not defined'),
        ("{{template x}}", "missing or malformed name in template clause"),
        ('{{if .a}}{{define "x"}}{{end}}{{end}}', "unexpected {{define}}"),
        ('{{block "x"}}{{end}}', "missing value for block clause"),
        ('{{define "x"}}{{$y}}{{end}}{{$y := 1}}{{template "x"}}', "undefined variable"),
    ],
)
def test_a_template_that_does_not_work_is_an_error(template: str, part: str) -> None:
    assert part in problem("strings.render_template", template, {"a": "s", "n": 1})


def test_templates_that_include_each_other_without_end_pass_a_limit() -> None:
    with pytest.raises(RegoLimitError):
        call("strings.render_template", '{{define "x"}}{{template "x"}}{{end}}{{template "x"}}', {})


def test_no_template_outgrows_its_limits() -> None:
    loops = "{{range .l}}" * 9 + "x" + "{{end}}" * 9
    with pytest.raises(RegoLimitError):
        narrowly("strings.render_template", loops.replace(".l", "$.l"), {"l": [1] * 100})
    with pytest.raises(RegoLimitError):
        narrowly("strings.render_template", "{{if .a}}" * 100 + "{{end}}" * 100, {"a": 1})
