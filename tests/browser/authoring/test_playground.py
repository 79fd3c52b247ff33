"""A definition alone judges manifests in the playground, before anybody assigns it."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.test import Client

from policy_app.cli.main import main
from policy_app.models import Assignment, Cluster, Definition
from tests.browser.html_forms import WebForm
from tests.services.authoring.bodies import TEMPLATE, encoded, policy

FORM = "application/x-www-form-urlencoded"

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: nginx
"""


def url(row: Definition) -> str:
    """The playground of a definition."""
    return f"/policy/definitions/playground?{urlencode({'id': row.arm_id})}"


def tried(browser: Client, row: Definition, **fields: str) -> BeautifulSoup:
    """The page after a try with some of the fields filled in otherwise."""
    form = WebForm.open(browser, url(row), "#author")
    answer = browser.post(url(row), {**dict(form.fields), "manifests": POD, **fields})
    return BeautifulSoup(answer.content, "html.parser")


def verdict(page: BeautifulSoup) -> str:
    """What stands on the right."""
    (found,) = page.select("#verdict")
    return found.get_text(" ", strip=True)


def test_a_definition_that_nobody_assigned_refuses_a_manifest(
    browser: Client, own: Definition, aks_demo: Cluster
) -> None:
    assert "1 refused" in verdict(page := tried(browser, own))
    assert "The label team is missing." in verdict(page)
    assert "View the assignment" not in verdict(page)
    labelled = POD.replace("  name: web\nspec", "  name: web\n  labels: {team: a}\nspec")
    assert "1 accepted" in verdict(tried(browser, own, manifests=labelled))
    assert not Assignment.objects.exists()


def test_the_parameters_that_are_typed_count(
    browser: Client, own: Definition, aks_demo: Cluster
) -> None:
    values = json.dumps({"effect": "Deny", "label": "cost"})
    assert "The label cost is missing." in verdict(tried(browser, own, parameters=values))


def test_what_cannot_be_tried_is_told_in_a_sentence(
    browser: Client, own: Definition, aks_demo: Cluster
) -> None:
    for fields, told in (
        ({"parameters": "{"}, "The parameters cannot be read"),
        ({"parameters": "[]"}, "one JSON object"),
        ({"parameters": '{"colour": 1}'}, "colour"),
        ({"parameters": '{"effect": "Disabled"}'}, "Nothing comes to the cluster"),
        ({"manifests": " "}, "at least one manifest"),
        ({"cluster": "/nowhere"}, "Choose the cluster"),
    ):
        page = tried(browser, own, **fields)
        assert told in verdict(page)
        (typed,) = page.select("#author-parameters")
        assert typed.get_text().strip() == fields.get("parameters", typed.get_text().strip())


def test_what_is_not_a_manifest_is_told_beside_it(
    browser: Client, own: Definition, aks_demo: Cluster
) -> None:
    assert "1 unreadable" in verdict(tried(browser, own, manifests="a: ["))


def test_the_page_of_a_definition_leads_to_its_playground(browser: Client, own: Definition) -> None:
    page = browser.get(f"/policy/definitions/policy/own?{urlencode({'id': own.arm_id})}")
    assert b"/policy/definitions/playground?" in page.content


def test_a_stranger_cannot_try_a_definition(
    client: Client, own: Definition, django_user_model: type[User]
) -> None:
    client.force_login(django_user_model.objects.create_user("stranger"))
    assert client.get(url(own)).status_code == 404


def written(browser: Client, row: Definition, **properties: Any) -> WebForm:
    """The playground that the editor leads to, with the text changed and not saved."""
    editor = WebForm.open(
        browser, f"/policy/definitions/edit?{urlencode({'id': row.arm_id})}", "#author"
    )
    text = json.loads(editor.get("text")) | properties
    editor.set("text", json.dumps(text, indent=2))
    action = editor.one("button[formaction]")["formaction"]
    answer = browser.post(str(action), dict(editor.fields))
    assert answer.status_code == 200
    return WebForm.read(browser, answer.content, "#author")


def test_what_is_not_saved_yet_is_tried_as_it_is_written(
    browser: Client, own: Definition, aks_demo: Cluster
) -> None:
    template = TEMPLATE.replace("is missing", "is wanted here")
    page = written(browser, own, policyRule=policy(template)["properties"]["policyRule"])
    page.set("manifests", POD)
    answer = browser.post(str(page.tag["action"]), dict(page.fields))
    again = WebForm.read(browser, answer.content, "#author")
    assert "The label team is wanted here." in verdict(again.page)
    assert not again.page.select('#verdict a[href*="/policy/definitions"]')
    back = again.one("button[formaction]")
    editor = browser.post(str(back["formaction"]), dict(again.fields) | {"look": "1"})
    assert encoded(template) in editor.content.decode()
    assert own.versions.count() == 1


def test_rego_that_does_not_compile_is_told_with_its_line(
    browser: Client, own: Definition, aks_demo: Cluster
) -> None:
    broken = policy(TEMPLATE.replace('sprintf("The', 'sprintff("The'))["properties"]
    page = written(browser, own, policyRule=broken["policyRule"])
    assert "of its Rego" in page.one("#author-checked").get_text()
    answer = browser.post(str(page.tag["action"]), dict(page.fields))
    assert answer.status_code == 400
    found = BeautifulSoup(answer.content, "html.parser")
    assert "cannot be tried as it is written" in verdict(found)
    assert "sprintff" in found.select("#verdict .line-marked")[0].get_text()


def test_cases_are_collected_and_come_as_a_suite_that_passes(
    browser: Client,
    own: Definition,
    aks_demo: Cluster,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    form = WebForm.open(browser, url(own), "#author")
    labelled = POD.replace("  name: web\nspec", "  name: web\n  labels: {team: a}\nspec")
    for name, manifest in (("without", POD), ("with", labelled), ("twice", POD)):
        form.set("manifests", manifest)
        form.set("case_name", name)
        answer = browser.post(url(own), urlencode([*form.fields, ("add", "1")]), content_type=FORM)
        form = WebForm.read(browser, answer.content, "#author")
        assert form.get("case_name") == ""
    form = WebForm.read(browser, form.send("drop", "2").content, "#author")
    assert [json.loads(one)["name"] for one in form.all("case")] == ["without", "with"]
    file = form.send("download", "1")
    assert file["Content-Disposition"] == 'attachment; filename="pods-carry-a-label-suite.zip"'
    with zipfile.ZipFile(io.BytesIO(file.content)) as packed:
        packed.extractall(tmp_path)
    assert main(["verify", f"{tmp_path}/..."]) == 0
    assert "2 passed" in capsys.readouterr().out


def test_a_case_without_a_name_is_asked_for_one_beside_the_verdict(
    browser: Client, own: Definition, aks_demo: Cluster
) -> None:
    page = tried(browser, own, add="1")
    assert "Give the case a name" in page.select("#author-case-error")[0].get_text()
    assert "1 refused" in verdict(page)
    assert not page.select("input[name=case]")


def test_a_case_that_this_page_has_not_made_is_refused(
    browser: Client, own: Definition, aks_demo: Cluster
) -> None:
    for case in (
        "{",
        "[]",
        '{"name": 1}',
        '{"name":"a","manifest":"","parameters":{},"expected":{"a":1}}',
    ):
        assert "add it again" in verdict(tried(browser, own, case=case))


PRIVILEGED = "95edb821-ddaf-4404-9732-666045e056b4"
CONTAINERS = """\
containers:
  - name: first
    image: nginx
  - name: second
    image: nginx
    securityContext:
      privileged: true
"""


def indented(by: int) -> str:
    """The containers at a place further in."""
    return "".join(f"{' ' * by}{line}" for line in CONTAINERS.splitlines(keepends=True))


BAD_POD = f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n{indented(2)}"
DEPLOYMENT = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
    "  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n"
    f"    spec:\n{indented(6)}"
)


@pytest.mark.parametrize(
    ("manifests", "lines"),
    [
        (BAD_POD, [12]),
        (DEPLOYMENT, [15]),
        (f"# one\n{BAD_POD}---\n\n{DEPLOYMENT}...\n---\n{BAD_POD}", [13, 30, 44]),
        (BAD_POD.replace("\n", "\r\n"), [12]),
        (BAD_POD.replace("image: nginx", "image: nginx\t# a\ttab"), [12]),
        (f"# äöü 日本語 😀\n{BAD_POD.replace('first', 'fïrst')}", [13]),
        (f"# a\u2028# b\n{BAD_POD}", [14]),
    ],
    ids=["nested", "template", "documents", "windows", "tabs", "letters", "separators"],
)
def test_the_line_of_the_field_that_is_explained_is_marked(
    browser: Client, portal: None, aks_demo: Cluster, manifests: str, lines: list[int]
) -> None:
    row = Definition.objects.get(name=PRIVILEGED)
    found = tried(browser, row, manifests=manifests).select("#verdict .line-marked")
    assert [one.get_text().strip() for one in found] == ["privileged: true"] * len(lines)
    assert [one.select(".line-number")[0]["data-line"] for one in found] == [*map(str, lines)]
