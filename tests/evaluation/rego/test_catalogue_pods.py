"""Our catalogue's templates on generated Pods: our engine and the peer say the same."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy_app.evaluation.rego.program import Program
from tests.evaluation.rego.peer import PeerProgram

TEMPLATES = Path(__file__).resolve().parents[3] / "fixtures" / "templates"

images = st.sampled_from(["nginx", "nginx:1.27", "reg.example/app@sha256:aa", "docker.io/x:latest"])
contexts = st.fixed_dictionaries(
    {},
    optional={
        "privileged": st.booleans(),
        "allowPrivilegeEscalation": st.sampled_from([True, False, None]),
        "readOnlyRootFilesystem": st.booleans(),
        "runAsUser": st.sampled_from([0, 1, 1000, 70000]),
        "runAsGroup": st.sampled_from([0, 1000]),
        "runAsNonRoot": st.booleans(),
        "procMount": st.sampled_from(["Default", "Unmasked"]),
        "seccompProfile": st.fixed_dictionaries(
            {"type": st.sampled_from(["RuntimeDefault", "Unconfined", "Localhost"])}
        ),
        "seLinuxOptions": st.fixed_dictionaries({"level": st.sampled_from(["s0:c1", "s1"])}),
        "capabilities": st.fixed_dictionaries(
            {},
            optional={
                "add": st.lists(st.sampled_from(["NET_ADMIN", "CHOWN", "ALL"]), max_size=2),
                "drop": st.lists(st.sampled_from(["ALL", "NET_RAW"]), max_size=2),
            },
        ),
        "windowsOptions": st.fixed_dictionaries({"hostProcess": st.booleans()}),
    },
)
quantities = st.sampled_from(["100m", "0.5", "2", "64Mi", "1Gi", "many", 1, ".5", "1e3"])
resources = st.fixed_dictionaries(
    {},
    optional={
        key: st.fixed_dictionaries({}, optional={"cpu": quantities, "memory": quantities})
        for key in ("limits", "requests")
    },
)
containers = st.fixed_dictionaries(
    {"name": st.sampled_from(["web", "sidecar", "init"]), "image": images},
    optional={
        "securityContext": contexts,
        "resources": resources,
        "imagePullPolicy": st.sampled_from(["Always", "Never"]),
        "ports": st.lists(
            st.fixed_dictionaries({}, optional={"hostPort": st.sampled_from([0, 80, 9000])}),
            max_size=2,
        ),
        "volumeMounts": st.lists(
            st.fixed_dictionaries({"name": st.just("v"), "mountPath": st.just("/data")}), max_size=1
        ),
        "livenessProbe": st.just({"httpGet": {"port": 80}}),
    },
)
specs = st.fixed_dictionaries(
    {"containers": st.lists(containers, min_size=1, max_size=3)},
    optional={
        "initContainers": st.lists(containers, max_size=1),
        "hostNetwork": st.booleans(),
        "hostPID": st.booleans(),
        "hostIPC": st.booleans(),
        "automountServiceAccountToken": st.booleans(),
        "securityContext": contexts,
        "nodeSelector": st.just({"kubernetes.io/os": "windows"}),
        "volumes": st.lists(
            st.sampled_from(
                [
                    {"name": "v", "hostPath": {"path": "/var/log"}},
                    {"name": "v", "emptyDir": {}},
                    {"name": "v", "flexVolume": {"driver": "example/lvm"}},
                ]
            ),
            max_size=2,
        ),
    },
)
pods = st.fixed_dictionaries(
    {
        "apiVersion": st.just("v1"),
        "kind": st.just("Pod"),
        "metadata": st.fixed_dictionaries(
            {"name": st.just("pod")},
            optional={
                "namespace": st.sampled_from(["default", "shop"]),
                "labels": st.dictionaries(st.sampled_from(["app", "owner"]), st.just("x")),
                "annotations": st.dictionaries(st.sampled_from(["a", "owner"]), st.just("x")),
            },
        ),
        "spec": specs,
    }
)


def _templates() -> Iterator[Any]:
    for file in sorted(TEMPLATES.rglob("template.yaml")):
        # OPA alone, and so the peer, has no external data.
        if "external_data(" not in file.read_text(encoding="utf-8"):
            yield pytest.param(file, id=file.parent.relative_to(TEMPLATES).as_posix())


@cache
def _programs(file: Path) -> tuple[Program, PeerProgram, str, tuple[dict[str, Any], ...]]:
    target = yaml.safe_load(file.read_text())["spec"]["targets"][0]
    sources = (target["rego"], *target.get("libs", ()))
    constraints = sorted((file.parent / "samples" / "constraints").glob("*.yaml"))
    specs = [yaml.safe_load(file.read_text())["spec"] for file in constraints]
    parameters = [spec.get("parameters") or {} for spec in specs]
    ours = Program(sources, "v0")
    path = f"{ours.packages[0]}.violation"
    return ours, PeerProgram(sources, "v0"), path, tuple(parameters or [{}])


@pytest.mark.skipif(not TEMPLATES.is_dir(), reason="the catalogue's templates are not there")
@pytest.mark.parametrize("file", list(_templates()))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(pod=pods, choice=st.integers(0, 5))
def test_a_template_finds_the_same_in_a_generated_pod(
    file: Path, pod: dict[str, Any], choice: int
) -> None:
    ours, peer, path, parameters = _programs(file)
    review = {
        "uid": "1",
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "operation": "CREATE",
        "object": pod,
        "oldObject": None,
        "userInfo": {"username": "someone"},
    }
    given_input = {"review": review, "parameters": parameters[choice % len(parameters)]}
    answer = ours.query(path, input=given_input)
    assert _as_the_peer_prints(answer) == peer.query(path, input=given_input)


def _as_the_peer_prints(violations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The one named difference: OPA prints an empty set as ``set()``, the peer as ``{}``."""
    return [{**each, "msg": each["msg"].replace("set()", "{}")} for each in violations]
