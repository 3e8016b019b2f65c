"""Where a place went that was merged into another one."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("areas", "0003_invitation")]

    operations = [
        migrations.AddField(
            model_name="area",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="absorbed",
                to="areas.area",
            ),
        ),
    ]
