"""The district's database for every test of the server."""

from parts.tables import _tables, database, server_config

__all__ = ["_tables", "database", "server_config"]
