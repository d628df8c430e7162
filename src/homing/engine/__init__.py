"""The loops that look, act and record: planner, dispatcher, lifeline, scheduler; a worker runs them all."""
