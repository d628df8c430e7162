"""Tells what happened, from a cursor in the log of events: nothing is missed and nothing is told twice."""
