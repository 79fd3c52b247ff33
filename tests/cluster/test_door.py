"""The HTTP door of a cluster: who may come in, which paths there are, and what they answer."""

from __future__ import annotations

import base64

import pytest

from tests.cluster.conftest import Api

pytestmark = pytest.mark.django_db
MAPS = "/api/v1/namespaces/default/configmaps"


def test_who_is_not_known_is_unauthorized(api: Api) -> None:
    for given in ("", "Bearer nonsense", "Basic nonsense", "Digest x"):
        answer = Api("")("GET", "/api/v1/pods", Authorization=given)
        assert (answer.code, answer.body["reason"]) == (401, "Unauthorized")


def test_a_token_may_be_the_password_of_its_user_alone(api: Api) -> None:
    for user, code in (("alice", 200), ("bob", 401)):
        pair = base64.b64encode(f"{user}:{api.token}".encode()).decode()
        assert Api("")("GET", "/api/v1/pods", Authorization=f"Basic {pair}").code == code


def test_who_was_granted_nothing_may_nothing(stranger: Api) -> None:
    refused = stranger("GET", "/api/v1/namespaces/default/pods")
    assert refused.code == 403
    assert refused.body["message"] == (
        'pods is forbidden: User "bob" cannot list resource "pods" in API group "" in the'
        ' namespace "default"'
    )


def test_only_who_may_impersonate_is_somebody_else(api: Api, stranger: Api) -> None:
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    groups = {"Impersonate_User": "carol", "Impersonate_Group": "auditors"}
    who = api("POST", path, {}, **groups).body["status"]["userInfo"]
    assert (who["username"], who["groups"]) == ("carol", ["auditors", "system:authenticated"])
    refused = stranger("POST", path, {}, **groups)
    assert (refused.code, refused.body["reason"]) == (403, "Forbidden")
    assert api("POST", path, {}, Impersonate_Group="auditors").code == 400


@pytest.mark.parametrize(
    "path", ["/nonsense", "/api/v2/pods", "/apis/apps/v1/pods", "/api/v1/pods/a/b/c", "/apis/no/v1"]
)
def test_a_path_that_is_not_there_is_not_found(api: Api, path: str) -> None:
    answer = api("GET", path)
    assert (answer.code, answer.body["reason"]) == (404, "NotFound")


def test_a_cluster_that_is_not_there_is_told_by_its_name(api: Api) -> None:
    answer = Api(api.token, "nowhere")("GET", "/api/v1/pods")
    assert answer.code == 404
    assert '"nowhere"' in answer.body["message"]


def test_the_root_lists_the_paths_for_clients_and_leads_people_to_the_page(api: Api) -> None:
    answer = api("GET", "/")
    assert answer.code == 200
    wanted = {"/api", "/api/v1", "/apis/apps/v1", "/apis/templates.gatekeeper.sh", "/version"}
    assert wanted <= set(answer.body["paths"])
    page = api("GET", "/", Accept="text/html,application/xhtml+xml")
    assert (page.code, page.headers["Location"]) == (302, "/clusters/aks-demo")
    assert Api("")("GET", "/", Authorization="").code == 401
    assert api("POST", "/", {}).code == 404


@pytest.mark.parametrize("path", ["/api", "/api/", "/apis", "/apis/", "/version", "/version/"])
def test_the_python_clients_slashes_change_nothing(api: Api, path: str) -> None:
    assert api("GET", path).code == 200


def test_a_document_that_a_client_has_is_not_sent_again_and_keeps_its_type(api: Api) -> None:
    form = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    first = api("GET", "/apis", Accept=form)
    again = api("GET", "/apis", Accept=form, If_None_Match=first.headers["ETag"])
    assert (first.code, again.code, again.body) == (200, 304, b"")
    assert again.headers["Content-Type"] == first.headers["Content-Type"] == form


def test_an_object_is_made_read_changed_and_deleted(api: Api) -> None:
    made = api("POST", MAPS, {"metadata": {"name": "one"}, "data": {"a": "1"}})
    assert (made.code, made.body["kind"], made.body["apiVersion"]) == (201, "ConfigMap", "v1")
    twice = api("POST", MAPS, {"metadata": {"name": "one"}})
    assert (twice.code, twice.body["reason"]) == (409, "AlreadyExists")
    changed = api("PUT", f"{MAPS}/one", {**made.body, "data": {"a": "2"}})
    assert changed.code == 200
    stale = api("PUT", f"{MAPS}/one", {**made.body, "data": {"a": "3"}})
    assert (stale.code, stale.body["reason"]) == (409, "Conflict")
    assert api("GET", f"{MAPS}/one").body["data"] == {"a": "2"}
    gone = api("DELETE", f"{MAPS}/one")
    assert (gone.code, gone.body["status"]) == (200, "Success")
    assert api("GET", f"{MAPS}/one").code == 404


def test_a_dry_run_changes_nothing(api: Api) -> None:
    made = api("POST", MAPS, {"metadata": {"name": "dry"}}, query="dryRun=All")
    assert made.code == 201
    assert api("GET", f"{MAPS}/dry").code == 404


def test_a_long_list_comes_in_pages(api: Api) -> None:
    for number in range(5):
        api("POST", MAPS, {"metadata": {"name": f"page-{number}", "labels": {"of": "pages"}}})
    names: list[str] = []
    token = ""
    for _ in range(3):
        query = f"limit=2&labelSelector=of%3Dpages&continue={token}"
        page = api("GET", MAPS, query=query).body
        names += [one["metadata"]["name"] for one in page["items"]]
        token = page["metadata"].get("continue", "")
    assert (names, token) == ([f"page-{number}" for number in range(5)], "")


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("POST", f"{MAPS}/one", 405),
        ("PUT", MAPS, 405),
        ("PATCH", MAPS, 405),
        ("POST", "/api/v1/namespaces/default/pods/x/exec", 501),
    ],
)
def test_what_cannot_be_done_with_a_path_is_told(
    api: Api, method: str, path: str, code: int
) -> None:
    assert api(method, path, {}).code == code


def test_a_patch_in_an_unknown_form_is_refused_with_those_that_are_known(api: Api) -> None:
    refused = api("PATCH", f"{MAPS}/one", {}, form="application/json")
    assert refused.code == 415
    assert "application/merge-patch+json" in refused.body["message"]
