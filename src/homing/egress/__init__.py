"""The one door out for addresses that came from data (SECURITY section 4)."""
