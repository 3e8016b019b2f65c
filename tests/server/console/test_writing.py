"""The five steps, and what happens when two people or one lost session meet in them."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from fakes.paper import WORDS as SAVED
from fakes.paper import a_draft, a_medium, a_submitted
from fakes.people import PASSWORD
from fakes.town import Town
from loa_server.bulletins.models import Bulletin, Media, Picture, Voice

WORDS = {"title_vi": "Họp ấp", "text_vi": "Mời bà con họp.", "genre": "notice", "level": "normal"}


def test_five_steps_lead_from_an_empty_page_to_the_queue(
    town: Town, seat: Callable[..., Client]
) -> None:
    client = seat(town.author)

    made = client.post("/bulletins/new", WORDS)
    bulletin = Bulletin.objects.get()
    Voice.objects.create(bulletin=bulletin, lang="vi", media=a_medium())
    spoken = client.post(f"/bulletins/{bulletin.id}/media", {"do": "next"})
    sent = client.post(f"/bulletins/{bulletin.id}/areas", {"version": 1, "areas": ["vn-25351"]})
    timed = client.post(f"/bulletins/{bulletin.id}/when", {"version": 2, "mode": "now"})
    done = client.post(f"/bulletins/{bulletin.id}/submit", {"version": 3})

    places = [answer["Location"].rsplit("/", 1)[1] for answer in (made, spoken, sent, timed)]
    assert places == ["media", "areas", "when", "check"]
    assert done["Location"] == f"/bulletins/{bulletin.id}"
    assert Bulletin.objects.get().state == "submitted"


def test_the_second_of_two_people_is_told_and_overwrites_only_knowingly(
    town: Town, seat: Callable[..., Client]
) -> None:
    draft = a_draft(town.author, town.commune, town.hamlet)
    address = f"/bulletins/{draft.id}/content"
    client = seat(town.author)
    client.post(address, {**WORDS, "version": 1, "title_vi": "Bản thứ nhất"})

    told = client.post(address, {**WORDS, "version": 1, "title_vi": "Bản thứ hai"})
    between = Bulletin.objects.get(id=draft.id).title["vi"]
    client.post(address, {**WORDS, "version": 2, "title_vi": "Bản thứ hai"})

    said = told.content.decode()
    assert told.status_code == 409
    assert "vừa được lưu ở nơi khác" in said
    assert 'value="Bản thứ hai"' in said
    assert 'name="version" value="2"' in said
    assert between == "Bản thứ nhất"
    assert Bulletin.objects.get(id=draft.id).title["vi"] == "Bản thứ hai"


def test_a_submitted_bulletin_cannot_be_edited_until_it_is_withdrawn(
    town: Town, seat: Callable[..., Client]
) -> None:
    waiting = a_submitted(town.author, town.commune, town.hamlet)
    client = seat(town.author)

    before = client.get(f"/bulletins/{waiting.id}/content").status_code
    client.post(f"/bulletins/{waiting.id}/withdraw")

    assert before == 404
    assert client.get(f"/bulletins/{waiting.id}/content").status_code == 200


def test_a_draft_that_was_laid_aside_is_found_among_the_past_and_taken_up_again(
    town: Town, seat: Callable[..., Client]
) -> None:
    draft = a_draft(town.author, town.commune, town.hamlet)
    client = seat(town.author)
    link = f'href="/bulletins/{draft.id}"'

    said = client.post(f"/bulletins/{draft.id}/discard", follow=True).content.decode()

    assert "Chưa có gì bị xóa" in said
    assert link not in client.get("/bulletins/").content.decode()
    assert link in client.get("/bulletins/?group=past").content.decode()
    assert client.get(f"/bulletins/{draft.id}/content").status_code == 404
    again = client.post(f"/bulletins/{draft.id}/restore")
    assert again["Location"] == f"/bulletins/{draft.id}/check"
    assert link in client.get("/bulletins/?group=work").content.decode()


def test_a_voice_and_a_picture_come_back_by_one_press(
    town: Town, seat: Callable[..., Client]
) -> None:
    draft = a_draft(town.author, town.commune, town.hamlet)
    voice = draft.voices.get()
    media, read = voice.media_id, voice.text_sha256
    picture = a_medium(b"a picture", "image/png")
    Picture.objects.create(bulletin=draft, media=picture)
    client, page = seat(town.author), f"/bulletins/{draft.id}/media"

    client.post(page, {"do": "drop-voice:vi"})
    assert not draft.voices.exists()
    assert 'value="undo"' in client.get(page).content.decode()
    client.post(page, {"do": "undo"})
    back = draft.voices.get()
    assert (back.lang, back.media_id, back.text_sha256) == ("vi", media, read)

    client.post(page, {"do": f"drop-picture:{picture.pk}"})
    assert not draft.pictures.exists()
    client.post(page, {"do": "undo"})
    assert draft.pictures.get().media_id == picture.pk
    assert 'value="undo"' not in client.get(page).content.decode()


def test_what_comes_back_is_only_what_this_person_took_out_of_this_bulletin(
    town: Town, seat: Callable[..., Client]
) -> None:
    one, other = (a_draft(town.author, town.commune, town.hamlet) for _ in range(2))
    client = seat(town.author)
    client.post(f"/bulletins/{one.id}/media", {"do": "drop-voice:vi"})
    Bulletin.objects.get(pk=other.id).voices.all().delete()

    client.post(f"/bulletins/{other.id}/media", {"do": "undo"})

    assert not other.voices.exists()


def test_a_returned_bulletin_shows_its_author_why(town: Town, seat: Callable[..., Client]) -> None:
    waiting = a_submitted(town.author, town.commune, town.hamlet)
    seat(town.approver).post(f"/approve/{waiting.id}/return", {"reason": "Sai ngày tiêm"})

    client = seat(town.author)

    assert "Sai ngày tiêm" in client.get("/").content.decode()
    assert "Sai ngày tiêm" in client.get(f"/bulletins/{waiting.id}/content").content.decode()


def test_a_machine_voice_must_be_heard_before_it_is_submitted(
    town: Town, seat: Callable[..., Client]
) -> None:
    draft = a_draft(town.author, town.commune, town.hamlet)
    Media.objects.update(origin="tts:espeak-ng")
    client = seat(town.author)

    deaf = client.post(f"/bulletins/{draft.id}/submit", {"version": 1})
    state = Bulletin.objects.get(id=draft.id).state
    client.post(f"/bulletins/{draft.id}/submit", {"version": 1, "heard": "yes"})

    assert "Hãy nghe giọng máy" in deaf.content.decode()
    assert state == "draft"
    assert Bulletin.objects.get(id=draft.id).state == "submitted"


def test_a_session_that_ended_while_writing_loses_no_word(
    town: Town, seat: Callable[..., Client]
) -> None:
    town.author.set_password(PASSWORD)
    town.author.save()
    client = seat(None)

    asked = client.post("/bulletins/new", {**WORDS, "text_vi": "Dòng một\nDòng <hai>"})
    onward = asked.context["onward"]
    kept = {f"kept.{name}": value for name, value in onward["kept"]}
    credentials = {"username": "lan", "password": PASSWORD, "next": onward["next"]}
    going_on = client.post("/sign-in", {**credentials, **kept}).context["onward"]
    client.post(going_on.next, dict(going_on.kept))

    assert asked.status_code == 401
    assert "Dòng &lt;hai&gt;" in asked.content.decode()
    assert Bulletin.objects.get().text["vi"] == "Dòng một\nDòng <hai>"


def test_the_preview_says_what_would_play_and_saves_nothing(
    town: Town, seat: Callable[..., Client]
) -> None:
    draft = a_draft(town.author, town.commune, town.hamlet)
    typed = {"version": 1, "mode": "now", "repeat": "2", "gap": "10"}

    said = seat(town.author).post(f"/bulletins/{draft.id}/when/preview", typed).content.decode()

    assert "Phát ngay khi được duyệt, mỗi lần đọc 2 lượt cách nhau 10 phút." in said
    assert Bulletin.objects.get(id=draft.id).schedule == SAVED.schedule


def test_words_are_saved_while_they_are_typed_and_never_over_another_version(
    town: Town, seat: Callable[..., Client]
) -> None:
    draft = a_draft(town.author, town.commune, town.hamlet)
    address = f"/bulletins/{draft.id}/content"
    typed = {
        "version": draft.version, "level": "normal", "genre": "health",
        "title_vi": "Mới", "text_vi": "Chữ mới",
    }  # fmt: skip
    client = seat(town.author)

    saved = client.post(address, typed, headers={"X-Autosave": "1"})
    stale = client.post(address, typed | {"text_vi": "Đè lên"}, headers={"X-Autosave": "1"})
    wrong = client.post(address, typed | {"genre": ""}, headers={"X-Autosave": "1"})

    assert (saved.status_code, saved.json()) == (200, {"version": draft.version + 1})
    assert (stale.status_code, wrong.status_code) == (409, 422)
    draft.refresh_from_db()
    assert draft.text == {"vi": "Chữ mới"}
    assert seat(town.stranger).post(address, typed, headers={"X-Autosave": "1"}).status_code == 404


def test_a_bulletin_is_written_again_from_an_old_one(
    town: Town, seat: Callable[..., Client]
) -> None:
    old = a_submitted(town.author, town.commune, town.hamlet)

    answer = seat(town.both).post(f"/bulletins/{old.id}/copy")

    made = Bulletin.objects.exclude(pk=old.pk).get()
    assert answer["Location"] == f"/bulletins/{made.id}/content"
    assert (made.author, made.home, made.state) == (town.both, town.commune, "draft")
    assert (made.title, made.text, made.genre) == (old.title, old.text, old.genre)
    assert made.voices.get().media == old.voices.get().media
    assert list(made.areas.all()) == [town.hamlet]
    assert (made.schedule, made.replaces) == ({}, None)
    assert seat(town.approver).post(f"/bulletins/{old.id}/copy").status_code == 404
    assert seat(town.stranger).post(f"/bulletins/{old.id}/copy").status_code == 404
