"""What an API server fills in where an object says nothing.

``data/defaults.yaml`` lists the values; ``rules`` adds what depends on other fields;
``custom`` takes the defaults of a custom resource's schema.  Defaults of defaults are the same.
"""

from __future__ import annotations

from policy_app.apimachinery.defaults import builtin, custom
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object
from policy_app.apimachinery.schemas import Schemas


def with_defaults(kind: Kind, thing: Object, schemas: Schemas) -> Object:
    """The object with every default of its kind; the given one stays as it is."""
    if kind.schema is not None:
        return custom.with_defaults(kind, thing)
    node = schemas.of(kind)
    return builtin.with_defaults(thing, node.reference, schemas) if node is not None else thing
