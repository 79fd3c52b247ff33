"""Whatever stands in a body, it is read and judged, or refused: nothing else happens."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from policy_app.apimachinery import crds, decoding, defaults, validation
from policy_app.apimachinery.errors import ApiError
from tests.apimachinery.kinds_at_hand import CRON_TABS, KINDS, SCHEMAS, cron_tab

MANIFESTS = Path(__file__).parents[1] / "kubectl" / "manifests"
TRIES = 400
VALUES: tuple[Any, ...] = (
    *(None, 0, -1, 1.5, True, "", "x", "%", "-", "1Gi", 10**30, "9" * 30),
    *([], {}, [None], [1], ["a"], {"a": 1}, {"a": None}, [{}], [[]], {"": {}}),
)


def things() -> list[Any]:
    """Manifests of all kinds that people apply, and of a custom one."""
    files = sorted(MANIFESTS.glob("*.yaml"))
    found = [one for file in files for one in yaml.safe_load_all(file.read_text())]
    return [*found, CRON_TABS, cron_tab(tags=["a"], rules=[{"name": "a"}], either={"a": "b"})]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to everything in a value but its head."""
    if path and path[0] not in ("apiVersion", "kind"):
        yield path
    held = list(value.items()) if isinstance(value, dict) else []
    for key, one in list(enumerate(value)) if isinstance(value, list) else held:
        yield from places(one, (*path, key))


def spoilt(thing: Any, random: Random) -> Any:
    """An object with another value at one place, or at some."""
    made = deepcopy(thing)
    for _ in range(random.choice((1, 1, 2, 3))):
        *above, last = random.choice(list(places(made)))
        place = made
        for step in above:
            place = place[step]
        place[last] = deepcopy(random.choice(VALUES))
    return made


@pytest.mark.parametrize("seed", range(5))
def test_any_value_at_any_place_is_judged_or_refused(seed: int) -> None:
    random, known = Random(seed), things()
    custom = [
        kind
        for one in known
        if one["kind"] == "CustomResourceDefinition"
        for kind in crds.kinds_of(one)
    ]
    kinds, judged = KINDS.with_more(custom), 0
    for _ in range(TRIES):
        thing = random.choice(known)
        kind = kinds.of(thing["apiVersion"], thing["kind"])
        if kind is None:
            continue
        with contextlib.suppress(ApiError):
            read = decoding.decode(kind, spoilt(thing, random), SCHEMAS).object
            complete = defaults.with_defaults(kind, read, SCHEMAS)
            assert defaults.with_defaults(kind, complete, SCHEMAS) == complete
            for old in (None, thing):
                faults = validation.faults(kind, complete, old, SCHEMAS)
                assert all(one.field and one.message for one in faults)
            judged += 1
    assert 0 < judged < TRIES
