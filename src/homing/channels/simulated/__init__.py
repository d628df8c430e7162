"""A way out that leads nowhere: for rehearsals, demos and tests of everything before the provider."""
