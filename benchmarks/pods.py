"""Manifests to measure with: Pods as teams write them, some careful and some careless."""

from __future__ import annotations

from pathlib import Path

PODS_A_FILE = 5

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
                name=f"app-{number}", team=number % 40
            )
            for number in range(start, min(start + PODS_A_FILE, pods))
        ]
        (folder / f"app-{start:06}.yaml").write_text("---\n".join(texts))
