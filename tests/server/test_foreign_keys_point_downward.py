"""import-linter cannot see a foreign key given as text, so the model registry is asked."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.core.management import call_command

LAYERS = [{"ingest", "console"}, {"dispatch"}, {"bulletins", "fleet"}, {"areas"}]


def test_foreign_keys_point_downward() -> None:
    rank = {app: depth for depth, layer in enumerate(LAYERS) for app in layer}
    ours = [model for model in apps.get_models() if model._meta.app_label in rank]
    upward = [
        f"{model._meta.label}.{field.name} -> {target._meta.label}"
        for model in ours
        for field in model._meta.get_fields()
        if field.is_relation
        and field.concrete
        and (target := field.related_model) in ours
        and target._meta.app_label != model._meta.app_label
        and rank[target._meta.app_label] <= rank[model._meta.app_label]
    ]
    assert len(ours) > 15
    assert upward == []


@pytest.mark.usefixtures("database")
def test_no_model_waits_for_a_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
