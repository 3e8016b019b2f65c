from __future__ import annotations

from pathlib import Path

import pytest

from loa_server.config import ConfigError, ServerConfig, read


def settings(folder: Path, text: str) -> Path:
    path = folder / "server.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_empty_file_means_every_default(tmp_path: Path) -> None:
    assert read(settings(tmp_path, "")) == ServerConfig()


def test_what_is_said_is_kept(tmp_path: Path) -> None:
    config = read(settings(tmp_path, '[fleet]\nslots = ["06:15"]\n[console]\nport = 9000\n'))

    assert (config.fleet.slots, config.console.port) == (("06:15",), 9000)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[limits]\nmax_volume = 140", "limits.max_volume must be 0 to 100, got 140"),
        ("[console]\nport = true", "console.port must be a whole number, got True"),
        ("[console]\ntls = 1", "console.tls must be true or false, got 1"),
        ("[console]\ncolour = 1", "unknown setting 'console.colour'"),
        ('colour = "red"', "unknown setting 'colour'"),
        ("fleet = 3", "[fleet] must be a table"),
        ("[fleet]\nslots = [5]", "fleet.slots must be a list of texts"),
        ('[fleet]\nslots = ["25:00"]', "fleet.slots must be a time such as \"05:00\", got '25:00'"),
        ('[fleet]\nlink = "fast"', "fleet.link must be one of wired, metered"),
        ('[fleet]\ndownload_hours = ["22:00"]', "fleet.download_hours must be hours such as"),
        ('[fleet]\nscreen_off = ["22:00"]', "fleet.screen_off must be hours such as"),
        ('[fleet]\nanswer_at = "http://x.vn"', "fleet.answer_at must be an https address"),
        ("[fleet]\nlanguages = []", "fleet.languages must name at least one language"),
        ('[unit]\nid = "Đồng Nai"', "unit.id must be 1-64 of a-z 0-9 _ -"),
        ('[unit]\nid = "x\\n"', "unit.id must be 1-64 of a-z 0-9 _ -"),
        ('[console]\ncert = "/x"', "console.cert and console.key go together"),
        ('[limits]\nquiet_from = ""', "limits.quiet_from and limits.quiet_until go together"),
        ("[nodes]\nport = 8000", "must differ"),
        ('state_dir = "here"', "state_dir must begin with /"),
        ("state_dir = ", "not valid TOML"),
    ],
)
def test_a_wrong_line_is_refused_with_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(settings(tmp_path, text))

    assert sentence in str(refused.value)
    assert str(refused.value).startswith("server.toml")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nothing\.toml: cannot be read: No such file"):
        read(tmp_path / "nothing.toml")


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("", "http://127.0.0.1:8000"),
        ('[console]\nbind = "0.0.0.0"\ntls = true', "https://localhost:8000"),
        ('[console]\nbind = "::1"', "http://[::1]:8000"),
        ('[console]\npublic_url = "https://loa.example/"', "https://loa.example"),
    ],
)
def test_the_consoles_address_is_what_people_type(tmp_path: Path, text: str, url: str) -> None:
    assert read(settings(tmp_path, text)).console_url == url
