"""Makes the demo programme's voices and puts the Khmer line breaks into its texts.

Run from the root of the checkout when a text changes: python content/samples/make.py
The voices stand where recordings will be: each file carries a comment that says so.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from loa_server.media.speech import ESPEAK, text_to_speech
from loa_server.media.words import shown

HERE = Path(__file__).resolve().parent
PROGRAMME = HERE / "programme.json"
# No engine speaks Xtiêng: the Vietnamese one reads its letters aloud until somebody records it.
STAND_IN = replace(ESPEAK, languages=frozenset({"vi", "sti"}))


def main() -> None:
    programme = json.loads(PROGRAMME.read_text(encoding="utf-8"))
    for bulletin in programme["bulletins"]:
        for words in (bulletin["title"], bulletin["text"]):
            words.update({lang: shown(text) for lang, text in words.items()})
        for lang, voice in bulletin["voices"].items():
            make_voice(bulletin, lang, voice)
    text = json.dumps(programme, ensure_ascii=False, indent=1) + "\n"
    PROGRAMME.write_text(text, encoding="utf-8")


def make_voice(bulletin: dict[str, Any], lang: str, voice: dict[str, str]) -> None:
    target = HERE / voice["file"]
    target.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        said = f"{bulletin['title'][lang]}.\n{bulletin['text'][lang]}"
        speech = text_to_speech(said, lang, Path(folder), STAND_IN)
        command = (
            *("ffmpeg", "-nostdin", "-v", "error", "-y", "-i", str(speech.path)),
            *("-c:a", "libopus", "-b:a", "32k", "-ac", "1", "-fflags", "+bitexact"),
            *("-metadata", f"comment={voice['label']} ({speech.origin})", str(target)),
        )
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
