"""AdmissionReviews in suites: judged as requests, and read as strictly as gator reads them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluation.gatekeeper.samples import template_object
from tests.evaluation.gatekeeper.suite_runs import FILES, constraint_object, one_case, pod


def asked(request: Any, **envelope: Any) -> dict[str, Any]:
    """The usual files, and ``review.yaml`` with a request."""
    review = {"apiVersion": "admission.k8s.io/v1beta1", "kind": "AdmissionReview"}
    return {**FILES, "suites/review.yaml": {**review, "request": request, **envelope}}


def test_an_admission_review_is_judged_as_a_request() -> None:
    files = asked({"operation": "DELETE", "oldObject": pod("web")})
    assert one_case("object: review.yaml, assertions: [{violations: 1}]", files).error == ""


ALLOWED = "object: review.yaml, assertions: [{violations: no}]"


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (None, "missing an AdmissionRequest object: "),
        ({"operation": "CREATE"}, "no object or oldObject found to review: "),
        ({"object": {"metadata": {}}}, "Object 'Kind' is missing in request.object"),
        ({"object": {}}, "object or oldObject cannot be unmarshalled: "),
        (
            {"object": pod(), "oldObject": {"spec": {}}},
            "Object 'Kind' is missing in request.oldObject",
        ),
        (
            {"operation": "DELETE", "object": pod()},
            "not a valid AdmissionReview object: oldObject cannot be nil",
        ),
    ],
)
def test_a_request_without_what_is_to_be_reviewed_fails(request_: Any, said: str) -> None:
    assert said in one_case(ALLOWED, asked(request_)).error


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"objekt": {}}, 'unknown field "request.objekt"; the fields are uid, kind, '),
        ({"userInfo": {"user": "a"}}, 'unknown field "request.userInfo.user"'),
        ({"kind": {"apiVersion": "v1"}}, 'unknown field "request.kind.apiVersion"'),
        ({"operation": 5}, "request.operation must be a string, but is 5"),
        ({"dryRun": "yes"}, "request.dryRun must be true or false, but is 'yes'"),
        ({"userInfo": []}, "request.userInfo must be an object, but is []"),
        ({"userInfo": {"groups": "dev"}}, "request.userInfo.groups must be a list, but is 'dev'"),
        (
            {"userInfo": {"extra": {"team": ["a", 1]}}},
            "request.userInfo.extra.team[1] must be a string, but is 1",
        ),
    ],
)
def test_a_request_is_read_strictly(request_: dict[str, Any], said: str) -> None:
    error = one_case(ALLOWED, asked({"object": pod(), **request_})).error
    assert error.startswith(f"not a valid AdmissionReview object: {said}")


@pytest.mark.parametrize("stranger", ["metadata", "spec"])
def test_an_admission_review_has_a_request_and_nothing_else(stranger: str) -> None:
    files = asked({"object": pod()}, **{stranger: {}})
    assert f'unknown field "{stranger}"' in one_case(ALLOWED, files).error


KIND_OF_REQUEST = """
package k8skind
violation[{"msg": sprintf("kind <%v>", [input.review.kind.kind])}] { true }
"""


@pytest.mark.parametrize(
    ("kind", "seen"),
    [({}, "kind <>"), ({"kind": {"version": "v1", "kind": "Scale"}}, "kind <Scale>")],
)
def test_a_request_has_the_kind_that_it_names_and_no_other(kind: dict[str, Any], seen: str) -> None:
    files = asked({"operation": "UPDATE", "object": pod(), **kind})
    files["suites/template.yaml"] = template_object(KIND_OF_REQUEST)
    files["suites/constraint.yaml"] = constraint_object(
        match={"kinds": [{"apiGroups": [""], "kinds": ["Pod"]}]}
    )
    case = f"object: review.yaml, assertions: [{{violations: 1, message: '^{seen}$'}}]"
    assert one_case(case, files).error == ""
