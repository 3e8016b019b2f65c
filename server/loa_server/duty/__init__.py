"""The duty signer: the second signature of an emergency, and nothing else. A program of its own.

It shares no database, no Django and no key with the district's server, so it may run on another
machine: whoever holds all of the server still cannot raise an alarm alone.
"""
