"""What the tests of imports over the API share: how patient the process that imports is, and a database that goes away."""

from homing.app import House
from homing.contacts.endurance import Care
from homing.model.errors import Unreachable

QUICK = Care(patience=0.5, inline_patience=0.4, probe=0.2, longest_wait=0.05)


class Dies:
    """A database that goes away in the commit of a chunk, and stays away until it is told to come back."""

    def __init__(self, house: House, after: int) -> None:
        self.chunks = after
        self.away = False
        self.house = house

    def reach(self, point: str) -> None:
        if point == "import.chunk.begin":
            self.chunks -= 1
            self.away = self.away or self.chunks < 0
        if self.away and point == "import.chunk.begin":
            raise Unreachable("the database went away: server closed the connection unexpectedly")
