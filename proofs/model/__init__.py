"""The send protocol as a Promela model (send.pml) and its exhaustive search (`python -m proofs.model`)."""
