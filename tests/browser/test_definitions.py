"""The Definitions page and its filters; the pages of a definition and an initiative."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup, Tag
from django.contrib.auth.models import User
from django.test import Client

from policy_app.models import Definition, Scope
from policy_app.services import definitions
from tests.estate_fixtures import BASELINE
from tests.factories import add_version, make_initiative, make_policy

LIST = "/policy/definitions"
IMAGE_INTEGRITY = "af28bf8b-c669-4dd3-9137-1e68fdc61bd6"
PRIVILEGED = "95edb821-ddaf-4404-9732-666045e056b4"


@pytest.fixture
def visitor(portal: None, alice: User) -> Client:
    """Django's client, signed in."""
    client = Client()
    client.force_login(alice)
    return client


def soup(client: Client, address: str, **headers: Any) -> BeautifulSoup:
    """The page, which has to be there."""
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200
    return BeautifulSoup(answer.content, "html.parser")


def names(page: BeautifulSoup) -> list[str]:
    """The names in the grid, from top to bottom."""
    return [cell.get_text(strip=True) for cell in page.select("table.grid tbody th")]


def status(page: BeautifulSoup) -> str:
    """The sentence above the grid."""
    return " ".join(one(page, "#results-status").get_text().split())


def one(page: BeautifulSoup, selector: str) -> Tag:
    """The one element that fits."""
    (found,) = page.select(selector)
    return found


def facts(page: BeautifulSoup) -> dict[str, str]:
    """The essentials."""
    return {
        one(row, "dt").get_text(strip=True): one(row, "dd").get_text(" ", strip=True)  # type: ignore[arg-type]
        for row in page.select(".essential")
    }


def test_nobody_sees_definitions_without_signing_in(portal: None) -> None:
    answer = Client().get(LIST)
    assert answer.status_code == 302
    assert answer["Location"] == f"/sign-in?next={LIST}"


def test_search_finds_every_word_in_any_order_and_by_id(visitor: Client) -> None:
    assert names(soup(visitor, f"{LIST}?search=containers+privileged")) == names(
        soup(visitor, f"{LIST}?search=privileged+containers")
    )
    found = soup(visitor, f"{LIST}?search={PRIVILEGED}")
    assert names(found) == ["Kubernetes cluster should not allow privileged containers"]
    assert status(found) == "Showing 1 to 1 of 1 definition."


def test_filters_narrow_by_kind_type_and_several_categories(visitor: Client) -> None:
    make_policy("a", category="Storage")
    make_policy("b", category="Network")
    kinds = soup(visitor, f"{LIST}?kind=initiative&category=Kubernetes")
    assert "Kubernetes cluster should not allow privileged containers" not in names(kinds)
    assert any("pod security baseline" in name for name in names(kinds))
    two = soup(visitor, f"{LIST}?category=Storage&category=Network")
    assert names(two) == ["Policy a", "Policy b"]
    assert one(two, "#category-label").get_text() == "2 categories"
    assert names(soup(visitor, f"{LIST}?type=Custom")) == []


def test_the_box_select_all_counts_for_less_than_a_category_beside_it(visitor: Client) -> None:
    make_policy("a", category="Storage")
    assert names(soup(visitor, f"{LIST}?category=*&category=Storage")) == ["Policy a"]
    assert len(names(soup(visitor, f"{LIST}?category=*"))) > 1


def test_a_scope_leaves_out_what_is_defined_elsewhere(
    visitor: Client, rg_demo: Scope, rg_staging: Scope
) -> None:
    make_policy("here", scope=rg_demo)
    make_policy("there", scope=rg_staging)
    found = soup(visitor, f"{LIST}?search=policy&scope={quote(rg_demo.arm_id.upper())}&type=Custom")
    assert names(found) == ["Policy here"]
    cell = one(found, "td[data-label='Definition location']")
    assert cell.get_text(strip=True) == "rg-demo"


def test_what_a_filter_does_not_know_is_ignored(visitor: Client) -> None:
    everything = status(soup(visitor, LIST))
    odd = soup(visitor, f"{LIST}?kind=nonsense&type=x&scope=/nowhere&sort=shoe-size&page=what")
    assert status(odd) == everything


def test_no_match_is_said_in_a_sentence_with_a_way_out(visitor: Client) -> None:
    page = soup(visitor, f"{LIST}?search=nothing-has-this-name")
    assert "No definition matches these filters." in one(page, ".empty").get_text()
    assert one(page, ".empty a")["href"] == LIST


def test_a_column_sorts_and_a_second_time_the_other_way(visitor: Client) -> None:
    make_policy("a", category="Aardvark")
    page = soup(visitor, f"{LIST}?sort=category")
    assert names(page)[0] == "Policy a"
    head = one(page, "th[aria-sort]")
    assert (head["aria-sort"], head.get_text(strip=True)) == ("ascending", "Category")
    last_page = str(one(page, "#sort-category")["href"]) + "&page=999"
    turned = soup(visitor, LIST + last_page)
    assert one(turned, "th[aria-sort]")["aria-sort"] == "descending"
    assert names(turned)[-1] == "Policy a"


def test_pages_of_fifty_do_not_overlap_and_keep_the_filters(visitor: Client) -> None:
    for number in range(60):
        make_policy(f"many-{number}", display_name="The same name", category="Paged")
    first = soup(visitor, f"{LIST}?category=Paged")
    assert status(first) == "Showing 1 to 50 of 60 definitions."
    second = soup(visitor, LIST + str(one(first, "#page-next")["href"]))
    assert status(second) == "Showing 51 to 60 of 60 definitions."
    links = [str(a["href"]) for page in (first, second) for a in page.select("tbody th a")]
    assert len(set(links)) == 60


def test_the_same_address_gives_htmx_the_part_and_history_the_page(visitor: Client) -> None:
    part = soup(visitor, f"{LIST}?search=privileged", HX_Request="true")
    assert part.find("html") is None
    assert one(part, "#results-status")["hx-swap-oob"] == "innerHTML"
    back = soup(visitor, LIST, HX_Request="true", HX_History_Restore_Request="true")
    assert back.find("html") is not None
    assert "HX-Request" in visitor.get(LIST)["Vary"]


def test_a_row_offers_view_assign_and_export(visitor: Client) -> None:
    page = soup(visitor, f"{LIST}?search={PRIVILEGED}")
    offered = {a.get_text(strip=True): str(a["href"]) for a in page.select("td a.menu-item")}
    arm_id = f"/providers/Microsoft.Authorization/policyDefinitions/{PRIVILEGED}"
    assert offered == {
        "View": f"{LIST}/policy/{PRIVILEGED}",
        "Assign": f"/policy/assign?definition={quote(arm_id, safe='')}",
        "Export JSON": f"{LIST}/policy/{PRIVILEGED}/json",
    }


def test_a_policy_shows_its_essentials_and_parameters(visitor: Client) -> None:
    page = soup(visitor, f"{LIST}/policy/{PRIVILEGED}?tab=parameters")
    shown = facts(page)
    assert shown["Category"] == "Kubernetes"
    assert shown["Mode"] == "Microsoft.Kubernetes.Data"
    assert shown["Available effects"].startswith("Audit, Deny, Disabled")
    parameters = {
        one(row, "th").get_text(strip=True): row.get_text(" ", strip=True)  # type: ignore[arg-type]
        for row in page.select("tbody tr")
    }
    assert "kube-system" in parameters["excludedNamespaces"]
    assert "effect" in parameters


def test_a_parameter_without_default_is_marked_required(visitor: Client) -> None:
    policy = make_policy("asks")
    add_version(policy, "1.0.0", parameters={"region": {"type": "String"}})
    page = soup(visitor, f"{LIST}/policy/asks?tab=parameters")
    assert one(page, "td[data-label=Default]").get_text(strip=True) == "Required"


def test_the_constraint_template_is_shown_with_its_rego(visitor: Client) -> None:
    page = soup(visitor, f"{LIST}/policy/{PRIVILEGED}?tab=template")
    code = page.select(".code")[0].get_text()
    assert "violation[" in code
    assert page.select(".code .k"), "the Rego is highlighted"
    assert not page.select("[style]")


def test_the_code_of_the_newer_layout_is_shown_in_each_language(visitor: Client) -> None:
    module = {"rego": "package a\nviolation[{}] { true }", "libs": ["package lib.b\nc = 1"]}
    rego = {"engine": "Rego", "source": {"version": "v0"} | module}
    cel = {
        "engine": "K8sNativeValidation",
        "source": {
            "matchCondition": [{"name": "pods", "expression": "object.kind == 'Pod'"}],
            "variables": [{"name": "all", "expression": "object.spec.containers"}],
            "validations": [
                {"expression": "size(variables.all) < 3", "messageExpression": "'too ' + 'many'"},
                {"expression": "true", "message": "never"},
            ],
        },
    }
    assert shown_code(visitor, "both", [cel, rego]) == {
        "CEL: condition pods, not run here since there is Rego": "object.kind == 'Pod'",
        "CEL: variables.all, not run here since there is Rego": "object.spec.containers",
        "CEL: validation 1, not run here since there is Rego": "size(variables.all) < 3",
        "CEL: message of validation 1, not run here since there is Rego": "'too ' + 'many'",
        "CEL: validation 2, not run here since there is Rego": "true",
        "Message of validation 2, not run here since there is Rego": "never",
        "Rego": "package a violation[{}] { true }",
        "Library 1": "package lib.b c = 1",
    }
    alone = shown_code(visitor, "alone", [cel])
    assert alone["CEL: validation 1"] == "size(variables.all) < 3"
    assert "Rego" not in " ".join(alone)
    page = soup(visitor, f"{LIST}/policy/alone?tab=template")
    assert page.select("section .code .mi"), "the CEL is highlighted"


@pytest.mark.parametrize("code", [[], [1], "x", [{"engine": "K8sNativeValidation"}], [{}]])
def test_a_template_of_any_shape_is_shown_as_far_as_it_goes(visitor: Client, code: Any) -> None:
    assert shown_code(visitor, "odd", code) == {}


def shown_code(visitor: Client, name: str, code: Any) -> dict[str, str]:
    """Each block of code on the page of a policy that carries a template with it."""
    names = {"kind": "K8sOwn"}
    target = {"target": "admission.k8s.gatekeeper.sh", "code": code}
    template = {
        "apiVersion": "templates.gatekeeper.sh/v1",
        "kind": "ConstraintTemplate",
        "metadata": {"name": "k8sown"},
        "spec": {"crd": {"spec": {"names": names}}, "targets": [target]},
    }
    content = base64.b64encode(json.dumps(template).encode()).decode()
    info = {"sourceType": "Base64Encoded", "content": content}
    details = {"templateInfo": info, "apiGroups": [""], "kinds": ["Pod"]}
    rule = {"if": {}, "then": {"effect": "Deny", "details": details}}
    policy = make_policy(name)
    add_version(policy, "1.0.0", mode="Microsoft.Kubernetes.Data", policyRule=rule)
    page = soup(visitor, f"{LIST}/policy/{name}?tab=template")
    assert "K8sOwn" in page.get_text()
    return {
        one(section, "h2").get_text(): " ".join(  # type: ignore[arg-type]
            line.get_text() for line in section.select(".line-text")
        )
        for section in page.select("section:has(> .code)")
    }


def test_the_constraint_file_of_a_retired_policy_is_shown_with_its_template(
    visitor: Client,
) -> None:
    page = soup(visitor, f"{LIST}/policy/440b515e-a580-421e-abeb-b159a61ddcbc?tab=template")
    folds = {one(fold, "summary").get_text(): fold.get_text() for fold in page.select(".fold")}  # type: ignore[arg-type]
    assert list(folds) == ["The whole template (YAML)", "The constraint file (YAML)"]
    assert "{{ .Values.allowedPorts }}" in folds["The constraint file (YAML)"]
    assert "constraint file" not in str(soup(visitor, f"{LIST}/policy/{PRIVILEGED}?tab=template"))


def test_the_mutators_of_a_policy_that_changes_objects_are_shown(visitor: Client) -> None:
    page = soup(visitor, f"{LIST}/policy/8e875f96-2c56-40ca-86db-b9f6a0be7347?tab=mutators")
    code = one(page, ".code").get_text()
    assert "kind: Assign" in code
    assert "readOnlyRootFilesystem" in code
    assert "tab=mutators" not in str(soup(visitor, f"{LIST}/policy/{PRIVILEGED}"))


def test_a_policy_says_why_it_is_not_evaluated(visitor: Client) -> None:
    policy = make_policy("gap", evaluation_gap="It judges Azure resources, not what runs.")
    add_version(policy, "1.0.0")
    page = soup(visitor, f"{LIST}/policy/gap")
    assert "It judges Azure resources" in one(page, ".message-warning").get_text()
    assert not soup(visitor, f"{LIST}/policy/{PRIVILEGED}").select(".message-warning")


def test_a_policy_for_azure_resources_says_so_and_shows_its_rule(visitor: Client) -> None:
    page = soup(visitor, f"{LIST}/policy/a8eff44f-8c92-45c3-a3fb-9880802d67a7")
    assert "judges Azure resources (mode Indexed)" in one(page, ".message-warning").get_text()
    assert facts(page)["Mode"] == "Indexed"
    assert "Microsoft.ContainerService/managedClusters" in one(page, ".code").get_text()
    assert "tab=template" not in str(page)


def test_an_initiative_for_both_says_which_of_its_policies_are_evaluated(visitor: Client) -> None:
    page = soup(visitor, f"{LIST}/initiative/{IMAGE_INTEGRITY}")
    said = " ".join(one(page, ".message-info").get_text().split())
    assert said == (
        "Evaluated in part. 2 of its 3 policies judge Azure resources, not what runs in a cluster;"
        " the others are evaluated."
    )
    gaps = {
        one(row, "code").get_text(): "judges Azure resources" in row.get_text()  # type: ignore[arg-type]
        for row in page.select("tbody tr")
    }
    assert gaps == {
        "deployAKSImageIntegrity": True,
        "deployAKSPolicyAddOn": True,
        "imageIntegrityNotationVerification": False,
    }
    listed = soup(visitor, f"{LIST}?search=Image+Integrity+to+ensure")
    assert one(listed, 'td[data-label="Evaluated here"]').get_text(strip=True) == "In part"


def test_an_initiative_lists_what_its_pins_come_to(visitor: Client) -> None:
    page = soup(visitor, f"{LIST}/initiative/{BASELINE}")
    rows = {
        one(row, "code").get_text(): row  # type: ignore[arg-type]
        for row in page.select("tbody tr")
    }
    privileged = rows["NoPrivilegedContainers"]
    cells = [cell.get_text(strip=True) for cell in privileged.select("td")]
    assert cells[1] == "9.*.*"
    assert cells[2].startswith("9.")
    assert cells[3] == "Audit"
    assert len(rows) == 5


def test_a_member_that_is_not_stored_is_named(visitor: Client) -> None:
    missing = "/providers/Microsoft.Authorization/policyDefinitions/not-here"
    policy = make_policy("too-old")
    add_version(policy, "1.0.0")
    make_initiative("holes", [(missing, "3.*.*"), (policy.arm_id, "2.*.*")])
    text = soup(visitor, f"{LIST}/initiative/holes").get_text(" ", strip=True)
    assert f"No version of {missing} that fits 3.*.* is stored." in text
    assert f"No version of {policy.arm_id} that fits 2.*.* is stored." in text


def test_a_policy_names_the_initiatives_that_use_it(visitor: Client) -> None:
    used = soup(visitor, f"{LIST}/policy/{PRIVILEGED}?tab=initiatives")
    assert any("pod security baseline" in name for name in names(used))
    lonely = make_policy("lonely")
    add_version(lonely, "1.0.0")
    page = soup(visitor, f"{LIST}/policy/lonely?tab=initiatives")
    assert "No stored initiative has this policy" in one(page, ".empty").get_text()


def test_an_older_version_can_be_looked_at(visitor: Client) -> None:
    policy = make_policy("grows", latest_version="2.0.0")
    add_version(policy, "1.0.0", description="The first text.")
    add_version(policy, "2.0.0", description="The second text.")
    page = soup(visitor, f"{LIST}/policy/grows?version=1.0.0")
    assert "The first text." in one(page, ".code").get_text()
    assert facts(page)["Version"] == "1.0.0; latest 2.0.0"
    assert one(page, "option[selected]").get_text() == "1.0.0"
    refused = visitor.get(f"{LIST}/policy/grows?version=7.0.0")
    assert refused.status_code == 404
    assert "has no version that fits" in refused.content.decode()


def test_the_export_is_the_arm_resource(visitor: Client) -> None:
    answer = visitor.get(f"{LIST}/policy/{PRIVILEGED}/json")
    assert "attachment" in answer["Content-Disposition"]
    resource = json.loads(answer.content)
    stored = definitions.built_in(Definition.Kind.POLICY, PRIVILEGED)
    assert resource["id"] == stored.arm_id
    assert resource["type"] == "Microsoft.Authorization/policyDefinitions"
    assert resource["properties"] == definitions.version(stored).body


def test_a_custom_definition_is_reached_by_its_id(visitor: Client, rg_demo: Scope) -> None:
    custom = make_policy("mine", scope=rg_demo)
    add_version(custom, "1.0.0")
    page = soup(visitor, f"{LIST}?type=Custom")
    page = soup(visitor, str(one(page, "tbody th a")["href"]))
    assert facts(page)["Definition location"] == "rg-demo"
    tab = soup(visitor, str(page.select("a.tab")[1]["href"]))
    assert facts(tab)["Definition location"] == "rg-demo"


def test_a_definition_that_is_not_there_is_refused_in_words(visitor: Client) -> None:
    answer = visitor.get(f"{LIST}/policy/no-such-thing")
    assert answer.status_code == 404
    assert "could not be found" in answer.content.decode()
    odd = visitor.get(f"{LIST}/planet/earth")
    assert odd.status_code == 404
    assert "no kind of definition" in odd.content.decode()


def test_tabs_swap_only_their_part(visitor: Client) -> None:
    part = soup(visitor, f"{LIST}/policy/{PRIVILEGED}?tab=parameters", HX_Request="true")
    assert part.find("html") is None
    assert one(part, "a.tab[aria-current]").get_text(strip=True).startswith("Parameters")


def test_what_a_definition_is_called_cannot_become_markup(visitor: Client) -> None:
    policy = make_policy("bad", display_name="<script>alert(1)</script>")
    add_version(policy, "1.0.0", description="</table><script>alert(2)</script>")
    for address in (f"{LIST}?search=script", f"{LIST}/policy/bad"):
        assert "<script>alert" not in visitor.get(address).content.decode()
