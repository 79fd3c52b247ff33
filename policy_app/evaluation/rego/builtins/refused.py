"""OPA's builtins that no policy gets here, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_NETWORK = "a policy must not reach the network"
_RANDOM = "a decision must not depend on chance"
_GRAPHQL = "GraphQL documents are not read here"

REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "http.send": _NETWORK,
        "net.lookup_ip_addr": _NETWORK,
        "providers.aws.sign_req": "a policy must not sign requests to other services",
        "rand.intn": _RANDOM,
        "rego.parse_module": "a policy must not bring policies of its own",
        **dict.fromkeys(
            (
                "graphql.is_valid",
                "graphql.parse",
                "graphql.parse_and_verify",
                "graphql.parse_query",
                "graphql.parse_schema",
                "graphql.schema_is_valid",
            ),
            _GRAPHQL,
        ),
    }
)
