"""One site, one set of pages: the console. What nodes fetch and live pages bypass Django."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("", include("loa_server.console.urls"))]
