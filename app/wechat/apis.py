"""The calls that the house makes: path, meaning of its own errcodes, and how often it may repeat."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.wechat.errors import COMMON, Kind


@dataclass(frozen=True, slots=True)
class Api:
    """One call. `lost_tries`: tries in all when an answer is lost (network, 502, unreadable),
    `busy_tries`: when it is -1; one of a thing that must not happen twice. `acts`: such a thing, so
    that a lost answer is told from a call that never went out. An errcode that no table knows is
    `unknown`.

    Source: facts.md §0.1 (R applies only where a repeat is harmless; at most 5 tries).
    """

    path: str
    kinds: Mapping[int, Kind] = field(default_factory=dict)
    unknown: Kind = Kind.CONFIGURATION
    lost_tries: int = 5
    busy_tries: int = 5
    acts: bool = False

    def kind(self, errcode: int) -> Kind:
        """The class of an errcode of this call: its own table, then the common one."""
        return self.kinds.get(errcode) or COMMON.get(errcode) or self.unknown


# Source: facts.md §1.1; the code may be spent by the first try, so one repeat after -1 at most.
CODE2SESSION = Api(
    "/sns/jscode2session",
    {40029: Kind.FINAL, 40163: Kind.FINAL, 40226: Kind.FINAL},
    lost_tries=1,
    busy_tries=2,
    acts=True,
)

_TOKEN_KINDS = {40001: Kind.CONFIGURATION, 40002: Kind.FINAL}

# Source: facts.md §2
STABLE_TOKEN = Api("/cgi-bin/stable_token", _TOKEN_KINDS)

# Source: facts.md §2; each forced call counts, and a second one within 30 s brings nothing.
FORCED_TOKEN = Api("/cgi-bin/stable_token", _TOKEN_KINDS, lost_tries=1, busy_tries=1)

# Source: facts.md §3.1; a mismatch of openid has no documented errcode, so unknown ones are final.
PHONE_NUMBER = Api(
    "/wxa/business/getuserphonenumber",
    {40029: Kind.FINAL, 40013: Kind.FINAL},
    unknown=Kind.FINAL,
    lost_tries=1,
    busy_tries=1,
    acts=True,
)

# Source: facts.md §4.1; 43108 was not sent, so it may be repeated.
SEND_MESSAGE = Api(
    "/cgi-bin/message/subscribe/send",
    {
        40003: Kind.FINAL,
        40037: Kind.CONFIGURATION,
        41030: Kind.CONFIGURATION,
        43101: Kind.FINAL,
        43107: Kind.CONFIGURATION,
        43108: Kind.TRANSIENT,
        45168: Kind.FINAL,
        47003: Kind.FINAL,
    },
    lost_tries=1,
    busy_tries=1,
    acts=True,
)

# Source: facts.md §5.1
UNLIMITED_CODE = Api(
    "/wxa/getwxacodeunlimit",
    {
        40097: Kind.FINAL,
        40129: Kind.FINAL,
        40169: Kind.FINAL,
        41030: Kind.CONFIGURATION,
        45009: Kind.MINUTE,
        85096: Kind.FINAL,
    },
)

# Source: facts.md §6.1
CHECK_TEXT = Api(
    "/wxa/msg_sec_check",
    {40003: Kind.FINAL, 40129: Kind.FINAL, 43104: Kind.FINAL, 61010: Kind.FINAL},
)

# Source: facts.md §6.2
CHECK_MEDIA = Api(
    "/wxa/media_check_async",
    {
        40003: Kind.FINAL,
        40004: Kind.FINAL,
        43104: Kind.FINAL,
        61010: Kind.FINAL,
        87020: Kind.MINUTE,
    },
)
