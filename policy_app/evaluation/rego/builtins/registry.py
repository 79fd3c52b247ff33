"""The builtins by name; a module is imported when the first of its builtins is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from policy_app.evaluation.rego.builtins.core import Builtin, Family
from policy_app.evaluation.rego.builtins.index import INDEX


class _Registry(Mapping[str, Builtin]):
    """Looks like a dict of all builtins, in the order of their families."""

    def __init__(self) -> None:
        self._loaded: dict[str, Builtin] = {}

    def __getitem__(self, name: str) -> Builtin:
        builtin = self._loaded.get(name)
        return self._load(name) if builtin is None else builtin

    def _load(self, name: str) -> Builtin:
        module = import_module(f"{__package__}.{INDEX[name]}")
        family: Family = module.FAMILY
        self._loaded |= family.builtins
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in INDEX

    def __iter__(self) -> Iterator[str]:
        return iter(INDEX)

    def __len__(self) -> int:
        return len(INDEX)


REGISTRY: Mapping[str, Builtin] = _Registry()
