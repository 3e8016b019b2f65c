"""What travels between a district and its hamlets: shapes and pure rules.

No I/O and no crypto library.

Readers ignore unknown fields inside a known version, refuse a higher `v`, and keep received
bytes as they came: a signature covers bytes, never a re-encoding.
"""

WIRE = 1
"""The highest `v` this package reads and the one it writes."""
