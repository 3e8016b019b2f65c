from pathlib import Path

from provisioning.outlets import find

CARDS = " 0 [PCH            ]: HDA-Intel - HDA Intel PCH\n"
NO_CARDS = "--- no soundcards ---\n"
FOLDER = Path("/x/node")


def test_a_machine_with_neither_card_nor_display_writes_a_wav_and_a_png() -> None:
    outlets = find(FOLDER, {}, NO_CARDS)

    assert outlets.settings["player.output"] == "file"
    assert outlets.settings["player.file"] == "/x/node/sound.wav"
    assert outlets.settings["screen.driver"] == "dummy"
    assert "/x/node/sound.wav" in outlets.sound
    assert "/x/node/screen.png" in outlets.picture


def test_a_sound_card_is_used() -> None:
    assert find(FOLDER, {}, CARDS).settings["player.output"] == "alsa"


def test_a_sound_server_comes_before_the_card_it_holds(tmp_path: Path) -> None:
    (tmp_path / "pulse").mkdir()
    (tmp_path / "pulse" / "native").touch()

    outlets = find(FOLDER, {"XDG_RUNTIME_DIR": str(tmp_path)}, CARDS)

    assert outlets.settings["player.output"] == "pulse"


def test_a_display_shows_a_window_and_the_console_still_gets_its_picture() -> None:
    outlets = find(FOLDER, {"DISPLAY": ":0"}, NO_CARDS)

    assert outlets.settings["screen.driver"] == "x11"
    assert outlets.settings["screen.picture"] == "/x/node/screen.png"
    assert "window" in outlets.picture
