"""The page for people (the built UI, or a small status page), and the public pages behind the links of messages."""
