"""The add-on: how it works, how far it is, what was refused; and a mark of what decides."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("policy_app", "0004_namespaces_are_objects"),
    ]

    operations = [
        migrations.AddField(
            model_name="clusterstate",
            name="deciding",
            field=models.CharField(blank=True, max_length=36),
        ),
        migrations.CreateModel(
            name="AddonState",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "timing",
                    models.CharField(
                        choices=[("atOnce", "At once"), ("azure", "As in Azure: every 15 minutes")],
                        default="atOnce",
                        max_length=10,
                    ),
                ),
                ("enabled", models.BooleanField(default=False)),
                ("estate", models.CharField(blank=True, max_length=200)),
                ("synced_at", models.DateTimeField(blank=True, null=True)),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("audited_at", models.DateTimeField(blank=True, null=True)),
                ("audited_revision", models.BigIntegerField(default=0)),
                ("token_number", models.PositiveIntegerField(default=1)),
                (
                    "cluster",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="addon",
                        to="policy_app.cluster",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AddonProgress",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("assignment_arm_id", models.CharField(max_length=800)),
                ("assignment_key", models.CharField(max_length=800)),
                ("brings", models.CharField(max_length=64)),
                ("assigned_at", models.DateTimeField()),
                ("synced_at", models.DateTimeField(blank=True, null=True)),
                ("installed_at", models.DateTimeField(blank=True, null=True)),
                ("enforcing_at", models.DateTimeField(blank=True, null=True)),
                ("audited_at", models.DateTimeField(blank=True, null=True)),
                ("constraints", models.JSONField(default=list)),
                ("code", models.CharField(blank=True, max_length=60)),
                ("reason", models.TextField(blank=True)),
                (
                    "cluster",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="addon_progress",
                        to="policy_app.cluster",
                    ),
                ),
            ],
            options={
                "ordering": ["assigned_at", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("cluster", "assignment_key"), name="progress_once_an_assignment"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Refusal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "door",
                    models.CharField(
                        choices=[
                            ("cluster", "The simulated cluster"),
                            ("webhook", "A real API server"),
                        ],
                        max_length=10,
                    ),
                ),
                ("operation", models.CharField(max_length=10)),
                ("group", models.CharField(blank=True, max_length=253)),
                ("kind", models.CharField(max_length=253)),
                ("namespace", models.CharField(blank=True, max_length=253)),
                ("name", models.CharField(blank=True, max_length=253)),
                ("username", models.CharField(blank=True, max_length=253)),
                ("constraints", models.JSONField(default=list)),
                ("message", models.TextField()),
                ("dry_run", models.BooleanField(default=False)),
                ("times", models.PositiveIntegerField(default=1)),
                (
                    "cluster",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="refusals",
                        to="policy_app.cluster",
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-pk"],
                "indexes": [models.Index(fields=["cluster", "-at"], name="refusals_of_a_cluster")],
            },
        ),
    ]
