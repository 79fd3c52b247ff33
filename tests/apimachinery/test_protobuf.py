"""Protobuf bodies: read as JSON would have them, or refused."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_app.apimachinery import protobuf
from policy_app.apimachinery.errors import ApiError
from policy_app.apimachinery.protobuf import MAGIC, decode


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*found, value))


def message(*fields: tuple[int, Any]) -> bytes:
    """A message of (number, value): texts and bytes, whole numbers, and floats."""
    found = b""
    for number, value in fields:
        if isinstance(value, float):
            found += varint(number << 3 | 1) + struct.pack("<d", value)
        elif isinstance(value, int):
            found += varint(number << 3) + varint(value)
        else:
            raw = value.encode() if isinstance(value, str) else value
            found += varint(number << 3 | 2) + varint(len(raw)) + raw
    return found


def body(api_version: str, kind: str, raw: bytes, *more: tuple[int, Any]) -> bytes:
    head = message((1, api_version), (2, kind))
    return MAGIC + message((1, head), (2, raw), *more)


def metadata(name: str, *more: tuple[int, Any]) -> bytes:
    return message((1, name), (2, ""), (3, ""), (7, 0), (8, b""), *more)


def test_a_namespace_as_kubectl_creates_one() -> None:
    raw = message((1, metadata("team")), (2, b""), (3, message((1, ""))))

    assert decode(body("v1", "Namespace", raw)) == {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "team"},
        "spec": {},
    }


def test_a_question_whether_someone_may() -> None:
    asked = message((1, "default"), (2, "create"), (3, "apps"), (5, "deployments"))
    raw = message((1, metadata("")), (2, message((1, asked))))

    thing = decode(body("authorization.k8s.io/v1", "SelfSubjectAccessReview", raw))

    assert thing["spec"]["resourceAttributes"] == {
        "namespace": "default",
        "verb": "create",
        "group": "apps",
        "resource": "deployments",
    }


def test_a_deployment_with_what_its_fields_can_be() -> None:
    limits = message((1, "cpu"), (2, message((1, "500m"))))
    probe = message(
        (1, message((2, message((1, "/"), (2, message((1, 1), (3, "web"))))))),
        (2, 0),
        (3, 5),
        (7, 0),
    )
    port = message((1, ""), (2, 0), (3, 80), (4, "TCP"))
    reference = message((1, message((1, "settings"))), (2, "key"), (3, 0))
    env = message((1, "A"), (2, ""), (3, message((3, reference))))
    context = message((2, 0), (4, 0))
    container = message(
        (1, "web"),
        (2, "nginx"),
        (3, "sh"),
        (3, ""),
        (6, port),
        (7, env),
        (8, message((1, limits))),
        (10, probe),
        (15, context),
        (16, 0),
    )
    volume = message((1, "tmp"), (2, message((2, message((1, ""))))))
    pod = message((1, volume), (2, container), (4, 0), (11, 0), (12, 1))
    spec = message((1, 0), (3, message((1, b""), (2, pod))), (5, 0), (6, 2), (7, 0))

    thing = decode(body("apps/v1", "Deployment", message((1, metadata("w")), (2, spec))))

    assert thing["spec"] == {
        "replicas": 0,
        "revisionHistoryLimit": 2,
        "template": {
            "metadata": {},
            "spec": {
                "volumes": [{"name": "tmp", "emptyDir": {}}],
                "containers": [
                    {
                        "name": "web",
                        "image": "nginx",
                        "command": ["sh", ""],
                        "ports": [{"containerPort": 80, "protocol": "TCP"}],
                        "env": [
                            {
                                "name": "A",
                                "valueFrom": {
                                    "configMapKeyRef": {
                                        "name": "settings",
                                        "key": "key",
                                        "optional": False,
                                    }
                                },
                            }
                        ],
                        "resources": {"limits": {"cpu": "500m"}},
                        "livenessProbe": {
                            "httpGet": {"path": "/", "port": "web"},
                            "timeoutSeconds": 5,
                            "terminationGracePeriodSeconds": 0,
                        },
                        "securityContext": {"privileged": False, "runAsUser": 0},
                    }
                ],
                "terminationGracePeriodSeconds": 0,
                "hostPID": True,
            },
        },
    }


def test_secrets_times_negative_numbers_and_empty_groups() -> None:
    at = int(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp())
    entry = message((1, "password"), (2, b"\xff\x00"))
    raw = message((1, metadata("s", (9, message((1, at), (2, 0))))), (2, entry))
    secret = decode(body("v1", "Secret", raw))
    assert secret["data"] == {"password": "/wA="}
    assert secret["metadata"]["deletionTimestamp"] == "2026-01-02T03:04:05Z"

    raw = message((1, metadata("p")), (2, -10))
    assert decode(body("scheduling.k8s.io/v1", "PriorityClass", raw))["value"] == -10

    rule = message((1, "get"), (2, ""), (3, "pods"))
    role = decode(body("rbac.authorization.k8s.io/v1", "Role", message((2, rule))))
    assert role["rules"] == [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]


def test_options_of_a_deletion_come_in_any_version() -> None:
    raw = message((1, 30), (2, message((1, "u"))), (4, "Background"), (5, "All"))

    for version in ("v1", "policy/v1", "example.com/v1"):
        thing = decode(body(version, "DeleteOptions", raw))
        assert thing["gracePeriodSeconds"] == 30
        assert thing["preconditions"] == {"uid": "u"}
        assert thing["dryRun"] == ["All"]


def test_numbers_packed_into_one_are_read_too() -> None:
    groups = message((4, varint(1) + varint(2)), (4, 3))
    raw = message((2, message((14, groups))))

    context = decode(body("v1", "Pod", raw))["spec"]["securityContext"]
    assert context == {"supplementalGroups": [1, 2, 3]}


def test_json_within_is_read() -> None:
    fields = message((1, '{"f:data":{}}'))
    entry = message((1, "kubectl"), (2, "Update"), (7, fields))
    raw = message((1, metadata("c", (17, entry))))

    [found] = decode(body("v1", "ConfigMap", raw))["metadata"]["managedFields"]
    assert found["fieldsV1"] == {"f:data": {}}


def test_unknown_fields_are_skipped() -> None:
    raw = message((1, metadata("c")), (99, "x"), (98, 1), (97, 0.5))

    assert decode(body("v1", "ConfigMap", raw))["metadata"] == {"name": "c"}


@pytest.mark.parametrize(
    "raw",
    [
        MAGIC + b"\x0a",
        MAGIC + b"\x0a\xff",
        MAGIC + b"\xff" * 11,
        MAGIC + b"\x0b",
        body("v1", "ConfigMap", message((1, 7))),
        body("v1", "ConfigMap", message((1, message((1, b"\xff"))))),
        body("v1", "ConfigMap", message((4, "yes"))),
        body("v1", "ConfigMap", message((1, metadata("c", (17, message((7, message((1, "{"))))))))),
        body("v1", "Secret", message((1, metadata("s", (9, message((1, 1 << 60))))))),
        body("v1", "ConfigMap", b"", (3, "gzip")),
    ],
)
def test_bytes_that_are_no_message_are_refused(raw: bytes) -> None:
    with pytest.raises(ApiError) as error:
        decode(raw)
    assert error.value.code == 400
    assert "no protobuf message of Kubernetes" in error.value.message


def test_a_kind_that_is_not_read_is_told() -> None:
    with pytest.raises(ApiError, match=r"protobuf is not read for Widget of example\.com/v1") as e:
        decode(body("example.com/v1", "Widget", b""))
    assert e.value.code == 415


def outcome(raw: bytes) -> int:
    """The code of the refusal, 200 for an object."""
    try:
        return 200 if isinstance(decode(raw), dict) else 500
    except ApiError as error:
        return error.code


@given(st.binary(max_size=200), st.sampled_from(["Pod", "Deployment", "Secret", "Widget"]))
def test_whatever_comes_is_an_object_or_an_error_of_the_client(raw: bytes, kind: str) -> None:
    for whole in (MAGIC + raw, body("v1", kind, raw), body("apps/v1", kind, raw)):
        assert outcome(whole) in (200, 400, 415)


@given(st.data())
def test_a_message_that_is_cut_or_bent_never_fails_otherwise(data: st.DataObject) -> None:
    container = message((1, "web"), (6, message((3, 80))), (8, message((1, message((1, "cpu"))))))
    whole = body("v1", "Pod", message((1, metadata("p")), (2, message((2, container)))))
    at = data.draw(st.integers(len(MAGIC), len(whole) - 1))
    rest = whole[at + data.draw(st.integers(0, 2)) :]
    bent = whole[:at] + data.draw(st.binary(max_size=3)) + rest

    assert outcome(whole[:at]) in (200, 400, 415)
    assert outcome(bent) in (200, 400, 415)


def test_every_message_of_the_table_is_known_and_none_holds_itself() -> None:
    table = protobuf._table()
    known = {"string", "double", *protobuf._NUMBERS, *protobuf._READERS}

    def depth(name: str, above: tuple[str, ...]) -> int:
        assert name not in above, f"{name} holds itself, so that a body could nest without end"
        below = [field.type for field in protobuf._fields(name).values()]
        inner = [depth(one, (*above, name)) for one in below if one not in known]
        return 1 + max(inner, default=0)

    assert max(depth(name, ()) for name in table.messages) < 30
    packages = {name.rpartition(".")[0] for name in table.messages}
    assert set(table.kinds.values()) <= packages
