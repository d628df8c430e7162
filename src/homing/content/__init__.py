"""Templates to one message: an allow-list grammar, a compiled skeleton, and the bytes of each letter."""
