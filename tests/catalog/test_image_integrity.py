"""Signatures of images: what becomes of a Pod once a provider has been asked about its images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.external_data import ExternalDataBuiltin
from policy_app.evaluation.gatekeeper.review import Review
from tests.catalog.suites import TEMPLATES, load, template_at

FOLDER = TEMPLATES / "image-integrity-notation-verification" / "v1"
SIGNED = "registry.example.com/shop/web:1.4"
UNSIGNED = "registry.example.com/shop/cart:0.9"
PRIVATE = "registry.example.org/secret/app:2"
EXCLUDED = "registry.example.com/istio/proxyv2:1.22"


class Ratify:
    """A provider that knows three images, and remembers what it was asked."""

    def __init__(self, system_error: str = "") -> None:
        self.asked: list[list[str]] = []
        self._system_error = system_error

    def __call__(self, keys: Sequence[str]) -> Mapping[str, Any]:
        self.asked.append(list(keys))
        items = [] if self._system_error else [self._item(key) for key in keys]
        return {"idempotent": True, "items": items, "systemError": self._system_error}

    @staticmethod
    def _item(key: str) -> dict[str, Any]:
        if key == PRIVATE:
            return {"key": key, "value": None, "error": "unauthorized"}
        return {"key": key, "value": {"isSuccess": key == SIGNED, "verifierReports": []}}


def said(provider: Ratify, *images: str, excluded: bool = False) -> list[str]:
    """What a Pod is told that has an init container, containers and an ephemeral one in turn."""
    lists = ("containers", "initContainers", "ephemeralContainers")
    spec: dict[str, list[dict[str, str]]] = {name: [] for name in lists}
    for number, image in enumerate(images):
        spec[lists[number % 3]].append({"name": f"c{number}", "image": image})
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "shop"}, "spec": spec}
    name = "signed-images-with-exclusions" if excluded else "signed-images"
    constraint = Constraint.parse(load(FOLDER / "samples" / "constraints" / f"{name}.yaml"))
    template = template_at(FOLDER / "template.yaml")
    builtin = ExternalDataBuiltin({"ratify-provider": provider})
    client = Client([template], [constraint], external_data=builtin)
    return [violation.message for violation in client.review(Review.audit(pod)).violations]


def test_a_pod_of_signed_images_is_let_in() -> None:
    assert said(Ratify(), SIGNED) == []


def test_each_image_that_fails_is_named_whatever_container_runs_it() -> None:
    assert said(Ratify(), SIGNED, UNSIGNED, PRIVATE) == [
        f"Error validating one or more images: {PRIVATE}: unauthorized",
        f"Subject failed verification: {UNSIGNED}",
    ]


def test_all_images_are_asked_for_at_once_and_each_only_once() -> None:
    provider = Ratify()
    said(provider, UNSIGNED, SIGNED, UNSIGNED)
    assert provider.asked == [[UNSIGNED, SIGNED]]


def test_excluded_images_are_not_asked_for() -> None:
    provider = Ratify()
    assert said(provider, EXCLUDED, SIGNED, excluded=True) == []
    assert provider.asked == [[SIGNED]]


def test_a_provider_that_fails_lets_nothing_in() -> None:
    assert said(Ratify(system_error="no certificate"), SIGNED) == [
        "System error calling external data provider: no certificate"
    ]


def test_an_answer_without_a_verdict_is_no_success() -> None:
    class Silent(Ratify):
        @staticmethod
        def _item(key: str) -> dict[str, Any]:
            return {"key": key, "value": {}}

    assert said(Silent(), SIGNED) == [f"Subject failed verification: {SIGNED}"]
