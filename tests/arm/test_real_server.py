"""Against a real server: writers at once leave one whole state, and no body goes unread."""

from __future__ import annotations

import contextlib
import http.client
import json
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.arm.addresses import CLUSTER, assignment, assignments, body
from tests.cli.processes import Portal, portal, run
from tests.estate_fixtures import SUBSCRIPTION

pytestmark = pytest.mark.own_data

WRITERS = 4
ROUNDS = 5


class Caller:
    """Sends JSON with admin's token."""

    def __init__(self, server: Portal, token: str) -> None:
        self.url = server.url
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def send(self, method: str, path: str, sent: Any = None) -> Any:
        """The body of the answer; an ``HTTPError`` for a refusal."""
        data = None if sent is None else json.dumps(sent).encode()
        request = urllib.request.Request(
            f"{self.url}{path}?api-version=2026-06-01",
            data=data,
            headers=self.headers,
            method=method,
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """A caller of a portal that has just been started."""
    data = tmp_path_factory.mktemp("portal") / "data"
    with portal(data) as server:
        made = run("token", "--user", "admin", "--data", str(data))
        yield Caller(server, made.stdout.strip())


def _version(letter: str) -> dict[str, Any]:
    """A body whose every field tells which writer it came from."""
    effect = {"a": "audit", "b": "deny"}[letter]
    excluded = [CLUSTER] if letter == "a" else []
    return body(effect=effect, displayName=letter, description=letter, notScopes=excluded)


def test_concurrent_puts_leave_one_of_them_whole(caller: Caller) -> None:
    path = assignment(name="contested")

    def write(letter: str) -> None:
        for _ in range(ROUNDS):
            caller.send("PUT", path, _version(letter))

    with ThreadPoolExecutor(WRITERS) as pool:
        for finished in [pool.submit(write, "ab"[number % 2]) for number in range(WRITERS)]:
            finished.result()

    stored = caller.send("GET", path)["properties"]
    expected = _version(stored["displayName"])["properties"]
    assert {name: stored[name] for name in expected} == expected
    names = [one["name"] for one in caller.send("GET", assignments(SUBSCRIPTION))["value"]]
    assert names.count("contested") == 1


def test_a_body_in_chunks_is_not_taken_for_an_empty_one(caller: Caller) -> None:
    connection = http.client.HTTPConnection(urlsplit(caller.url).netloc, timeout=60)
    address = f"{assignment(name='chunked')}?api-version=2026-06-01"
    chunks = iter([json.dumps(body()).encode()])
    # The server may answer and hang up before the last chunk is out; the answer still arrives.
    with contextlib.suppress(BrokenPipeError):
        connection.request("PUT", address, chunks, caller.headers, encode_chunked=True)
    answer = connection.getresponse()
    assert (answer.status, json.load(answer)["error"]["code"]) == (411, "LengthRequired")
    connection.close()


def test_concurrent_patches_of_different_fields_all_stay(caller: Caller) -> None:
    path = assignment(name="patched")
    for number in range(ROUNDS):
        caller.send("PUT", path, body())
        selectors = [{"name": f"n{number}", "selectors": []}]
        overrides = [{"kind": "policyEffect", "value": "audit"}]
        changes: list[dict[str, Any]] = [
            {"location": f"region{number}"},
            {"properties": {"overrides": overrides}},
            {"properties": {"resourceSelectors": selectors}},
        ]
        with ThreadPoolExecutor(len(changes)) as pool:
            list(pool.map(lambda change: caller.send("PATCH", path, change), changes))
        stored = caller.send("GET", path)
        assert stored["location"] == f"region{number}"
        assert stored["properties"]["overrides"] == overrides
        assert stored["properties"]["resourceSelectors"] == selectors
