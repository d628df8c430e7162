"""Figures: the real product beside Postfix' own load generator, on the machine that runs it, in one run."""
