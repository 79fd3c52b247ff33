"""One of several processes that change the same ConfigMap: ``writer.py URL TOKEN NAME ROUNDS``.

In each round it counts one up (read, replace what was read, and again where that was refused),
patches a key of its own, and applies another one.  It uses no library, so that it starts quickly.
"""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

PATH = "/clusters/aks-demo/api/v1/namespaces/default/configmaps/contested"


@dataclass(frozen=True, slots=True)
class Writer:
    """A client of one portal."""

    url: str
    token: str
    name: str

    def ask(self, method: str, body: Any = None, form: str = "application/json") -> Any:
        """The object that the server answers; None for a conflict."""
        query = f"?fieldManager={self.name}&force=true" if "apply" in form else ""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": form}
        request = urllib.request.Request(
            f"{self.url}{PATH}{query}", data=data, headers=headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as refused:
            if refused.code == 409:
                return None
            raise RuntimeError(f"{method}: {refused.code} {refused.read()!r}") from refused

    def count(self) -> None:
        """Add one to the counter, however often somebody else was first."""
        while True:
            thing = self.ask("GET")
            thing["data"]["count"] = str(int(thing["data"]["count"]) + 1)
            if self.ask("PUT", thing) is not None:
                return

    def patch(self, number: int) -> None:
        """Set a key by a merge patch."""
        change = {"data": {f"{self.name}-patched-{number}": "yes"}}
        assert self.ask("PATCH", change, "application/merge-patch+json") is not None

    def apply(self, number: int) -> None:
        """Apply all keys so far, as an owner of fields does."""
        keys = {f"{self.name}-applied-{one}": "yes" for one in range(number + 1)}
        head = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "contested"}}
        applied = {**head, "data": keys}
        assert self.ask("PATCH", applied, "application/apply-patch+yaml") is not None


def main(url: str, token: str, name: str, rounds: str) -> None:
    """Change the ConfigMap in all three ways."""
    writer = Writer(url, token, name)
    for number in range(int(rounds)):
        writer.count()
        writer.patch(number)
        writer.apply(number)


if __name__ == "__main__":
    main(*sys.argv[1:])
