"""A phone of the user's own, linked by a QR code and driven through a client library in a child process."""
