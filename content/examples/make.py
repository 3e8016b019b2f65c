"""Writes the golden payloads of every shape. Run it only when a shape gains a field; read the diff.

    python content/examples/make.py

Each folder is one `typ`: valid.json is what this version writes; the others are what a reader must
do with an unknown field (ignore), a higher version, a duplicate key, a float, a null and a broken
file (refuse each, with the code in its name).
"""

from __future__ import annotations

import json
from pathlib import Path

from loa_wire import bulletin as b
from loa_wire import down, enrol, place, trusted, up
from loa_wire.fields import Document

HERE = Path(__file__).parent
SHA = "4a" * 32
ULID = "01KB2C3D4E5F6G7H8J9KABCDEF"
IAT = 1_795_000_000_000
DAY = 86_400_000
AREA = "vn-25357-03"
ABOVE = ["vn-25357", "vn-75"]

_voice = b.Media(
    sha256=SHA,
    bytes=61_234,
    type=b.OPUS,
    duration_ms=20_400,
    lufs=-160,
    fingerprint=b.Fingerprint(sha256="5b" * 32, bytes=3000, at_ms=4200),
)
_picture = b.Media(sha256="6c" * 32, bytes=90_000, type=b.JPEG)
_key = trusted.RegisterKey(
    keyid="7d" * 16,
    public="8e" * 32,
    holder="commune-25357",
    may=["bulletin"],
    scope=["vn-25357"],
    max_level="priority",
    nbf=IAT,
    exp=IAT + 80 * DAY,
)
_window = trusted.Window(start="21:00", end="05:00")
_limits = trusted.HardLimits(quiet_hours=[_window], max_session_s=2700, max_volume=95)


def _bulletin(**more: object) -> b.Bulletin:
    fields: dict[str, object] = {
        "kind": "play",
        "id": ULID,
        "rev": 1,
        "level": "normal",
        "areas": ["vn-25357"],
        "iat": IAT,
        "nbf": IAT,
        "exp": IAT + 3 * DAY,
        "title": {"vi": "Tiêm chủng tại nhà văn hóa ấp 3"},
    }
    return b.Bulletin(**(fields | more))  # type: ignore[arg-type]


DOCUMENTS: dict[str, Document] = {
    "root": trusted.Root(
        installation="demo",
        version=1,
        iat=IAT,
        exp=IAT + 3650 * DAY,
        keys={"7d" * 16: trusted.RootKey(public="8e" * 32, holder="root-1")},
        root=trusted.Role(keyids=["7d" * 16], threshold=1),
        authorities={"unit-hq": trusted.Role(keyids=["7d" * 16], threshold=1)},
    ),
    "authority": trusted.Authority(
        unit="unit-hq",
        version=4,
        iat=IAT,
        exp=IAT + 80 * DAY,
        keys=[_key],
        limits=_limits,
        relays=[trusted.Relay(id="dai-tinh", url="https://radio.example/live.mp3")],
    ),
    "assignment": place.Assignment(
        node="node-7k2m",
        version=2,
        iat=IAT,
        unit="unit-hq",
        areas=[place.PlacedArea(id=AREA, name="Ấp 3", kind="ap", above=ABOVE)],
        limits=_limits,
        place="Nhà văn hóa ấp 3",
    ),
    "settings": place.Settings(
        node="node-7k2m",
        version=5,
        iat=IAT,
        volume_hours=[
            place.VolumeHours(window=trusted.Window(start="05:00", end="06:00"), volume="low")
        ],
        slots=[place.Slot(start="05:00"), place.Slot(start="17:00", weekdays=[1, 2, 3, 4, 5])],
        quiet_hours=[_window],
        languages=["stt", "vi"],
        language_mode="all",
        interrupted="resume",
        link=place.Link(profile="metered", download_hours=[_window]),
        alarms=[place.AlarmClip(alert="flood", lang="vi", sha256=SHA)],
        lead_in_ms=800,
        amplifier_lead_ms=1500,
        screen_off=[_window],
    ),
    "manifest": down.Manifest(
        area="vn-25357",
        version=19,
        iat=IAT,
        items=[down.ManifestItem(id=ULID, rev=1, sha256=SHA, exp=IAT + DAY)],
        pages=["9f" * 32],
    ),
    "page": down.Page(
        area="vn-25357", items=[down.ManifestItem(id=ULID, rev=1, sha256=SHA, exp=IAT + DAY)]
    ),
    "bulletin": _bulletin(
        genre="health",
        source=b.Source(number="12/TB-TYT", issuer="Trạm Y tế"),
        text={"vi": "Sáng thứ Bảy, từ 7 giờ 30.", "km": "ព្រឹក\u200bថ្ងៃ\u200bសៅរ៍"},
        audio={"vi": _voice},
        images=[_picture],
        screen=b.Screen(layout="pictures", seconds=45, ticker="Mang theo sổ tiêm chủng"),
        schedule=b.Schedule(
            mode="at",
            times=["05:15", "17:15"],
            weekdays=[5, 6],
            start="2026-11-20",
            until="2026-11-22",
            skip_dates=["2026-11-21"],
            extra_dates=["2026-11-24"],
            repeat=b.Repeat(times=2, gap_s=600),
            late=b.Late(play_within_s=900),
        ),
        origin=b.Origin(id=ULID, rev=1),
        replaces=ULID,
    ),
    "bulletin-stop": _bulletin(kind="stop", stops=b.Stops(area="vn-25357", issued_upto=IAT)),
    "bulletin-drill": _bulletin(
        kind="drill", alert="storm", schedule=b.Schedule(mode="now")
    ),
    "bulletin-all_clear": _bulletin(kind="all_clear", level="emergency", ends=ULID),
    "bulletin-emergency": _bulletin(
        level="emergency",
        alert="flood",
        exp=IAT + DAY // 4,
        schedule=b.Schedule(mode="now", repeat=b.Repeat(times=5, gap_s=120)),
    ),
    "emergencies": down.Emergencies(area="vn-25357", version=3, iat=IAT, items=['{"payload":""}']),
    "beacon": down.Beacon(
        node="node-7k2m",
        nonce="1a" * 16,
        time=IAT,
        authority=down.Known(version=4, sha256=SHA),
        root=down.Known(version=1, sha256=SHA),
        manifests={"vn-25357": 19},
        audit_head="2b" * 32,
    ),
    "ask": up.Ask(node="node-7k2m", nonce="1a" * 16),
    "ack": down.Ack(node="node-7k2m", epoch="e4f1", upto=118, iat=IAT),
    "command": down.Command(
        node="node-7k2m",
        boot="b0a7",
        ticket="t9",
        command="test_tone",
        iat=IAT,
        exp=IAT + 60_000,
    ),
    "status": up.Status(
        node="node-7k2m",
        online=True,
        boots=12,
        connects=31,
        boot="b0a7",
        ticket="t9",
        software="0.1.0",
    ),
    "health": up.Health(
        node="node-7k2m",
        at=IAT,
        clock="synced",
        boot="b0a7",
        software="0.1.0",
        applied=up.Applied(
            root=1, authority=4, assignment=2, settings=5, manifests={"vn-25357": 19}
        ),
        shelf=up.Shelf(held=3, ready=2, media_missing=1),
        journal=up.Backlog(epoch="e4f1", last=120, acked=118),
        playing=up.Playing(bulletin=ULID, occurrence=f"{ULID}/0", since=IAT),
        last_play=up.LastPlay(bulletin=ULID, at=IAT, result="played", evidence="device"),
        player=up.Outlet(alive=True, detail="alsa"),
        screen=up.Outlet(alive=True, detail="kmsdrm 1920x1080"),
        readings=up.Readings(
            uptime_s=86_400,
            temperature_dc=521,
            card_free_mb=21_000,
            card_total_mb=29_000,
            card_errors=0,
            card_read_only=False,
            card_writable=True,
            memory_free_mb=410,
            load_c=42,
            under_voltage=False,
            network="eth0",
        ),
        audit_head="2b" * 32,
    ),
    "journal": up.Journal(
        node="node-7k2m",
        epoch="e4f1",
        facts=[
            up.Fact(seq=119, at=IAT, clock="held", boot="b0a7", fact="started", bulletin=ULID,
                    rev=1, occurrence=f"{ULID}/0", outlet="sound", lang="vi"),
            up.Fact(seq=120, at=IAT + 20_400, clock="held", boot="b0a7", fact="ended",
                    bulletin=ULID, rev=1, occurrence=f"{ULID}/0", outlet="sound", lang="vi",
                    result="played", evidence="device", played_ms=20_390),
            up.Fact(seq=121, at=IAT + 30_000, clock="floor", boot="b0a7", fact="dropped_facts",
                    start=4, to=9),
        ],
    ),
    "enrol": enrol.Enrol(
        csr="-----BEGIN CERTIFICATE REQUEST-----\n...", serial="10000000abcdef01", boot="b0a7"
    ),
    "renew": enrol.Renew(
        node="node-7k2m",
        csr="-----BEGIN CERTIFICATE REQUEST-----\n...",
        cert="-----BEGIN CERTIFICATE-----\n...",
        proof="MEUCIQ==",
    ),
    "enrolment": enrol.Enrolment(
        state="active",
        node="node-7k2m",
        unit="unit-hq",
        cert="-----BEGIN CERTIFICATE-----\n...",
        broker="broker.example:8883",
        https="https://nodes.example:8443",
    ),
}  # fmt: skip


def variants(valid: bytes) -> dict[str, bytes]:
    """One good payload and what each reader must say of its relatives; the name begins with it."""
    tree = json.loads(valid)

    def written(**more: object) -> bytes:
        return json.dumps(tree | more, ensure_ascii=False, separators=(",", ":")).encode()

    return {
        "valid": valid,
        "valid_unknown_field": written(x_later={"anything": [1, "two"]}),
        "version_higher": written(v=2),
        "type_other": written(typ="something_else"),
        "schema_missing_v": json.dumps(
            {k: v for k, v in tree.items() if k != "v"}, ensure_ascii=False
        ).encode(),
        "json_duplicate_key": valid[:-1] + b',"v":1}',
        "json_float": written(x_later=1.5),
        "json_null": written(x_later=None),
        "json_broken": valid[: len(valid) // 2],
    }


def main() -> None:
    for name, document in DOCUMENTS.items():
        folder = HERE / name
        folder.mkdir(exist_ok=True)
        for variant, data in variants(document.encode()).items():
            (folder / f"{variant}.json").write_bytes(data + b"\n")


if __name__ == "__main__":
    main()
