"""The reference of the builtins says what the registry holds."""

from __future__ import annotations

from pathlib import Path

from policy_app.evaluation.rego.builtins import REGISTRY
from policy_app.evaluation.rego.builtins.reference import reference, updated

DOCUMENT = Path(__file__).resolve().parents[4] / "docs" / "rego-builtins.md"


def test_the_reference_is_up_to_date() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert updated(text) == text, "run python -m policy_app.evaluation.rego.builtins.reference"


def test_each_builtin_says_what_it_gives() -> None:
    assert [name for name, builtin in REGISTRY.items() if not builtin.summary.endswith(".")] == []
    assert all(f"`{name}(" in reference() for name in REGISTRY)
