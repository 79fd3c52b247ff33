"""Printer columns take their values with simple JSONPaths."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.apimachinery.json_paths import is_valid, value_at

THING = {
    "metadata": {"annotations": {"x.y/z": "q"}},
    "spec": {"ports": [{"port": 80, "name": "http"}, {"port": 443, "tls": True}]},
    "status": {"conditions": [{"type": "A", "status": "True"}, {"type": "B", "status": "False"}]},
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (".spec.ports[0].port", 80),
        (".spec.ports[-1].port", 443),
        (".spec.ports[-1:].port", 443),
        (".spec.ports[*].port", 80),
        (".spec.ports[9].port", None),
        (".metadata.annotations.x\\.y/z", "q"),
        (".metadata.annotations['x.y/z']", "q"),
        ('.metadata.annotations["x.y/z"]', "q"),
        ('.status.conditions[?(@.type=="B")].status', "False"),
        (".status.conditions[?(@.type=='A')].status", "True"),
        ('.status.conditions[?(@.type!="A")].status', "False"),
        (".spec.ports[?(@.port==443)].tls", True),
        (".spec.ports[?(@.tls==true)].port", 443),
        (".spec.ports[?(@.name)].port", 80),
        (".spec.nothing.here", None),
    ],
)
def test_a_path_finds_its_first_value(path: str, value: Any) -> None:
    assert is_valid(path)
    assert value_at(THING, path) == value


@pytest.mark.parametrize("path", ["", "spec", "..ports", ".spec[", ".spec.ports[?(1)]"])
def test_what_is_no_path_finds_nothing(path: str) -> None:
    assert not is_valid(path)
    assert value_at(THING, path) is None
