from __future__ import annotations

import json
from typing import Any

from django.db import migrations, models


def fill(apps: Any, schema_editor: Any) -> None:
    """What its last words and its last settings say already."""
    del schema_editor
    node_model, papers = apps.get_model("fleet", "Node"), apps.get_model("fleet", "NodeDocument")
    sent = dict(papers.objects.filter(typ="settings").values_list("node_id", "payload"))
    for node in node_model.objects.only("health").iterator():
        applied = node.health.get("applied", {})
        node.took_assignment = applied.get("assignment", 0)
        node.took_settings = applied.get("settings", 0)
        if node.pk in sent:
            node.speaks = json.loads(bytes(sent[node.pk]))["languages"][0]
        node.save(update_fields=["took_assignment", "took_settings", "speaks"])


class Migration(migrations.Migration):
    dependencies = [
        ("fleet", "0006_node_ails"),
    ]

    operations = [
        migrations.AddField("node", "took_assignment", models.PositiveBigIntegerField(default=0)),
        migrations.AddField("node", "took_settings", models.PositiveBigIntegerField(default=0)),
        migrations.AddField("node", "speaks", models.CharField(blank=True, max_length=8)),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
