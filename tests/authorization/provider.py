"""A small OpenID Connect provider at a local port, which a test can have go wrong."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "portal", "a secret of the portal's"
_KEY = RSAKey.generate_key(2048, {"kid": "1", "use": "sig"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "1", "use": "sig"})


@dataclass
class Provider:
    """What it says of the person who signs in, and how it misbehaves."""

    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    """Of the id token, in place of or beside its own; None leaves one out."""
    userinfo: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: _KEY)
    """What the id token is signed with; the other one is not among the published keys."""
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    """Status and body in place of what is right, by path."""
    begun: dict[str, str] = field(default_factory=dict)
    """The last authorization request."""

    def authorize(self, address: str) -> dict[str, str]:
        """What a person does who agrees: the parameters that go back to the portal."""
        parts = urlsplit(address)
        assert address.startswith(f"{self.issuer}/authorize?")
        self.begun = {name: one for name, [one] in parse_qs(parts.query).items()}
        return {"code": "a-code", "state": self.begun["state"]}

    def discovery(self) -> dict[str, Any]:
        """OpenID Connect Discovery 1.0, 3."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        } | self.metadata

    def token(self, form: dict[str, str], secret: str) -> tuple[int, Any]:
        """A token for the code, where client, redirect and PKCE are as they were."""
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        right = (
            secret == f"{CLIENT_ID}:{CLIENT_SECRET}"
            and form["code"] == "a-code"
            and form["redirect_uri"] == self.begun["redirect_uri"]
            and challenge == self.begun["code_challenge"]
        )
        if not right:
            return 400, {"error": "invalid_grant"}
        made = {"access_token": "opaque", "token_type": "Bearer", "expires_in": 300}
        return 200, made | {"id_token": self.id_token()}

    def id_token(self) -> str:
        """OpenID Connect Core 1.0, 2."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": "17",
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": self.begun["nonce"],
        } | self.claims
        told = {name: one for name, one in claims.items() if one is not None}
        return jwt.encode({"alg": "RS256", "kid": "1"}, told, self.key)


class _Handler(BaseHTTPRequestHandler):
    about: Provider

    def do_GET(self) -> None:
        told: dict[str, Any] = {
            "/.well-known/openid-configuration": self.about.discovery(),
            "/keys": {"keys": [_KEY.as_dict(private=False)]},
            "/userinfo": {"sub": "17", **self.about.userinfo},
        }
        if self.path == "/userinfo" and self.headers["Authorization"] != "Bearer opaque":
            self._send(401, {"error": "invalid_token"})
        else:
            self._send(200, told[self.path])

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        form = {n: one for n, [one] in parse_qs(self.rfile.read(length).decode()).items()}
        basic = self.headers["Authorization"].removeprefix("Basic ")
        self._send(*self.about.token(form, base64.b64decode(basic).decode()))

    def _send(self, status: int, told: Any) -> None:
        status, body = self.about.answers.get(self.path, (status, json.dumps(told).encode()))
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing to stderr."""


@contextmanager
def running() -> Iterator[Provider]:
    """The provider, until the end of the block."""
    about = Provider()
    handler = type("Handler", (_Handler,), {"about": about})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    about.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield about
    finally:
        server.shutdown()
        server.server_close()
