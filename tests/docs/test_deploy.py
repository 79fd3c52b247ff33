"""deploy/: what people start from can be read, and passes the policies that we sell."""

from __future__ import annotations

import re
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

from policy_app.cli.main import main
from tests.docs.files import ROOT

RESTRICTED = "42b8ef37-b724-4e24-bbc8-7a7708edfe00"
MANIFEST = ROOT / "deploy" / "kubernetes.yaml"
COMPOSE = ROOT / "deploy" / "compose.yaml"


def objects() -> list[dict[str, Any]]:
    """The manifest's objects."""
    return list(yaml.safe_load_all(MANIFEST.read_text(encoding="utf-8")))


def test_the_manifest_holds_servers_and_workers() -> None:
    names = {(one["kind"], one["metadata"]["name"]) for one in objects()}
    assert {
        ("Deployment", "policy-portal-web"),
        ("Deployment", "policy-portal-worker"),
        ("Service", "policy-portal"),
    } <= names


@pytest.mark.parametrize(
    "thing", objects(), ids=lambda one: f"{one['kind']}-{one['metadata']['name']}"
)
def test_the_manifest_fits_the_schema_of_kubernetes(thing: dict[str, Any]) -> None:
    kubernetes_validate.validate(thing, "1.32", strict=True)


def test_the_manifest_passes_our_own_restricted_initiative(
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = ["--initiative", RESTRICTED, "--set", "effect=deny"]
    assert main(["test", "-f", str(MANIFEST), *options]) == 0
    told = capsys.readouterr()
    assert f"{len(objects())} passed" in told.out
    assert "error" not in told.err


def test_the_compose_file_starts_servers_and_workers_on_a_database_and_a_broker() -> None:
    services = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
    assert set(services) == {"postgres", "redis", "web", "worker"}
    for name in ("web", "worker"):
        assert services[name]["environment"]["DATABASE_URL"].startswith("postgres://")
        assert set(services[name]["depends_on"]) == {"postgres", "redis"}
    assert services["web"]["command"][0] == "serve"
    assert services["worker"]["command"][0] == "worker"


def test_what_the_image_copies_is_there() -> None:
    text = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    copied = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    assert copied
    assert [one for one in copied if not (ROOT / one).exists()] == []


def test_every_setting_of_the_files_is_a_setting_of_the_portal() -> None:
    reference = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    for file in (MANIFEST, COMPOSE, ROOT / "deploy" / "Dockerfile"):
        used = set(re.findall(r"\b(?:POLICY_PORTAL_[A-Z_]+|DATABASE_URL)\b", file.read_text()))
        assert {one for one in used if f"| `{one}` |" not in reference} == set()
