"""OPA's builtins that no policy gets here, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_NETWORK = "a policy must not reach the network"
_RANDOM = "a decision must not depend on chance"

REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "http.send": _NETWORK,
        "net.lookup_ip_addr": _NETWORK,
        "rand.intn": _RANDOM,
        "rego.parse_module": "a policy must not bring policies of its own",
    }
)
