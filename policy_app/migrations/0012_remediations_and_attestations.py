"""Remediations with the objects that they change, and attestations with their history."""

from __future__ import annotations

import uuid

import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import policy_app.models.objects


class Migration(migrations.Migration):
    dependencies = [
        ("policy_app", "0011_compliance_of_all_clusters"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalAttestation",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=128)),
                ("key", models.CharField(editable=False, max_length=128)),
                ("created_at", models.DateTimeField(blank=True, editable=False)),
                ("updated_at", models.DateTimeField(blank=True, editable=False)),
                (
                    "assignment_arm_id",
                    models.CharField(max_length=800, verbose_name="assignment's ARM id"),
                ),
                ("assignment_key", models.CharField(db_index=True, editable=False, max_length=800)),
                ("reference_id", models.CharField(blank=True, max_length=200)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("Compliant", "Compliant"),
                            ("NonCompliant", "Non-compliant"),
                            ("Unknown", "Unknown"),
                        ],
                        max_length=20,
                    ),
                ),
                ("state_since", models.DateTimeField()),
                ("expires_on", models.DateTimeField(blank=True, null=True)),
                ("owner", models.CharField(blank=True, max_length=254)),
                ("comments", models.TextField(blank=True)),
                ("evidence", models.JSONField(blank=True, default=list)),
                ("assessment_date", models.DateTimeField(blank=True, null=True)),
                ("metadata", models.JSONField(blank=True, default=dict)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "scope",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="policy_app.scope",
                    ),
                ),
                (
                    "updated_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical attestation",
                "verbose_name_plural": "historical attestations",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Remediation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=128)),
                ("key", models.CharField(editable=False, max_length=128)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "assignment_arm_id",
                    models.CharField(max_length=800, verbose_name="assignment's ARM id"),
                ),
                ("assignment_key", models.CharField(db_index=True, editable=False, max_length=800)),
                ("reference_id", models.CharField(blank=True, max_length=200)),
                (
                    "discovery",
                    models.CharField(
                        choices=[
                            ("ExistingNonCompliant", "What the cluster's mutators would change"),
                            (
                                "ReEvaluateCompliance",
                                "The same, after the add-on has looked for assignments",
                            ),
                        ],
                        default="ExistingNonCompliant",
                        max_length=30,
                    ),
                ),
                ("locations", policy_app.models.objects.JsonText(default=list)),
                ("resource_ids", policy_app.models.objects.JsonText(default=list)),
                ("resource_count", models.PositiveIntegerField(default=500)),
                ("parallel_deployments", models.PositiveSmallIntegerField(default=10)),
                ("failure_threshold", models.FloatField(blank=True, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("Accepted", "Accepted"),
                            ("Evaluating", "Evaluating"),
                            ("Running", "In progress"),
                            ("Succeeded", "Complete"),
                            ("Failed", "Failed"),
                            ("Canceled", "Canceled"),
                        ],
                        default="Accepted",
                        max_length=20,
                    ),
                ),
                ("status_message", models.TextField(blank=True)),
                ("correlation_id", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "scope",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="remediations",
                        to="policy_app.scope",
                    ),
                ),
                (
                    "updated_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-pk"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="RemediationDeployment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("group", models.CharField(blank=True, max_length=253)),
                ("plural", models.CharField(max_length=253)),
                ("kind", models.CharField(max_length=253)),
                ("namespace", models.CharField(blank=True, max_length=253)),
                ("name", models.CharField(max_length=253)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("Accepted", "Waiting"),
                            ("Succeeded", "Succeeded"),
                            ("Failed", "Failed"),
                            ("Canceled", "Canceled"),
                        ],
                        default="Accepted",
                        max_length=20,
                    ),
                ),
                ("error_code", models.CharField(blank=True, max_length=60)),
                ("message", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "cluster",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="policy_app.cluster",
                    ),
                ),
                (
                    "remediation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deployments",
                        to="policy_app.remediation",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Attestation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=128)),
                ("key", models.CharField(editable=False, max_length=128)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "assignment_arm_id",
                    models.CharField(max_length=800, verbose_name="assignment's ARM id"),
                ),
                ("assignment_key", models.CharField(db_index=True, editable=False, max_length=800)),
                ("reference_id", models.CharField(blank=True, max_length=200)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("Compliant", "Compliant"),
                            ("NonCompliant", "Non-compliant"),
                            ("Unknown", "Unknown"),
                        ],
                        max_length=20,
                    ),
                ),
                ("state_since", models.DateTimeField()),
                ("expires_on", models.DateTimeField(blank=True, null=True)),
                ("owner", models.CharField(blank=True, max_length=254)),
                ("comments", models.TextField(blank=True)),
                ("evidence", models.JSONField(blank=True, default=list)),
                ("assessment_date", models.DateTimeField(blank=True, null=True)),
                ("metadata", models.JSONField(blank=True, default=dict)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "scope",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attestations",
                        to="policy_app.scope",
                    ),
                ),
                (
                    "updated_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["name", "pk"],
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        models.F("scope"), models.F("key"), name="attestation_once_a_scope"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="remediation",
            index=models.Index(fields=["state", "created_at"], name="remediations_to_do"),
        ),
        migrations.AddConstraint(
            model_name="remediation",
            constraint=models.UniqueConstraint(
                models.F("scope"), models.F("key"), name="remediation_once_a_scope"
            ),
        ),
        migrations.AddIndex(
            model_name="remediationdeployment",
            index=models.Index(fields=["remediation", "state"], name="deployments_by_state"),
        ),
    ]
