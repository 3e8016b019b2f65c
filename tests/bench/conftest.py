"""The district's database for the figures that need one in this process."""

from parts.tables import _tables, database, server_config

__all__ = ["_tables", "database", "server_config"]
