"""The picture: a program of its own that draws the scene it was last told. No network."""

import os

# pygame greets on standard output when imported; the journal of a kiosk is not for greetings.
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
