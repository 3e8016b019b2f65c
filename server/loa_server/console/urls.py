"""Every address of the console. Field names of the forms are listed in README.md beside this."""

from __future__ import annotations

from django.urls import path

from loa_server.console.views import (
    approve,
    areas,
    audit,
    check,
    content,
    duty,
    ending,
    factor,
    files,
    fleet,
    home,
    ledger,
    lists,
    signin,
    sound,
    when,
)

app_name = "console"

urlpatterns = [
    path("", home.today, name="home"),
    path("sign-in", signin.sign_in, name="sign-in"),
    path("sign-in/code", signin.code, name="sign-in-code"),
    path("sign-out", signin.sign_out, name="sign-out"),
    path("password", signin.password, name="password"),
    path("factor", factor.factor, name="factor"),
    path("factor/change", factor.change, name="factor-change"),
    path("factor/codes", factor.codes, name="factor-codes"),
    path("language", signin.language, name="language"),
    path("bulletins/", lists.bulletins, name="bulletins"),
    path("bulletins/new", content.new, name="new"),
    path("bulletins/<str:id>", ledger.bulletin, name="bulletin"),
    path("bulletins/<str:id>/paper", ledger.paper, name="paper"),
    path("bulletins/<str:id>/content", content.edit, name="content"),
    path("bulletins/<str:id>/media", sound.edit, name="media"),
    path("bulletins/<str:id>/areas", areas.edit, name="areas"),
    path("bulletins/<str:id>/when", when.edit, name="when"),
    path("bulletins/<str:id>/when/preview", when.preview, name="when-preview"),
    path("bulletins/<str:id>/check", check.edit, name="check"),
    path("bulletins/<str:id>/submit", check.submit, name="submit"),
    path("bulletins/<str:id>/withdraw", ledger.withdraw, name="withdraw"),
    path("bulletins/<str:id>/file/<str:sha256>", files.preview, name="file"),
    path("approve/", approve.queue, name="queue"),
    path("approve/<str:id>", approve.review, name="review"),
    path("approve/<str:id>/approve", approve.approve, name="approve"),
    path("approve/<str:id>/return", approve.give_back, name="return"),
    path("bulletins/<str:id>/stop", ending.stop, name="stop"),
    path("bulletins/<str:id>/all-clear", ending.all_clear, name="all-clear"),
    path("duty/", duty.queue, name="duty"),
    path("duty/<str:id>", duty.review, name="duty-review"),
    path("duty/<str:id>/countersign", duty.countersign, name="countersign"),
    path("duty/<str:id>/return", duty.give_back, name="duty-return"),
    path("fleet/", fleet.fleet, name="fleet"),
    path("fleet/<str:id>", fleet.node, name="node"),
    path("fleet/<str:id>/screen.png", files.screen, name="screen"),
    path("fleet/<str:id>/loudspeaker.wav", files.loudspeaker, name="loudspeaker"),
    path("audit/", audit.log, name="audit"),
    path("audit/log.csv", audit.as_table, name="audit-table"),
    path("audit/log.jsonl", audit.as_lines, name="audit-lines"),
]
