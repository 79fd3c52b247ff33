"""API servers that show a certificate: the listener, what it lets in, and what they are given."""

from __future__ import annotations

import base64
import http.client
import json
import os
import signal
import ssl
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.processes import COMMAND, PATIENCE, ROOT, environment, free_port, run
from tests.cluster.admission import review
from tests.services.cluster.inside import pod
from tests.starting_points import prepared


@dataclass(frozen=True, slots=True)
class Listener:
    """A portal that lets in only who shows a certificate."""

    data: Path
    port: int

    def configure(self, folder: Path) -> tuple[list[dict[str, Any]], Path]:
        """The configurations for an API server, and its client's file."""
        file = folder / "client.yaml"
        server = f"https://127.0.0.1:{self.port}"
        made = run(
            *("webhook-config", "aks-demo", "--server", server, "--data", str(self.data)),
            *("--client-certificate", str(file)),
        )
        assert made.returncode == 0, made.stderr
        return list(yaml.safe_load_all(made.stdout)), file

    def ask(self, path: str, *certificate: Path) -> tuple[int, Any]:
        """Post a review, with the file of a certificate and its key."""
        trusting = ssl.create_default_context(cafile=str(self.data / "tls" / "ca.crt"))
        if certificate:
            trusting.load_cert_chain(*map(str, certificate))
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.port, context=trusting, timeout=PATIENCE
        )
        try:
            body = json.dumps(review(pod()))
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()


@pytest.fixture(scope="module")
def listener(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listener]:
    data, port = prepared(tmp_path_factory.mktemp("certified")), free_port()
    options = ("--tls", "--client-certificates", "--port", str(port), "--data", str(data))
    process = subprocess.Popen(
        [*COMMAND, "serve", *options],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout
        assert any("Ctrl-C" in line for line in process.stdout)
        yield Listener(data, port)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=PATIENCE)


def pair_of(file: Path) -> Path:
    """The certificate and the key of a kubeconfig in one PEM, as a client loads them."""
    (user,) = yaml.safe_load(file.read_text())["users"]
    keys = ("client-certificate-data", "client-key-data")
    pem = b"".join(base64.b64decode(user["user"][key]) for key in keys)
    made = file.with_suffix(".pem")
    made.write_bytes(pem)
    return made


def test_an_api_server_with_the_printed_certificate_is_answered_without_a_token(
    listener: Listener, tmp_path: Path
) -> None:
    (validating, _), file = listener.configure(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (user,) = yaml.safe_load(file.read_text())["users"]
    assert user["name"] == f"127.0.0.1:{listener.port}"
    url = validating["webhooks"][0]["clientConfig"]["url"]
    assert "ppwh_" not in url
    path = url.removeprefix(f"https://127.0.0.1:{listener.port}")
    code, answer = listener.ask(f"{path}?timeout=10s", pair_of(file))
    assert (code, answer["response"]["allowed"]) == (200, True)


def test_nobody_gets_in_without_a_certificate_of_the_authority(
    listener: Listener, tmp_path: Path
) -> None:
    path = "/clusters/aks-demo/admission/v1/validate"
    with pytest.raises((ssl.SSLError, OSError, http.client.HTTPException)):
        listener.ask(path)
    # The server's own certificate is by the same authority, but for no client.
    own = listener.data / "tls"
    with pytest.raises((ssl.SSLError, OSError, http.client.HTTPException)):
        listener.ask(path, own / "server.crt", own / "server.key")


def test_a_token_that_is_sent_all_the_same_must_be_good(listener: Listener, tmp_path: Path) -> None:
    _, file = listener.configure(tmp_path)
    path = "/clusters/aks-demo/admission/v1/validate/fail/ppwh_1_00"
    code, answer = listener.ask(path, pair_of(file))
    assert (code, answer["reason"]) == (401, "Unauthorized")


def test_the_listener_needs_tls() -> None:
    made = run("serve", "--client-certificates")
    assert made.returncode == 1
    assert "--client-certificates needs --tls" in made.stderr


def test_a_file_that_cannot_be_written_is_told(listener: Listener, tmp_path: Path) -> None:
    made = run(
        *("webhook-config", "aks-demo", "--data", str(listener.data)),
        *("--client-certificate", str(tmp_path / "nowhere" / "client.yaml")),
    )
    assert made.returncode == 1
    assert "--client-certificate" in made.stderr
    assert "Traceback" not in made.stderr
