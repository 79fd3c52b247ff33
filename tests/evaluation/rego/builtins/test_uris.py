"""URIs taken apart, and requests signed for AWS."""

from __future__ import annotations

import pytest

from policy_app.evaluation.rego.values import Value
from tests.evaluation.rego.builtins.calls import call, problem


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        (
            "https://me:x@Example.com:8080/api%20x/%2F?q=1&b#top%20x",
            {
                "scheme": "https",
                "hostname": "Example.com",
                "port": "8080",
                "path": "/api x//",
                "raw_path": "/api%20x/%2F",
                "raw_query": "q=1&b",
                "fragment": "top x",
            },
        ),
        ("HTTP://h_x", {"scheme": "http", "hostname": "h_x"}),
        ("http://[::1%25eth0]:80", {"scheme": "http", "hostname": "::1%eth0", "port": "80"}),
        ("mailto:me@example.org", {"scheme": "mailto"}),
        ("//host/path", {"hostname": "host", "path": "/path", "raw_path": "/path"}),
        ("a%20b", {"path": "a b", "raw_path": "a b"}),
        ("?a=b", {"raw_query": "a=b"}),
        ("", {}),
    ],
)
def test_a_uri_is_the_parts_that_it_has(uri: str, expected: Value) -> None:
    assert call("uri.parse", uri) == expected
    assert call("uri.is_valid", uri) is (uri != "")


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        (":x", "missing protocol scheme"),
        ("1http://x", "first path segment in URL cannot contain colon"),
        ("http://h:port/", 'invalid port ":port" after host'),
        ("http://a b/", 'invalid character in host name "a b"'),
        ("http://[::1", "missing ']' in host"),
        ("http://a b@h", "net/url: invalid userinfo"),
        ("http://h/%zz", 'invalid URL escape "%zz"'),
        ("http://h/\n", "net/url: invalid control character in URL"),
    ],
)
def test_what_is_no_uri_is_an_error(uri: str, expected: str) -> None:
    assert problem("uri.parse", uri) == f"eval_builtin_error: {expected}"
    assert call("uri.is_valid", uri) is False


def test_a_value_of_another_type_is_no_uri() -> None:
    assert call("uri.is_valid", 1) is False


# The example of AWS's documentation of Signature Version 4, and its result.
REQUEST = {
    "method": "GET",
    "url": "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
    "headers": {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
}
CONFIG = {
    "aws_service": "iam",
    "aws_access_key": "AKIDEXAMPLE",
    "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "aws_region": "us-east-1",
}
TIME = 1_440_938_160 * 10**9
SIGNATURE = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"


def signed(request: Value = None, **config: Value) -> dict[str, str]:
    """The headers of a request that was signed."""
    headers: dict[str, str] = call(
        "providers.aws.sign_req", request or REQUEST, CONFIG | config, TIME
    )["headers"]
    return headers


def test_a_request_is_signed_as_the_documentation_shows() -> None:
    headers = signed()
    assert headers["Authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request,"
        f"SignedHeaders=content-type;host;x-amz-date,Signature={SIGNATURE}"
    )
    assert headers["x-amz-date"] == "20150830T123600Z"
    assert headers["Content-Type"].startswith("application/")


def test_services_and_credentials_ask_for_headers_of_their_own() -> None:
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert signed(aws_service="s3")["x-amz-content-sha256"] == empty
    unsigned = signed(aws_service="s3", disable_payload_signing=True)
    assert unsigned["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"
    assert signed(aws_session_token="t")["x-amz-security-token"] == "t"


def test_a_body_and_all_headers_but_a_few_are_signed() -> None:
    plain: dict[str, Value] = {"method": "POST", "url": "https://h/"}
    bodies: list[dict[str, Value]] = [
        {},
        {"body": {"a": 1}},
        {"raw_body": '{"a":1}'},
        {"raw_body": "x"},
    ]
    found = [signed(plain | body)["Authorization"] for body in bodies]
    assert found[1] == found[2]
    assert len({*found}) == 3
    agent = signed(plain | {"headers": {"User-Agent": "x"}})
    assert agent["Authorization"] == found[0]
    assert agent["User-Agent"] == "x"


@pytest.mark.parametrize(
    ("request_", "config", "expected"),
    [
        ({"method": "GET"}, CONFIG, 'missing required request parameters(s): {"url"}'),
        (
            REQUEST | {"url": 1},
            CONFIG,
            'invalid values for required request parameters(s): {"url"}',
        ),
        (REQUEST | {"x": 1}, CONFIG, 'invalid request parameters(s): {"x"}'),
        (REQUEST | {"headers": []}, CONFIG, "operand 1 must be object but got array"),
        (REQUEST, {}, "missing required AWS config parameters(s): "),
        (REQUEST, CONFIG | {"aws_region": 1}, "invalid values for required AWS config"),
        (REQUEST, CONFIG | {"disable_payload_signing": 1}, "invalid value for 'disable_payload"),
    ],
)
def test_what_cannot_be_signed_is_an_error(request_: Value, config: Value, expected: str) -> None:
    assert expected in problem("providers.aws.sign_req", request_, config, TIME)


def test_the_time_must_be_whole_nanoseconds() -> None:
    assert "unix timestamp" in problem("providers.aws.sign_req", REQUEST, CONFIG, 0.5)
    assert "unix timestamp" in problem("providers.aws.sign_req", REQUEST, CONFIG, 1 << 80)
