"""What the tests of the commands without a database share: runs, policies, manifests."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.cli.processes import ROOT, run

PRIVILEGED = "95edb821-ddaf-4404-9732-666045e056b4"
PRIVILEGED_ID = f"/providers/Microsoft.Authorization/policyDefinitions/{PRIVILEGED}"
PRIVILEGED_TITLE = "Kubernetes cluster should not allow privileged containers"
BASELINE = "a8640138-9b0a-4a28-b8cb-1666c838647d"
HOST_NAMESPACE = "47a1ee2f-2a2a-4576-bf2a-e0e36709c2b8"
BAD = "fixtures/manifests/nginx-privileged.yaml"
GOOD = "fixtures/manifests/nginx-unprivileged.yaml"
TEMPLATE = ROOT / "fixtures" / "templates" / "container-no-privilege" / "v2"
DENY = ("--set", "effect=Deny")

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: app
    image: nginx
    securityContext: {privileged: true}
"""


def outcome(*arguments: str, **how: Any) -> subprocess.CompletedProcess[str]:
    """A run of ``test`` that ends in words, whatever it was given."""
    answer = run("test", *arguments, **how)
    assert "Traceback" not in answer.stderr
    return answer


def found(*arguments: str, **how: Any) -> dict[str, Any]:
    """The JSON report, whose exit code is the process's."""
    answer = outcome(*arguments, "--output", "json", **how)
    report: dict[str, Any] = json.loads(answer.stdout)
    assert report["summary"]["exitCode"] == answer.returncode
    return report


def write(path: Path, content: Any) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)
