"""Pure nouns and rules: no I/O, no clock, no dice; everything else is built on this."""
