"""What was refused, kept as an Event of the cluster, where ``kubectl get events`` shows it too."""

from __future__ import annotations

from policy_app.evaluation.gatekeeper.review import Review
from policy_app.evaluation.gatekeeper.webhook import Answer
from policy_app.models import Cluster


def keep(cluster: Cluster, review: Review, answer: Answer, *, dry_run: bool) -> None:
    """Remember a refusal (to be completed)."""
