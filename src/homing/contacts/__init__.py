"""Import and export of contacts: read -> map -> normalise -> upsert -> report."""
