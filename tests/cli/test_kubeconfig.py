"""``policy-portal kubeconfig``: what it prints, and what it says of wrong arguments."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.cli.processes import run
from tests.starting_points import prepared


def test_over_http_the_identity_stands_in_the_address(tmp_path: Path) -> None:
    made = run("kubeconfig", "aks-demo", "--data", str(prepared(tmp_path)))
    assert made.returncode == 0, made.stderr
    config = yaml.safe_load(made.stdout)
    [cluster] = config["clusters"]
    address = cluster["cluster"]["server"]
    assert address.startswith("http://admin:ppat_")
    assert address.endswith("@127.0.0.1:8000/clusters/aks-demo")
    assert config["current-context"] == "aks-demo"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere"], 'there is no cluster "nowhere" in this portal; the clusters are: aks-demo,'),
        (["aks-demo", "--server", "portal"], "--server 'portal' is no address"),
        (["aks-demo", "--user", "eve"], "there is no active user 'eve'"),
    ],
)
def test_what_is_wrong_is_told_with_what_would_be_right(
    tmp_path: Path, arguments: list[str], told: str
) -> None:
    ended = run("kubeconfig", *arguments, "--data", str(prepared(tmp_path)))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr
