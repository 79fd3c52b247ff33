"""Drivers: one for each language that a template may be written in.

``code_of(target)`` reads the code of a template's target, for the language that will run; the code
compiles to a ``Driver``, and the client asks drivers and knows nothing of languages.
"""

from policy_app.evaluation.gatekeeper.drivers.interface import (
    CEL,
    REGO,
    Code,
    Driver,
    Finding,
    Query,
    World,
)
from policy_app.evaluation.gatekeeper.drivers.target import ENGINES, code_of

__all__ = ["CEL", "ENGINES", "REGO", "Code", "Driver", "Finding", "Query", "World", "code_of"]
