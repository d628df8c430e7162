"""The ways out: one folder per provider, each with a Courier that turns parcels into outcomes."""
