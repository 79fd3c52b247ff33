"""Which of a template's languages runs."""

from __future__ import annotations

from collections.abc import Sequence

from policy_app.evaluation.gatekeeper.drivers import CEL, ENGINES, REGO


def engines(cel: bool | None) -> Sequence[str]:
    """The languages that may run, the one to prefer first; None where nobody chose."""
    if cel is None:
        return ENGINES
    return (CEL, REGO) if cel else (REGO,)
