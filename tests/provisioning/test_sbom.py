"""What we are made of: said completely, and nothing comes in that is not named by its hash."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from provisioning.sbom import APT, ROOT, Pin, SbomError, as_json, bill, package, pins

pytestmark = pytest.mark.parts

# Where packages come from is the installer's choice, never this repository's.
REGISTRY = re.compile(
    r"https?://[^\s'\"<>)]*(?:pypi|pythonhosted|npmjs|jsdelivr|unpkg|cdnjs|/simple\b)"
    r"|--(?:extra-)?index-url|--trusted-host|--find-links\s",
    re.IGNORECASE,
)
BINARY = {".png", ".jpg", ".opus", ".mo", ".ttf", ".gz", ".wav", ".mp3"}


@cache
def said(part: str) -> dict[str, Any]:
    return dict(json.loads(as_json(bill(part))))


def named(part: str) -> dict[str, dict[str, Any]]:
    return {component["name"]: component for component in said(part)["components"]}


def requirement_files() -> list[Path]:
    return sorted(ROOT.glob("requirements-*.txt"))


def committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name]


@pytest.mark.parametrize("part", APT)
def test_the_bill_is_valid_cyclonedx(part: str) -> None:
    validator = JsonStrictValidator(SchemaVersion.V1_6)

    assert validator.validate_str(json.dumps(said(part))) is None
    assert validator.validate_str(json.dumps({**said(part), "specVersion": 1.6})) is not None


@pytest.mark.parametrize("part", APT)
def test_every_pinned_package_is_there_with_its_hashes_and_its_licence(part: str) -> None:
    pinned = pins((ROOT / f"requirements-{part}.txt").read_text())

    assert len(pinned) >= 14
    for pin in pinned:
        component = named(part)[pin.name]
        (reference,) = component["externalReferences"]
        accepted = {one["content"] for one in reference["hashes"]}
        assert component["version"] == pin.version
        assert accepted == set(pin.hashes) != set()
        assert component["licenses"], pin.name


def test_our_own_and_what_others_wrote_for_the_pages_and_screens_is_there() -> None:
    assert {"loa-wire", "loa-node"} <= set(named("node"))
    assert {"loa-wire", "loa-server"} <= set(named("server"))
    assert "Django" not in str(said("node"))
    for part in APT:
        font = named(part)["NotoSansKhmer-Regular.ttf"]
        file = ROOT / "content" / "fonts" / font["name"]
        assert font["hashes"][0]["content"] == hashlib.sha256(file.read_bytes()).hexdigest()
        assert font["licenses"] == [{"license": {"id": "OFL-1.1"}}]
        assert set(APT[part]) <= set(named(part))
    assert named("server")["core"]["purl"] == "pkg:npm/%40tabler/core@1.6.1"
    assert {f["name"] for f in named("server")["htmx.org"]["components"]} == {
        "LICENSE",
        "htmx.min.js",
    }


@pytest.mark.parametrize("part", APT)
def test_the_bill_says_what_needs_what(part: str) -> None:
    needs = {one["ref"]: one.get("dependsOn", []) for one in said(part)["dependencies"]}

    assert f"loa-{part}" in needs[f"loa-ap-{part}"]
    assert "loa-wire" in needs[f"loa-{part}"]
    assert any(ref.startswith("pkg:pypi/msgspec@") for ref in needs["loa-wire"])


def test_another_version_than_the_pinned_one_is_refused() -> None:
    with pytest.raises(SbomError, match=r"msgspec .* is installed, 0\.0\.1 is pinned"):
        package(Pin("msgspec", "0.0.1", ()))


def test_what_apt_brings_is_what_make_installs() -> None:
    makefile = (ROOT / "Makefile").read_text()
    run = re.search(r"^RUN := \$\(BUILD\) (.*)$", makefile, re.M)
    assert run is not None

    assert {name for names in APT.values() for name in names} == set(run[1].split())


def test_every_requirement_is_pinned_and_hashed() -> None:
    assert len(requirement_files()) == 4
    for file in requirement_files():
        lines = [x for x in file.read_text().splitlines() if x and not x.startswith("#")]
        asked = [line for line in lines if not line.startswith(" ")]
        hashes = [line for line in lines if line.startswith(" ")]

        assert len(pins(file.read_text())) == len(asked) > 3, file
        assert all(pin.hashes for pin in pins(file.read_text()))
        assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", x) for x in hashes), file


def test_installers_are_told_to_refuse_what_has_no_hash() -> None:
    assert "--require-hashes" in (ROOT / "provisioning" / "venv.sh").read_text()


def test_no_committed_file_says_where_packages_come_from() -> None:
    saying = []
    for file in committed():
        if file.suffix in BINARY or not file.is_file() or file == Path(__file__):
            continue
        for number, line in enumerate(file.read_text("utf-8", "replace").splitlines(), 1):
            if REGISTRY.search(line[:4000]) and "--no-emit-" not in line:
                saying.append(f"{file.relative_to(ROOT)}:{number}")

    assert saying == []


def test_the_fonts_are_the_ones_that_were_measured() -> None:
    fonts = ROOT / "content" / "fonts"
    listed = dict(
        reversed(line.split("  ")) for line in (fonts / "CHECKSUMS").read_text().splitlines()
    )
    found = {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in fonts.glob("*.ttf")}

    assert found == listed
