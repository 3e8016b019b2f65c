from django.apps import AppConfig


class BulletinsConfig(AppConfig):
    name = "loa_server.bulletins"
    label = "bulletins"
    default_auto_field = "django.db.models.BigAutoField"
