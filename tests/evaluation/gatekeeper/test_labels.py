"""Label selectors: what Kubernetes takes for one, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.evaluation.gatekeeper.labels import LabelSelector, SelectorError


def expression(**parts: Any) -> dict[str, Any]:
    """A selector of one expression."""
    return {"matchExpressions": [{"key": "app"} | parts]}


@pytest.mark.parametrize(
    ("selector", "words"),
    [
        ("app=web", "a label selector must be an object"),
        ({"matchLabels": ["app"]}, "matchLabels must be an object"),
        ({"matchExpressions": {"key": "app"}}, "matchExpressions a list"),
        ({"matchLabels": {"app": 1}}, "the value of label 'app' must be a string"),
        ({"matchLabels": {"no key": "a"}}, "'no key' is no valid label key"),
        ({"matchLabels": {"A.example/app": "a"}}, "is no valid label key"),
        ({"matchLabels": {"app": "a" * 64}}, "is no valid label value"),
        ({"matchLabels": {"app": "-a"}}, "'-a' is no valid label value"),
        ({"matchExpressions": ["app"]}, "each of matchExpressions must be an object"),
        ({"matchExpressions": [{"operator": "Exists"}]}, "a key is required"),
        (expression(operator="exists"), '"exists" is not a valid label selector operator'),
        (expression(), "is not a valid label selector operator"),
        (expression(operator="In", values="web"), "must be a list of strings"),
        (expression(operator="In", values=[1]), "must be a list of strings"),
        (expression(operator="In"), "values set can't be empty"),
        (expression(operator="NotIn", values=[]), "values set can't be empty"),
        (expression(operator="Exists", values=["a"]), "values set must be empty"),
        (expression(operator="In", values=["a b"]), "'a b' is no valid label value"),
    ],
)
def test_what_is_no_selector_says_why(selector: Any, words: str) -> None:
    with pytest.raises(SelectorError) as caught:
        LabelSelector.parse(selector)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "selector",
    [
        {},
        {"matchLabels": None, "matchExpressions": None},
        {"matchLabels": {"app.kubernetes.io/name": "Web_1.0", "empty": ""}},
        expression(operator="DoesNotExist", values=None),
        expression(operator="NotIn", values=["", "a" * 63]),
    ],
)
def test_what_kubernetes_takes_is_taken(selector: Any) -> None:
    assert LabelSelector.parse(selector).source == selector


@pytest.mark.parametrize(
    ("selector", "said"),
    [
        (expression(operator="In", values=["a", "b"]), "app in (a, b)"),
        (expression(operator="NotIn", values=["web"]), "app notin (web)"),
        (expression(operator="Exists"), "app"),
        (expression(operator="DoesNotExist"), "!app"),
    ],
)
def test_an_expression_that_fails_is_told_as_kubectl_writes_it(selector: Any, said: str) -> None:
    labels = {} if said == "app" else {"app": "web"}

    assert str(LabelSelector.parse(selector).failing(labels)) == said
