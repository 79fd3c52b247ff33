"""The way out: what it asks, and above all what it does not."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from policy_app.services.outbound import (
    Limits,
    Outbound,
    OutboundError,
    OutboundRefusedError,
    is_public,
)
from tests.services.https_server import Server, serving


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as found:
        yield found


def out(server: Server) -> Outbound:
    return Outbound([server.origin], allow_private=True, trusted=server.certificate)


def test_an_allowed_host_is_asked_under_its_own_name(server: Server) -> None:
    server.answers["/a?b=c"] = lambda handler: handler.reply(b"yes")

    assert out(server).get(server.url("/a?b=c")) == b"yes"
    assert server.asked[0].host == server.origin


def test_a_body_is_posted_and_the_answer_comes_back(server: Server) -> None:
    server.answers["/keys"] = lambda handler: handler.reply(b"[]")

    assert out(server).post(server.url("/keys"), b"{}", "application/json") == b"[]"
    assert (server.asked[0].method, server.asked[0].body) == ("POST", b"{}")


def test_a_proxy_of_the_environment_is_not_asked(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://proxy.example:3128")
    server.answers["/a"] = lambda handler: handler.reply(b"direct")

    assert out(server).get(server.url("/a")) == b"direct"


def test_addresses_are_looked_up_once_for_each_request(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that points elsewhere when it is asked again leads nobody astray."""
    answers = [["127.0.0.1"], ["192.0.2.1"]]

    def lookup(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(2, 1, 6, "", (each, server.port)) for each in answers.pop(0)]

    server.answers["/a"] = lambda handler: handler.reply(b"here")
    asking = out(server)
    real = socket.create_connection

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        assert address == ("127.0.0.1", server.port)
        monkeypatch.undo()
        return real(address, timeout)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    monkeypatch.setattr(socket, "create_connection", connect)
    assert asking.get(server.url("/a")) == b"here"


def test_without_allowed_hosts_no_name_is_even_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def lookup(*_: object, **__: object) -> None:
        raise AssertionError("a name was looked up")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    with pytest.raises(OutboundRefusedError, match=r"example\.org is not among the hosts"):
        Outbound().get("https://example.org/")


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://example.org/", "only https"),
        ("file:///etc/passwd", "only https"),
        ("https:///path", "must name a host"),
        ("https://user:secret@example.org/", "and no user"),
        ("https://example.org@evil.example/", "and no user"),
        ("https://example.org.evil.example/", "not among"),
        ("https://example.org:8443/", "example.org:8443 is not among"),
        ("https://example.org/a b", "must escape"),
        ("https://example.org/\u2028", "must escape"),
        ("https://example.org:99999/", "is no URL"),
        ("https://[::1/", "is no URL"),
        ("https://exa mple.org/", "not among"),
    ],
)
def test_only_https_urls_of_allowed_hosts_are_asked(url: str, problem: str) -> None:
    with pytest.raises(OutboundRefusedError, match=problem):
        Outbound(["example.org"]).check(url)


@pytest.mark.parametrize(
    "url", ["https://EXAMPLE.org/x", "https://example.org:443/x", "https://example.org./x"]
)
def test_a_host_is_the_same_in_any_spelling(url: str) -> None:
    assert Outbound(["Example.ORG"]).check(url).path == "/x"


@pytest.mark.parametrize("host", ["", "*", "*.example.org", "https://example.org", "a b"])
def test_an_allowed_host_that_is_none_allows_nothing(host: str) -> None:
    with pytest.raises(OutboundRefusedError, match="not among"):
        Outbound([host]).check("https://example.org/")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "2002:0a00:0001::",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::1",
        "::10.0.0.1",
        "2001:0:1:2:3:4:f5ff:fffe",
    ],
)
def test_addresses_that_are_not_of_the_internet_are_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["20.60.1.1", "8.8.8.8", "2606:4700::1", "64:ff9b::8.8.8.8"])
def test_addresses_of_the_internet_are_known(address: str) -> None:
    assert is_public(address)


def test_an_allowed_name_that_leads_to_a_private_address_is_refused(server: Server) -> None:
    guarded = Outbound([server.origin], trusted=server.certificate)

    with pytest.raises(OutboundRefusedError, match="which is no public address"):
        guarded.get(server.url("/a"))
    assert server.asked == []


def test_one_private_address_among_public_ones_is_enough_to_refuse(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lookup(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(2, 1, 6, "", (each, 443)) for each in ("20.60.1.1", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    with pytest.raises(OutboundRefusedError, match=r"leads to 10\.0\.0\.1"):
        Outbound(["example.org"]).get("https://example.org/")


def test_a_redirect_within_the_host_is_followed(server: Server) -> None:
    server.answers["/old"] = lambda handler: handler.reply(b"", 302, Location="/new")
    server.answers["/new"] = lambda handler: handler.reply(b"here")

    assert out(server).get(server.url("/old")) == b"here"


@pytest.mark.parametrize(
    ("location", "problem"),
    [
        ("https://elsewhere.example/", "redirects elsewhere"),
        ("http://localhost/", "only https"),
        ("//169.254.169.254/latest", "redirects elsewhere"),
    ],
)
def test_a_redirect_to_anywhere_else_is_refused(
    server: Server, location: str, problem: str
) -> None:
    server.answers["/old"] = lambda handler: handler.reply(b"", 307, Location=location)

    with pytest.raises(OutboundRefusedError, match=problem):
        out(server).get(server.url("/old"))


def test_redirects_come_to_an_end(server: Server) -> None:
    server.answers["/round"] = lambda handler: handler.reply(b"", 302, Location="/round")

    with pytest.raises(OutboundRefusedError, match="more than 3 times"):
        out(server).get(server.url("/round"))
    assert len(server.asked) == 4


def test_a_post_is_never_redirected(server: Server) -> None:
    server.answers["/old"] = lambda handler: handler.reply(b"", 307, Location="/new")

    with pytest.raises(OutboundRefusedError, match="redirects a POST"):
        out(server).post(server.url("/old"), b"{}", "application/json")


@pytest.mark.parametrize("declared", [True, False])
def test_an_answer_that_is_too_long_is_refused(server: Server, declared: bool) -> None:
    length = {} if declared else {"Content_Length": ""}
    server.answers["/long"] = lambda handler: handler.reply(b"x" * 2000, 200, **length)

    with pytest.raises(OutboundError, match="more than 1000 bytes"):
        out(server).get(server.url("/long"), Limits(most_bytes=1000))


def test_an_answer_of_exactly_the_limit_is_taken(server: Server) -> None:
    server.answers["/fits"] = lambda handler: handler.reply(b"x" * 1000)

    assert len(out(server).get(server.url("/fits"), Limits(most_bytes=1000))) == 1000


def test_an_answer_that_breaks_off_is_none(server: Server) -> None:
    server.answers["/cut"] = lambda handler: handler.reply(b"half", Content_Length="8")

    with pytest.raises(OutboundError, match="4 bytes before its answer does"):
        out(server).get(server.url("/cut"))


def test_an_answer_that_drips_ends_at_the_deadline(server: Server) -> None:
    server.answers["/slow"] = lambda handler: handler.drip(5)
    begun = time.monotonic()

    with pytest.raises(OutboundError, match=r"no whole answer within 0\.5 s"):
        out(server).get(server.url("/slow"), Limits(seconds=0.5))
    assert time.monotonic() - begun < 3


def test_a_server_that_says_nothing_ends_at_the_deadline(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        asking = Outbound([f"localhost:{port}"], allow_private=True)
        with pytest.raises(OutboundError, match=r"no whole answer within 0\.3 s"):
            asking.get(f"https://localhost:{port}/", Limits(seconds=0.3))


def test_anything_but_http_200_is_an_error(server: Server) -> None:
    server.answers["/none"] = lambda handler: handler.reply(b"", 503)

    with pytest.raises(OutboundError, match="answers with HTTP 503"):
        out(server).get(server.url("/none"))


def test_an_encoding_that_was_not_asked_for_is_refused(server: Server) -> None:
    server.answers["/zip"] = lambda handler: handler.reply(b"x", Content_Encoding="gzip")

    with pytest.raises(OutboundError, match="in an encoding"):
        out(server).get(server.url("/zip"))


def test_a_certificate_that_nobody_vouches_for_is_refused(server: Server) -> None:
    untrusting = Outbound([server.origin], allow_private=True)

    with pytest.raises(OutboundError, match="certificate verify failed"):
        untrusting.get(server.url("/a"))
    assert server.asked == []


def test_trusted_certificates_that_are_none_are_named() -> None:
    with pytest.raises(OutboundError, match="trusted certificates cannot be read"):
        Outbound(["localhost"], allow_private=True, trusted="none").get("https://localhost/")


def test_a_name_that_does_not_exist_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def lookup(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    with pytest.raises(OutboundError, match="cannot be looked up"):
        Outbound(["nowhere.example"]).get("https://nowhere.example/")


def test_a_host_where_nobody_listens_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(OutboundError, match=f"localhost:{port}"):
        Outbound([f"localhost:{port}"], allow_private=True).get(f"https://localhost:{port}/")
