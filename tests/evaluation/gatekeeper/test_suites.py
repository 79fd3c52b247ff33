"""Suites: what they assert, what they refuse, and in which words."""

from __future__ import annotations

import json

import pytest

from policy_app.evaluation.gatekeeper import suites
from policy_app.evaluation.gatekeeper.suites import SuiteError
from tests.evaluation.gatekeeper.samples import template_object
from tests.evaluation.gatekeeper.suite_runs import (
    FILES,
    constraint_object,
    one_case,
    one_test,
    pod,
    ran,
)


@pytest.mark.parametrize(
    ("file", "assertions"),
    [
        ("good.yaml", "[{violations: no}]"),
        ("good.yaml", "[{violations: 0}]"),
        ("bad.yaml", "[{}]"),
        ("bad.yaml", "[{violations: yes}]"),
        ("bad.yaml", "[{violations: 2}, {violations: 1, message: ': log$'}]"),
        ("bad.yaml", "[{violations: no, message: sidecar}]"),
        ("bad.yaml", r"[{message: '^Privileged \w+'}]"),
    ],
)
def test_what_holds_passes(file: str, assertions: str) -> None:
    assert one_case(f"object: {file}, assertions: {assertions}").outcome == "passed"


@pytest.mark.parametrize(
    ("file", "assertions", "error"),
    [
        ("good.yaml", "[{}]", "got 0 violations but want at least 1: got messages []"),
        ("bad.yaml", "[{violations: 1}]", "got 2 violations but want exactly 1: got messages ["),
        ("bad.yaml", "[{violations: no}]", "got 2 violations but want none: got messages ["),
        (
            "bad.yaml",
            "[{violations: 2}, {violations: 1, message: web|log}]",
            'got 2 violations containing "web|log" but want exactly 1: got messages ['
            "Privileged container is not allowed: log Privileged container is not allowed: web]",
        ),
        ("good.yaml", "[{message: x}]", 'got 0 violations containing "x" but want at least 1'),
    ],
)
def test_what_does_not_hold_is_told_in_gators_words(file: str, assertions: str, error: str) -> None:
    found = one_case(f"object: {file}, assertions: {assertions}").error
    assert found.startswith(f"unexpected number of violations: {error}")


@pytest.mark.parametrize("word", ["maybe", "'1'", "-1"])
def test_violations_are_yes_no_or_a_number(word: str) -> None:
    found = one_case(f"object: good.yaml, assertions: [{{violations: {word}}}]").error
    assert found == (
        'invalid yaml: assertion.violation, if set, must be a nonnegative integer, "yes", or "no"'
    )


@pytest.mark.parametrize("word", ["true", "False", "[1]"])
def test_yes_and_no_are_words_and_true_is_none_of_them(word: str) -> None:
    with pytest.raises(SuiteError, match=r"assertions\[0\].violations must be .*, but is "):
        one_case(f"object: good.yaml, assertions: [{{violations: {word}}}]")


def test_a_message_is_a_pattern_of_re2() -> None:
    look_ahead = "object: bad.yaml, assertions: [{message: '(?=x)'}]"
    assert one_case(look_ahead).error.startswith(
        "message contains invalid regular expression: '(?=x)': "
    )


@pytest.mark.parametrize(
    ("case", "error"),
    [
        ("assertions: [{}]", "invalid Case: must define object"),
        ("object: good.yaml", "invalid Case: assertions must be non-empty"),
        (
            "object: none.yaml, assertions: [{}]",
            "open suites/none.yaml: no such file or directory",
        ),
        (
            "object: two.yaml, assertions: [{}]",
            'object file must contain exactly one object: "suites/two.yaml" defines 2 objects',
        ),
        (
            "object: empty.yaml, assertions: [{}]",
            'missing objects: path "suites/empty.yaml" defines no YAML objects',
        ),
        (
            "object: broken.yaml, assertions: [{}]",
            'reading "suites/broken.yaml": invalid yaml: suites/broken.yaml:2:',
        ),
    ],
)
def test_a_case_that_cannot_be_run_fails_and_says_why(case: str, error: str) -> None:
    files = FILES | {
        "suites/two.yaml": f"{json.dumps(pod())}\n---\n{json.dumps(pod())}",
        "suites/empty.yaml": "# nothing\n---\n",
        "suites/broken.yaml": "kind: Pod\n  apiVersion: v1\n",
    }
    assert one_case(case, files).error.startswith(error)


@pytest.mark.parametrize("action", ["dryrun", "warn", "", "page-someone"])
def test_the_constraint_is_enforced_whatever_its_action_is(action: str) -> None:
    files = FILES | {"suites/constraint.yaml": constraint_object(enforcementAction=action)}
    assert one_case("object: bad.yaml, assertions: [{violations: 2}]", files).error == ""


def test_an_action_that_is_no_word_is_refused() -> None:
    files = FILES | {"suites/constraint.yaml": constraint_object(enforcementAction=["deny"])}
    assert "spec.enforcementAction must be a string" in one_test("cases: []", files).error


@pytest.mark.parametrize(
    ("point", "actions", "violations"),
    [
        ("gator.gatekeeper.sh", ("deny", "warn"), 2),
        ("gator.gatekeeper.sh", ("page-someone",), 2),
        ("*", ("deny", "page-someone", "warn"), 2),
        ("audit.gatekeeper.sh", ("deny", "warn"), 0),
    ],
)
def test_a_scoped_constraint_counts_once_where_it_names_gator(
    point: str, actions: tuple[str, ...], violations: int
) -> None:
    scoped = [{"action": one, "enforcementPoints": [{"name": point}]} for one in actions]
    constraint = constraint_object(enforcementAction="scoped", scopedEnforcementActions=scoped)
    files = FILES | {"suites/constraint.yaml": constraint}
    case = f"object: bad.yaml, assertions: [{{violations: {violations}}}]"
    assert one_case(case, files).error == ""


UNIQUE = """
package k8sunique
violation[{"msg": msg}] {
  other := data.inventory.namespace[_]["v1"]["Pod"][name]
  other.metadata.name == input.review.object.metadata.name
  msg := sprintf("taken by %v", [name])
}
"""


def test_the_inventory_is_what_a_case_names_and_no_more() -> None:
    template = template_object(UNIQUE)
    files = FILES | {"suites/template.yaml": template, "suites/other.yaml": pod(namespace="old")}
    cases = """cases: [
      {name: alone, object: good.yaml, assertions: [{violations: no}]},
      {name: twins, object: good.yaml, inventory: [other.yaml], assertions: [{message: taken}]},
      {name: after, object: good.yaml, assertions: [{violations: no}]}]"""
    assert [case.outcome for case in one_test(cases, files).cases] == ["passed"] * 3


@pytest.mark.parametrize("version", ["v1", "/v1"])
def test_a_namespace_in_the_inventory_feeds_the_namespace_selector(version: str) -> None:
    match = {"namespaceSelector": {"matchLabels": {"team": "a"}}}
    namespace = {
        "apiVersion": version,
        "kind": "Namespace",
        "metadata": {"name": "shop", "labels": {"team": "b"}},
    }
    files = FILES | {
        "suites/constraint.yaml": constraint_object(match=match),
        "suites/namespace.yaml": namespace,
    }
    known = "object: bad.yaml, inventory: [namespace.yaml], assertions: [{violations: no}]"
    assert one_case(known, files).outcome == "passed"
    unknown = "object: bad.yaml, assertions: [{violations: 1, message: missing Namespace}]"
    assert one_case(unknown, files).outcome == "passed"


def test_an_inventory_without_names_is_refused() -> None:
    files = FILES | {"suites/other.yaml": {"kind": "Pod", "metadata": {"name": "x"}}}
    case = "object: good.yaml, inventory: [other.yaml], assertions: [{violations: no}]"
    assert "has no apiVersion" in one_case(case, files).error
    files["suites/other.yaml"] = {"apiVersion": "v1", "metadata": {"name": "x"}}
    assert "Object 'Kind' is missing" in one_case(case, files).error


def test_an_object_without_a_version_is_judged_as_gator_does() -> None:
    bad = {name: value for name, value in pod("web").items() if name != "apiVersion"}
    files = FILES | {"suites/bad.yaml": bad}
    assert one_case("object: bad.yaml, assertions: [{violations: 1}]", files).error == ""


def test_a_list_is_one_object_as_it_is_to_gator() -> None:
    items = {"apiVersion": "v1", "kind": "List", "items": [pod("web"), pod()]}
    match = {"kinds": [{"apiGroups": [""], "kinds": ["List"]}]}
    template = template_object("""package t
violation[{"msg": sprintf("%v items", [count(input.review.object.items)])}] { true }
""")
    files = FILES | {"suites/bad.yaml": items, "suites/template.yaml": template}
    one = "object: bad.yaml, assertions: [{violations: 1, message: ^2 items$}]"
    assert one_case(one, files).error == ""
    files["suites/constraint.yaml"] = constraint_object(match=match)
    assert one_case(one, files).error == ""
    files["suites/constraint.yaml"] = constraint_object(match={"kinds": [{"kinds": ["Pod"]}]})
    assert one_case("object: bad.yaml, assertions: [{violations: no}]", files).error == ""


def test_the_namespace_of_an_object_of_the_whole_cluster_is_taken_as_written() -> None:
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole"}
    role["metadata"] = {"name": "all", "namespace": "shop"}  # type: ignore[assignment]
    template = template_object("""package t
violation[{"msg": input.review.namespace}] { true }
""")
    files = FILES | {"suites/bad.yaml": role, "suites/template.yaml": template}
    one = "object: bad.yaml, assertions: [{violations: 1, message: ^shop$}]"
    assert one_case(one, files).error == ""


def test_of_two_languages_the_one_that_is_asked_for_runs() -> None:
    template = template_object("")
    (target,) = template["spec"]["targets"]
    target.pop("rego")
    rego = 'package t\nviolation[{"msg": "Rego"}] { true }'
    validations = [{"expression": "false", "message": "CEL"}]
    cel = {"engine": "K8sNativeValidation", "source": {"validations": validations}}
    target["code"] = [cel, {"engine": "Rego", "source": {"rego": rego}}]
    files = FILES | {"suites/template.yaml": template}
    both = ("Rego", "K8sNativeValidation")
    for engines, word in ((both, "Rego"), (both[::-1], "CEL"), (("Rego",), "Rego")):
        one = f"cases: [{{object: good.yaml, assertions: [{{message: ^{word}$}}]}}]"
        assert one_test(one, files, engines=engines).cases[0].error == ""
    target["code"] = [cel]
    refused = one_test("cases: []", files, engines=("Rego",)).error
    assert "no language driver is installed that handles this constraint template" in refused
    target["rego"] = rego
    assert one_test(one.replace("Rego", "CEL"), files, engines=both[::-1]).cases[0].error == ""


def test_an_invalid_constraint_is_expected_to_fail_its_schema() -> None:
    wrong = constraint_object(parameters={"exempt": "web"})
    files = FILES | {"suites/constraint.yaml": wrong}
    assert one_test("invalid: true", files).error == ""
    assert "schema" in one_test("cases: []", files).error
    assert one_test("invalid: true").error == (
        "constraint should have failed schema validation: got error <nil> but want schema "
        "validation failed"
    )
    named = FILES | {"suites/constraint.yaml": constraint_object("Not a name")}
    assert one_test("invalid: true", named).error.startswith(
        "constraint should have failed schema validation: got error invalid Constraint"
    )


@pytest.mark.parametrize(
    ("paths", "error"),
    [
        ("constraint: constraint.yaml", "invalid Suite: missing template"),
        ("template: template.yaml", "invalid Suite: missing constraint"),
        (
            "template: good.yaml, constraint: constraint.yaml",
            'path "suites/good.yaml": not a ConstraintTemplate',
        ),
        (
            "template: template.yaml, constraint: good.yaml",
            'not a Constraint: "suites/good.yaml"',
        ),
        (
            "template: rego.yaml, constraint: constraint.yaml",
            "adding template: invalid ConstraintTemplate: ",
        ),
        ("template: ../a.yaml, constraint: constraint.yaml", "open a.yaml: no such file"),
    ],
)
def test_a_test_without_its_template_or_constraint_fails(paths: str, error: str) -> None:
    files = FILES | {"suites/rego.yaml": template_object("package x\nviolation[{ {")}
    test = one_test(
        "cases: [{object: good.yaml, assertions: [{violations: no}]}]", files, paths=paths
    )
    assert test.error.startswith(error)
    assert test.failed
    assert list(test.outcomes()) == ["failed"]


def test_what_is_to_be_skipped_is_skipped_and_counted() -> None:
    cases = "cases: [{name: a, skip: true, object: none.yaml}, {name: b, skip: true}]"
    assert [case.outcome for case in one_test(cases).cases] == ["skipped", "skipped"]
    assert list(one_test(f"skip: true, {cases}").outcomes()) == ["skipped", "skipped"]
    whole = ran(f"skip: true\ntests: [{{name: t, {cases}}}, {{name: u}}]")
    assert not whole.failed
    assert suites.count([whole], "skipped") == 3


@pytest.mark.parametrize(
    ("chosen", "run"),
    [
        ("", ["red/one", "red/two", "blue/one"]),
        ("one", ["red/one", "blue/one"]),
        ("^red$", ["red/one", "red/two"]),
        ("red//", ["red/one", "red/two"]),
        ("//one", ["red/one", "blue/one"]),
        ("blue//one", ["blue/one"]),
        ("blue//two", []),
        ("e", ["red/one", "red/two", "blue/one"]),
    ],
)
def test_a_filter_chooses_by_the_names_of_tests_and_cases(chosen: str, run: list[str]) -> None:
    files = "template: template.yaml, constraint: constraint.yaml"
    case = "object: good.yaml, assertions: [{violations: no}]"
    result = ran(
        f"""tests: [
          {{name: red, {files}, cases: [{{name: one, {case}}}, {{name: two, {case}}}]}},
          {{name: blue, {files}, cases: [{{name: one, {case}}}]}}]""",
        chosen=chosen,
    )
    passed = [
        f"{test.name}/{case.name}"
        for test in result.tests
        for case in test.cases
        if case.outcome == "passed"
    ]
    assert passed == run


EXPANSION = {
    "apiVersion": "expansion.gatekeeper.sh/v1beta1",
    "kind": "ExpansionTemplate",
    "metadata": {"name": "boxes"},
    "spec": {
        "applyTo": [{"groups": ["example.org"], "versions": ["v1"], "kinds": ["Box"]}],
        "templateSource": "spec.pod",
        "generatedGVK": {"group": "", "version": "v1", "kind": "Pod"},
    },
}
BOX = {
    "apiVersion": "example.org/v1",
    "kind": "Box",
    "metadata": {"name": "b"},
    "spec": {"pod": {"spec": pod("web")["spec"]}},
}


def test_what_an_object_would_make_is_judged_where_the_test_names_an_expansion() -> None:
    files = FILES | {"suites/box.yaml": BOX, "suites/expansion.yaml": EXPANSION}
    paths = "template: template.yaml, constraint: constraint.yaml"
    case = "object: box.yaml, assertions: [{violations: 1, message: '^.Implied by boxes. Priv'}]"
    expanded = one_case(case, files, paths=f"{paths}, expansion: expansion.yaml")
    assert expanded.outcome == "passed"
    assert one_case(case, files).outcome == "failed"


def test_an_expansion_that_is_none_fails_the_test() -> None:
    paths = "template: template.yaml, constraint: constraint.yaml, expansion: good.yaml"
    test = one_test("cases: [{object: good.yaml, assertions: [{}]}]", paths=paths)
    assert test.error == 'not an ExpansionTemplate: "suites/good.yaml"'


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("good.yaml", ["none judged the object and found nothing"]),
        (
            "bad.yaml",
            [
                "Privileged container is not allowed: log "
                "[spec.containers[1].securityContext.privileged]",
                "Privileged container is not allowed: web "
                "[spec.containers[0].securityContext.privileged]",
            ],
        ),
        (
            "node.yaml",
            ["none did not judge the object: It judges Pod, and this is a Node."],
        ),
        ("missing.yaml", []),
    ],
)
def test_cases_tell_why_they_came_out_as_they_did_if_asked(file: str, told: list[str]) -> None:
    pods = constraint_object(match={"kinds": [{"apiGroups": [""], "kinds": ["Pod"]}]})
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "one"}}
    files = FILES | {"suites/constraint.yaml": pods, "suites/node.yaml": node}
    cases = f"cases: [{{object: {file}, assertions: [{{}}]}}]"
    [case] = one_test(cases, files, explain=True).cases
    assert list(case.trace) == told
    [case] = one_test(cases, files).cases
    assert case.trace == ()
