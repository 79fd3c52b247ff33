"""Objects, and a short way to patch them."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from policy_app.apimachinery import builtin, patches
from policy_app.apimachinery.errors import ApiError
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.schemas import Schemas

VERSION = "1.32"
SCHEMAS = Schemas.of_version(VERSION)


def kind(api_version: str, name: str) -> Kind:
    found = builtin.kinds(VERSION).of(api_version, name)
    assert found is not None
    return found


POD = kind("v1", "Pod")
CONFIG_MAP = kind("v1", "ConfigMap")
CUSTOM = replace(
    CONFIG_MAP, group="example.com", kind="Thing", plural="things", schema={}, custom=True
)


def patched(thing: Any, patch: Any, form: str = "strategic", of: Kind = POD) -> Any:
    """What the patch makes of the thing; neither is changed."""
    before = copy.deepcopy((thing, patch))
    done = patches.apply(of, thing, form, patch, SCHEMAS)
    assert (thing, patch) == before
    return done


def outcome(thing: Any, patch: Any, form: str = "strategic", of: Kind = POD) -> Any:
    """What the patch makes of the thing, or the error with which it is refused."""
    try:
        return patched(thing, patch, form, of)
    except ApiError as error:
        return error


def refusal(thing: Any, patch: Any, form: str = "strategic", of: Kind = POD) -> ApiError:
    """The error with which the patch is refused."""
    error = outcome(thing, patch, form, of)
    assert isinstance(error, ApiError), f"the patch was not refused: {error}"
    return error


def pod(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}


def containers(names: str) -> list[dict[str, Any]]:
    return [{"name": one, "image": one} for one in names]


def names_of(thing: Any) -> str:
    return "".join(one["name"] for one in thing["spec"]["containers"])
