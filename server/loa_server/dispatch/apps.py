from django.apps import AppConfig


class DispatchConfig(AppConfig):
    name = "loa_server.dispatch"
    label = "dispatch"
    default_auto_field = "django.db.models.BigAutoField"
