"""Real parts that tests start for themselves: a broker, a CA."""
