"""Tests: a package of its own, because a dependency of a dependency installs one of that name."""
