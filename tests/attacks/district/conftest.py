"""The district side of the stories: real tables in a real file."""

from parts.tables import _tables, database, server_config

__all__ = ["_tables", "database", "server_config"]
