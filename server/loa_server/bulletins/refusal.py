"""A refusal as bulletins give it; it is the same everywhere."""

from loa_server.refusal import Refusal

__all__ = ["Refusal"]
