"""The offline verbs as people type them: processes, files, passphrases and a word."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fakes.ceremony import Laptop, holder, of
from loa_node.register import next_root, pin_root, read_authority
from loa_wire.trusted import Authority, Root

NEW, AGAIN = "new passphrase: ", "once more: "
pytestmark = pytest.mark.parts  # a process for every command


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    return Laptop(tmp_path)


@pytest.fixture(scope="module")
def signed_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ceremony")
    Laptop(folder).root("goc-a", "goc-b", "goc-c")
    return folder


@pytest.fixture
def rooted(signed_folder: Path, tmp_path: Path) -> Laptop:
    """A folder with root-1.json, signed by goc-a and goc-b, and everybody's keys."""
    shutil.copytree(signed_folder, tmp_path, dirs_exist_ok=True)
    return Laptop(tmp_path)


Answers = list[tuple[str, str]]
"""(end of the question, what is typed)"""


def typed_at_a_terminal(folder: Path, answers: Answers, *words: str) -> tuple[int, str]:
    """With a real terminal, so that a passphrase is asked for and not echoed."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "loa_server", "keys", *words]
    process = subprocess.Popen(
        command, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    seen, waiting = "", list(answers)
    while True:
        try:
            data = os.read(ours, 4096).decode(errors="replace")
        except OSError:
            break
        if not data:
            break
        seen += data
        if waiting and seen.endswith(waiting[0][0]):
            os.write(ours, f"{waiting.pop(0)[1]}\n".encode())
    os.close(ours)
    return process.wait(30), seen


def test_a_holder_reads_agrees_and_types_the_passphrase(rooted: Laptop) -> None:
    words = ("sign", "root-1.json", "--key", "goc-c.key.pem")
    typed = [("“sign” to sign: ", "ký"), ("(goc-c.key.pem): ", of("goc-c"))]

    code, seen = typed_at_a_terminal(rooted.folder, typed, *words)

    assert code == 0, seen
    assert seen.index("KHÓA GỐC số 1") < seen.index("Gõ “ký”") < seen.index("Đã ký. / Signed.")
    assert of("goc-c") not in seen
    assert rooted.done("show", "root-1.json").count(holder("goc-c")) == 4


def root_of(path: Path) -> Root:
    root = pin_root(path.read_bytes())
    assert isinstance(root, Root), root
    return root


def test_a_key_is_made_with_a_passphrase_typed_twice_and_never_shown(tmp_path: Path) -> None:
    secret = "năm con cá vàng bơi"
    words = ("make", "root", "--holder", "Bà Năm", "--name", "goc-a")

    code, seen = typed_at_a_terminal(tmp_path, [(NEW, secret), (AGAIN, secret)], *words)

    assert code == 0, seen
    key, card = tmp_path / "goc-a.key.pem", json.loads((tmp_path / "goc-a.card.json").read_text())
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert (card["role"], card["holder"], len(card["keyid"])) == ("root", "Bà Năm", 32)
    assert secret not in seen
    assert "PRIVATE" not in seen


def test_two_passphrases_that_differ_make_no_key(tmp_path: Path) -> None:
    words = ("make", "root", "--holder", "Bà Năm", "--name", "goc-a")

    typed = [(NEW, "một câu đủ dài rồi"), (AGAIN, "câu khác hẳn")]
    code, seen = typed_at_a_terminal(tmp_path, typed, *words)

    assert code == 1
    assert "[differ]" in seen
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("secret", "code"), [("ngắn", "[short]"), ("đủ dài một chút", "")])
def test_a_short_passphrase_is_refused(laptop: Laptop, secret: str, code: str) -> None:
    said = laptop.keys("make", "ops", "--holder", "Máy", "--name", "m", secret=secret)

    assert (said.code == 0) == (code == "")
    assert code in said.text


def test_a_key_is_never_written_over(laptop: Laptop) -> None:
    laptop.make("root", "goc-a")
    before = (laptop.folder / "goc-a.key.pem").read_bytes()

    said = laptop.keys("make", "root", "--holder", "Kẻ khác", "--name", "goc-a", secret=of("x" * 9))

    assert said.code == 1
    assert "[taken]" in said.text
    assert (laptop.folder / "goc-a.key.pem").read_bytes() == before


def test_a_root_gathers_its_signatures_one_after_the_other(laptop: Laptop) -> None:
    for name in ("goc-a", "goc-b", "goc-c"):
        laptop.make("root", name)
    laptop.make("authority", "so-khoa")
    laptop.make("release", "phan-mem")
    cards = [w for n in "abc" for w in ("--holder", f"goc-{n}.card.json")]
    named = ("--authority", "don-vi=so-khoa.card.json", "--release", "phan-mem.card.json")
    laptop.done("root", "new", "--installation", "don-vi", *named, *cards)

    nobody = laptop.keys("check", "root-1.json")
    one = laptop.sign("root-1.json", "goc-a")
    two = laptop.sign("root-1.json", "goc-c", word="sign")

    assert (nobody.code, one.code, two.code) == (1, 0, 0)
    assert "còn thiếu 1 chữ ký" in one.text
    assert laptop.keys("check", "root-1.json").code == 0
    root = root_of(laptop.folder / "root-1.json")
    assert root.root.threshold == 2
    assert root.release is not None
    assert root.keys[root.release.keyids[0]].holder == holder("phan-mem")


def test_nobody_signs_without_the_word_or_the_passphrase(rooted: Laptop) -> None:
    document = rooted.folder / "root-1.json"
    before = document.read_bytes()
    words = ("sign", "root-1.json", "--key", "goc-c.key.pem")

    without_word = rooted.keys(*words, typed="ok\n", secret=of("goc-c"))
    wrong_secret = rooted.keys(*words, typed="ký\n", secret="không phải câu này")
    again = rooted.sign("root-1.json", "goc-a")
    nobodys = rooted.sign("root-1.json", "so-khoa")

    assert [s.code for s in (without_word, wrong_secret, again, nobodys)] == [1, 1, 1, 1]
    assert "[unsigned]" in without_word.text
    assert "[passphrase]" in wrong_secret.text
    assert "[twice]" in again.text
    assert "[useless]" in nobodys.text
    assert document.read_bytes() == before


def test_a_root_holder_is_replaced_by_thresholds_of_both_roots(rooted: Laptop) -> None:
    held = root_of(rooted.folder / "root-1.json")
    gone, come = held.root.keyids[0], rooted.make("root", "goc-d")
    said = rooted.done(
        "root", "next", "--after", "root-1.json", "--replace", f"{gone}=goc-d.card.json"
    )
    document = rooted.folder / "root-2.json"

    rooted.sign("root-2.json", "goc-a", "goc-d")
    mixed = next_root(document.read_bytes(), held)
    rooted.sign("root-2.json", "goc-b")
    enough = next_root(document.read_bytes(), held)

    assert f"+ THÊM giữ khóa gốc: {holder('goc-d')}" in said
    assert f"- REMOVED root holder: {holder('goc-a')}" in said
    assert not isinstance(mixed, Root)
    assert isinstance(enough, Root)
    assert come in enough.root.keyids
    assert gone not in enough.keys
    assert rooted.keys("check", "root-2.json").code == 0


def test_what_would_need_five_signatures_is_not_begun(rooted: Laptop) -> None:
    held = root_of(rooted.folder / "root-1.json")
    for n in "defg":
        rooted.make("root", f"goc-{n}")
    added = [w for n in "defg" for w in ("--add", f"goc-{n}.card.json")]
    removed = [w for keyid in held.root.keyids for w in ("--remove", keyid)]

    said = rooted.keys(
        "root", "next", "--after", "root-1.json", *added, *removed, "--threshold", "3"
    )

    assert said.code == 1
    assert "[too_many]" in said.text
    assert not (rooted.folder / "root-2.json").exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--remove", "không ai"), "[which]"),
        (("--threshold", "1"), "[threshold]"),
        (("--threshold", "4"), "[threshold]"),
        (("--add", "so-khoa.card.json"), "[role]"),
        (("--add", "goc-a.key.pem"), "[card]"),
        (("--add", "nowhere.card.json"), "[file]"),
    ],
)
def test_a_wrong_rotation_is_told_in_words(
    rooted: Laptop, words: tuple[str, ...], code: str
) -> None:

    said = rooted.keys("root", "next", "--after", "root-1.json", *words)

    assert said.code == 1
    assert code in said.text
    assert "Traceback" not in said.text
    assert not (rooted.folder / "root-2.json").exists()


def test_a_register_says_whose_key_speaks_where(rooted: Laptop) -> None:
    root = root_of(rooted.folder / "root-1.json")
    keyid = rooted.make("bulletin", "tan-quan")
    words = ("--add", "tan-quan.card.json", "--scope", "tan-quan", "--max-level", "priority")

    said = rooted.done("register", "next", "--root", "root-1.json", *words)
    signed = rooted.sign("register-1.json", "so-khoa")

    assert "được: ký bản tin và lệnh dừng; tới mức ưu tiên" in said
    assert "may: bulletins and stops; up to priority" in said
    assert signed.code == 0, signed.text
    register = read_authority((rooted.folder / "register-1.json").read_bytes(), root, "don-vi")
    assert isinstance(register, Authority)
    assert [(k.keyid, k.scope) for k in register.keys] == [(keyid, ["tan-quan"])]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--days", "91"), "[life]"),
        (("--add", "khoa.card.json"), "[scope]"),
        (("--add", "goc-a.card.json", "--scope", "x"), "[role]"),
        (("--max-level", "loudest"), "[level]"),
        (("--revoke", "0123456789"), "[which]"),
        (("--unit", "elsewhere"), "[unit]"),
        (("--request", "root-1.json"), "[request]"),
        (("--root", "register-0.json"), "[file]"),
    ],
)
def test_a_wrong_register_is_told_in_words(
    rooted: Laptop, words: tuple[str, ...], code: str
) -> None:
    rooted.make("bulletin", "khoa")

    said = rooted.keys("register", "next", "--root", "root-1.json", *words)

    assert said.code == 1
    assert code in said.text
    assert "Traceback" not in said.text


def test_a_document_is_shown_against_the_one_before_or_not_at_all(rooted: Laptop) -> None:
    rooted.make("root", "goc-d")
    rooted.done("root", "next", "--after", "root-1.json", "--add", "goc-d.card.json")

    beside = rooted.keys("show", "root-2.json")
    (rooted.folder / "root-1.json").rename(rooted.folder / "elsewhere.json")
    alone = rooted.keys("sign", "root-2.json", "--key", "goc-a.key.pem", typed="ký\n")
    named = rooted.keys("show", "root-2.json", "--after", "elsewhere.json")

    assert "SO VỚI SỐ 1" in beside.text
    assert alone.code == 1
    assert "[previous]" in alone.text
    assert named.code == 0


def test_the_ceremony_is_printed_in_both_languages_and_names_its_files(laptop: Laptop) -> None:
    said = laptop.done("ceremony", "--unit", "hon-quan")

    assert "LỄ TẠO KHÓA · đơn vị “hon-quan”" in said
    assert 'KEY CEREMONY · unit "hon-quan"' in said
    assert said.count("keys sign root-1.json --key goc-a.key.pem") == 2
