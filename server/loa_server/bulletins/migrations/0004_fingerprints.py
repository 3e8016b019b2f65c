from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("bulletins", "0003_emergencies"),
    ]

    operations = [
        migrations.AddField(
            model_name="media",
            name="print_sha256",
            field=models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="media",
            name="print_bytes",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="media",
            name="print_at_ms",
            field=models.PositiveIntegerField(default=0),
        ),
    ]
