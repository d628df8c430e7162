"""HTTP: records what people want and reads what is; it never sends. The base is /api/v1, errors are RFC 9457 problems."""
