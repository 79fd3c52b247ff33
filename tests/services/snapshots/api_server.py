"""A small API server that remembers what it was asked, and fails as real ones do."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import yaml

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    accept: str
    authorization: str


@dataclass(slots=True)
class ApiServer:
    """What it has, by ``apiVersion`` and plural, and what it was asked."""

    url: str = ""
    objects: dict[tuple[str, str], list[Object]] = field(default_factory=dict)
    kinds: dict[tuple[str, str], tuple[str, bool]] = field(default_factory=dict)
    """Kind, and whether in namespaces."""
    refusals: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    """What to answer instead, by path: the last one goes on for ever."""
    asked: list[Asked] = field(default_factory=list)
    metadata_only: bool = True
    """Whether it knows ``PartialObjectMetadataList``."""

    def has(
        self, api_version: str, plural: str, kind: str, *things: Object, namespaced: bool = True
    ) -> None:
        """Serve a kind with some objects."""
        self.kinds[api_version, plural] = (kind, namespaced)
        self.objects[api_version, plural] = list(things)

    def answer(self, asked: Asked) -> tuple[int, Object]:
        """A code and a body."""
        self.asked.append(asked)
        refusals = self.refusals.get(asked.path)
        if refusals:
            code, message = refusals[0]
            if len(refusals) > 1:
                refusals.pop(0)
            if code:
                return code, {"kind": "Status", "message": message, "code": code}
        parts = asked.path.strip("/").split("/")
        if parts == ["version"]:
            return 200, {"gitVersion": "v1.31.4+k3s1"}
        if parts == ["api"]:
            return 200, {"versions": ["v1"]}
        if parts == ["apis"]:
            return 200, {"groups": list(self._groups())}
        depth = 2 if parts[0] == "api" else 3
        api_version = "/".join(parts[1:depth])
        if len(parts) == depth:
            return 200, {"resources": list(self._resources(api_version))}
        return self._list(api_version, parts[depth], asked)

    def _groups(self) -> Iterator[Object]:
        found: dict[str, list[str]] = {}
        for api_version, _ in self.kinds:
            group, _, version = api_version.rpartition("/")
            if group and version not in found.setdefault(group, []):
                found[group].append(version)
        for group, versions in found.items():
            listed = [{"groupVersion": f"{group}/{one}", "version": one} for one in versions]
            yield {"name": group, "versions": listed, "preferredVersion": listed[0]}

    def _resources(self, api_version: str) -> Iterator[Object]:
        for (version, plural), (kind, namespaced) in self.kinds.items():
            if version == api_version:
                verbs = ["get", "list", "watch", "create"]
                yield {"name": plural, "kind": kind, "namespaced": namespaced, "verbs": verbs}
                yield {"name": f"{plural}/status", "kind": kind, "verbs": ["get", "list"]}

    def _list(self, api_version: str, plural: str, asked: Asked) -> tuple[int, Object]:
        things = self.objects[api_version, plural]
        kind, _ = self.kinds[api_version, plural]
        start = int(asked.query.get("continue", "0"))
        end = start + int(asked.query.get("limit", "1000000"))
        metadata: Object = {"resourceVersion": "9"}
        if end < len(things):
            metadata |= {"continue": str(end), "remainingItemCount": len(things) - end}
        shown: list[Object] = [
            {key: value for key, value in one.items() if key not in ("apiVersion", "kind")}
            for one in things[start:end]
        ]
        if "as=PartialObjectMetadataList" in asked.accept and self.metadata_only:
            kind, api_version = "PartialObjectMetadata", "meta.k8s.io/v1"
            head = {"kind": kind, "apiVersion": api_version}
            shown = [{**head, "metadata": one["metadata"]} for one in shown]
        return 200, {
            "kind": f"{kind}List",
            "apiVersion": api_version,
            "metadata": metadata,
            "items": shown,
        }


@contextmanager
def running(token: str = "secret-token") -> Iterator[ApiServer]:
    """The server at a free port; who has another token gets 401."""
    server = ApiServer()

    class Handler(BaseHTTPRequestHandler):
        """Answers everything, and prints nothing."""

        def do_GET(self) -> None:
            """Any path."""
            parts = urlsplit(self.path)
            told = self.headers.get("Authorization", "")
            accept = self.headers.get("Accept", "")
            asked = Asked(self.command, parts.path, dict(parse_qsl(parts.query)), accept, told)
            code, body = server.answer(asked)
            if told != f"Bearer {token}":
                code, body = 401, {"kind": "Status", "message": "Unauthorized", "code": 401}
            data = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - as the base class names them

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{http.server_port}"
    threading.Thread(target=http.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()


def kubeconfig(path: Path, server: str, user: Object | None = None, **cluster: Any) -> Path:
    """A kubeconfig with the contexts ``prod`` (the current one) and ``test``."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "prod",
        "clusters": [{"name": "c", "cluster": {"server": server, **cluster}}],
        "users": [{"name": "me", "user": {"token": "secret-token"} if user is None else user}],
        "contexts": [
            {"name": name, "context": {"cluster": "c", "user": "me"}} for name in ("prod", "test")
        ],
    }
    path.write_text(yaml.safe_dump(config))
    return path
