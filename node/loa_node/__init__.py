"""The kiosk: agent, player, screen. Imports nothing, so that each program loads only its own."""

__version__ = "0.1.0"
