"""Every builtin that a policy may call, by name.

``REGISTRY`` holds the builtins; ``REFUSED`` names those of OPA's that it does not hold, each with
the reason why.
"""

from __future__ import annotations

from policy_app.evaluation.rego.builtins.core import (
    Budget,
    Builtin,
    BuiltinError,
    Context,
    NoResult,
)
from policy_app.evaluation.rego.builtins.refused import REFUSED
from policy_app.evaluation.rego.builtins.registry import REGISTRY

__all__ = [
    "REFUSED",
    "REGISTRY",
    "Budget",
    "Builtin",
    "BuiltinError",
    "Context",
    "NoResult",
]
