"""Lists through REST with very much stored: a page, beside an empty page and one indexed query.

Both sides are measured in the same run, one after the other, so that the machine's mood is in both.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.measuring import Measurement

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.test import Client

ASSIGNMENTS = 10_000
TOP = 100
ROUNDS = 15
_SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001"
_PROVIDER = f"{_SUBSCRIPTION}/providers/Microsoft.Authorization"


def measure(client: Client) -> Iterator[Measurement]:
    """``client`` may read everything; definitions are there already."""
    from django.db.models import F

    from policy_app.models import Assignment, Definition, DefinitionVersion

    _fill()
    rows = Assignment.objects.select_related("scope", "definition", "created_by", "updated_by")
    nothing = "policyDefinitionId eq 'none'"
    yield _ratio(client, "policyAssignments", nothing, rows.count(), rows)
    stored = Definition.objects.filter(kind=Definition.Kind.POLICY).count()
    # A definition is shown with its body, which is most of what there is to read.
    bodies = DefinitionVersion.objects.select_related("definition").filter(
        definition__kind=Definition.Kind.POLICY, version=F("definition__latest_version")
    )
    nothing = "category eq 'none'"
    yield _ratio(client, "policyDefinitions", nothing, stored, bodies)


def _fill() -> None:
    from policy_app.models import Assignment

    model = Assignment.objects.select_related("scope", "definition").first()
    assert model
    made = (
        Assignment(
            scope=model.scope,
            definition=model.definition,
            name=f"a{number}",
            key=f"a{number}",
            display_name=f"Assignment {number}",
            parameters=model.parameters,
        )
        for number in range(ASSIGNMENTS - Assignment.objects.count())
    )
    Assignment.objects.bulk_create(made, batch_size=500)


def _ratio(
    client: Client, folder: str, nothing: str, stored: int, rows: QuerySet[Any]
) -> Measurement:
    address = f"{_PROVIDER}/{folder}"
    full = {"api-version": "2026-06-01", "$top": str(TOP)}
    empty = {**full, "$filter": nothing}
    assert len(json.loads(client.get(address, full).content)["value"]) == TOP
    assert json.loads(client.get(address, empty).content)["value"] == []
    times: dict[str, list[float]] = {"page": [], "empty": [], "query": []}
    for _ in range(ROUNDS):
        times["page"].append(_took(lambda: client.get(address, full)))
        times["empty"].append(_took(lambda: client.get(address, empty)))
        times["query"].append(_took(lambda: list(rows.order_by("pk")[:TOP])))
    page, other = median(times["page"]), median(times["empty"]) + median(times["query"])
    note = f"{page:.0f} ms for {TOP} of {stored:,}; an empty page and one query {other:.0f} ms"
    return Measurement(f"REST {folder}: a page, beside empty + one query", page / other, "x", note)


def _took(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000
