"""The drill: each promise about a rough network is broken on loopback, in front of the user, and counted at the server."""
