"""`loa-node doctor`: what is wrong and what to do, for a person with a screwdriver.

Two languages, one finding after another, the gravest counted at the end. It only looks: it works
while the three programs run and when none does, and it never prints a key, a token or a password.
"""
