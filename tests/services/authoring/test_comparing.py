"""Two versions side by side: which lines differ, and why the number is what it is."""

from __future__ import annotations

from policy_app.evaluation.language.version_rule import Level
from policy_app.models import Definition, Scope
from policy_app.services import authoring, definitions
from policy_app.services.authoring import comparing
from tests.services.authoring.bodies import TEMPLATE, policy


def test_changed_added_and_removed_lines_stand_side_by_side(
    subscription: Scope, own: Definition
) -> None:
    before = definitions.version(own)
    changed = policy(TEMPLATE.replace("is missing.", "is needed."), description="Why.")
    after = definitions.version(authoring.put(subscription, "own", changed, None)[0])
    found = comparing.compare(before, after)
    pairs = [(row.left, row.right) for row in found.rows if row.change != "same"]
    texts = [(one.text if one else "", other.text if other else "") for one, other in pairs]
    assert any('"description": "Why."' in right for _, right in texts)
    assert any("is missing." in left and "is needed." in right for left, right in texts)
    assert [row.left.number for row in found.rows if row.left] == list(
        range(1, 1 + len(comparing.lines(before.body)))
    )
    assert found.reasons[0].level is Level.MAJOR
    assert {one.path for one in found.reasons} >= {"properties.description"}


def test_excerpts_leave_out_what_is_far_from_any_change(
    subscription: Scope, own: Definition
) -> None:
    before = definitions.version(own)
    after = definitions.version(
        authoring.put(subscription, "own", policy(description="X"), None)[0]
    )
    found = comparing.compare(before, after)
    shown = [row for excerpt in found.excerpts(1) for row in excerpt]
    assert any(row.change != "same" for row in shown)
    assert len(shown) < len(found.rows)


def test_a_version_beside_itself_has_no_difference(own: Definition) -> None:
    row = definitions.version(own)
    found = comparing.compare(row, row)
    assert {one.change for one in found.rows} == {"same"}
    assert (found.reasons, found.excerpts()) == ((), [])
