"""By how much tests have pushed the clock, in the database beside what it dates."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("policy_app", "0012_remediations_and_attestations"),
    ]

    operations = [
        migrations.CreateModel(
            name="PushedClock",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ahead", models.DurationField()),
            ],
        ),
    ]
