"""`make sbom`: what the two products are made of, as CycloneDX 1.6 in .loa/sbom/.

One file for the node and one for the server: each Python package that their requirement files pin,
with the hashes that an installer accepts and its licence; our own distributions; the front-end
files and fonts that lie in this repository; and, by name and version here, what apt brings.

No registry address is written, as in the requirement files: a package is named by its purl.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import (
    ExternalReference,
    ExternalReferenceType,
    HashAlgorithm,
    HashType,
    Property,
    XsUri,
)
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / ".loa" / "sbom"
VENDOR = ROOT / "server" / "loa_server" / "console" / "static" / "vendor"
FONTS = ROOT / "content" / "fonts"
OURS = {
    "loa-wire": "content/loa_wire",
    "loa-node": "node/loa_node",
    "loa-server": "server/loa_server",
}
# From apt, besides Python itself: what each product runs or loads.
APT = {
    "node": ("libvlc5", "libvlc-bin", "vlc-plugin-base", "alsa-utils"),
    "server": ("ffmpeg", "espeak-ng", "poppler-utils", "fonts-noto-core", "mosquitto"),
}
FRONT_END = {  # folder -> npm name, licence, where the file itself says its version
    "tabler": ("@tabler/core", "MIT", r"Tabler v([\d.]+)"),
    "htmx": ("htmx.org", "0BSD", r'version:"([\d.]+)"'),
}
licences = LicenseFactory()


class SbomError(RuntimeError):
    """What is installed here is not what the files pin, or the result is not valid."""


@dataclass(frozen=True, slots=True)
class Pin:
    name: str
    version: str
    hashes: tuple[str, ...]  # SHA-256 of every file of it that may be installed


def pins(requirements: str) -> list[Pin]:
    """Of a requirement file as pip-tools writes it."""
    found = []
    for block in re.split(r"\n(?=\S)", requirements):
        named = re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", block)
        if named:
            hashes = tuple(re.findall(r"sha256:([0-9a-f]{64})", block))
            found.append(Pin(named[1], named[2], hashes))
    return found


def bill(part: str) -> Bom:
    """Of `node` or `server`."""
    held = {"loa-wire": ours("loa-wire"), f"loa-{part}": ours(f"loa-{part}")}
    for pin in pins((ROOT / f"requirements-{part}.txt").read_text(encoding="utf-8")):
        held[canonicalize_name(pin.name)] = package(pin)
    others = [*fonts(), *(front_end() if part == "server" else ()), *map(from_apt, APT[part])]
    root = Component(
        type=ComponentType.APPLICATION,
        name=f"loa-ap-{part}",
        version=held[f"loa-{part}"].version,
        bom_ref=f"loa-ap-{part}",
        licenses=[licences.make_from_string("Apache-2.0")],
    )
    bom = Bom(components=[*held.values(), *others])
    bom.metadata.component = root
    bom.register_dependency(root, [held[f"loa-{part}"], *others])
    for name, component in held.items():
        needed = {n for n in needs(importlib.metadata.distribution(name)) if n in held}
        bom.register_dependency(component, [held[n] for n in sorted(needed)])
    return bom


def needs(distribution: Distribution) -> Iterator[str]:
    for line in distribution.requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield canonicalize_name(requirement.name)


def package(pin: Pin) -> Component:
    installed = importlib.metadata.distribution(pin.name)
    if installed.version != pin.version:
        raise SbomError(f"{pin.name} {installed.version} is installed, {pin.version} is pinned")
    purl = PackageURL("pypi", name=canonicalize_name(pin.name), version=pin.version)
    return Component(
        name=pin.name,
        version=pin.version,
        bom_ref=str(purl),
        purl=purl,
        licenses=[licences.make_from_string(licence_of(installed))],
        external_references=[
            ExternalReference(
                type=ExternalReferenceType.DISTRIBUTION,
                url=XsUri(str(purl)),
                comment="each file that an installer accepts, by its hash",
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=one) for one in pin.hashes],
            )
        ],
    )


def licence_of(distribution: Distribution) -> str:
    """As its authors say it: an expression, a short name, or else its trove classifier."""
    said = distribution.metadata
    for field in ("License-Expression", "License"):
        short = str(said[field] or "")
        if short and len(short) < 60:
            return short
    for classifier in said.get_all("Classifier") or ():
        if classifier.startswith("License :: "):
            return str(classifier).rsplit(" :: ", 1)[-1]
    raise SbomError(f"{said['Name']} says nothing of its licence")


def ours(name: str) -> Component:
    return Component(
        name=name,
        version=importlib.metadata.version(name),
        bom_ref=name,
        licenses=[licences.make_from_string("Apache-2.0")],
        properties=[
            # sha256sum of the files' sha256sum lines, sorted by path
            Property(name="loa-ap:files-sha256", value=digest_of(tracked(ROOT / OURS[name])))
        ],
    )


def tracked(folder: Path) -> list[Path]:
    """What git holds there: nothing that only lies about."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", str(folder)],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.split("\0")  # fmt: skip
    return sorted(ROOT / name for name in listed if name and (ROOT / name).is_file())


def digest_of(files: Iterable[Path]) -> str:
    lines = (f"{sha256(file)}  {file.relative_to(ROOT).as_posix()}\n" for file in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def front_end() -> Iterator[Component]:
    for folder, (name, licence, version_in) in FRONT_END.items():
        files = sorted((VENDOR / folder).iterdir())
        found = (re.search(version_in, f.read_text(encoding="utf-8")) for f in files)
        version = next(said[1] for said in found if said)
        group, _, short = name.rpartition("/")
        yield Component(
            name=short,
            group=group or None,
            version=version,
            bom_ref=f"vendored:{folder}",
            purl=PackageURL("npm", namespace=group or None, name=short, version=version),
            licenses=[licences.make_from_string(licence)],
            components=[own_file(file) for file in files],
        )


def fonts() -> Iterator[Component]:
    table = (FONTS / "README.md").read_text(encoding="utf-8")
    versions = {
        name: row[2] for row in re.finditer(r"\| (.*?) \| ([\d.]+) \|", table)
        for name in row[1].split(", ")
    }  # fmt: skip
    for file in sorted(FONTS.glob("*.ttf")):
        yield own_file(file, "OFL-1.1", versions[file.name])


def own_file(file: Path, licence: str = "", version: str | None = None) -> Component:
    return Component(
        type=ComponentType.FILE,
        name=file.name,
        version=version,
        bom_ref=f"file:{file.relative_to(ROOT).as_posix()}",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=sha256(file))],
        licenses=[licences.make_from_string(licence)] if licence else None,
    )


def from_apt(name: str) -> Component:
    """The version of this machine; where it is not installed, without one."""
    asked = ["dpkg-query", "-W", "-f=${Version}", name]
    version = subprocess.run(asked, capture_output=True, text=True, check=False).stdout or None
    purl = PackageURL("deb", "debian", name, version)
    return Component(name=name, version=version, bom_ref=str(purl), purl=purl)


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def as_json(bom: Bom) -> str:
    text = JsonV1Dot6(bom).output_as_string(indent=2)
    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if wrong is not None:
        raise SbomError(f"not CycloneDX 1.6: {str(wrong)[:500]}")
    return text + "\n"


def main() -> int:
    TARGET.mkdir(parents=True, exist_ok=True)
    try:
        for part in APT:
            bom = bill(part)
            file = TARGET / f"loa-ap-{part}.cdx.json"
            file.write_text(as_json(bom), encoding="utf-8")
            print(f"sbom: {file.relative_to(ROOT)}: {len(bom.components)} components", flush=True)
    except (SbomError, importlib.metadata.PackageNotFoundError) as e:
        print(f"sbom: {e}; run `make venv` first", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
