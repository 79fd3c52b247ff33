"""OPA's builtins that no policy gets here, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_NETWORK = "a policy must not reach the network"
_RANDOM = "a decision must not depend on chance"
_CERTIFICATES = "certificates and private keys are not read here"
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
                "crypto.parse_private_keys",
                "crypto.x509.parse_and_verify_certificates",
                "crypto.x509.parse_and_verify_certificates_with_options",
                "crypto.x509.parse_certificate_request",
                "crypto.x509.parse_certificates",
                "crypto.x509.parse_keypair",
                "crypto.x509.parse_rsa_private_key",
            ),
            _CERTIFICATES,
        ),
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
