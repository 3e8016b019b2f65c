"""An approval keeps the code it was given with, for the signer to verify by itself."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bulletins", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="approval",
            name="code",
            field=models.CharField(blank=True, max_length=10),
        ),
        migrations.AddField(
            model_name="approval",
            name="step",
            field=models.BigIntegerField(default=0),
        ),
    ]
