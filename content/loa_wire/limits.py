"""Sizes and lives nobody may exceed. Source: the wire's profile and the life of a bulletin."""

from typing import Final

PACKET: Final = 64 * 1024
"""Bytes in one MQTT payload, whichever way it goes."""
BULLETIN_ENVELOPE: Final = 48 * 1024
DOWN_ENVELOPE: Final = 24 * 1024
"""Every other envelope that comes down by MQTT."""
HTTPS_DOCUMENT: Final = 512 * 1024
"""root and authority, which come by HTTPS only."""
DEPTH: Final = 16
INTEGER: Final = 2**53
SIGNATURES: Final = 4
AREAS: Final = 64
"""Areas one bulletin may name."""
MANIFEST_PAGE: Final = 60
"""Items in one manifest; above it the rest goes to pages."""

DAY_MS: Final = 86_400_000
LIFE_MS: Final = {"normal": 45 * DAY_MS, "priority": 7 * DAY_MS, "emergency": DAY_MS // 4}
REGISTER_LIFE_MS: Final = 90 * DAY_MS
CLOCK_SKEW_MS: Final = 120_000
"""How far ahead of proved time a document may say it was issued."""
