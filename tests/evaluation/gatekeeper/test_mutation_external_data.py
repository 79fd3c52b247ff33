"""Values from providers: who is asked for what, and what happens without an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from policy_app.evaluation.gatekeeper.errors import MutationError
from policy_app.evaluation.gatekeeper.mutation import Mutated, Mutators, Provider
from policy_app.evaluation.gatekeeper.review import Review

from .mutators import containers, mutator, patched, pod

IMAGE = "spec.containers[name: *].image"


class Digests:
    """A provider that answers each key with a digest, and remembers what it was asked."""

    def __init__(self, **response: Any) -> None:
        self.asked: list[list[str]] = []
        self._response = response

    def __call__(self, keys: Sequence[str]) -> Mapping[str, Any]:
        self.asked.append(list(keys))
        items = [{"key": key, "value": f"{key}@sha256:1"} for key in keys]
        return {"idempotent": True, "items": items} | self._response


def unreachable(keys: Sequence[str]) -> Mapping[str, Any]:
    """A provider that does not answer."""
    raise OSError("connection refused")


def result(provider: Provider | None, location: str = IMAGE, **external: Any) -> Mutated:
    """A Pod of two containers after it was asked about."""
    kind = "AssignMetadata" if location.startswith("metadata") else "Assign"
    source = {"provider": "digests"} | external
    found = mutator(kind, location, assign={"externalData": source})
    providers = {} if provider is None else {"digests": provider}
    mutators = Mutators.parse([found], providers=providers)
    thing = pod(containers=containers("a") + containers("b", image="redis"))
    return mutators.mutate(Review.create(thing, user_info={"username": "alice"}))


def images(found: Mutated) -> list[str]:
    """The images of the containers."""
    return [one["image"] for one in found.object["spec"]["containers"]]


def containers_with_image(name: str, image: str) -> list[dict[str, Any]]:
    """One container."""
    return [{"name": name, "image": image}]


def test_a_provider_is_asked_once_for_everything() -> None:
    provider = Digests()
    found = result(provider)
    assert provider.asked == [["nginx", "redis"]]
    assert images(found) == ["nginx@sha256:1", "redis@sha256:1"]
    assert [(one.before, one.after) for one in found.changes] == [
        ("nginx", "nginx@sha256:1"),
        ("redis", "redis@sha256:1"),
    ]


def test_the_patch_holds_the_answers() -> None:
    before = pod(containers=containers("a") + containers("b", image="redis"))
    found = result(Digests())
    assert patched(before, found.patch) == found.object


def test_the_user_may_be_what_is_asked_about() -> None:
    provider = Digests()
    found = result(provider, "metadata.annotations.owner", dataSource="Username")
    assert provider.asked == [["alice"]]
    assert found.object["metadata"]["annotations"] == {"owner": "alice@sha256:1"}


@pytest.mark.parametrize(
    ("provider", "said"),
    [
        (None, "failed to get external data provider digests"),
        (unreachable, "failed to send external data request to provider digests: connection"),
        (Digests(systemError="broken"), "non-empty system error: broken"),
        (Digests(idempotent=False), "non-idempotent response"),
        (Digests(items=[]), "failed to find external data item in response for provider digests"),
        (
            Digests(items=[{"key": key, "error": "no"} for key in ("nginx", "redis")]),
            "failed to retrieve external data item from provider digests: no",
        ),
        (
            Digests(items=[{"key": key, "value": 5} for key in ("nginx", "redis")]),
            "failed to convert external data item value from provider digests to string",
        ),
    ],
)
def test_without_an_answer_the_failure_policy_decides(provider: Provider | None, said: str) -> None:
    with pytest.raises(MutationError) as error:
        result(provider)
    assert error.value.message.startswith("failed to resolve external data placeholders: ")
    assert said in error.value.message
    assert not result(provider, failurePolicy="Ignore").changed
    fallback = result(provider, failurePolicy="UseDefault", default="none")
    assert images(fallback) == ["none", "none"]


def test_what_is_no_text_cannot_be_asked_about() -> None:
    with pytest.raises(MutationError, match="is not a string, got"):
        result(Digests(), "spec.containers")
