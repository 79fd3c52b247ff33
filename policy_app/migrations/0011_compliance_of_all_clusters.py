"""Indexes for lists over all clusters, and for counting a namespace without reading its rows."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("policy_app", "0010_what_audits_have_judged"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="complianceevent",
            index=models.Index(fields=["-at", "-id"], name="compliance_events_last"),
        ),
        migrations.AddIndex(
            model_name="component",
            index=models.Index(
                fields=["-blocking", "-non_compliant", "namespace", "kind", "name"],
                name="components_worst",
            ),
        ),
        migrations.AddIndex(
            model_name="component",
            index=models.Index(
                fields=["cluster", "namespace", "non_compliant", "blocking"],
                name="components_counted",
            ),
        ),
        migrations.AddIndex(
            model_name="componentstate",
            index=models.Index(fields=["severity", "namespace", "kind", "id"], name="states_worst"),
        ),
    ]
