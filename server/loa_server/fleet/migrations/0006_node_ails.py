from __future__ import annotations

from typing import Any

from django.db import migrations, models

from loa_server.fleet import status


def fill(apps: Any, schema_editor: Any) -> None:
    """A node that went silent before this still says what was wrong with it."""
    del schema_editor
    nodes = apps.get_model("fleet", "Node").objects.exclude(health={})
    for node in nodes.only("health", "ails").iterator():
        health = status.read_health(node.health)
        if health is not None and (found := status.codes(health)):
            node.ails = found
            node.save(update_fields=["ails"])


class Migration(migrations.Migration):
    dependencies = [
        ("fleet", "0005_node_point"),
    ]

    operations = [
        migrations.AddField(
            model_name="node",
            name="ails",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
