"""What lies about: modes of the data folder, and secrets in logs, answers and the list of processes."""

import os
import pathlib
import stat
import subprocess

import wire


def modes(tally, scene):
    """Everything in a data folder made under the most open umask, narrowed again after someone opened it."""
    data = scene.work / "modes"

    def made():
        subprocess.run([scene.postern, "--data", str(data), "--quiet", "index", str(scene.samples)], umask=0, check=True)

    made()
    narrow(tally, data, "a new folder")
    for path in [data, *data.rglob("*")]:
        path.chmod(0o777 if path.is_dir() else 0o666)
    made()
    narrow(tally, data, "an opened folder after a second run")


def narrow(tally, data, when):
    wide = [
        f"{path.relative_to(data.parent)} {stat.S_IMODE(path.stat().st_mode):o}"
        for path in [data, *data.rglob("*")]
        if stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    tally.check(not wide, f"{when}: {len(wide)} are open to others: {wide[:3]}")


def secrets(tally, scene):
    """No key in a log, no upstream key in an answer; both were gathered over the whole run."""
    for log in sorted(scene.logs.iterdir()):
        text = log.read_bytes()
        told = [secret for secret in scene.secrets() if secret.encode() in text]
        tally.check(not told, f"{log.name} tells {told[:2]}")
        tally.check(b"\x1b[" not in text, f"{log.name} has colour codes")
    tally.check(not wire.Answer.leaks, f"answers told {sorted(set(wire.Answer.leaks))[:3]}")


def processes(tally, scene, gateway):
    """What anybody on the machine sees of the gateway."""
    shown = pathlib.Path(f"/proc/{gateway.pid}/cmdline").read_text()
    tally.check(not any(secret in shown for secret in scene.secrets()), f"the list of processes tells a key: {shown[:100]!r}")


def configurations(tally, scene):
    """A secret in the wrong place of a configuration is not repeated."""
    secret = "s3cr3t-of-nobody"
    for text in (
        f'[[keys]]\nname = "a"\nsha256 = "{secret}"\ntenant = "t"',
        f'[[keys]]\nname = "a"\nsha256 = "x"\ntenant = "t"\nupstream_key = ["{secret}"]',
        f'[[keys]]\nname = "a"\nupstream = "{secret}"',
        f'upstream_key = "{secret}"',
        f'[premium]\nurl = "https://u:{secret}@h.example"\nindex = 1',
        f'[[keys]]\nmailboxes = "{secret}"',
        f'[keys]\nupstream_key = "{secret}"',
        f'[limits]\nrate = "{secret}"',
        f'[[keys]]\nupstream_key = "{secret}',
    ):
        file = scene.work / "wrong.toml"
        file.write_text(text)
        for command in (["config", "check"], ["config", "show"], ["serve"]):
            run = subprocess.run(
                [scene.postern, "--config", str(file), *command],
                capture_output=True,
                text=True,
                timeout=20,
                env={"PATH": os.environ["PATH"]},
            )
            tally.check(
                run.returncode != 0 and secret not in run.stdout + run.stderr,
                f"`{' '.join(command)}` repeats the secret of {text!r}: {run.stderr[:120]!r}",
            )


def run(tally, scene, gateway):
    tally.begin("modes and secrets")
    modes(tally, scene)
    processes(tally, scene, gateway)
    configurations(tally, scene)
    secrets(tally, scene)
