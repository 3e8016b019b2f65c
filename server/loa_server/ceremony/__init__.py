"""The offline half of the keys: made, used and checked on a laptop that nobody else reaches.

Nothing here knows Django, server.toml or a database. A folder (a USB stick) holds everything:
`NAME.key.pem` (encrypted), `NAME.card.json` (public), `root-<n>.json` and `register-<n>.json`,
which are DSSE envelopes that gather one signature after the other.
"""
