"""The assign wizard without scripts: every tab, back and forth, errors, create."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client

from policy_app.models import Assignment, Definition, Scope
from policy_app.services import assignments, drafts, requests
from tests.browser.html_forms import WebForm
from tests.estate_fixtures import SUBSCRIPTION
from tests.factories import add_version, make_policy

RG_DEMO = f"{SUBSCRIPTION}/resourceGroups/rg-demo"
AKS_DEMO = f"{RG_DEMO}/providers/Microsoft.ContainerService/managedClusters/aks-demo"
GROUP = "/providers/Microsoft.Management/managementGroups/mg-demo"


@pytest.fixture
def browser(client: Client, alice: User) -> Client:
    """A client that is signed in as alice."""
    client.force_login(alice)
    return client


@pytest.fixture
def url(baseline: Definition) -> str:
    """The wizard for the baseline initiative."""
    return f"/policy/assign?{urlencode({'definition': baseline.arm_id})}"


@pytest.fixture
def form(browser: Client, url: str) -> WebForm:
    """The wizard as it is first shown."""
    return WebForm.open(browser, url)


def complete(form: WebForm, scope: str = RG_DEMO) -> WebForm:
    """The review of a form that has a scope."""
    form.set("scope", scope)
    return form.press("tab", "review")


def stored() -> Assignment:
    """The only assignment there is."""
    return Assignment.objects.select_related("scope", "definition").get()


def test_the_whole_way_through_the_tabs_creates_the_assignment(
    browser: Client, form: WebForm, alice: User
) -> None:
    form.set("scope", RG_DEMO)
    form.set("display_name", "Baseline for the demo")
    form.set("description", "First\r\nsecond line")
    form = form.press("tab", "parameters")
    form.set("p.effect", "Deny")
    form = form.press("tab", "messages")
    form.set("message", "Ask the platform team.")
    form.set("message.NoPrivilegedContainers", "No privileged containers here.")
    form = form.press("tab", "review")
    assert "Validation passed. It will refuse what 5 policies forbid, on aks-demo." in form.text

    response = form.send("save", "1")

    row = stored()
    assert row.scope.arm_id == RG_DEMO
    assert row.display_name == "Baseline for the demo"
    assert row.description == "First\nsecond line"
    assert row.parameters == {"effect": {"value": "Deny"}}
    assert row.definition_version == "1.*.*"
    assert row.metadata["assignedBy"] == "alice"
    assert row.created_by == alice
    assert row.non_compliance_messages == [
        {"message": "Ask the platform team."},
        {
            "message": "No privileged containers here.",
            "policyDefinitionReferenceId": "NoPrivilegedContainers",
        },
    ]
    assert response.status_code == 302
    assert response["Location"] == f"/policy/assignments/view?{urlencode({'id': row.arm_id})}"


def test_the_message_says_what_is_enforced_where(browser: Client, form: WebForm) -> None:
    form.set("p.effect", "Deny")
    form.set("display_name", "Baseline")
    response = complete(form).send("save", "1")

    page = browser.get(response["Location"])

    expected = (
        "“Baseline” is assigned to rg-demo. It now refuses what 5 policies forbid, on aks-demo."
    )
    assert [str(one) for one in page.context["messages"]] == [expected]


def test_a_disabled_enforcement_is_stored_and_said(browser: Client, form: WebForm) -> None:
    form.set("enforcement_mode", "DoNotEnforce")
    form.set("p.effect", "Deny")

    review = complete(form)
    review.send("save", "1")

    assert "Policy enforcement is disabled, so nothing is refused." in review.text
    assert stored().enforcement_mode == "DoNotEnforce"


def test_going_back_and_forth_loses_nothing(form: WebForm) -> None:
    form.set("display_name", "Mine")
    form = form.press("tab", "parameters")
    form.set("p.allowedHostPaths", '{"paths": [')
    form.set("p.excludedNamespaces", "kube-system", "shop")
    form = form.press("tab", "basics").press("tab", "messages").press("tab", "parameters")

    assert form.get("display_name") == "Mine"
    assert form.get("p.allowedHostPaths") == '{"paths": ['
    assert form.all("p.excludedNamespaces") == ["kube-system", "shop"]


def test_nobody_is_told_off_before_leaving_a_tab(form: WebForm) -> None:
    assert form.errors() == []
    assert form.page.select("[aria-invalid]") == []


def test_leaving_a_tab_marks_it_and_its_field(form: WebForm) -> None:
    form = form.press("tab", "parameters")

    assert form.one("#tab-basics").get_text().strip() == "Basics 1 error"
    assert form.one("#tab-parameters").get_text().strip() == "Parameters"

    form = form.press("tab", "basics")
    error = form.one("#assign-scope-error")
    assert "Choose the scope" in error.get_text()
    assert "assign-scope-error" in str(form.one("#assign-scope")["aria-describedby"])


def test_an_error_in_the_review_leads_to_its_field(form: WebForm) -> None:
    form.set("p.allowedHostPaths", '{"paths": 7}')
    form = complete(form)
    assert "Validation passed" not in form.text
    (error,) = form.errors()
    assert error.startswith("Allowed host paths : ")
    assert "line 1, column 11" in error

    form = form.press("go", "parameters:parameter-allowedHostPaths")

    field = form.one("#parameter-allowedHostPaths")
    assert field.has_attr("autofocus")
    assert field["aria-invalid"] == "true"
    assert form.one("#tab-parameters")["aria-current"] == "step"


def test_create_with_errors_stores_nothing(form: WebForm) -> None:
    review = complete(form)
    review.set("display_name", "x" * 129)

    answer = WebForm.read(review.client, review.send("save", "1").content)

    assert not Assignment.objects.exists()
    assert answer.errors()[0].startswith("Assignment name : ")
    assert answer.one("#tab-basics").get_text().strip() == "Basics 1 error"


def test_a_name_too_long_for_a_management_group_is_the_names_fault(form: WebForm) -> None:
    form.set("name", "a-name-of-more-than-24-characters")

    review = complete(form, GROUP)

    assert review.errors()[0].startswith("Resource name : ")
    field = review.press("go", "basics:assign-name").one("#assign-name")
    assert field["aria-invalid"] == "true"
    assert field["aria-describedby"] == "assign-name-error assign-name-hint"


def test_a_required_value_that_is_missing_is_named_by_its_label(
    browser: Client, portal: None
) -> None:
    images = Definition.objects.get(name="febd0533-8e55-448f-b837-bd0e06f16469")
    form = WebForm.open(browser, f"/policy/assign?{urlencode({'definition': images.arm_id})}")

    review = complete(form)

    assert any("has no default, so it needs a value" in one for one in review.errors())


def test_rows_are_added_and_removed_by_buttons(form: WebForm) -> None:
    form = form.press("tab", "parameters")
    before = form.all("p.excludedNamespaces")

    grown = form.press("add_row", "excludedNamespaces")

    assert grown.all("p.excludedNamespaces") == [*before, ""]
    new = grown.one(f"#parameter-excludedNamespaces-{len(before) + 1}")
    assert new.has_attr("autofocus")

    left = grown.press("remove_row", "excludedNamespaces:0")
    assert left.all("p.excludedNamespaces") == [*before[1:], ""]


def test_the_default_can_be_taken_back(form: WebForm) -> None:
    form.set("p.excludedNamespaces", "shop")
    changed = form.press("tab", "parameters")
    assert changed.page.select('button[name="use_default"][value="excludedNamespaces"]')

    back = changed.press("use_default", "excludedNamespaces")

    assert "kube-system" in back.all("p.excludedNamespaces")
    assert not back.page.select('button[name="use_default"]')


def test_a_list_can_be_emptied(form: WebForm) -> None:
    form.set("p.excludedNamespaces")

    complete(form).send("save", "1")

    assert stored().parameters == {"excludedNamespaces": {"value": []}}


def test_what_needs_no_input_is_left_out_by_the_box(form: WebForm) -> None:
    form.set("p.namespaces", "shop")
    form = form.press("tab", "parameters")

    quiet = {
        str(one.select_one('[name="seen"]')["value"])  # type: ignore[index]
        for one in form.page.select("[data-quiet]")
    }

    assert "excludedNamespaces" in quiet
    assert "namespaces" not in quiet


def test_members_that_use_a_parameter_are_named(form: WebForm) -> None:
    folds = [one.get_text(" ", strip=True) for one in form.page.select("details.fold")]

    assert any(
        fold.startswith("Used by 1 policy (Allowed host paths)") and "hostPath" in fold
        for fold in folds
    )


def test_exclusions_are_offered_below_the_scope_and_stored(form: WebForm) -> None:
    form.set("scope", RG_DEMO)
    form = form.press("pick", "assign-scope")
    assert [str(one["value"]) for one in form.page.select('[name="not_scopes"]')] == [AKS_DEMO]

    form.set("not_scopes", AKS_DEMO)
    review = form.press("tab", "review")
    review.send("save", "1")

    assert "No cluster is at rg-demo or below that is not left out" in review.text
    assert stored().not_scopes == [AKS_DEMO]


def test_another_scope_takes_its_exclusions_along(form: WebForm) -> None:
    form.set("scope", RG_DEMO)
    form.set("not_scopes", AKS_DEMO)
    form = form.press("pick", "assign-scope")

    form.set("scope", f"{SUBSCRIPTION}/resourceGroups/rg-staging")

    assert form.press("pick", "assign-scope").all("not_scopes") == []


def test_a_name_that_is_taken_is_the_names_fault(
    form: WebForm, baseline: Definition, rg_demo: Scope
) -> None:
    draft = drafts.AssignmentDraft(rg_demo, "taken", baseline, display_name="The first")
    assignments.put(draft, by=None)
    form.set("name", "TAKEN")

    review = complete(form)

    (error,) = review.errors()
    assert error.startswith("Resource name : 'The first' already has the name 'TAKEN'")
    assert Assignment.objects.count() == 1


def test_pressing_create_twice_makes_one_assignment(form: WebForm) -> None:
    review = complete(form)

    first, second = review.send("save", "1"), review.send("save", "1")

    assert stored().history.count() == 1
    assert second.status_code == 302
    assert second["Location"] == first["Location"]


def test_the_review_shows_the_very_request(form: WebForm) -> None:
    form.set("p.effect", "Deny")
    review = complete(form)
    copied = {str(one["data-copy"]) for one in review.page.select(".request-view [data-copy]")}

    review.send("save", "1")

    draft = drafts.from_assignment(stored())
    draft.metadata = {"assignedBy": "alice"}
    assert copied == {requests.rest(draft), requests.az(draft), requests.json_body(draft)}


def test_the_scope_in_the_address_is_chosen(browser: Client, url: str) -> None:
    form = WebForm.open(browser, f"{url}&{urlencode({'scope': RG_DEMO.upper()})}")

    assert form.get("scope") == RG_DEMO
    assert "mg-demo / Demo subscription / rg-demo" in form.one("#assign-scope").get_text()


def test_a_scope_that_is_not_known_is_named(form: WebForm) -> None:
    review = complete(form, "/subscriptions/nowhere")

    assert "'/subscriptions/nowhere' is not known here" in review.errors()[0]
    assert "Choose a scope to see the request." in review.text


def test_another_version_brings_its_own_parameters(browser: Client, portal: None) -> None:
    definition = Definition.objects.get(name="82985f06-dc18-4a48-bc1c-b9f4f0098cfe")
    url = f"/policy/assign?{urlencode({'definition': definition.arm_id})}"
    form = WebForm.open(browser, url)
    newest = set(form.all("seen"))

    form.set("definition_version", "6.*.*")
    older = form.press("tab", "parameters")

    assert older.get("definition_version") == "6.*.*"
    assert {"minPort", "maxPort"} <= set(older.all("seen"))
    assert newest != set(older.all("seen"))


def test_a_version_that_is_gone_is_the_versions_fault(form: WebForm) -> None:
    form.set("definition_version", "99.*.*")

    assert complete(form).errors()[0].startswith("Version : ")


def test_a_definition_that_cannot_be_evaluated_is_flagged(
    browser: Client, url: str, baseline: Definition
) -> None:
    Definition.objects.filter(pk=baseline.pk).update(evaluation_gap="It changes ARM resources.")

    page = browser.get(url).content.decode()

    assert "The portal cannot evaluate this definition." in page
    assert "It changes ARM resources. It can be assigned, but has no effect here." in page


def test_a_deprecated_definition_is_flagged(
    browser: Client, url: str, baseline: Definition
) -> None:
    version = baseline.versions.get(version="1.4.0")
    version.body["metadata"]["deprecated"] = True
    version.fingerprint = "deprecated for this test"
    version.save()

    assert "This definition is deprecated." in browser.get(url).content.decode()


def test_a_custom_definition_is_assigned_at_its_own_scope_or_below(
    browser: Client, rg_staging: Scope
) -> None:
    custom = make_policy("custom", rg_staging)
    add_version(custom, "1.0.0")
    form = WebForm.open(browser, f"/policy/assign?{urlencode({'definition': custom.arm_id})}")
    offered = form.page.select('[name="scope"]:not([disabled])')

    assert [str(one["value"]).rpartition("/")[2] for one in offered] == [
        "rg-staging",
        "aks-staging",
    ]
    (error,) = complete(form).errors()
    assert error.startswith("Scope : 'Policy custom' is defined at")


def test_without_a_definition_people_choose_one_first(browser: Client, portal: None) -> None:
    response = browser.get("/policy/assign")

    assert response.status_code == 302
    assert response["Location"] == "/policy/definitions"


def test_a_definition_that_is_not_there_is_said_in_a_sentence(
    browser: Client, portal: None
) -> None:
    missing = "/providers/Microsoft.Authorization/policyDefinitions/none"
    response = browser.get("/policy/assign", {"definition": missing})

    assert response.status_code == 404
    assert "could not be found" in response.content.decode()


def test_who_is_not_signed_in_signs_in_first(client: Client, url: str) -> None:
    response = client.get(url)

    assert response.status_code == 302
    assert response["Location"].startswith("/sign-in?next=")


def test_scripts_get_the_form_alone_and_are_sent_on_after_create(form: WebForm) -> None:
    headers = {"hx-request": "true"}
    part = form.client.get(str(form.tag["action"]), headers=headers).content.decode()
    assert part.startswith('<form id="assign"')

    review = complete(form)
    answer = review.client.post(
        str(form.tag["action"]),
        urlencode([*review.fields, ("save", "1")]),
        content_type="application/x-www-form-urlencoded",
        headers=headers,
    )

    assert answer["HX-Redirect"].startswith("/policy/assignments/view?id=")


@pytest.mark.parametrize(
    "hostile",
    [
        {"current": "nowhere", "tab": "nowhere", "left": "nowhere"},
        {"remove_row": "excludedNamespaces:99999999999"},
        {"remove_row": ":-1"},
        {"add_row": "no such parameter"},
        {"go": "review:<script>"},
        {"tidy": "effect"},
        {"edit_json": "effect"},
        {"name": "a\x00b", "scope": "/subscriptions/\x00", "p.namespaces": "\x00"},
        {"not_scopes": "x" * 10_000, "definition_version": "9" * 400},
        {"definition_version": "*.*.*-\x00"},
        {"p.allowedHostPaths": "[" * 50_000, "tab": "review"},
        {"p.allowedHostPaths": '{"paths": "\\ud800"}', "tab": "review"},
        {"p.effect": "\u202e", "display_name": "<b>&\"'", "tab": "review"},
    ],
)
def test_no_input_makes_the_page_fail(form: WebForm, hostile: dict[str, str]) -> None:
    for name, value in hostile.items():
        form.set(name, value)

    response = form.client.post(
        str(form.tag["action"]),
        urlencode(form.fields),
        content_type="application/x-www-form-urlencoded",
    )

    assert response.status_code == 200
    assert b"<b>&" not in response.content


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"paths": []}', "is valid JSON and fits the parameter"),
        ('{"paths": [}', "A value is missing here. (line 1, column 12)"),
        ('{"other": 1}', "other"),
    ],
)
def test_json_is_checked_while_it_is_typed(
    browser: Client, baseline: Definition, text: str, says: str
) -> None:
    query = urlencode({"definition": baseline.arm_id, "parameter": "allowedHostPaths"})
    data = {"p.allowedHostPaths": text, "definition_version": "1.*.*"}

    assert says in browser.post(f"/policy/assign/check?{query}", data).content.decode()


@pytest.mark.parametrize("tab", ["basics", "parameters", "messages", "review"])
def test_no_tab_needs_more_than_25_queries(
    form: WebForm, tab: str, django_assert_max_num_queries: object
) -> None:
    form.set("scope", GROUP)
    form.set("not_scopes", RG_DEMO)
    body = urlencode([*form.fields, ("tab", tab)])
    with django_assert_max_num_queries(25):  # type: ignore[operator]
        form.client.post(
            str(form.tag["action"]), body, content_type="application/x-www-form-urlencoded"
        )


class TestEditing:
    """The same tabs over a stored assignment."""

    @pytest.fixture
    def row(self, baseline: Definition, rg_demo: Scope) -> Assignment:
        """An assignment with a field that the wizard does not show."""
        draft = drafts.AssignmentDraft(
            scope=rg_demo,
            name="baseline",
            definition=baseline,
            definition_version="1.*.*",
            display_name="Baseline",
            parameters={"effect": "deny", "namespaces": []},
            overrides=[
                {
                    "kind": "policyEffect",
                    "value": "Audit",
                    "selectors": [
                        {"kind": "policyDefinitionReferenceId", "in": ["NoHostPathVolume"]}
                    ],
                }
            ],
        )
        return assignments.put(draft, by=None)[0]

    @pytest.fixture
    def edit(self, browser: Client, row: Assignment) -> WebForm:
        """The wizard over it."""
        return WebForm.open(browser, f"/policy/assignments/edit?{urlencode({'id': row.arm_id})}")

    def test_scope_and_name_are_fixed(self, edit: WebForm) -> None:
        assert not edit.page.select('[name="scope"], [name="name"]')
        edit.fields += [("scope", GROUP), ("name", "other")]

        edit.press("tab", "review").send("save", "1")

        assert (
            stored().arm_id
            == f"{RG_DEMO}/providers/Microsoft.Authorization/policyAssignments/baseline"
        )

    def test_what_is_not_touched_stays_as_it_was(self, edit: WebForm, row: Assignment) -> None:
        edit.set("display_name", "Baseline, renamed")

        review = edit.press("tab", "review")
        review.send("save", "1")

        after = stored()
        assert "Overrides 1, kept as assigned" in review.text
        assert after.display_name == "Baseline, renamed"
        assert after.overrides == row.overrides
        assert after.parameters == {"effect": {"value": "deny"}, "namespaces": {"value": []}}

    def test_saving_says_so_and_keeps_who_did_it(
        self, edit: WebForm, browser: Client, alice: User
    ) -> None:
        edit.set("p.effect", "disabled")

        response = edit.press("tab", "review").send("save", "1")

        text = browser.get(response["Location"]).content.decode()
        assert "“Baseline” is saved." in text
        assert stored().updated_by == alice
        assert stored().history.first().history_user == alice

    def test_somebody_elses_change_is_not_replaced_unawares(
        self, edit: WebForm, row: Assignment, alice: User
    ) -> None:
        edit.set("p.effect", "disabled")
        review = edit.press("tab", "review")
        theirs = drafts.from_assignment(row)
        theirs.description = "Theirs"
        assignments.put(theirs, by=alice)

        warned = WebForm.read(review.client, review.send("save", "1").content)

        assert warned.errors()[0].startswith("Assignment: alice changed this assignment at")
        assert stored().description == "Theirs"
        assert warned.send("save", "1").status_code == 302
        assert stored().parameters["effect"] == {"value": "disabled"}

    def test_pressing_save_twice_saves_once(self, edit: WebForm, row: Assignment) -> None:
        edit.set("p.effect", "disabled")
        review = edit.press("tab", "review")

        first, second = review.send("save", "1"), review.send("save", "1")

        assert second.status_code == 302
        assert second["Location"] == first["Location"]
        assert row.history.count() == 2

    def test_a_duplicate_starts_from_the_same_values_under_a_new_name(
        self, browser: Client, row: Assignment
    ) -> None:
        form = WebForm.open(browser, f"/policy/assign?{urlencode({'duplicate': row.arm_id})}")
        assert form.get("display_name") == "Copy of Baseline"
        assert form.get("scope") == RG_DEMO
        assert form.get("p.effect") == "deny"

        form.press("tab", "review").send("save", "1")

        copy = Assignment.objects.exclude(pk=row.pk).get()
        assert copy.name != row.name
        assert copy.parameters == row.parameters
        assert copy.overrides == row.overrides

    def test_an_assignment_that_is_gone_is_said_in_a_sentence(self, browser: Client) -> None:
        arm_id = f"{RG_DEMO}/providers/Microsoft.Authorization/policyAssignments/gone"
        response = browser.get("/policy/assignments/edit", {"id": arm_id})

        assert response.status_code == 404
        assert "gone" in response.content.decode()


def test_the_request_in_the_review_is_json(form: WebForm) -> None:
    review = complete(form)
    (shown,) = [
        str(one["data-copy"]) for one in review.page.select('[data-view="json"] [data-copy]')
    ]

    assert json.loads(shown)["properties"]["enforcementMode"] == "Default"
