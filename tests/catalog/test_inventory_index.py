"""Rules that compare an object with all others take time in proportion to how many there are."""

from __future__ import annotations

import gc
import time
from pathlib import Path
from typing import Any

import yaml

from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.inventory import inventory_of
from policy_app.evaluation.gatekeeper.review import Review
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate

TEMPLATE = Path("fixtures/templates/unique-service-selectors/v1/template.yaml")


def _service(name: str, app: Any, namespace: str = "shop") -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"app": app, "tier": "web"}, "ports": [{"port": 80}]},
    }


def _client(services: list[dict[str, Any]]) -> Client:
    template = ConstraintTemplate.parse(yaml.safe_load(TEMPLATE.read_text()))
    constraint = Constraint.parse(
        {
            "apiVersion": "constraints.gatekeeper.sh/v1beta1",
            "kind": template.kind,
            "metadata": {"name": "unique"},
            "spec": {},
        }
    )
    return Client([template], [constraint], inventory_of(services))


def _messages(client: Client, service: dict[str, Any]) -> list[str]:
    return [one.message for one in client.review(Review.create(service)).violations]


def test_each_service_is_told_of_the_others_with_its_selector() -> None:
    services = [_service(name, name[0]) for name in ("a1", "a2", "a3", "b1")]
    services += [_service("a4", "a", "elsewhere"), _service("c1", 1), _service("c2", "1")]
    client = _client(services)
    told = {one["metadata"]["name"]: _messages(client, one) for one in services}
    others = {"a1": ["a2", "a3"], "a2": ["a1", "a3"], "a3": ["a1", "a2"]}
    for name, messages in told.items():
        assert [text.split("<")[1].split(">")[0] for text in messages] == others.get(name, [])


def test_four_times_as_many_services_do_not_take_sixteen_times_as_long() -> None:
    small, large = _seconds(500), _seconds(2_000)
    assert large < 9 * small


def _seconds(count: int) -> float:
    """CPU time for judging that many Services among each other; the best of three."""
    services = [_service(f"s{number}", f"a{number}") for number in range(count)]
    best = float("inf")
    for _ in range(3):
        client = _client(services)
        gc.collect()
        started = time.process_time()
        for service in services:
            assert not _messages(client, service)
        best = min(best, time.process_time() - started)
    return best
