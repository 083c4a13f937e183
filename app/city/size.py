"""How large a city is: one Nantong, and every part of it in proportion. Source: design.md §3."""

from dataclasses import dataclass

from app.city.chance import shares

NANTONG = 349  # communities


@dataclass(frozen=True, slots=True)
class Size:
    """Numbers of one city; what happens is counted for a whole year."""

    districts: int
    subdistricts: int
    communities: int
    buildings: int
    employers: int
    members: int
    biggest: int  # members of the largest community
    unregistered: int  # on a roster only
    residents: int
    needs: int
    orders: int
    claims: int
    shift_seats: int
    wishes: int
    declarations: int
    minutes: int

    @classmethod
    def of(cls, scale: float) -> "Size":
        """So many Nantongs; of nothing there is none at all."""

        def scaled(number: int, least: int = 1) -> int:
            return max(least, round(number * scale))

        communities = scaled(NANTONG, 3)
        members = scaled(26_000, 60)
        return cls(
            districts=scaled(10),
            subdistricts=min(scaled(39), communities),
            communities=communities,
            buildings=scaled(77_000, 4 * communities),
            employers=scaled(225, 3),
            members=members,
            biggest=min(800, round(members * 0.55)),
            unregistered=scaled(1_600),
            residents=scaled(60_000, 20 * communities),
            needs=scaled(60_000, 100),
            orders=scaled(16_500, 100),
            claims=scaled(47_000, 60),
            shift_seats=scaled(84_000, 60),
            wishes=scaled(1_800, 20),
            declarations=scaled(6_000, 20),
            minutes=scaled(1_170_000) * 60,
        )

    def members_by_community(self) -> list[int]:
        """The largest first, then a long tail, the same for every city: busy ones and idle ones."""
        step = NANTONG / self.communities
        rest = [1 / (place * step + 6) ** 0.8 for place in range(self.communities - 1)]
        return [self.biggest, *shares(self.members - self.biggest, rest)]

    def members_by_employer(self) -> list[float]:
        """Shares of the employers, the largest first."""
        return [1 / (place + 2) ** 0.75 for place in range(self.employers)]
