"""What a client says of fields that nobody knows: refuse them, tell them, or say nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cluster.conftest import Api

PATH = "/api/v1/namespaces/default/configmaps"
BODY = b'{"metadata": {"name": "a", "foo": 1}, "data": {"k": "1", "k": "2"}}'
FAULTS = ('duplicate field "data.k"', 'unknown field "metadata.foo"')


def create(api: Api, validation: str) -> Any:
    return api("POST", PATH, BODY, query=f"fieldValidation={validation}")


def test_strict_clients_are_refused_and_told_every_fault(api: Api) -> None:
    answer = create(api, "Strict")
    assert (answer.code, answer.body["reason"]) == (400, "BadRequest")
    head = 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: '
    assert answer.body["message"].startswith(head)
    assert set(answer.body["message"].removeprefix(head).split(", ")) == set(FAULTS)
    assert api("GET", f"{PATH}/a").code == 404


@pytest.mark.parametrize(("validation", "told"), [("Warn", True), ("Ignore", False)])
def test_others_get_the_object_without_them(api: Api, validation: str, told: bool) -> None:
    answer = create(api, validation)
    assert answer.code == 201
    assert answer.body["data"] == {"k": "2"}
    assert "foo" not in answer.body["metadata"]
    warned = answer.headers.get("Warning", "").replace('\\"', '"')
    assert all((one in warned) == told for one in FAULTS)


def test_a_body_of_wrong_types_is_refused_whatever_the_client_wants(api: Api) -> None:
    answer = api("POST", PATH, {"metadata": {"name": "a"}, "data": {"k": 1}})
    assert answer.code == 400
    assert answer.body["message"] == (
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal'
        " number into Go struct field ConfigMap.data of type string"
    )


def test_faults_are_answered_with_their_causes(api: Api) -> None:
    answer = api("POST", PATH, {"metadata": {"name": "a"}, "data": {"a/b": "1"}})
    assert (answer.code, answer.body["reason"]) == (422, "Invalid")
    (cause,) = answer.body["details"]["causes"]
    assert (cause["field"], cause["reason"]) == ("data[a/b]", "FieldValueInvalid")
