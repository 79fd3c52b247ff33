"""Where things stand: the line and column of every field of a manifest."""

from __future__ import annotations

import pytest

from policy_app.evaluation.manifests import Document, load, situate
from policy_app.evaluation.results import Decision, Place, Violation

POD = """\
# A pod with a sidecar
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {app.kubernetes.io/name: web}
spec:
  containers:
  - name: app
    image: nginx
    securityContext:
      privileged: true
    args:
    - |
      one
      two
  - {name: side, image: busybox}

# after
"""


@pytest.fixture
def pod() -> Document:
    """The second document of a file, so that its lines are not the text's own."""
    return load("pod.yaml", f"apiVersion: v1\nkind: Namespace\n---\n{POD}").documents[1]


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("", (5, 1)),
        ("metadata.name", (8, 3)),
        ('metadata.labels["app.kubernetes.io/name"]', (9, 12)),
        ("metadata.labels[app.kubernetes.io/name]", (9, 12)),
        ("spec.containers", (11, 3)),
        ("spec.containers[0]", (12, 5)),
        ("spec.containers[0].securityContext.privileged", (15, 7)),
        ("spec.containers[1].image", (20, 18)),
    ],
)
def test_a_field_is_found_by_its_path(pod: Document, path: str, place: tuple[int, int]) -> None:
    assert pod.position(path) == place


def test_steps_do_as_well_as_a_written_path(pod: Document) -> None:
    steps = ("metadata", "labels", "app.kubernetes.io/name")

    assert pod.position(steps) == (9, 12)


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("spec.containers[0].securityContext.runAsUser", "spec.containers[0].securityContext"),
        ("spec.containers[7].name", "spec.containers"),
        ("status.phase", ""),
    ],
)
def test_a_missing_field_is_shown_at_its_nearest_ancestor(
    pod: Document, path: str, nearest: str
) -> None:
    assert pod.position(path) == pod.position(nearest)


def test_an_object_ends_where_its_last_value_does(pod: Document) -> None:
    assert (pod.line, pod.end_line) == (5, 20)


def test_a_block_of_text_belongs_to_the_object_to_its_last_line() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\ndata:\n  x: |\n    one\n    two\n\n"

    assert load("x.yaml", text).documents[0].end_line == 6


def test_a_field_that_comes_by_merging_is_shown_where_it_is_written() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nbase: &b\n  a: 1\nmore:\n  <<: *b\n"

    assert load("x.yaml", text).documents[0].position("more.a") == (4, 3)


def test_a_decision_is_situated_in_its_file(pod: Document) -> None:
    path = "spec.containers[0].securityContext.privileged"
    found = Violation("c", "K", "deny", "no", place=Place("", 1, path=path))
    nowhere = Violation("c", "K", "deny", "nowhere")

    situated = situate(Decision([found, nowhere]), pod)

    assert [violation.place for violation in situated.violations] == [
        Place("pod.yaml", 2, 15, path),
        Place("pod.yaml", 2, 5, ""),
    ]
