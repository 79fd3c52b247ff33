"""What stands around Pods: nodes, Services, volumes, budgets, autoscalers, and other workloads."""

from __future__ import annotations

import pytest

from tests.services.cluster.controllers.kube import Kube, Object
from tests.services.cluster.controllers.test_deployments import DEPLOYMENT

POD = """
apiVersion: v1
kind: Pod
metadata: {name: one, labels: {app: web}}
spec: {containers: [{name: web, image: "nginx:1", ports: [{name: http, containerPort: 8080}]}]}
"""
SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}
"""
CLAIM = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""
BUDGET = """
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 2, selector: {matchLabels: {app: web}}}
"""
SCALER = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 4
  maxReplicas: 6
"""
DAEMONSET = """
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: agent, image: "agent:1"}]}
"""
STATEFULSET = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 2
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: "db:1"}]}
  volumeClaimTemplates:
    - metadata: {name: data}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""
PRIVILEGED = {"securityContext": {"privileged": True}}


def _privileged(name: str, image: str) -> Object:
    container = {"name": name, "image": image, **PRIVILEGED}
    return {"spec": {"template": {"spec": {"containers": [container]}}}}


def test_a_pod_runs_on_a_node_of_the_cluster(kube: Kube) -> None:
    kube.create(POD)

    pod = kube.get("Pod", "one")

    assert pod["spec"]["nodeName"] in kube.names("Node")
    assert pod["status"]["phase"] == "Running"
    assert kube.events("Scheduled")[0].startswith("Successfully assigned default/one to aks-")


def test_a_pod_that_ends_by_itself_elsewhere_goes_on_running_here(kube: Kube) -> None:
    kube.create(POD.replace("spec: {", "spec: {restartPolicy: Never, "))

    kube.wait(60)

    assert kube.get("Pod", "one")["status"]["phase"] == "Running"


def test_a_pod_waits_for_a_node_that_its_selector_takes(kube: Kube) -> None:
    kube.create(POD.replace("spec: {", "spec: {nodeSelector: {disk: fast}, "))
    waiting = kube.get("Pod", "one")
    assert waiting["status"]["phase"] == "Pending"
    (told,) = kube.events("FailedScheduling")
    assert told.startswith("0/2 nodes are available: 2 node(s) didn't match Pod's node affinity")

    node = kube.names("Node")[0]
    kube.patch("Node", node, {"metadata": {"labels": {"disk": "fast"}}})

    assert kube.get("Pod", "one")["status"]["phase"] == "Running"
    assert kube.get("Pod", "one")["spec"]["nodeName"] == node


def test_no_pod_comes_to_a_cordoned_node(kube: Kube) -> None:
    for name in kube.names("Node"):
        kube.patch("Node", name, {"spec": {"unschedulable": True}})
    kube.create(POD)

    assert kube.get("Pod", "one")["status"]["phase"] == "Pending"
    assert "2 node(s) were unschedulable" in kube.events("FailedScheduling")[0]


def test_a_service_leads_to_the_pods_that_it_selects(kube: Kube) -> None:
    kube.create(SERVICE)
    kube.create(POD)

    address = kube.get("Pod", "one")["status"]["podIP"]
    (subset,) = kube.get("Endpoints", "web")["subsets"]
    assert [one["ip"] for one in subset["addresses"]] == [address]
    assert subset["ports"][0]["port"] == 8080
    (found,) = kube.all("EndpointSlice")
    assert found["endpoints"][0]["addresses"] == [address]

    kube.delete("Pod", "one")
    assert kube.get("Endpoints", "web")["subsets"] == []


def test_the_endpoints_go_with_their_service(kube: Kube) -> None:
    kube.create(SERVICE)
    kube.create(POD)

    kube.delete("Service", "web")

    assert kube.all("Endpoints") == kube.all("EndpointSlice") == []


def test_each_service_gets_an_address_of_its_own_and_keeps_it(kube: Kube) -> None:
    kube.create(SERVICE)
    kube.create(SERVICE.replace("name: web", "name: other"))
    first, other = (kube.get("Service", name)["spec"]["clusterIP"] for name in ("web", "other"))
    assert first != other

    kube.patch("Service", "web", {"spec": {"type": "NodePort"}})

    changed = kube.get("Service", "web")["spec"]
    assert changed["clusterIP"] == first
    assert 30000 <= changed["ports"][0]["nodePort"] < 32768


def test_a_headless_service_has_no_address(kube: Kube) -> None:
    kube.create(SERVICE.replace("spec: {", "spec: {clusterIP: None, "))

    assert kube.get("Service", "web")["spec"]["clusterIPs"] == ["None"]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("Service", SERVICE.replace("spec: {", "spec: {type: LoadBalancer, ")),
        (
            "Ingress",
            "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web}, spec:"
            " {defaultBackend: {service: {name: web, port: {number: 80}}}}}",
        ),
    ],
)
def test_a_load_balancer_gets_its_address_after_a_moment(kube: Kube, kind: str, text: str) -> None:
    kube.create(text)
    assert not kube.get(kind, "web").get("status", {}).get("loadBalancer")

    kube.wait(3)

    assert kube.get(kind, "web")["status"]["loadBalancer"]["ingress"][0]["ip"]


def test_a_claim_is_bound_when_a_pod_uses_it_and_its_volume_goes_with_it(kube: Kube) -> None:
    kube.create(CLAIM)
    assert kube.get("PersistentVolumeClaim", "data")["status"]["phase"] == "Pending"
    assert kube.events("WaitForFirstConsumer")

    volumes = "volumes: [{name: data, persistentVolumeClaim: {claimName: data}}], "
    kube.create(POD.replace("spec: {", f"spec: {{{volumes}"))

    claim = kube.get("PersistentVolumeClaim", "data")
    assert claim["status"]["phase"] == "Bound"
    assert claim["spec"]["storageClassName"] == "default"
    assert kube.names("PersistentVolume") == [claim["spec"]["volumeName"]]
    kube.delete("PersistentVolumeClaim", "data")
    assert kube.names("PersistentVolume") == []


def test_a_claim_of_a_class_that_binds_at_once_is_bound_at_once(kube: Kube) -> None:
    kube.create(CLAIM.replace("spec: {", "spec: {storageClassName: azurefile-csi, "))

    assert kube.get("PersistentVolumeClaim", "data")["status"]["phase"] == "Bound"


def test_a_claim_of_an_unknown_class_waits_and_says_why(kube: Kube) -> None:
    kube.create(CLAIM.replace("spec: {", "spec: {storageClassName: fast, "))

    assert kube.get("PersistentVolumeClaim", "data")["status"]["phase"] == "Pending"
    assert kube.events("ProvisioningFailed") == ['storageclass.storage.k8s.io "fast" not found']


def test_a_budget_counts_how_many_pods_may_go(kube: Kube) -> None:
    kube.create(BUDGET)
    kube.create(DEPLOYMENT)

    status = kube.get("PodDisruptionBudget", "web")["status"]

    assert (status["expectedPods"], status["currentHealthy"], status["desiredHealthy"]) == (3, 3, 2)
    assert status["disruptionsAllowed"] == 1


@pytest.mark.parametrize(("replicas", "expected"), [(3, 4), (5, 5), (9, 6), (0, 0)])
def test_an_autoscaler_keeps_a_workload_within_its_bounds(
    kube: Kube, replicas: int, expected: int
) -> None:
    kube.create(DEPLOYMENT.replace("replicas: 3", f"replicas: {replicas}"))
    kube.create(SCALER)

    assert len(kube.all("Pod")) == expected
    assert kube.get("HorizontalPodAutoscaler", "web")["status"]["desiredReplicas"] == expected


def test_a_daemonset_has_a_pod_on_each_node(kube: Kube) -> None:
    kube.create(DAEMONSET)

    assert sorted(one["spec"]["nodeName"] for one in kube.all("Pod")) == kube.names("Node")
    assert kube.get("DaemonSet", "agent")["status"]["numberReady"] == 2


def test_a_daemonset_whose_new_pods_are_refused_keeps_all_but_one(kube: Kube) -> None:
    kube.deny_privileged()
    kube.create(DAEMONSET)
    kube.patch("DaemonSet", "agent", _privileged("agent", "agent:1"))
    assert len(kube.all("Pod")) == 1
    assert kube.events("FailedCreate")

    kube.allow_privileged()

    assert len(kube.all("Pod")) == 2
    assert kube.get("DaemonSet", "agent")["status"]["updatedNumberScheduled"] == 2


def test_a_statefulset_has_numbered_pods_with_claims_that_outlive_them(kube: Kube) -> None:
    kube.create(STATEFULSET)
    assert kube.names("Pod") == ["db-0", "db-1"]
    assert kube.names("PersistentVolumeClaim") == ["data-db-0", "data-db-1"]
    assert kube.get("PersistentVolumeClaim", "data-db-0")["status"]["phase"] == "Bound"

    kube.patch("StatefulSet", "db", {"spec": {"replicas": 1}})

    assert kube.names("Pod") == ["db-0"]
    assert len(kube.names("PersistentVolumeClaim")) == 2


def test_a_statefulset_replaces_its_last_pod_first_and_stops_where_one_is_refused(
    kube: Kube,
) -> None:
    kube.deny_privileged()
    kube.create(STATEFULSET)
    kube.patch("StatefulSet", "db", _privileged("db", "db:1"))
    assert kube.names("Pod") == ["db-0"]

    kube.allow_privileged()

    assert kube.names("Pod") == ["db-0", "db-1"]
    status = kube.get("StatefulSet", "db")["status"]
    assert status["updatedReplicas"] == 2
    assert status["currentRevision"] == status["updateRevision"]
