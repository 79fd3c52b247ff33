"""The Assignments page, the page of one, and deletion, without scripts."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.test import Client

from policy_app.models import Assignment, Cluster, Definition, Scope
from policy_app.services import assignments, drafts
from tests.browser.html_forms import WebForm
from tests.estate_fixtures import SUBSCRIPTION

RG_DEMO = f"{SUBSCRIPTION}/resourceGroups/rg-demo"
TABS = ("force", "policies", "parameters", "exemptions", "history", "request")


@pytest.fixture
def browser(client: Client, alice: User) -> Client:
    """A client that is signed in as alice."""
    client.force_login(alice)
    return client


@pytest.fixture
def denying(baseline: Definition, rg_demo: Scope, alice: User) -> Assignment:
    """The baseline initiative at rg-demo, refusing."""
    draft = drafts.AssignmentDraft(
        scope=rg_demo,
        name="denying",
        definition=baseline,
        definition_version="1.*.*",
        display_name="Refuse at demo",
        parameters={"effect": "Deny"},
        non_compliance_messages=[
            {"message": "Ask the platform team."},
            {"message": "Not here.", "policyDefinitionReferenceId": "NoPrivilegedContainers"},
        ],
    )
    return assignments.put(draft, by=alice)[0]


@pytest.fixture
def auditing(rg_staging: Scope, portal: None) -> Assignment:
    """A single policy at rg-staging, with the default effect."""
    privileged = Definition.objects.get(name="95edb821-ddaf-4404-9732-666045e056b4")
    draft = drafts.AssignmentDraft(rg_staging, "auditing", privileged, display_name="Audit staging")
    return assignments.put(draft, by=None)[0]


def view(row: Assignment, tab: str = "", **query: str) -> str:
    """The address of an assignment's page."""
    return f"/policy/assignments/view?{urlencode({'id': row.arm_id, 'tab': tab, **query})}"


def deletion(row: Assignment) -> str:
    """The address that asks before deleting."""
    return f"/policy/assignments/delete?{urlencode({'id': row.arm_id})}"


def soup(browser: Client, url: str) -> BeautifulSoup:
    """The page at an address."""
    response = browser.get(url)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def text(browser: Client, url: str) -> str:
    """What the page says, without its frame."""
    main = soup(browser, url).select_one("#main")
    assert main is not None
    return main.get_text(" ", strip=True)


def names(page: BeautifulSoup) -> list[str]:
    """The names in the grid."""
    return [one.get_text(strip=True) for one in page.select(".grid tbody .col-name")]


def cells(page: BeautifulSoup) -> dict[str, str]:
    """The first row of the grid by column."""
    found = page.select(".grid tbody tr:first-child td[data-label]")
    return {str(one["data-label"]): one.get_text(" ", strip=True) for one in found}


def test_where_nothing_is_assigned_the_page_says_what_to_do(browser: Client, portal: None) -> None:
    said = text(browser, "/policy/assignments")

    assert "Nothing is assigned yet, so nothing is enforced." in said
    assert "Browse definitions" in said


def test_the_list_shows_each_assignment_in_its_columns(
    browser: Client, denying: Assignment, auditing: Assignment
) -> None:
    page = soup(browser, "/policy/assignments?sort=-name")

    assert names(page) == ["Refuse at demo", "Audit staging"]
    row = cells(page)
    assert row["Scope"] == "rg-demo mg-demo / Demo subscription"
    assert row["Type"] == "Initiative"
    assert row["Definition"] == denying.definition.display_name
    assert row["Effect"] == "Deny"
    assert row["Enforcement"] == "Enabled"
    assert row["Excluded scopes"] == "0"
    assert row["Created"].endswith("by alice")


def test_an_effect_that_is_not_given_is_the_definitions_default(
    browser: Client, auditing: Assignment
) -> None:
    assert cells(soup(browser, "/policy/assignments"))["Effect"] == "Deny"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"scope": RG_DEMO.upper()}, ["Refuse at demo"]),
        ({"scope": SUBSCRIPTION}, ["Audit staging", "Refuse at demo"]),
        ({"kind": "policy"}, ["Audit staging"]),
        ({"kind": "initiative"}, ["Refuse at demo"]),
        ({"search": "STAGING audit"}, ["Audit staging"]),
        ({"search": "pod security"}, ["Refuse at demo"]),
        ({"kind": "nonsense", "scope": "/nowhere"}, ["Audit staging", "Refuse at demo"]),
    ],
)
def test_filters_in_the_address_choose_the_rows(
    browser: Client,
    denying: Assignment,
    auditing: Assignment,
    query: dict[str, str],
    found: list[str],
) -> None:
    assert names(soup(browser, f"/policy/assignments?{urlencode(query)}")) == found


def test_filters_that_fit_nothing_can_be_cleared(browser: Client, denying: Assignment) -> None:
    said = text(browser, "/policy/assignments?search=zzz")

    assert "No assignment matches these filters." in said
    assert "No assignment to show." in said


def test_every_row_has_its_actions(browser: Client, denying: Assignment) -> None:
    items = soup(browser, "/policy/assignments").select(".grid .menu-item")

    assert [one.get_text(strip=True) for one in items] == [
        "View",
        "Edit",
        "Duplicate",
        "Create exemption",
        "Delete assignment",
    ]
    for item in items:
        assert browser.get(str(item["href"])).status_code == 200


def test_the_page_says_what_the_assignment_is(browser: Client, denying: Assignment) -> None:
    page = soup(browser, view(denying))
    facts = {
        one.dt.get_text(strip=True): one.dd.get_text(" ", strip=True)  # type: ignore[union-attr]
        for one in page.select(".essential")
    }

    assert facts["Scope"] == "mg-demo / Demo subscription / rg-demo"
    assert facts["Initiative definition"] == denying.definition.display_name
    assert facts["Effect"] == "Deny"
    assert facts["Version"] == "1.*.* (today 1.4.0)"
    assert facts["Policy enforcement"] == "Enabled"
    assert facts["Exclusions"] == "None"
    assert facts["Created"].endswith("UTC by alice")
    assert facts["Assignment ID"].startswith(denying.arm_id)


def test_in_force_lists_the_constraints_of_its_cluster(
    browser: Client, denying: Assignment
) -> None:
    page = soup(browser, view(denying, "force"))

    kinds = [one.get_text(strip=True) for one in page.select(".assignment-constraints p.muted")]
    assert kinds == [
        "K8sAzureV2NoPrivilege",
        "K8sAzureV3HostNetworkingPorts",
        "K8sAzureV2BlockHostNamespace",
        "K8sAzureV3AllowedCapabilities",
        "K8sAzureV4HostFilesystem",
    ]
    (yaml, *_) = [one.get_text("\n") for one in page.select(".assignment-constraints .code")]
    assert "enforcementAction" in yaml
    assert {one.get_text(strip=True) for one in page.select(".badge-danger")} == {"Deny"}


def test_the_cluster_in_the_address_is_the_one_that_shows(
    browser: Client, baseline: Definition, portal: None
) -> None:
    subscription = Scope.objects.get(arm_id=SUBSCRIPTION)
    row, _ = assignments.put(drafts.AssignmentDraft(subscription, "all", baseline), by=None)
    staging = Cluster.objects.select_related("scope").get(scope__name="aks-staging")

    assert "Constraints on aks-demo" in text(browser, view(row, "force"))
    assert "Constraints on aks-staging" in text(
        browser, view(row, "force", cluster=staging.scope.arm_id)
    )


def test_an_assignment_that_reaches_no_cluster_says_so(
    browser: Client, denying: Assignment
) -> None:
    draft = drafts.from_assignment(denying)
    draft.not_scopes = [f"{RG_DEMO}/providers/Microsoft.ContainerService/managedClusters/aks-demo"]
    assignments.put(draft, by=None)

    assert "reaches no cluster, so nothing of it is in force" in text(browser, view(denying))


def test_what_could_not_be_installed_is_listed_with_its_reason(
    browser: Client, denying: Assignment
) -> None:
    draft = drafts.from_assignment(denying)
    draft.overrides = [
        {
            "kind": "definitionVersion",
            "value": "1.*.*",
            "selectors": [
                {"kind": "policyDefinitionReferenceId", "in": ["NoPrivilegedContainers"]}
            ],
        }
    ]
    assignments.put(draft, by=None)

    said = text(browser, view(denying, "force"))

    assert "Not installed" in said
    assert "ConstraintInstallFailed" in said
    assert "not in the catalogue in version 1.*.*" in said


def test_policies_show_the_effect_and_message_that_each_has(
    browser: Client, denying: Assignment
) -> None:
    page = soup(browser, view(denying, "policies"))

    rows = {
        cell[0].get_text(strip=True): [one.get_text(" ", strip=True) for one in cell[1:]]
        for row in page.select(".grid tbody tr")
        if (cell := row.select("td"))
    }
    assert rows["NoPrivilegedContainers"] == ["9.2.0", "Deny", "Not here."]
    assert rows["NoHostPathVolume"] == ["6.3.0", "Deny", "Ask the platform team."]


def test_parameters_say_what_comes_from_the_assignment(
    browser: Client, denying: Assignment
) -> None:
    page = soup(browser, view(denying, "parameters"))
    rows = [row.get_text(" ", strip=True) for row in page.select(".grid tbody tr")]

    assert "Effect effect Deny This assignment" in rows
    assert "Namespace inclusions namespaces (none) Default" in rows


def test_history_says_who_changed_which_field(
    browser: Client, denying: Assignment, alice: User
) -> None:
    draft = drafts.from_assignment(denying)
    draft.parameters = {"effect": "Audit", "namespaces": ["shop"]}
    draft.enforcement_mode = "DoNotEnforce"
    draft.description = "Only a trial"
    draft.non_compliance_messages = draft.non_compliance_messages[:1]
    assignments.put(draft, by=alice)

    page = soup(browser, view(denying, "history"))

    changed, created = page.select(".history > li")
    assert created.get_text(" ", strip=True).startswith("Created by alice")
    changes = {
        one.dt.get_text(strip=True): one.dd.get_text(" ", strip=True)  # type: ignore[union-attr]
        for one in changed.select(".history-changes > div")
    }
    assert changes == {
        "Description": "(nothing) now Only a trial",
        "Policy enforcement": "was Enabled now Disabled",
        "Parameter effect": "was Deny now Audit",
        "Parameter namespaces": "was its default now shop",
        "Message for NoPrivilegedContainers": "was Not here. (nothing)",
    }


def test_the_request_makes_the_assignment_again(browser: Client, denying: Assignment) -> None:
    page = soup(browser, view(denying, "request"))
    shown = str(page.select('[data-view="json"] [data-copy]')[0]["data-copy"])

    assert '"value": "Deny"' in shown
    assert "createdBy" not in shown


def test_an_assignment_that_is_gone_is_said_in_a_sentence(browser: Client, portal: None) -> None:
    arm_id = f"{RG_DEMO}/providers/Microsoft.Authorization/policyAssignments/gone"

    for address in ("view", "delete"):
        response = browser.get(f"/policy/assignments/{address}", {"id": arm_id})
        assert response.status_code == 404
        said = BeautifulSoup(response.content, "html.parser").get_text()
        assert "The policy assignment 'gone' is not found." in said
        assert browser.get(f"/policy/assignments/{address}", {"id": "x"}).status_code == 404


@pytest.mark.parametrize(
    "address",
    ["?search=%00", "?scope=%00&kind=%00", "/view?id=%00", "/edit?id=%00", "/delete?id=/%00/x"],
)
def test_no_address_makes_a_page_fail(browser: Client, portal: None, address: str) -> None:
    assert browser.get(f"/policy/assignments{address}").status_code in (200, 404)


def test_before_deletion_people_read_what_it_lifts(browser: Client, denying: Assignment) -> None:
    said = text(browser, deletion(denying))

    assert "What its 5 policies refuse today will be let in on aks-demo :" in said
    assert "Kubernetes cluster should not allow privileged containers" in said
    assert Assignment.objects.filter(pk=denying.pk).exists()


def test_an_assignment_that_only_records_is_not_said_to_refuse(
    browser: Client, baseline: Definition, rg_demo: Scope
) -> None:
    row, _ = assignments.put(drafts.AssignmentDraft(rg_demo, "recording", baseline), by=None)

    assert "Its 5 policies will no longer apply on aks-demo" in text(browser, deletion(row))


def test_deletion_says_what_was_lifted(browser: Client, denying: Assignment) -> None:
    form = WebForm.open(browser, deletion(denying), "#main form")
    response = browser.post(str(form.tag["action"]))

    assert response.status_code == 302
    assert response["Location"] == "/policy/assignments"
    assert not Assignment.objects.exists()
    assert (
        "“Refuse at demo” is deleted. Its 5 policies no longer refuse anything on aks-demo."
        in text(browser, "/policy/assignments")
    )
    assert browser.get(view(denying)).status_code == 404


def test_scripts_get_the_confirmation_as_a_dialogs_content(
    browser: Client, denying: Assignment
) -> None:
    part = browser.get(deletion(denying), headers={"hx-request": "true"}).content.decode()

    assert part.startswith('<h2 id="dialog-title">')


@pytest.mark.parametrize("tab", TABS)
def test_no_tab_needs_more_than_25_queries(
    browser: Client, denying: Assignment, tab: str, django_assert_max_num_queries: object
) -> None:
    draft = drafts.from_assignment(denying)
    draft.not_scopes = [f"{RG_DEMO}/providers/Microsoft.ContainerService/managedClusters/other"]
    assignments.put(draft, by=None)
    with django_assert_max_num_queries(25):  # type: ignore[operator]
        browser.get(view(denying, tab))


def test_the_list_needs_no_more_queries_for_more_rows(
    browser: Client, baseline: Definition, rg_demo: Scope, django_assert_max_num_queries: object
) -> None:
    for number in range(60):
        assignments.put(drafts.AssignmentDraft(rg_demo, f"row-{number}", baseline), by=None)

    with django_assert_max_num_queries(12):  # type: ignore[operator]
        page = soup(browser, "/policy/assignments")

    assert len(names(page)) == 50


def test_the_confirmation_needs_no_more_than_25_queries(
    browser: Client, denying: Assignment, django_assert_max_num_queries: object
) -> None:
    with django_assert_max_num_queries(25):  # type: ignore[operator]
        browser.get(deletion(denying))
