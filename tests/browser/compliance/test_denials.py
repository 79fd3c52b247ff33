"""Denied requests: listed, filtered, and found again by what was said."""

from __future__ import annotations

from urllib.parse import quote

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from policy_app.models import Assignment, Cluster, Refusal
from tests.browser.compliance.test_pages import soup, text

PAGE = "/policy/denials"
OTHER = "[azurepolicy-k8sazurev2noprivilege-00000000000000000000] Privileged container: elsewhere"


def refusal(cluster: Cluster, name: str, **columns: object) -> Refusal:
    """A refused Pod."""
    given: dict[str, object] = {
        "at": timezone.now(),
        "door": Refusal.Door.CLUSTER,
        "operation": "CREATE",
        "kind": "Pod",
        "namespace": "shop",
        "name": name,
        "username": "bob",
        "constraints": ["mine"],
        "message": f"[mine] {name} is not wanted",
    }
    return Refusal.objects.create(cluster=cluster, **given | columns)


def names(visitor: Client, query: str = "") -> list[str]:
    """The requests on the page."""
    page = soup(visitor, f"{PAGE}{query}")
    return [one.get_text(" ", strip=True) for one in page.select("#results tbody th")]


def test_each_filter_leaves_what_it_says(
    visitor: Client, aks_demo: Cluster, aks_staging: Cluster
) -> None:
    refusal(aks_demo, "one")
    refusal(aks_demo, "two", namespace="bank", door=Refusal.Door.WEBHOOK)
    refusal(aks_staging, "three", username="carol")
    assert names(visitor) == ["Create Pod/three", "Create Pod/two", "Create Pod/one"]
    assert names(visitor, "?cluster=aks-staging") == ["Create Pod/three"]
    assert names(visitor, "?namespace=bank") == ["Create Pod/two"]
    assert names(visitor, "?door=webhook") == ["Create Pod/two"]
    assert names(visitor, "?search=carol+not") == ["Create Pod/three"]
    assert names(visitor, "?search=zzz") == []


def test_what_kubectl_said_leads_to_the_request_the_policy_the_assignment_and_the_field(
    visitor: Client, judged: Cluster
) -> None:
    refusal(judged, "other", message=OTHER)
    row = Refusal.objects.get(name="refused")
    pasted = (
        'Error from server (Forbidden): error when creating "pod.yaml": admission webhook'
        f' "validation.gatekeeper.sh" denied the request: {row.message}'
    )
    page = soup(visitor, f"{PAGE}?text={quote(pasted)}")
    assert [one.get_text(strip=True) for one in page.select("#results tbody th")] == [
        "Create Pod/refused"
    ]
    told = page.select_one(".compliance-told")
    assert told is not None
    assert "Policy Kubernetes cluster should not allow privileged containers" in text(told)
    assert "Field spec.containers[*].securityContext.privileged" in text(told)
    assignment = next(a for a in told.select("a") if "assignment that brought it" in a.get_text())
    assert quote(Assignment.objects.get().arm_id, safe="") in str(assignment["href"])


def test_a_message_that_nobody_refused_with_is_told_as_such(
    visitor: Client, judged: Cluster
) -> None:
    page = text(soup(visitor, f"{PAGE}?text={quote('[nobody] has said this')}"))
    assert "No request was refused with this message." in page
    assert "No built-in definition says this" in page


def test_a_row_leads_to_its_policy_and_its_assignment(visitor: Client, judged: Cluster) -> None:
    row = soup(visitor, PAGE).select("#results tbody tr")[0]
    hrefs = [str(one["href"]) for one in row.select(".compliance-links a")]
    assert hrefs[0].startswith("/policy/compliance/policy?")
    assert hrefs[1].startswith("/policy/assignments/view?")
    page = soup(visitor, str(row.select("th a")[0]["href"]))
    assert "What the policies said" in text(page)
    assert "Who admin" in text(page)


def test_a_long_or_strange_text_breaks_nothing(visitor: Client, aks_demo: Cluster) -> None:
    for pasted in ("x" * 20_000, "\x00[a] b", "[](*[[%_\\", "[azurepolicy-] x"):
        assert visitor.get(PAGE, {"text": pasted[:7_000]}).status_code == 200


def test_who_may_not_see_a_cluster_sees_none_of_its_denials(
    client: Client, aks_demo: Cluster
) -> None:
    row = refusal(aks_demo, "one")
    client.force_login(User.objects.create_user("stranger"))
    assert names(client) == []
    assert client.get(f"{PAGE}/{row.pk}").status_code == 404
