"""Selectors take the objects that a server would, and bad ones are refused in its words."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.apimachinery.errors import ApiError
from policy_app.apimachinery.selectors import Selection
from tests.apimachinery.kinds_at_hand import kind_of

POD = kind_of("v1", "Pod")
THING: dict[str, Any] = {
    "metadata": {"name": "a", "namespace": "n", "labels": {"app": "web", "tier": "1", "x.y/z": ""}},
    "spec": {"nodeName": "node-1"},
    "status": {"phase": "Running"},
}


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("", True),
        ("app=web", True),
        ("app==web", True),
        ("app=db", False),
        ("app!=db", True),
        ("app!=web", False),
        ("other!=db", True),
        ("app in (db, web)", True),
        ("app in (db)", False),
        ("app notin (db)", True),
        ("other notin (db)", True),
        ("app notin (db,web)", False),
        ("app", True),
        ("other", False),
        ("!other", True),
        ("!app", False),
        ("x.y/z=", True),
        ("x.y/z", True),
        ("tier>0", True),
        ("tier<1", False),
        ("app=web,tier=1,!other", True),
        ("app=web,tier=2", False),
    ],
)
def test_labels_are_selected(text: str, taken: bool) -> None:
    assert Selection.parse(text, "", POD).takes(THING) is taken


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("", True),
        ("metadata.name=a", True),
        ("metadata.name!=a", False),
        ("metadata.namespace=n,status.phase==Running", True),
        ("spec.nodeName=", False),
        ("status.phase=Failed", False),
        ("spec.hostNetwork=false", True),
    ],
)
def test_fields_are_selected(text: str, taken: bool) -> None:
    assert Selection.parse("", text, POD).takes(THING) is taken


def test_a_field_that_is_not_there_has_its_kind_s_empty_value() -> None:
    job, node = kind_of("batch/v1", "Job"), kind_of("v1", "Node")
    done = {"metadata": {"name": "a"}, "status": {"succeeded": 2}}
    assert Selection.parse("", "status.successful=2", job).takes(done)
    assert Selection.parse("", "status.successful=0", job).takes({"metadata": {"name": "a"}})
    assert Selection.parse("", "spec.unschedulable=false", node).takes({"metadata": {"name": "a"}})


@pytest.mark.parametrize("text", ["=b", "a=b=c", "a in b", "a in (b", "-a", "a=-", "a>x", "a,,b"])
def test_a_label_selector_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ApiError, match="unable to parse requirement: ") as caught:
        Selection.parse(text, "", POD)
    assert caught.value.code == 400


def test_fields_that_cannot_be_selected_are_refused() -> None:
    with pytest.raises(ApiError) as caught:
        Selection.parse("", "spec.x=1", kind_of("apps/v1", "Deployment"))
    assert caught.value.message == (
        '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"'
    )
    with pytest.raises(ApiError, match=r"field label not supported: spec\.x; pods can be selected"):
        Selection.parse("", "spec.x=1", POD)
    with pytest.raises(ApiError, match="can't understand 'name'"):
        Selection.parse("", "name", POD)


def test_a_selection_says_what_it_narrows_to() -> None:
    assert not Selection.parse("", "", POD).narrows
    one = Selection.parse("", "metadata.name=a", POD)
    assert one.narrows
    assert one.exact("metadata.name") == "a"
    assert Selection.parse("", "metadata.name!=a", POD).exact("metadata.name") is None
    assert not one.takes({})
