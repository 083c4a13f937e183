"""Personal fields as they leave the house: enough to recognise, too little to misuse."""


def mask_phone(phone: str) -> str:
    """`138****8000`; Source: domain.md §5.6."""
    return f"{phone[:3]}****{phone[-4:]}"


def mask_name(name: str) -> str:
    """The surname and stars for the rest: `张**`; Source: domain.md §5.6."""
    return name[:1] + "*" * max(len(name) - 1, 1)
