from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("policy_app", "0003_cluster_objects")]

    operations = [migrations.DeleteModel(name="Namespace")]
