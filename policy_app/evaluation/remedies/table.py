"""What each constraint template of ours wants, and how an object is changed to have it.

Data, by the kind of the template's constraints.  A remedy without ways is one that only people
can make: which image, which namespace, how much memory is not in the object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from policy_app.evaluation.remedies import others, pods, ways
from policy_app.evaluation.remedies.cases import Way


@dataclass(frozen=True, slots=True)
class Remedy:
    """What is wanted, in words; ``{name}`` stands for the constraint's parameter of that name."""

    wanted: str
    ways: tuple[Way, ...] = ()
    """Tried one after the other, until the policy finds nothing wrong any more."""
    note: str = ""
    """What people must know before they make the change."""


_NO_ESCALATION = Remedy(
    "securityContext.allowPrivilegeEscalation is false in the container.",
    (ways.set_in_containers("securityContext.allowPrivilegeEscalation", False),),
)
_EMPTY = (
    "An empty folder has none of the files that were there: use it only where they are not needed."
)
_NO_HOST_PORTS = (pods.no_host_port, pods.no_host_port_at_all)
_REACH = "Who reached the Pod at the node's address has to use a Service instead."

REMEDIES: Mapping[str, Remedy] = {
    # Containers and Pods
    "K8sAzureV2NoPrivilege": Remedy(
        "securityContext.privileged is false in the container, or not there.",
        (ways.set_in_containers("securityContext.privileged", False),),
    ),
    "K8sAzureV3NoPrivilegeEscalation": _NO_ESCALATION,
    "K8sAzureV4NoPrivilegeEscalation": _NO_ESCALATION,
    "K8sAzureV3ReadOnlyRootFilesystem": Remedy(
        "securityContext.readOnlyRootFilesystem is true in the container.",
        (ways.set_in_containers("securityContext.readOnlyRootFilesystem", True),),
        "A folder that the program writes to needs a volume, such as an emptyDir.",
    ),
    "K8sAzureV4ProcMount": Remedy(
        "securityContext.procMount is Default in the container, or not there.",
        (ways.set_in_containers("securityContext.procMount", "Default"),),
    ),
    "K8sAzureV3AllowedSeccomp": Remedy(
        "A seccomp profile for the container or its Pod, one of {allowedProfiles}.",
        (pods.profile("seccompProfile", "allowedProfiles"),),
    ),
    "K8sAzureV3EnforceAppArmor": Remedy(
        "An AppArmor profile for the container or its Pod, one of {allowedProfiles}.",
        (pods.profile("appArmorProfile", "allowedProfiles"),),
    ),
    "K8sAzureV3SELinux": Remedy(
        "SELinux options that are allowed, or none.",
        (pods.se_linux,),
    ),
    "K8sAzureV3AllowedCapabilities": Remedy(
        "The container adds no capability but {allowedCapabilities}, and drops all of"
        " {requiredDropCapabilities}.",
        (pods.capabilities,),
    ),
    "K8sAzureV3DisallowedCapabilities": Remedy(
        "The container adds none of the capabilities {disallowedCapabilities}.",
        (
            ways.keep_in_containers("securityContext.capabilities.add", pods.is_not_forbidden),
            ways.keep_in_containers("securityContext.capabilities.add", lambda *_: False),
        ),
    ),
    "K8sAzureV3AllowedUsersGroups": Remedy(
        "Users and groups within what the policy allows: user {runAsUser}, group {runAsGroup},"
        " supplemental groups {supplementalGroups}, group of files {fsGroup}.",
        (pods.ids,),
        "The image has to work under that user, and own the files that it writes.",
    ),
    "K8sAzureV1AllowedSysctls": Remedy(
        "No sysctl but {allowedSysctls}.",
        (ways.keep_in_pod("securityContext.sysctls", pods.is_allowed_sysctl),),
    ),
    "K8sAzureV1ForbiddenSysctls": Remedy(
        "None of the sysctls {forbiddenSysctls}.",
        (ways.keep_in_pod("securityContext.sysctls", pods.is_no_forbidden_sysctl),),
    ),
    "K8sAzureV2BlockHostNamespace": Remedy(
        "hostPID and hostIPC are false, or not there.",
        (ways.remove_in_pod("hostPID", "hostIPC"),),
    ),
    "K8sAzureV3BlockHostNamespace": Remedy(
        "hostPID, hostIPC and hostNetwork are false, or not there.",
        (ways.remove_in_pod("hostPID", "hostIPC", "hostNetwork"),),
    ),
    "K8sAzureV3HostNetworkingPorts": Remedy(
        "No network of the node unless allowHostNetwork is true (it is {allowHostNetwork}), and no"
        " hostPort but from {minPort} to {maxPort}.",
        _NO_HOST_PORTS,
        _REACH,
    ),
    "K8sAzureV4HostNetworkingPorts": Remedy(
        "No network of the node unless allowHostNetwork is true (it is {allowHostNetwork}), and no"
        " hostPort but {allowedHostPorts}.",
        _NO_HOST_PORTS,
        _REACH,
    ),
    "K8sAzureV4HostFilesystem": Remedy(
        "No folder of the node but {allowedHostPaths}.",
        (pods.mount_read_only, pods.empty_instead_of_host),
        _EMPTY,
    ),
    "K8sAzureV2VolumeTypes": Remedy(
        "No volumes but of the types {volumes}.", (pods.empty_instead_of_volume,), _EMPTY
    ),
    "K8sAzureV1FlexVolumes": Remedy("No FlexVolume but of the drivers {allowedFlexVolumeDrivers}."),
    "K8sAzureV2BlockAutomountToken": Remedy(
        "automountServiceAccountToken is false, and nothing is mounted where the token would be.",
        (pods.no_token,),
        "A program that calls the Kubernetes API needs its token: exempt it instead.",
    ),
    "K8sAzureV2ContainerEnforceProbes": Remedy(
        "Each of the probes {enforceProbes}, with an httpGet, a tcpSocket, an exec or a grpc.",
        (pods.probe,),
        "That the port is open says little: a path that tells whether the program works is better.",
    ),
    "K8sAzureV1ContainerEnforcePreStopHook": Remedy(
        "A lifecycle.preStop hook in each container.",
        (ways.set_in_containers("lifecycle.preStop", {"sleep": {"seconds": 5}}),),
        "It waits until Services send no more requests; Kubernetes knows it since 1.30.",
    ),
    "K8sAzureV3ContainerLimits": Remedy(
        "Limits in each container: no more than {cpuLimit} of cpu and {memoryLimit} of memory.",
        (pods.limits,),
        "It is the most that the policy allows; give what the program needs, and request no more.",
    ),
    "K8sAzureV1ContainerRequests": Remedy(
        "Requests of cpu and memory in each container. How much it needs is yours to know: measure"
        " it with kubectl top."
    ),
    "K8sAzureV1WindowsContainerResources": Remedy(
        "No more cpu and memory requested than the limit grants.", (pods.requests_within_limits,)
    ),
    "K8sAzureV2ContainerAllowedPullPolicy": Remedy(
        "imagePullPolicy is one of {allowedPullPolicy}.", (pods.pull_policy,)
    ),
    "K8sAzureV1WindowsBlockContainerAdmin": Remedy(
        "The container runs as another user than ContainerAdministrator.", (pods.windows_user,)
    ),
    "K8sAzureV1WindowsContainerAllowedUsernames": Remedy(
        "The container runs as one of {allowedUserNames}.", (pods.allowed_windows_user,)
    ),
    "K8sAzureV1WindowsBlockHostProcess": Remedy(
        "windowsOptions.hostProcess is false, or not there.", (pods.no_host_process,)
    ),
    # Images
    "K8sAzureV2ContainerAllowedImages": Remedy("An image whose name fits {imageRegex}."),
    "K8sAzureV2ContainerNoLatestImage": Remedy(
        "An image with a tag that says its version, or with a digest. Which version it is meant to"
        " be cannot be told from latest."
    ),
    "K8sAzureV1ContainerRestrictedImagePulls": Remedy(
        "imagePullSecrets with the name of a Secret that lets the node into the registry."
    ),
    "K8sAzureV1DefenderBlockVulnerableImages": Remedy(
        "An image that has been scanned, and has no more findings than {severity}: build it anew on"
        " a base that is patched."
    ),
    "K8sAzureV1NotationVerification": Remedy(
        "An image with a signature that the cluster's trust policy knows: sign it with notation."
    ),
    "K8sAzureV1ContainerAllowedPorts": Remedy("Containers listen at no ports but {allowedPorts}."),
    # Workloads
    "K8sAzureV1BlockNakedPods": Remedy(
        "The Pod is made by a Deployment, a StatefulSet, a DaemonSet or a Job: put its spec into"
        " the template of one."
    ),
    "K8sAzureV1AntiAffinityRules": Remedy(
        "podAntiAffinity or topologySpreadConstraints in the template of the Pods.",
        (others.spread,),
    ),
    "K8sAzureV2DisallowedBadPodDisruptionBudgets": Remedy(
        "A budget that lets at least one Pod be moved.",
        (others.one_may_be_missing,),
        "A workload with one replica is gone for a moment whenever its Pod is moved.",
    ),
    "K8sAzureV1PodEnforceLabels": Remedy("The labels {labels}. What they say is yours to choose."),
    "K8sAzureV1RequiredAnnotations": Remedy(
        "The annotations {annotations}, each with a value that fits its pattern."
    ),
    "K8sAzureV1PrintMutationsAnnotations": Remedy(
        "Nothing: the policy only tells what another one has changed. Put the same into your"
        " manifest, and the message goes."
    ),
    # Services and Ingresses
    "K8sAzureV1ExternalIPs": Remedy(
        "No external IPs but {allowedExternalIPs}.",
        (ways.keep_of("spec.externalIPs", others.is_allowed_address),),
    ),
    "K8sAzureV1LoadBalancerNoPublicIPs": Remedy(
        "The annotation service.beta.kubernetes.io/azure-load-balancer-internal is true.",
        (others.annotation("service.beta.kubernetes.io/azure-load-balancer-internal", "true"),),
        "The Service can be reached from the virtual network alone then.",
    ),
    "K8sAzureV1ServiceAllowedPorts": Remedy("The Service listens at no ports but {allowedPorts}."),
    "K8sAzureV1UniqueServiceSelector": Remedy(
        "A selector that no other Service of the namespace has for the same port."
    ),
    "K8sAzureV2IngressHttpsOnly": Remedy(
        "A certificate under spec.tls, and a redirect from http.",
        (others.https_only,),
        "The Secret has to hold the certificate: make it, or let cert-manager do so.",
    ),
    "K8sAzureV2RequireIngressHost": Remedy(
        "A host in each rule. Which one it is meant to be cannot be told."
    ),
    "K8sAzureIngressHostnamesConflict": Remedy("A host that no Ingress of another namespace has."),
    # Roles, nodes, namespaces, storage
    "K8sAzureV1BlockAdminRolebindings": Remedy(
        "A role with no more rights than are needed in place of cluster-admin. What a binding"
        " refers to cannot be changed: make another one."
    ),
    "K8sAzureV1BlockWildcardRoles": Remedy(
        "The apiGroups, resources and verbs by name in place of *."
    ),
    "K8sAzureV1BlockEndpointEditDefaultRole": Remedy(
        "No right to change endpoints or endpointslices.", (others.no_endpoint_edits,)
    ),
    "K8sAzureV1BlockDefault": Remedy(
        "Another namespace than default. An object cannot be moved: apply it there, and delete it"
        " here."
    ),
    "K8sAzureV1BlockResource": Remedy("Objects of this kind are not wanted here at all."),
    "K8sAzureV1EnforceCSIDriver": Remedy(
        "A provisioner that is a CSI driver.",
        (others.csi_driver,),
        "The provisioner of a StorageClass cannot be changed: make it anew.",
    ),
    "K8sAzureV1RestrictedLabels": Remedy(
        "None of the labels {labels}, which are reserved.", (others.no_reserved_label,)
    ),
    "K8sAzureV1ReservedTaints": Remedy(
        "None of the taints {reservedTaints}, which are the system pool's.",
        (others.no_reserved_taint,),
    ),
    "K8sAzureV1RestrictedNodeEdits": Remedy(
        "Labels and taints of nodes are set on their node pool, with az aks nodepool update."
    ),
}
