"""Proofs: each `python -m proofs.NAME` exits non-zero on a violation and prints one JSON line."""
