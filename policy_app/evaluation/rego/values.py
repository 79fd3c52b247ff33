"""The values of Rego as plain Python, with Rego's equality, order and text.

=========  ==============================================================================
Rego       Python
=========  ==============================================================================
null       ``None``
boolean    ``bool``
number     ``int`` (without bound) or ``float``; ``1`` equals ``1.0``, ``True`` equals neither
string     ``str``
array      ``list``, never changed once another value can see it
object     ``dict`` whose keys are *hash keys*
set        ``RegoSet``, a ``dict`` from hash key to member
=========  ==============================================================================

A hash key is what ``hash_key`` gives: strings, numbers and null stand for themselves, and a
``Key`` wraps the rest.  A dict parsed from JSON has only string keys, so an input is an object
as it is, without a copy.

Order and text are those of OPA's ``ast.Compare`` and ``Value.String``.
"""

from __future__ import annotations

from policy_app.evaluation.rego.model import (
    Key,
    RegoSet,
    Value,
    hash_key,
    rego_equal,
    type_name,
    unkey,
    weigh,
)
from policy_app.evaluation.rego.order import (
    compare,
    is_natural,
    sort_key,
    sort_keys,
    sort_values,
    sorted_pairs,
)
from policy_app.evaluation.rego.printing import (
    finite,
    from_json,
    json_text,
    number_text,
    quote,
    render,
    to_json,
)

__all__ = [
    "Key",
    "RegoSet",
    "Value",
    "compare",
    "finite",
    "from_json",
    "hash_key",
    "is_natural",
    "json_text",
    "number_text",
    "quote",
    "rego_equal",
    "render",
    "sort_key",
    "sort_keys",
    "sort_values",
    "sorted_pairs",
    "to_json",
    "type_name",
    "unkey",
    "weigh",
]
