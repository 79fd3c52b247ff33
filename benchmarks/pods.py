"""Manifests to measure with: Pods as teams write them, some careful and some careless."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

PODS_A_FILE = 5
TEAMS = 40

_CAREFUL = """\
apiVersion: v1
kind: Pod
metadata:
  name: {name}
  namespace: team-{team}
  labels:
    app: {name}
    app.kubernetes.io/part-of: shop
spec:
  automountServiceAccountToken: false
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    fsGroup: 10001
    supplementalGroups: [10001]
    seccompProfile:
      type: RuntimeDefault
  initContainers:
    - name: migrate
      image: registry.example.com/shop/migrate:1.{team}.0
      command: ["/bin/migrate", "--wait"]
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        runAsGroup: 10001
        capabilities:
          drop: [ALL]
      resources:
        requests: {{cpu: 50m, memory: 64Mi}}
        limits: {{cpu: 100m, memory: 128Mi}}
  containers:
    - name: web
      image: registry.example.com/shop/{name}:2.{team}.1
      ports:
        - name: http
          containerPort: 8080
          protocol: TCP
      env:
        - name: LOG_LEVEL
          value: info
        - name: POD_NAME
          valueFrom:
            fieldRef:
              fieldPath: metadata.name
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        runAsGroup: 10001
        capabilities:
          drop: [ALL]
      readinessProbe:
        httpGet: {{path: /ready, port: http}}
      livenessProbe:
        httpGet: {{path: /live, port: http}}
      resources:
        requests: {{cpu: 100m, memory: 128Mi}}
        limits: {{cpu: 200m, memory: 256Mi}}
      volumeMounts:
        - name: cache
          mountPath: /var/cache
  volumes:
    - name: cache
      emptyDir: {{}}
"""

_CARELESS = """\
apiVersion: v1
kind: Pod
metadata:
  name: {name}
  namespace: team-{team}
spec:
  hostNetwork: true
  containers:
    - name: web
      image: docker.io/library/nginx:latest
      ports:
        - containerPort: 80
          hostPort: 80
      securityContext:
        privileged: true
        capabilities:
          add: [NET_ADMIN]
    - name: log
      image: fluent-bit
      volumeMounts:
        - name: host
          mountPath: /var/log
  volumes:
    - name: host
      hostPath:
        path: /var/log
"""


def write(folder: Path, pods: int) -> None:
    """``pods`` Pods, five a file; every fifth is careless."""
    folder.mkdir(parents=True, exist_ok=True)
    for start in range(0, pods, PODS_A_FILE):
        texts = [
            (_CARELESS if number % 5 == 4 else _CAREFUL).format(
                name=f"app-{number}", team=number % TEAMS
            )
            for number in range(start, min(start + PODS_A_FILE, pods))
        ]
        (folder / f"app-{start:06}.yaml").write_text("---\n".join(texts))


def objects(pods: int) -> Iterator[dict[str, Any]]:
    """The same Pods as objects, complete with the fields that every Pod in a cluster has."""
    careful, careless = (
        yaml.safe_load(text.format(name="app", team=0)) for text in (_CAREFUL, _CARELESS)
    )
    for number in range(pods):
        thing = copy.deepcopy(careless if number % 5 == 4 else careful)
        thing["metadata"] |= {"name": f"app-{number}", "namespace": f"team-{number % TEAMS}"}
        thing["status"] = {
            "phase": "Running",
            "podIP": f"10.1.{number // 256 % 256}.{number % 256}",
        }
        yield thing
