"""Whether a port can be had, and what to say when not."""

import socket


def is_free(host: str, port: int) -> bool:
    """Nobody listens there; a port that was just left counts as free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def taken(port: int, setting: str) -> str:
    """What a person reads when it is not."""
    return (
        f"端口 {port} 已被占用：请先停止占用它的程序，或设置 {setting} 换一个端口。\n"
        f"port {port} is taken: stop whatever listens there, or set {setting} to another one."
    )
