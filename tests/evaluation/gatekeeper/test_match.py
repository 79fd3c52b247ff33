"""Which objects a constraint judges, criterion by criterion, in Gatekeeper's order."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.evaluation.gatekeeper import wildcard
from policy_app.evaluation.gatekeeper.errors import ConstraintError, ConstraintSchemaError
from policy_app.evaluation.gatekeeper.match import (
    Match,
    Matched,
    MatchError,
    NotMatched,
    Subject,
    judge_any,
)

from .samples import namespace, pod

NODE = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}}
DEPLOYMENT = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}}


def verdict(match: dict[str, Any], thing: dict[str, Any], **subject: Any) -> str:
    """``matched``, the criterion that said no, or the text of the error."""
    outcome = Match.parse(match).judge(Subject(thing, **subject))
    if isinstance(outcome, NotMatched):
        return outcome.criterion
    return outcome.message if isinstance(outcome, MatchError) else "matched"


def kinds(groups: list[str], names: list[str]) -> dict[str, Any]:
    """A match with one entry of kinds."""
    return {"kinds": [{"apiGroups": groups, "kinds": names}]}


@pytest.mark.parametrize(
    ("pattern", "name", "hit"),
    [
        ("kube-*", "kube-system", True),
        ("kube-*", "my-kube-system", False),
        ("*-system", "kube-system", True),
        ("*-system", "kube-systems", False),
        ("*sys*", "kube-system", True),
        ("*", "", True),
        ("*", "anything", True),
        ("kube-system", "kube-system", True),
        ("kube-system", "kube-system-2", False),
        ("a*b", "axb", False),
    ],
)
def test_wildcards_stand_only_at_the_ends(pattern: str, name: str, hit: bool) -> None:
    assert wildcard.matches(pattern, name) is hit


@pytest.mark.parametrize(
    ("match", "thing", "answer"),
    [
        ({}, pod(), "matched"),
        (kinds([""], ["Pod"]), pod(), "matched"),
        (kinds([""], ["pod"]), pod(), "kinds"),
        (kinds(["apps"], ["Pod"]), pod(), "kinds"),
        (kinds(["*"], ["Pod"]), pod(), "matched"),
        (kinds([], ["Pod"]), pod(), "matched"),
        (kinds(["apps"], ["*"]), DEPLOYMENT, "matched"),
        (kinds(["apps"], ["Deploy*"]), DEPLOYMENT, "kinds"),
        ({"kinds": [{"kinds": ["Node"]}, {"kinds": ["Pod"]}]}, pod(), "matched"),
        ({"kinds": []}, pod(), "matched"),
    ],
)
def test_kinds(match: dict[str, Any], thing: dict[str, Any], answer: str) -> None:
    assert verdict(match, thing) == answer


@pytest.mark.parametrize(
    ("scope", "thing", "answer"),
    [
        ("Cluster", NODE, "matched"),
        ("Cluster", namespace("a"), "matched"),
        ("Cluster", pod(namespace="a"), "scope"),
        ("Namespaced", pod(namespace="a"), "matched"),
        ("Namespaced", NODE, "scope"),
        ("Namespaced", namespace("a"), "scope"),
        ("*", NODE, "matched"),
        ("cluster", pod(namespace="a"), "matched"),
    ],
)
def test_scope(scope: str, thing: dict[str, Any], answer: str) -> None:
    assert verdict({"scope": scope}, thing) == answer


def test_a_pod_without_a_namespace_is_namespaced_where_the_request_has_one() -> None:
    assert verdict({"scope": "Namespaced"}, pod()) == "scope"
    assert verdict({"scope": "Namespaced"}, pod(), namespace=namespace("a")) == "matched"


@pytest.mark.parametrize(
    ("field", "inside", "outside"),
    [("namespaces", "matched", "namespaces"), ("excludedNamespaces",) * 2 + ("matched",)],
)
def test_namespaces_and_their_exclusions(field: str, inside: str, outside: str) -> None:
    match = {field: ["team-*", "prod"]}

    assert verdict(match, pod(namespace="team-a")) == inside
    assert verdict(match, pod(namespace="prod")) == inside
    assert verdict(match, pod(namespace="dev")) == outside
    assert verdict(match, namespace("team-a")) == inside
    assert verdict(match, namespace("dev")) == outside
    assert verdict(match, NODE) == "matched"


def test_the_namespace_of_the_request_counts_before_the_objects_own() -> None:
    match = {"namespaces": ["real"]}

    assert verdict(match, pod(namespace="written"), namespace=namespace("real")) == "matched"
    assert verdict(match, pod(namespace="real"), namespace=namespace("other")) == "namespaces"


def test_a_namespace_without_a_name_is_no_missing_namespace() -> None:
    """gator lends objects of the cluster an empty Namespace, which changes what they match."""
    empty: dict[str, Any] = {"apiVersion": "v1", "kind": "Namespace", "metadata": {}}

    assert verdict({"scope": "Cluster"}, NODE, namespace=empty) == "scope"
    assert verdict({"namespaces": ["a"]}, NODE, namespace=empty) == "namespaces"
    assert verdict({"excludedNamespaces": ["*"]}, NODE, namespace=empty) == "excludedNamespaces"


def test_versions_are_never_compared() -> None:
    match = kinds(["apps"], ["Deployment"])

    assert verdict(match, DEPLOYMENT | {"apiVersion": "apps/v1beta2"}) == "matched"
    assert verdict({"scope": "Cluster"}, namespace("a") | {"apiVersion": "v2"}) == "matched"


def test_the_old_object_may_be_what_cannot_be_matched() -> None:
    match = Match.parse({"source": "Original", "labelSelector": {"matchLabels": {"a": "b"}}})
    new, old = Subject(pod()), Subject(pod("old", labels={"a": "b"}))

    assert judge_any(match, [new, old]) == MatchError(
        "error matching the requested object: old :failed to run Match criteria: "
        "source field not specified for resource old"
    )


def test_labels_must_all_fit() -> None:
    match = {
        "labelSelector": {
            "matchLabels": {"app": "web"},
            "matchExpressions": [
                {"key": "tier", "operator": "In", "values": ["front", "back"]},
                {"key": "env", "operator": "NotIn", "values": ["dev"]},
                {"key": "owner", "operator": "Exists"},
                {"key": "skip", "operator": "DoesNotExist"},
            ],
        }
    }
    labels = {"app": "web", "tier": "back", "owner": "x"}

    assert verdict(match, pod(labels=labels)) == "matched"
    assert verdict(match, pod(labels=labels | {"env": "dev"})) == "labelSelector"
    assert verdict(match, pod(labels=labels | {"skip": ""})) == "labelSelector"
    assert verdict(match, pod(labels=labels | {"tier": "mid"})) == "labelSelector"
    assert verdict(match, pod()) == "labelSelector"
    assert verdict({"labelSelector": {}}, pod()) == "matched"


def test_labels_of_the_namespace() -> None:
    match = {"namespaceSelector": {"matchLabels": {"team": "a"}}}

    assert verdict(match, pod(namespace="n"), namespace=namespace("n", team="a")) == "matched"
    assert verdict(match, pod(namespace="n"), namespace=namespace("n")) == "namespaceSelector"
    assert verdict(match, namespace("n", team="a")) == "matched"
    assert verdict(match, namespace("n")) == "namespaceSelector"
    assert verdict(match, NODE) == "matched"
    assert verdict(match, pod(namespace="n")) == (
        "namespace selector for namespace-scoped object but missing Namespace"
    )


@pytest.mark.parametrize(
    ("pattern", "metadata", "answer"),
    [
        ("web*", {"name": "web-1"}, "matched"),
        ("web*", {"name": "db"}, "name"),
        ("web*", {"name": "", "generateName": "web-"}, "matched"),
        ("*eb*", {"name": "", "generateName": "web-"}, "matched"),
        ("*-1", {"name": "", "generateName": "web-"}, "name"),
        ("web-", {"name": "", "generateName": "web-"}, "name"),
    ],
)
def test_name(pattern: str, metadata: dict[str, Any], answer: str) -> None:
    assert verdict({"name": pattern}, pod(**metadata)) == answer


@pytest.mark.parametrize(
    ("wanted", "source", "answer"),
    [
        ("All", "", "matched"),
        ("Original", "Original", "matched"),
        ("Original", "Generated", "source"),
        ("Generated", "Original", "source"),
        ("Original", "", "source field not specified for resource web"),
        ("Everything", "Original", 'invalid source field "Everything"'),
    ],
)
def test_source(wanted: str, source: str, answer: str) -> None:
    assert verdict({"source": wanted}, pod(), source=source) == answer


def test_the_first_criterion_that_says_no_is_told() -> None:
    match = {
        "kinds": [{"apiGroups": [""], "kinds": ["Pod"]}],
        "excludedNamespaces": ["a"],
        "labelSelector": {"matchLabels": {"x": "y"}},
        "source": "Nonsense",
    }

    assert verdict(match, pod(namespace="a")) == "excludedNamespaces"


def test_the_reason_is_a_sentence_about_the_object() -> None:
    outcome = Match.parse({"excludedNamespaces": ["kube-*"]}).judge(
        Subject(pod(namespace="kube-system"))
    )

    assert outcome == NotMatched(
        "excludedNamespaces", "The namespace 'kube-system' is excluded by 'kube-*'."
    )


def test_an_update_is_judged_by_its_old_object_too() -> None:
    match = Match.parse({"labelSelector": {"matchLabels": {"app": "web"}}})
    new, old = Subject(pod()), Subject(pod(labels={"app": "web"}))

    assert judge_any(match, [new, old]) == Matched()
    assert isinstance(judge_any(match, [new, new]), NotMatched)


def test_without_a_match_even_the_source_is_not_checked() -> None:
    assert judge_any(None, []) == Matched()


def test_nothing_to_judge_is_an_error() -> None:
    assert judge_any(Match(), []) == MatchError(
        "invalid request object: neither object nor old object are defined"
    )


@pytest.mark.parametrize(
    ("match", "path"),
    [
        ("all", "spec.match"),
        ({"excludedNamespace": ["a"]}, "spec.match.excludedNamespace"),
        ({"namespaces": "a"}, "spec.match.namespaces"),
        ({"kinds": [{"kinds": [5]}]}, "spec.match.kinds[0].kinds"),
        ({"kinds": ["Pod"]}, "spec.match.kinds[0]"),
        ({"scope": 1}, "spec.match.scope"),
        (
            {"labelSelector": {"matchExpressions": [{"key": "a", "operator": "Like"}]}},
            "spec.match.labelSelector",
        ),
        (
            {"namespaceSelector": {"matchExpressions": [{"key": "a", "operator": "In"}]}},
            "spec.match.namespaceSelector",
        ),
        ({"labelSelector": {"matchLabels": {"a": "no spaces"}}}, "spec.match.labelSelector"),
    ],
)
def test_a_wrong_match_is_refused_with_its_path(match: Any, path: str) -> None:
    with pytest.raises(ConstraintError) as caught:
        Match.parse(match)

    assert caught.value.path == path


@pytest.mark.parametrize(
    ("match", "path"),
    [
        ({"namespaces": ["a", "Shop"]}, "spec.match.namespaces[1]"),
        ({"excludedNamespaces": ["a*b"]}, "spec.match.excludedNamespaces[0]"),
        ({"name": "a.b"}, "spec.match.name"),
        ({"scope": []}, "spec.match.scope"),
    ],
)
def test_what_the_schema_of_constraints_refuses_is_told_so(match: Any, path: str) -> None:
    with pytest.raises(ConstraintSchemaError, match="schema validation failed") as caught:
        Match.parse(match)

    assert caught.value.path == path


@pytest.mark.parametrize("pattern", ["*", "**", "", "kube-*", "*-system", "*a*", "a:b-1"])
def test_wildcards_that_the_schema_takes_are_taken(pattern: str) -> None:
    assert Match.parse({"namespaces": [pattern]}).namespaces == (pattern,)
