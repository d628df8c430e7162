"""The page for people: the built UI with its guards, or a small status page where it was not built."""
