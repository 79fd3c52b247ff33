"""What a server owes its clients: HTTPS, streams that flow and end, and a quick stop."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from policy_app.services.cluster.limits import MOST_WATCHES
from tests.cli.processes import portal as running_portal
from tests.kubectl.conftest import MakeKubectl
from tests.kubectl.running import Simulation


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    data = tmp_path_factory.mktemp("secure") / "data"
    with running_portal(data, tls=True) as portal:
        yield Simulation(portal, data)


def test_over_https_a_bearer_token_is_enough(secure: Simulation, kubectl_of: MakeKubectl) -> None:
    made = yaml.safe_load(secure.kubeconfig("aks-demo").read_text())
    [cluster], [user] = made["clusters"], made["users"]
    assert cluster["cluster"]["server"] == f"{secure.portal.url}/clusters/aks-demo"
    authority = base64.b64decode(cluster["cluster"]["certificate-authority-data"])
    assert authority == (secure.data / "tls" / "ca.crt").read_bytes()
    assert user["user"]["token"].startswith("ppat_")
    kubectl = kubectl_of(secure, "aks-demo")
    assert "default" in kubectl.ok("get", "namespaces").out
    who = kubectl.ok("auth", "whoami", "-o", "json").json()["status"]["userInfo"]
    assert who["username"] == "admin"


def test_the_keys_are_the_owners_alone(secure: Simulation) -> None:
    folder = secure.data / "tls"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in ("ca.key", "server.key"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


def test_who_trusts_another_authority_does_not_connect(secure: Simulation) -> None:
    port = int(secure.portal.url.rpartition(":")[2])
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        ssl.create_default_context().wrap_socket(plain, server_hostname="127.0.0.1")


def test_a_change_reaches_a_watch_at_once(simulation: Simulation, kubectl_of: MakeKubectl) -> None:
    kubectl = kubectl_of(simulation, "aks-demo")
    watching = kubectl.start("get", "configmaps", "-w", "--output-watch-events", "-o", "name")
    try:
        assert watching.stdout
        kubectl.ok("create", "configmap", "seen")
        started = time.monotonic()
        while "configmap/seen" not in (line := watching.stdout.readline()):
            assert line, "the watch ended"
        assert time.monotonic() - started < 5
    finally:
        watching.kill()
        watching.communicate()
        kubectl.ok("delete", "configmap", "seen")


def test_a_client_that_left_frees_its_place(tmp_path: Path) -> None:
    with running_portal(tmp_path / "data") as portal:
        simulation = Simulation(portal, tmp_path / "data")
        sockets = [_watching(simulation) for _ in range(MOST_WATCHES)]
        assert not _may_watch(simulation)
        for one in sockets:
            one.close()
        # Each is noticed at the next sign of life, which comes every ten seconds.
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline and not _may_watch(simulation):
            time.sleep(1)
        assert _may_watch(simulation)


def test_a_stop_does_not_wait_for_watches(tmp_path: Path) -> None:
    with running_portal(tmp_path / "data") as portal:
        simulation = Simulation(portal, tmp_path / "data")
        watches = [_watching(simulation) for _ in range(5)]
        started = time.monotonic()
        assert portal.stop() == 0
        assert time.monotonic() - started < 5
        for one in watches:
            one.close()
    assert "Killing" not in (tmp_path / "data.log").read_text()


def _watching(simulation: Simulation) -> socket.socket:
    """A watch of which the headers and the first event have come."""
    made = socket.create_connection(_address(simulation))
    made.settimeout(30)
    path = "/clusters/aks-demo/api/v1/namespaces?watch=true"
    head = f"Host: 127.0.0.1\r\nAuthorization: Bearer {simulation.token()}\r\n\r\n"
    made.sendall(f"GET {path} HTTP/1.1\r\n{head}".encode())
    first = made.recv(65536)
    assert first.startswith(b"HTTP/1.1 200"), first
    return made


def _may_watch(simulation: Simulation) -> bool:
    answer = simulation.portal.get(
        "/clusters/aks-demo/api/v1/namespaces?watch=true&timeoutSeconds=1",
        Authorization=f"Bearer {simulation.token()}",
    )
    if answer.status == 429:
        assert json.loads(answer.text)["reason"] == "TooManyRequests"
    return answer.status == 200


def _address(simulation: Simulation) -> tuple[str, int]:
    return "127.0.0.1", int(simulation.portal.url.rpartition(":")[2])
