"""What CEL can call: the standard functions and those that Kubernetes adds.

``call`` runs one by its name; ``constants`` are the names of types.
"""

from policy_app.evaluation.cel.functions import (  # noqa: F401 - they register their functions
    collections,
    conversions,
    formatting,
    network,
    operators,
    quantities,
    texts,
)
from policy_app.evaluation.cel.functions.registry import call
from policy_app.evaluation.cel.values import TypeValue

__all__ = ["call", "constants"]

constants = {
    name: TypeValue(name)
    for name in (
        *("bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"),
        *("google.protobuf.Duration", "google.protobuf.Timestamp", "optional_type"),
        *("kubernetes.Quantity", "kubernetes.URL", "net.IP", "net.CIDR"),
    )
}
