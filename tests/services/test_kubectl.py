"""What kubectl would print for an object that the webhook lets in, warns about or refuses."""

from __future__ import annotations

from typing import Any

from policy_app.evaluation.results import Decision, EnforcementAction, Violation
from policy_app.services import kubectl

POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "nginx"}}


def violation(
    action: EnforcementAction, name: str = "azurepolicy-x", text: str = "No."
) -> Violation:
    """A violation of constraint ``name``."""
    return Violation(name, "K8sX", action, text)


def test_an_accepted_object_is_created() -> None:
    applied = kubectl.apply("pod.yaml", POD, Decision())
    assert (applied.output, applied.exit_code) == ("pod/nginx created", 0)


def test_a_grouped_kind_is_named_with_its_group() -> None:
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}
    assert kubectl.apply("d.yaml", deployment, Decision()).output == "deployment.apps/web created"


def test_a_refusal_reads_as_kubectl_prints_it() -> None:
    applied = kubectl.apply("pod.yaml", POD, Decision([violation("deny")]))
    assert applied.exit_code == 1
    assert applied.output == (
        'Error from server (Forbidden): error when creating "pod.yaml": admission webhook'
        ' "validation.gatekeeper.sh" denied the request: [azurepolicy-x] No.'
    )


def test_several_refusals_stand_on_lines_of_their_own() -> None:
    both = Decision([violation("deny", "a", "One."), violation("deny", "b", "Two.")])
    assert kubectl.apply("p.yaml", POD, both).output.endswith("request: [a] One.\n[b] Two.")


def test_an_old_gatekeeper_has_its_old_wording() -> None:
    applied = kubectl.apply("p.yaml", POD, Decision([violation("deny")]), legacy=True)
    assert applied.output == (
        "Error from server ([denied by azurepolicy-x] No.): error when creating"
        ' "p.yaml": admission webhook "validation.gatekeeper.sh" denied the request:'
        " [denied by azurepolicy-x] No."
    )


def test_a_warning_does_not_stop_the_object() -> None:
    applied = kubectl.apply("p.yaml", POD, Decision([violation("warn")]))
    assert applied.output == "Warning: [azurepolicy-x] No.\npod/nginx created"
    assert applied.exit_code == 0


def test_what_only_the_audit_sees_is_not_printed() -> None:
    assert kubectl.apply("p.yaml", POD, Decision([violation("dryrun")])).output == (
        "pod/nginx created"
    )


def test_a_file_name_is_quoted() -> None:
    odd: dict[str, Any] = {**POD}
    text = kubectl.apply('a "b"\\c.yaml', odd, Decision([violation("deny")])).output
    assert 'error when creating "a \\"b\\"\\\\c.yaml":' in text
