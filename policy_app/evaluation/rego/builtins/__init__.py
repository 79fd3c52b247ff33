"""Every builtin that a policy may call, by name.

``REGISTRY`` holds the builtins; ``REFUSED`` names those that exist in OPA and reach outside the
policy's own data, each with the reason why no policy gets them here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from policy_app.evaluation.rego.builtins import (
    aggregates,
    arrays,
    bits,
    comparison,
    crypto,
    documents,
    encoding,
    environment,
    glob,
    graph,
    net,
    numbers,
    objects,
    patch,
    regex,
    schemas,
    semver,
    sets,
    strings,
    templates,
    timing,
    tokens,
    types,
    units,
    uuid,
)
from policy_app.evaluation.rego.builtins.core import (
    Budget,
    Builtin,
    BuiltinError,
    Context,
    Family,
    NoResult,
)
from policy_app.evaluation.rego.builtins.refused import REFUSED

FAMILIES: tuple[Family, ...] = tuple(
    module.FAMILY
    for module in (
        comparison,
        numbers,
        bits,
        aggregates,
        arrays,
        sets,
        objects,
        patch,
        strings,
        templates,
        regex,
        glob,
        units,
        types,
        encoding,
        documents,
        schemas,
        timing,
        semver,
        uuid,
        graph,
        net,
        crypto,
        tokens,
        environment,
    )
)

REGISTRY: Mapping[str, Builtin] = MappingProxyType(
    {name: builtin for family in FAMILIES for name, builtin in family.builtins.items()}
)

__all__ = [
    "FAMILIES",
    "REFUSED",
    "REGISTRY",
    "Budget",
    "Builtin",
    "BuiltinError",
    "Context",
    "NoResult",
]
