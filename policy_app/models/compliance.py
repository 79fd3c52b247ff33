"""What audits found: policies in clusters, the components they judge, and who became what when.

Ten thousand Pods under thirty policies are three hundred thousand verdicts, nearly all of them
*compliant*.  So a component keeps with one reference which policies judged it (an ``AppliedSet``,
of which a cluster has a few dozen), and only what is wrong has a row of its own.  A component is
compliant under a policy where its set holds the policy and no ``ComponentState`` speaks of both.
"""

from __future__ import annotations

from django.db import models

from policy_app.models.objects import JsonText
from policy_app.models.scopes import Cluster


class ComplianceState(models.TextChoices):
    """Azure's states, as its REST API spells them, with the portal's words."""

    COMPLIANT = "Compliant", "Compliant"
    NON_COMPLIANT = "NonCompliant", "Non-compliant"
    CONFLICT = "Conflict", "Conflicting"
    EXEMPT = "Exempt", "Exempt"
    ERROR = "Error", "Error"
    UNKNOWN = "Unknown", "Unknown"
    NOT_STARTED = "NotStarted", "Not started"
    NOT_REGISTERED = "NotRegistered", "Not registered"


class ClusterAudit(models.Model):
    """How far the audit of one cluster has come, and what it found in all."""

    cluster = models.OneToOneField(Cluster, on_delete=models.CASCADE, related_name="audit")
    revision = models.BigIntegerField(default=0)
    """The cluster's revision that the last finished scan saw."""
    deciding = models.CharField(max_length=200, blank=True)
    """A mark of all that decided in the last finished scan."""
    audited_at = models.DateTimeField(null=True, blank=True)
    full_at = models.DateTimeField(null=True, blank=True)
    """When everything was judged for the last time, whether it had changed or not."""
    wants_full = models.BooleanField(default=False)
    """Whether the next scan has to judge everything, whatever it was asked for."""
    left_over = JsonText(default=list)
    """The tasks of chunks that were set aside: the next scan that is not about a change tries them
    again."""
    due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    """When the schedule asks for the next scan."""
    state = models.CharField(
        max_length=20, choices=ComplianceState.choices, default=ComplianceState.NOT_STARTED
    )
    components = models.PositiveIntegerField(default=0)
    """The components that at least one policy judged."""
    non_compliant = models.PositiveIntegerField(default=0)
    """Those of them that at least one policy finds fault with."""
    blocked = models.PositiveIntegerField(default=0)
    """Those of them whose next apply is refused."""

    def __str__(self) -> str:
        return f"audit of {self.cluster}"


class PolicyState(models.Model):
    """What one policy of one assignment has come to in one cluster.

    A row stays when the assignment goes (``active`` is false then), for the history's sake.
    """

    State = ComplianceState

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="policy_states")
    assignment_arm_id = models.CharField(max_length=800)
    assignment_key = models.CharField(max_length=800)
    definition_arm_id = models.CharField(max_length=800)
    definition_key = models.CharField(max_length=800)
    definition_version = models.CharField(max_length=40, blank=True)
    reference_id = models.CharField(max_length=200, blank=True)
    """Which member of the initiative it is; empty outside of initiatives."""
    set_definition_arm_id = models.CharField(max_length=800, blank=True)
    set_definition_key = models.CharField(max_length=800, blank=True)
    display_name = models.CharField(max_length=500, blank=True)
    """The definition's."""
    effect = models.CharField(max_length=60, blank=True)
    action = models.CharField(max_length=10, blank=True)
    """``deny``, ``warn``, ``dryrun`` or ``scoped``; empty where nothing is judged."""
    constraint_kind = models.CharField(max_length=253, blank=True)
    constraint_name = models.CharField(max_length=253, blank=True)
    brings = models.CharField(max_length=64, blank=True)
    """A digest of the template and the constraint: with another one, everything is judged anew."""
    judged = models.CharField(max_length=64, blank=True)
    """The digest by which the finished scans have judged everything; empty where they have not."""
    state = models.CharField(
        max_length=20, choices=ComplianceState.choices, default=ComplianceState.NOT_STARTED
    )
    code = models.CharField(max_length=60, blank=True)
    """Azure's reason code where it is not judged."""
    reason = models.TextField(blank=True)
    compliant = models.PositiveIntegerField(default=0)
    """How many components are."""
    non_compliant = models.PositiveIntegerField(default=0)
    errors = models.PositiveIntegerField(default=0)
    """How many components it could not be asked about."""
    since = models.DateTimeField()
    """When it came to this state."""
    evaluated_at = models.DateTimeField(null=True, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["display_name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["cluster", "assignment_key", "definition_key", "reference_id"],
                name="policy_state_once_a_cluster",
            ),
        ]
        indexes = [
            models.Index(fields=["assignment_key"], name="policy_states_of_assignment"),
            models.Index(fields=["definition_key"], name="policy_states_of_definition"),
        ]

    def __str__(self) -> str:
        return f"{self.display_name or self.definition_arm_id} in {self.cluster}: {self.state}"


class AppliedSet(models.Model):
    """Policies that judged the same components together."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="applied_sets")
    digest = models.CharField(max_length=64)
    """Of the sorted primary keys of its policies."""
    policies = models.ManyToManyField(PolicyState, related_name="applied_sets")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cluster", "digest"], name="applied_set_once"),
        ]

    def __str__(self) -> str:
        return f"applied set {self.pk} of {self.cluster}"


class Component(models.Model):
    """One object of a cluster as the audit saw it last."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="components")
    uid = models.CharField(max_length=36)
    group = models.CharField(max_length=253, blank=True)
    version = models.CharField(max_length=63)
    kind = models.CharField(max_length=253)
    namespace = models.CharField(max_length=253, blank=True)
    """Of a Namespace object its own name, so that it is found among what it holds."""
    name = models.CharField(max_length=253)
    workload_kind = models.CharField(max_length=253, blank=True)
    """The outermost owner, by which people know it: the Deployment of a Pod; else itself."""
    workload_name = models.CharField(max_length=253, blank=True)
    applied = models.ForeignKey(
        AppliedSet, null=True, on_delete=models.PROTECT, related_name="components"
    )
    """None where no policy looks at it."""
    non_compliant = models.PositiveSmallIntegerField(default=0)
    """How many policies find fault with it."""
    blocking = models.PositiveSmallIntegerField(default=0)
    """How many of those deny."""
    error = models.TextField(blank=True)
    """Why it could not be judged at all."""
    revision = models.BigIntegerField()
    """Of the object that was judged."""
    first_seen_at = models.DateTimeField()
    judged_at = models.DateTimeField()

    class Meta:
        ordering = ["namespace", "kind", "name"]
        constraints = [
            models.UniqueConstraint(fields=["cluster", "uid"], name="component_once_a_cluster"),
        ]
        indexes = [
            models.Index(
                fields=["cluster", "namespace", "kind", "name"], name="components_by_name"
            ),
            models.Index(
                fields=["cluster", "-blocking", "-non_compliant", "namespace", "kind", "name"],
                name="components_blocking_first",
            ),
            models.Index(
                fields=["cluster", "namespace", "workload_kind", "workload_name"],
                name="components_of_workload",
            ),
            # Of all clusters, and what is counted of a namespace without reading the rows.
            models.Index(
                fields=["-blocking", "-non_compliant", "namespace", "kind", "name"],
                name="components_worst",
            ),
            models.Index(
                fields=["cluster", "namespace", "non_compliant", "blocking"],
                name="components_counted",
            ),
        ]

    def __str__(self) -> str:
        return "/".join(filter(None, (self.kind, self.namespace, self.name)))


class ComponentState(models.Model):
    """What one policy finds wrong with one component."""

    class Severity(models.IntegerChoices):
        """In the order in which people must act; a number, so that the database can sort."""

        BLOCKING = 0, "deny"
        WARNING = 1, "warn"
        AUDITED = 2, "dryrun"
        FAILED = 3, "error"

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="component_states")
    component = models.ForeignKey(Component, on_delete=models.CASCADE, related_name="states")
    policy = models.ForeignKey(PolicyState, on_delete=models.CASCADE, related_name="components")
    namespace = models.CharField(max_length=253, blank=True)
    """The component's, kept here for the indexes."""
    kind = models.CharField(max_length=253)
    state = models.CharField(
        max_length=20, choices=ComplianceState.choices, default=ComplianceState.NON_COMPLIANT
    )
    severity = models.PositiveSmallIntegerField(choices=Severity.choices)
    since = models.DateTimeField()
    judged_at = models.DateTimeField()
    message = models.TextField()
    """The first violation's, without the constraint's name."""
    violations = JsonText(default=list)
    """``[{message, container, path, details, generated, impliedBy}]``, as Gatekeeper sorts them."""

    class Meta:
        ordering = ["severity", "namespace", "kind", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["component", "policy"], name="state_once_a_pair"),
        ]
        indexes = [
            models.Index(
                fields=["cluster", "severity", "namespace", "kind", "id"],
                name="states_of_cluster",
            ),
            models.Index(
                fields=["policy", "severity", "namespace", "kind", "id"], name="states_of_policy"
            ),
            models.Index(fields=["cluster", "namespace", "severity"], name="states_of_namespace"),
            models.Index(fields=["severity", "namespace", "kind", "id"], name="states_worst"),
        ]

    def __str__(self) -> str:
        return f"{self.component}: {self.state}"


class ComplianceEvent(models.Model):
    """One component that became something else under one policy; never changed afterwards."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="compliance_events")
    policy = models.ForeignKey(PolicyState, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    uid = models.CharField(max_length=36)
    group = models.CharField(max_length=253, blank=True)
    version = models.CharField(max_length=63)
    kind = models.CharField(max_length=253)
    namespace = models.CharField(max_length=253, blank=True)
    name = models.CharField(max_length=253)
    before = models.CharField(max_length=20, choices=ComplianceState.choices, blank=True)
    """Empty where the component, or the policy, was new."""
    after = models.CharField(max_length=20, choices=ComplianceState.choices, blank=True)
    """Empty where the component, or the policy, is gone."""
    message = models.TextField(blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["cluster", "-at"], name="compliance_events_newest"),
            models.Index(fields=["cluster", "uid", "-at"], name="compliance_events_of_object"),
            models.Index(fields=["policy", "-at"], name="compliance_events_of_policy"),
            models.Index(fields=["-at", "-id"], name="compliance_events_last"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}: {self.before} to {self.after} at {self.at}"


class ComplianceSample(models.Model):
    """What stood at the end of a day, or stands today; the trend is drawn from these."""

    cluster = models.ForeignKey(
        Cluster, on_delete=models.CASCADE, related_name="compliance_samples"
    )
    assignment_key = models.CharField(max_length=800, blank=True)
    """Empty for the cluster in all."""
    day = models.DateField()
    state = models.CharField(max_length=20, choices=ComplianceState.choices)
    components = models.PositiveIntegerField()
    non_compliant = models.PositiveIntegerField()
    blocked = models.PositiveIntegerField()
    policies = JsonText(default=dict)
    """How many policies are in each state: ``{"Compliant": 20, "NonCompliant": 7}``."""

    class Meta:
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(
                fields=["cluster", "assignment_key", "day"], name="sample_once_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cluster} on {self.day}: {self.state}"
