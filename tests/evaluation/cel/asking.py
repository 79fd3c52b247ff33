"""How the tests ask an expression for its value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_app.evaluation.cel.budget import Budget
from policy_app.evaluation.cel.compiler import Compiled, Scope, compile_expression

POD: Mapping[str, Any] = {
    "name": "web",
    "replicas": 3,
    "ratio": 1.5,
    "nothing": None,
    "labels": {"app": "shop", "tier": "front"},
    "containers": [
        {"name": "app", "image": "nginx:1.25", "ports": [80, 443]},
        {"name": "side", "image": "registry.io/log"},
    ],
}
SCOPE = Scope(("pod", "request"), {}, {"request": frozenset({"operation", "name"})})


def compiled(text: str) -> Compiled:
    """A compiled expression over ``pod`` and ``request``."""
    return compile_expression(text, SCOPE)


def value(text: str, budget: Budget | None = None, **names: Any) -> Any:
    """What an expression gives."""
    given = {"pod": POD, "request": {"operation": "CREATE"}} | names
    return compiled(text).program.evaluate(given, budget or Budget())
