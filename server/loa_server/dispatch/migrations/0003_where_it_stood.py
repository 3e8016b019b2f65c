"""A line of the ledger stays with the place where the node stood."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("areas", "0004_merged_areas"), ("dispatch", "0002_emergencies")]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="stood_in",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="areas.area",
            ),
        ),
    ]
