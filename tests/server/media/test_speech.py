"""A machine voice for Vietnamese; for the rest, a person."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

from loa_server.media import voice
from loa_server.media.refusal import MediaRefusedError
from loa_server.media.speech import Engine, text_to_speech


@pytest.mark.parametrize(
    ("lang", "name"), [("km", "tiếng Khmer"), ("sti", "tiếng Xtiêng"), ("xyz", "“xyz”")]
)
def test_a_language_no_machine_speaks_is_to_be_recorded(
    tmp_path: Path, lang: str, name: str
) -> None:
    with pytest.raises(MediaRefusedError) as refused:
        text_to_speech("abc", lang, tmp_path)

    assert refused.value.code == "record_it"
    assert name in refused.value.vi


@pytest.mark.parametrize("text", ["", "  \n", "…!?", "\u200b"])
def test_nothing_to_read_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(MediaRefusedError) as refused:
        text_to_speech(text, "vi", tmp_path)

    assert refused.value.code == "no_text"


def test_a_book_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaRefusedError) as refused:
        text_to_speech("a" * 20_001, "vi", tmp_path)

    assert refused.value.code == "text_too_long"


@pytest.mark.parts
def test_a_text_becomes_a_voice_that_says_it_is_a_machine(tmp_path: Path) -> None:
    speech = text_to_speech("Sáng 15/8, lúc 7h30, UBND xã mời bà con họp.", "vi", tmp_path)

    assert speech.origin == "tts:espeak-ng"
    assert speech.spoken == (
        "Sáng ngày mười lăm tháng tám, lúc bảy giờ ba mươi phút, ủy ban nhân dân xã mời bà con họp."
    )
    assert 4 < seconds_of(speech.path) < 15
    assert [f.name for f in tmp_path.iterdir()] == ["speech.wav"]
    assert voice.prepare_voice(speech.path, tmp_path).lufs == pytest.approx(-16, abs=1)


@pytest.mark.parts
@pytest.mark.parametrize("text", ["-w /etc/passwd", "--help nhé", "<break time='9s'/> a [[h@]]"])
def test_text_is_never_taken_for_an_option_or_markup(tmp_path: Path, text: str) -> None:
    assert 0.3 < seconds_of(text_to_speech(text, "vi", tmp_path).path) < 8


@pytest.mark.parts
def test_another_engine_is_a_line_of_configuration(tmp_path: Path) -> None:
    tone = ("sox", "-n", "-r", "16000", "{sound}", "synth", "1", "sine", "440")
    better = Engine("better", frozenset({"vi", "km"}), tone)

    assert text_to_speech("a", "km", tmp_path, better).origin == "tts:better"


@pytest.mark.parts
@pytest.mark.parametrize("command", [("false",), ("true",), ("cp", "{text}", "{sound}")])
def test_an_engine_that_fails_is_refused_in_words(tmp_path: Path, command: tuple[str, ...]) -> None:
    with pytest.raises(MediaRefusedError) as refused:
        text_to_speech("a", "vi", tmp_path, Engine("broken", command=command))

    assert refused.value.code == "voice_failed"


def seconds_of(wav: Path) -> float:
    with wave.open(str(wav)) as file:
        return float(file.getnframes() / file.getframerate())
