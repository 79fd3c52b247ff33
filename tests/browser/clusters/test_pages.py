"""The pages of clusters, as a browser without scripts gets them."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.test import Client

from policy_app.models import AddonState, Assignment, Cluster, KubeObject, Scope
from policy_app.services import assignments, drafts
from policy_app.services.cluster import addon
from tests.browser.clusters.conftest import SHOP, Create, pod

CLUSTER = "/clusters/aks-demo"
TABS = ("overview", "namespaces", "workloads", "objects", "events", "denied", "policies", "addon")


@pytest.fixture(autouse=True)
def signed_in(client: Client, portal: None, alice: User) -> None:
    """As ``alice``."""
    client.force_login(alice)


def read(client: Client, address: str, status: int = 200, part: str = "") -> BeautifulSoup:
    """A page, or the part of it that htmx asks for, parsed."""
    headers = {"HX-Request": "true", "HX-Target": part} if part else {}
    answer = client.get(address, headers=headers)
    assert answer.status_code == status, address
    return BeautifulSoup(answer.content, "html.parser")


def texts(page: BeautifulSoup, selector: str) -> list[str]:
    """The texts of elements, with single spaces."""
    return [" ".join(one.get_text(" ").split()) for one in page.select(selector)]


def row_of(page: BeautifulSoup, name: str) -> dict[str, str]:
    """The cells of the row with that name, by label."""
    row = next(one for one in page.select("tbody tr") if one.select("th")[0].text.strip() == name)
    return {
        str(cell.get("data-label", "")): " ".join(cell.get_text(" ").split())
        for cell in row.select("td")
    }


def about(resource: str, name: str, namespace: str = "shop-window", group: str = "") -> str:
    """The address of an object's page."""
    query = {"group": group, "resource": resource, "namespace": namespace, "name": name}
    return f"{CLUSTER}/-/object?{urlencode(query)}"


def test_the_list_says_how_much_there_is_in_each_cluster(client: Client, filled: None) -> None:
    row = row_of(read(client, "/clusters"), "aks-demo")
    assert row["Resource group"] == "rg-demo"
    assert row["Azure Policy add-on"] == "Enabled"
    assert int(row["Denied requests"].split()[0]) >= 1
    assert int(row["Workloads"]) >= 2
    assert texts(read(client, "/clusters?search=staging"), "tbody th") == ["aks-staging"]
    assert texts(read(client, "/clusters?addon=off"), "tbody th") == []


def test_the_menu_and_the_overview_lead_to_clusters(client: Client) -> None:
    page = read(client, "/")
    assert page.select('.sidenav-item[href="/clusters"]')
    assert page.select(f'tbody a[href="{CLUSTER}"]')
    current = read(client, CLUSTER).select(".sidenav-item[aria-current]")
    assert [(one.text.strip(), one["aria-current"]) for one in current] == [("Clusters", "true")]


def test_pages_and_the_api_of_a_cluster_do_not_get_in_each_others_way(
    client: Client, filled: None
) -> None:
    assert client.get(f"{CLUSTER}/healthz").content == b"ok"
    assert client.get(f"{CLUSTER}/version").json()["major"] == "1"
    assert "text/html" in client.get(CLUSTER)["Content-Type"]


def test_a_cluster_that_is_not_there_is_said_in_a_sentence(client: Client) -> None:
    page = read(client, "/clusters/nowhere", 404)
    assert 'There is no cluster "nowhere" in this portal' in page.text


def test_two_clusters_of_one_name_are_told_apart_by_their_groups(
    client: Client, rg_staging: Scope
) -> None:
    scope = Scope.objects.create(
        kind=Scope.Kind.CLUSTER,
        name="aks-demo",
        display_name="aks-demo",
        arm_id=f"{rg_staging.arm_id}/providers/Microsoft.ContainerService/managedClusters/aks-demo",
        parent=rg_staging,
    )
    Cluster.objects.create(scope=scope)
    links = {str(one["href"]) for one in read(client, "/clusters").select("tbody th a")}
    assert {"/clusters/rg-demo.aks-demo", "/clusters/rg-staging.aks-demo"} <= links
    assert texts(read(client, "/clusters/rg-staging.aks-demo"), "h1") == ["aks-demo"]
    assert "several clusters" in read(client, CLUSTER, 404).text


def test_whoever_has_not_signed_in_sees_nothing(portal: None) -> None:
    for address in ("/clusters", CLUSTER, f"{CLUSTER}/-/object", f"{CLUSTER}/-/addon"):
        answer = Client().get(address)
        assert (answer.status_code, answer["Location"][:8]) == (302, "/sign-in")


def test_the_overview_has_the_lines_to_type(client: Client, filled: None) -> None:
    commands = texts(read(client, CLUSTER), ".cluster-line code")
    kubeconfig = "policy-portal kubeconfig aks-demo --server http://testserver > aks-demo.yaml"
    assert commands[0] == kubeconfig
    assert "kubectl apply -f nginx.yaml" in commands


def test_namespaces_count_what_is_in_them(client: Client, filled: None) -> None:
    row = row_of(read(client, f"{CLUSTER}?tab=namespaces"), "shop-window")
    assert row["Status"] == "Active"
    assert row["Workloads"].startswith("2 ")
    assert row["Pods"].startswith("2 ")


def test_a_workload_whose_pods_are_refused_says_by_which_policy(
    client: Client, filled: None
) -> None:
    page = read(client, f"{CLUSTER}?tab=workloads&namespace=shop-window&kind=Deployment")
    assert texts(page, "tbody th") == ["miner", "web"]
    miner, web = row_of(page, "miner"), row_of(page, "web")
    assert (miner["Ready"], miner["Status"]) == ("0/2", "Not ready")
    assert miner["Policy"].startswith("Pods refused")
    assert "Privileged container is not allowed" in miner["Policy"]
    assert (web["Ready"], web["Policy"]) == ("2/2", "Admitted")


def test_what_ran_before_a_policy_came_is_shown_as_a_violation(
    client: Client, kubectl: Create, request: pytest.FixtureRequest
) -> None:
    kubectl("api/v1/namespaces", SHOP)
    assert kubectl("api/v1/namespaces/shop-window/pods", pod("old", privileged=True)) == 201
    address = f"{CLUSTER}?tab=workloads&namespace=shop-window"
    assert row_of(read(client, address), "old")["Policy"] == "Admitted"
    request.getfixturevalue("no_privileged")
    told = row_of(read(client, address), "old")["Policy"]
    assert told.startswith("1 violation")
    assert "Privileged container is not allowed" in told


def test_all_objects_are_listed_by_resource_and_lead_to_their_yaml(
    client: Client, filled: None
) -> None:
    page = read(client, f"{CLUSTER}?tab=objects&resource=secrets&namespace=shop-window")
    assert texts(page, "tbody th") == ["db"]
    assert "deployments.apps" in " ".join(texts(page, "#filter-resource option"))
    link = page.select_one("tbody th a")
    assert link is not None
    shown = read(client, str(link["href"]))
    assert texts(shown, "h1") == ["db"]
    back = shown.select(".breadcrumb a")[-1]
    assert texts(read(client, str(back["href"])), "tbody th") == ["db"]


def test_events_are_filtered_by_type_namespace_and_words(client: Client, filled: None) -> None:
    everything = f"{CLUSTER}?tab=events&namespace=shop-window"
    types = set(texts(read(client, everything), 'tbody [data-label="Type"]'))
    assert types == {"Normal", "Warning"}
    warnings = read(client, f"{everything}&type=Warning")
    assert set(texts(warnings, 'tbody [data-label="Type"]')) == {"Warning"}
    found = read(client, f"{everything}&search=scaled+WEB")
    assert set(texts(found, 'tbody [data-label="Reason"]')) == {"ScalingReplicaSet"}
    nothing = read(client, f"{everything}&search=no-such-word")
    assert "No event matches these filters" in nothing.text


def test_an_event_leads_to_its_object_only_where_that_is_there(
    client: Client, filled: None
) -> None:
    page = read(client, f"{CLUSTER}?tab=events&namespace=shop-window&search=deployment/web")
    link = page.select_one("tbody th a")
    assert link is not None
    assert texts(read(client, str(link["href"])), "h1") == ["web"]
    refused = read(client, f"{CLUSTER}?tab=events&namespace=shop-window&search=pod/naughty")
    assert refused.select("tbody th")
    assert not refused.select("tbody th a")


def test_denied_requests_say_who_asked_for_what_and_why_not(client: Client, filled: None) -> None:
    page = read(client, f"{CLUSTER}?tab=denied&search=naughty")
    assert texts(page, "tbody th") == ["Create Pod/naughty"]
    row = row_of(page, page.select("tbody th")[0].text.strip())
    assert row["Who"] == "alice"
    assert row["Namespace"] == "shop-window"
    assert "Privileged container is not allowed: main" in row["Why"]


def test_policy_objects_lead_to_the_assignment_that_they_come_from(
    client: Client, filled: None, no_privileged: Assignment
) -> None:
    page = read(client, f"{CLUSTER}?tab=policies&type=constraints")
    name = next(one for one in texts(page, "tbody th") if "noprivilege" in one)
    row = row_of(page, name)
    assert row["Enforcement action"] == "deny"
    assert row["Violations"] == "0"
    assert row["Comes from"] == "Baseline"
    origin = page.select_one('tbody [data-label="Comes from"] a')
    assert origin is not None
    assert texts(read(client, str(origin["href"])), "h1") == ["Baseline"]
    templates = read(client, f"{CLUSTER}?tab=policies&type=templates")
    assert set(texts(templates, 'tbody [data-label="Kind"]')) == {"ConstraintTemplate"}


def test_an_object_is_shown_as_highlighted_yaml_with_its_owner(
    client: Client, filled: None
) -> None:
    page = read(client, about("deployments", "miner", group="apps"))
    code = page.select_one(".code")
    assert code is not None
    assert "privileged: true" in code.text
    assert code.select(".nt")
    assert "managedFields" not in code.text
    assert "Privileged container is not allowed" in texts(page, ".message-warning")[0]
    owned = page.select_one(".cluster-owned a")
    assert owned is not None
    made = read(client, str(owned["href"]))
    assert "Deployment/miner" in texts(made, ".essential dd a")


def test_the_values_of_a_secret_are_never_shown(client: Client, filled: None) -> None:
    answer = client.get(about("secrets", "db"))
    page = answer.content.decode()
    assert "password" in page
    assert "hunter2" not in page
    assert "aHVudGVyMi1pcy1zZWNyZXQ" not in page


def test_an_object_that_is_gone_is_said_in_a_sentence(client: Client, filled: None) -> None:
    page = read(client, about("pods", "nobody"), 404)
    assert "has no object 'nobody' of the resource 'pods' in namespace 'shop-window'" in page.text


def test_the_timeline_tells_how_far_an_assignment_has_come(
    client: Client, filled: None, no_privileged: Assignment
) -> None:
    page = read(client, f"{CLUSTER}?tab=addon")
    assert texts(page, ".cluster-step-name") == list(addon.STEPS)
    assert len(page.select(".cluster-step-done time")) == len(addon.STEPS)
    assert texts(page, ".cluster-ways .badge") == ["In force"]
    assert not read(client, f"{CLUSTER}?tab=addon&state=going").select(".cluster-way")


def test_with_azures_timing_an_assignment_waits_for_the_next_sync(
    client: Client, aks_demo: Cluster, request: pytest.FixtureRequest
) -> None:
    client.post(f"{CLUSTER}/-/timing", {"timing": "azure"})
    assert AddonState.objects.get(cluster=aks_demo).timing == AddonState.Timing.AZURE
    addon.sync(aks_demo)
    request.getfixturevalue("no_privileged")
    waiting = read(client, f"{CLUSTER}?tab=addon")
    assert texts(waiting, ".cluster-step-next .cluster-step-name") == ["Synced"]
    assert "the next one at" in waiting.text
    client.post(f"{CLUSTER}/-/sync")
    done = read(client, f"{CLUSTER}?tab=addon")
    assert texts(done, ".cluster-ways .badge") == ["In force"]
    assert "1 assignment reaches it, and everything is installed." in done.text


def test_an_assignment_that_is_disabled_has_nothing_to_install(
    client: Client, no_privileged: Assignment, alice: User
) -> None:
    draft = drafts.from_assignment(no_privileged)
    draft.parameters = {"effect": "Disabled"}
    assignments.put(draft, by=alice)
    page = read(client, f"{CLUSTER}?tab=addon")
    assert texts(page, ".cluster-ways .badge") == ["Nothing to install"]
    assert not page.select(".cluster-step-stopped")


def test_the_generation_of_gatekeeper_is_chosen_on_the_page(
    client: Client, aks_demo: Cluster
) -> None:
    client.post(f"{CLUSTER}/-/gatekeeper", {"generation": "legacy"})
    aks_demo.refresh_from_db()
    assert aks_demo.gatekeeper == Cluster.Generation.LEGACY
    page = read(client, f"{CLUSTER}?tab=addon")
    (chosen,) = page.select("#generation option[selected]")
    assert chosen["value"] == "legacy"
    refused = client.post(f"{CLUSTER}/-/gatekeeper", {"generation": "2023"})
    assert refused.status_code == 400
    assert "choose current or legacy" in refused.content.decode()


def test_a_timing_that_is_not_known_is_refused_with_the_choices(client: Client) -> None:
    answer = client.post(f"{CLUSTER}/-/timing", {"timing": "tomorrow"})
    assert answer.status_code == 400
    assert "choose atOnce or azure" in answer.content.decode()


def test_without_the_addon_there_is_nothing_to_sync(client: Client, aks_demo: Cluster) -> None:
    addon.switch(aks_demo, on=False)
    answer = client.post(f"{CLUSTER}/-/sync")
    assert answer.status_code == 409
    assert "Enable it first" in answer.content.decode()


def test_the_addon_goes_with_all_it_brought_and_comes_back(
    client: Client, filled: None, aks_demo: Cluster
) -> None:
    asked = read(client, f"{CLUSTER}/-/addon?to=off")
    assert "Nothing is refused, warned about or changed any more" in asked.text
    page = client.post(f"{CLUSTER}/-/addon", {"to": "off"}, follow=True)
    assert "nothing is refused any more" in page.content.decode()
    constraints = KubeObject.objects.filter(cluster=aks_demo, group="constraints.gatekeeper.sh")
    assert not constraints.exists()
    assert "no policy is installed" in read(client, f"{CLUSTER}?tab=policies").text
    client.post(f"{CLUSTER}/-/addon", {"to": "on"})
    assert constraints.exists()


def test_looking_changes_nothing_and_switching_needs_to_be_said(client: Client) -> None:
    assert client.get(f"{CLUSTER}/-/sync").status_code == 405
    assert client.get(f"{CLUSTER}/-/addon?to=maybe").status_code == 400
    assert client.post(f"{CLUSTER}/-/addon", {}).status_code == 400


def test_htmx_gets_the_grid_or_the_tabs_alone(client: Client, filled: None) -> None:
    address = f"{CLUSTER}?tab=events"
    grid = read(client, address, part="results")
    assert grid.select("table.grid")
    assert not grid.select(".tabs, .filters, h1")
    tabs = read(client, address, part="tabbed")
    assert tabs.select(".tabs")
    assert not tabs.select("h1, .sidenav")


def test_following_events_asks_again_every_few_seconds(client: Client, filled: None) -> None:
    still = read(client, f"{CLUSTER}?tab=events").select_one("#results")
    moving = read(client, f"{CLUSTER}?tab=events&follow=1").select_one("#results")
    assert still is not None
    assert moving is not None
    assert "hx-trigger" not in still.attrs
    assert re.fullmatch(r"every \d+s", str(moving["hx-trigger"]))


HOSTILE = ["%00", "%ff", "%F0%9F%98%80", "'%22%3E%3Cscript%3E", "-1", "9" * 40, "[]", "%ED%A0%80"]


@pytest.mark.parametrize("value", HOSTILE)
def test_no_address_makes_a_page_fail(client: Client, value: str) -> None:
    names = ("search", "tab", "namespace", "kind", "type", "sort", "page", "state", "door", "to")
    query = "&".join(f"{name}={value}" for name in (*names, "group", "resource", "name"))
    for address in ("/clusters", f"{CLUSTER}/-/object", f"{CLUSTER}/-/addon", f"/clusters/{value}"):
        assert client.get(f"{address}?{query}").status_code < 500, address
    for tab in TABS:
        assert client.get(f"{CLUSTER}?tab={tab}&{query}").status_code < 500, tab
