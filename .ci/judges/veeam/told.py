"""No password that the other judges used stands anywhere where someone could read it."""

import base64
import urllib.parse

from scene import check, tell


def spellings(secret):
    """A secret as it is, in a URL, in JSON and in base64."""
    raw = secret.encode()
    quoted = urllib.parse.quote(secret, safe="").encode()
    return {raw, quoted, urllib.parse.quote_plus(secret).encode(), secret.replace("\\", "\\\\").encode(), base64.b64encode(raw).rstrip(b"=")}


def judge(scene):
    places = {f"said/{path.name}": path for path in scene.said.iterdir()}
    for folder in scene.folders:
        places |= {str(path.relative_to(scene.work)): path for path in folder.rglob("*") if path.is_file()}
    read = {name: path.read_bytes() for name, path in places.items()}
    read |= {f"arguments {number}": line for number, line in enumerate(sorted(scene.arguments))}
    for what, secret in scene.secrets.items():
        if len(secret) < 6:
            continue
        for spelled in spellings(secret):
            # Mail has such numbers.
            where = [name for name, data in read.items() if spelled in data and not (secret.isdigit() and ("/index/" in name or "/messages/" in name))]
            check(not where, f"the {what} stands in", where[:5])
    check(scene.arguments, "no arguments of a process were seen")
    check([name for name in read if name.startswith("data/")], "no data folder was looked at")
    tell(f"{len([s for s in scene.secrets.values() if len(s) >= 6])} secrets in none of {len(read)} files and argument lists")
