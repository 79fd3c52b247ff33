"""Templates from elsewhere: only from allowed hosts, once, and kept."""

from __future__ import annotations

import hashlib

import pytest
from pytest_django import Settings

from policy_app.catalog import gaps
from policy_app.evaluation.language.definitions import PolicyDefinition
from policy_app.evaluation.language.details import Source
from policy_app.evaluation.language.installation import SourceError
from policy_app.models import FetchedTemplate
from policy_app.services import downloading, fetching
from policy_app.services.outbound import Limits, Outbound, OutboundError
from tests.evaluation.language.samples import definition, rule

URL = "https://policies.example.org/ports/template.yaml"
SOURCE = Source("PublicURL", URL)
BUILT_IN = (
    "https://store.policy.core.windows.net/kubernetes/container-no-privilege/v2/template.yaml"
)

pytestmark = pytest.mark.django_db


class Host:
    """What stands behind ``Outbound`` in these tests."""

    def __init__(self) -> None:
        self.answer: bytes | OutboundError = b"kind: ConstraintTemplate\n"
        self.asked: list[str] = []

    def get(self, client: Outbound, url: str, limits: Limits) -> bytes:
        """Answer in place of the network, after the client's own check of the URL."""
        client.check(url)
        assert limits == downloading.LIMITS
        self.asked.append(url)
        if isinstance(self.answer, OutboundError):
            raise self.answer
        return self.answer


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Host:
    """A host that is allowed, and no failure of earlier."""
    settings.TEMPLATE_HOSTS = ["policies.example.org"]
    monkeypatch.setattr(fetching, "_failures", {})
    one = Host()
    monkeypatch.setattr(
        Outbound, "get", lambda self, url, limits: one.get(self, url, limits), raising=True
    )
    return one


def refusal(source: Source = SOURCE) -> str:
    """Why a text cannot be had."""
    with pytest.raises(SourceError) as caught:
        fetching.text(source)
    assert caught.value.code == "ConstraintTemplateInstallFailed"
    return caught.value.message


def test_nothing_is_fetched_unless_the_operator_says_so(host: Host, settings: Settings) -> None:
    settings.TEMPLATE_HOSTS = []
    assert "POLICY_PORTAL_TEMPLATE_HOSTS names no host" in refusal()
    assert host.asked == []


def test_the_portals_own_store_comes_first(host: Host) -> None:
    assert "K8sAzureV2NoPrivilege" in fetching.text(Source("PublicURL", BUILT_IN))
    assert host.asked == []


def test_a_text_is_fetched_once_and_kept_with_its_digest(host: Host) -> None:
    assert fetching.text(SOURCE) == "kind: ConstraintTemplate\n"
    host.answer = b"changed"
    assert fetching.text(SOURCE) == "kind: ConstraintTemplate\n"
    assert host.asked == [URL]
    row = FetchedTemplate.objects.get()
    assert (row.url, row.text) == (URL, "kind: ConstraintTemplate\n")
    assert row.sha256 == hashlib.sha256(b"kind: ConstraintTemplate\n").hexdigest()


def test_what_is_kept_needs_no_host_any_more(host: Host, settings: Settings) -> None:
    fetching.text(SOURCE)
    settings.TEMPLATE_HOSTS = []
    assert fetching.text(SOURCE) == "kind: ConstraintTemplate\n"


def test_another_host_is_refused_and_not_asked(host: Host) -> None:
    said = refusal(Source("PublicURL", "https://elsewhere.example.org/t.yaml"))
    assert "elsewhere.example.org is not among the hosts that are allowed" in said
    assert (host.asked, FetchedTemplate.objects.count()) == ([], 0)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (OutboundError("policies.example.org answers with HTTP 404"), "answers with HTTP 404"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (b"a\x00b", "has a NUL character"),
    ],
)
def test_a_failure_is_told_and_not_asked_for_again_at_once(
    host: Host, monkeypatch: pytest.MonkeyPatch, answer: bytes | OutboundError, said: str
) -> None:
    host.answer = answer
    assert said in refusal()
    host.answer = b"well"
    assert said in refusal()
    assert (len(host.asked), FetchedTemplate.objects.count()) == (1, 0)
    monkeypatch.setattr(fetching, "RETRY_SECONDS", 0.0)
    assert fetching.text(SOURCE) == "well"


def test_a_definition_can_be_evaluated_where_its_template_may_be_fetched(
    host: Host, settings: Settings
) -> None:
    info = {"sourceType": "PublicURL", "url": URL}
    parsed = PolicyDefinition.parse(definition(policyRule=rule(templateInfo=info)))
    assert gaps.of(parsed) == ""
    settings.TEMPLATE_HOSTS = []
    assert gaps.of(parsed) == f"The portal's store has no template for {URL}."
