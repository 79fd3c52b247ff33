"""A dump that is uploaded on a cluster's page becomes what the cluster mirrors."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from policy_app.models import ActivityEntry
from policy_app.services.cluster import lookup
from tests.browser.clusters.test_pages import read, texts
from tests.services.cluster.inside import Api, pod
from tests.services.snapshots.taking_files import held, served

ADDRESS = "/clusters/aks-staging/-/snapshot"


@pytest.fixture(autouse=True)
def signed_in(client: Client, portal: None, alice: User) -> None:
    """As ``alice``."""
    client.force_login(alice)


def dump(*names: str) -> bytes:
    items = [served(pod(name, "shop"), f"uid-{name}") for name in names]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items}).encode()


def upload(client: Client, content: bytes, address: str = ADDRESS, **fields: str) -> Any:
    file = SimpleUploadedFile("all.json", content)
    return client.post(address, {"files": [file], **fields})


def test_an_uploaded_dump_becomes_a_mirror_and_a_newer_one_brings_it_up_to_date(
    client: Client, alice: User
) -> None:
    answer = upload(client, dump("one", "two"))
    assert answer.headers["Location"] == "/clusters/aks-staging"
    page = read(client, "/clusters/aks-staging")
    assert "2 objects added, 1 changed" in " ".join(texts(page, ".message"))
    assert "Mirror of all.json" in texts(page, "section[aria-labelledby=mirror]")[0]
    assert page.select(f'section[aria-labelledby=mirror] a[href="{ADDRESS}"]')
    upload(client, dump("two", "three"))
    assert {"pods/shop/two", "pods/shop/three"} <= set(held("aks-staging"))
    assert "pods/shop/one" not in held("aks-staging")
    entry = ActivityEntry.objects.latest("at")
    assert entry.caller == alice.username
    assert (entry.after or {})["removed"] == 1


def test_a_dump_that_cannot_be_read_is_told_and_changes_nothing(client: Client) -> None:
    upload(client, dump("one"))
    answer = upload(client, dump("two")[:40])
    assert answer.status_code == 400
    assert "nothing was changed" in answer.content.decode()
    assert "pods/shop/one" in held("aks-staging")
    assert client.post(ADDRESS, {}).status_code == 400


def test_a_simulated_cluster_of_people_is_replaced_only_where_that_is_ticked(
    client: Client,
) -> None:
    Api("aks-staging").create(pod("mine"))
    answer = upload(client, dump("one"))
    assert answer.status_code == 409
    assert "people have written to it" in answer.content.decode()
    assert not lookup.by_name("aks-staging").is_mirror
    assert upload(client, dump("one"), replace="on").status_code == 302
    assert lookup.by_name("aks-staging").is_mirror


def test_files_that_are_too_large_are_for_the_command(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("policy_app.browser.clusters.upload.MOST_MEGABYTES", 0)
    answer = upload(client, dump("one"))
    assert answer.status_code == 413
    assert "policy-portal snapshot FILE --cluster aks-staging" in answer.content.decode()


def test_who_may_not_change_the_cluster_finds_no_door(client: Client) -> None:
    client.force_login(User.objects.create_user("bob"))
    before = held("aks-staging")
    assert client.get(ADDRESS).status_code in (403, 404)
    assert upload(client, dump("one")).status_code in (403, 404)
    assert held("aks-staging") == before
    assert not lookup.by_name("aks-staging").is_mirror
