"""Set rules whose members differ in one text alone, as violations do: they go out as they are.

``violation[{"msg": msg, "details": {}}]`` makes each member for its query, of nothing but plain
values; only the message tells one from another, so messages are all there is to sort by.
"""

from __future__ import annotations

from typing import Any

from policy_app.evaluation.rego.codegen.emit import Pool
from policy_app.evaluation.rego.codegen.facts import constant_value, is_constant
from policy_app.evaluation.rego.syntax import Object, Scalar, Term
from policy_app.evaluation.rego.tree import Unit
from policy_app.evaluation.rego.values import json_text


def deciding_field(unit: Unit) -> str | None:
    """The only field in which members of this set differ, or None for sets of another shape."""
    members = [_fields(rule.rule.member) for rule in unit.rules]
    first = members[0] if members else {}
    if not first or any(fields.keys() != first.keys() for fields in members):
        return None
    texts = {name: {_plain_text(fields[name]) for fields in members} for name in first}
    differing = [name for name, found in texts.items() if len(found) > 1 or None in found]
    # Where nothing differs, there is one member at most, and any text will do.
    return differing[0] if len(differing) == 1 else None


def _fields(member: Term | None) -> dict[str, Term]:
    """The fields of an object that is written out; nothing for other terms."""
    if not isinstance(member, Object):
        return {}
    fields = {
        key.value: value
        for key, value in member.pairs
        if isinstance(key, Scalar) and type(key.value) is str
    }
    return fields if len(fields) == len(member.pairs) else {}


def _plain_text(term: Term) -> str | None:
    """The JSON text of a constant that goes out as it is; None for whatever else."""
    if not is_constant(term):
        return None
    value = constant_value(term)
    return json_text(value) if _is_plain(value) else None


def _is_plain(value: Any) -> bool:
    kind = type(value)
    if kind is list:
        return all(map(_is_plain, value))
    if kind is dict:
        return all(type(key) is str for key in value) and all(map(_is_plain, value.values()))
    return kind in (str, int, bool, type(None))


def write_member(pool: Pool, member: Object, field: str, text: str) -> str:
    """A Python expression for a member, all of it new, so that whoever asked may change it."""
    parts = [
        (key, text if key == field else _display(pool, constant_value(value)))
        for key, value in _fields(member).items()
    ]
    return f"{{{', '.join(f'{pool.constant(key)}: {value}' for key, value in parts)}}}"


def _display(pool: Pool, value: Any) -> str:
    if type(value) is list:
        return f"[{', '.join([_display(pool, member) for member in value])}]"
    if type(value) is dict:
        pairs = [f"{pool.constant(key)}: {_display(pool, part)}" for key, part in value.items()]
        return f"{{{', '.join(pairs)}}}"
    return pool.constant(value)
