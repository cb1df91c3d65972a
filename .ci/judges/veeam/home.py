"""What lies at home after a sync, compared with the files that the stand-in served."""

import collections
import gzip
import json
import pathlib
import re
import urllib.parse

from scene import check, digest

# Times of creation and change of a saved message: property tag, flags, value.
STAMPED = re.compile(rb"(\x40\x00[\x07\x08]\x30.{4}).{8}", re.DOTALL)


def normal(msg):
    """The bytes of an MSG without what the switch `stamp` changes at every save."""
    return digest(STAMPED.sub(rb"\1" + b"\0" * 8, msg))


class Served:
    """What a restore session shows: for each item its file, its mailbox, its folder and its MSG."""

    def __init__(self, direct, root, paths=None, at_once=4):
        root, files = pathlib.Path(root), collections.defaultdict(list)
        for path in sorted(paths if paths is not None else pathlib.Path(root).rglob("*.eml")):
            files[path.parent.relative_to(root).as_posix()].append(path)
        # With addresses the list says whom the server read.
        direct.server.policy(addressForm="address")
        names = {folder["id"]: name for box in direct.mailboxes() for folder, name in folders(direct, box)}
        self.items, self.places, taken = direct.items(), collections.defaultdict(set), collections.Counter()
        direct.server.policy(addressForm="name")
        self.paths, self.listed = {}, {}
        for (box, folder, item), msg in zip(self.items, direct.save_all([(box["id"], item["id"]) for box, _, item in self.items], at_once), strict=True):
            folder_path = names[folder["id"]]
            here = f"{box['email']}/{folder_path}"
            # Items are in the order of their paths.
            path = files[here][taken[here]]
            taken[here] += 1
            self.places[normal(msg)].add((box["email"], folder_path))
            self.paths.setdefault(normal(msg), path)
            self.listed.setdefault(normal(msg), item)
        check({where: len(some) for where, some in files.items()} == dict(taken), "the stand-in shows other items than there are files")

    def __len__(self):
        return len(self.items)


def folders(direct, box):
    """The folders of a mailbox, each with the path of names that leads to it."""
    listed = direct.all(f"{direct.session}/organization/mailboxes/{box['id']}/folders")
    by_id = {folder["id"]: folder for folder in listed}

    def path(folder):
        above = folder["_links"].get("parent")
        if not above:
            return folder["name"]
        return path(by_id[urllib.parse.unquote(above["href"].rsplit("/", 1)[1])]) + "/" + folder["name"]
    return [(folder, path(folder)) for folder in listed]


def stored(data):
    """The bytes of every original in the store, by id."""
    files = {path.name.split(".")[0]: path for path in pathlib.Path(data, "sync", "messages").glob("*/*") if path.is_file()}
    return {ident: gzip.decompress(path.read_bytes()) for ident, path in files.items()}


def exported(scene, config, *arguments):
    """Every document of an index, by id, as an export gives it."""
    with scene.gateway(config, *arguments) as front:
        status, data = front.ask("POST", "/v1/export", {"q": "", "format": "jsonl"})
    check(status == 200, "the export", status, data[:500])
    lines = [json.loads(line) for line in data.decode().split("\n") if line]
    return {one["id"]: one for one in lines}


def whole(scene, config, data, served):
    """Every item is in the store with the bytes that were served, and in the index with its places; nothing else is there."""
    originals = stored(data)
    kept = {ident: normal(msg) for ident, msg in originals.items()}
    check(all(digest(msg) == ident for ident, msg in originals.items()), "a stored file does not have the bytes that its name says")
    missing, more = set(served.paths) - set(kept.values()), set(kept.values()) - set(served.paths)
    check(not missing and not more, f"{len(missing)} of {len(served.paths)} messages are not in the store, {len(more)} are there and were not served",
          [str(served.paths[one]) for one in list(missing)[:3]])
    documents = exported(scene, config)
    check(set(documents) == set(kept), "store and index hold other messages", len(documents), len(kept))
    doubled = collections.Counter(kept.values())
    check(not [one for one, count in doubled.items() if count > 1 and count > len(served.places[one])], "a message is there more often than it was served")
    return {ident: (documents[ident], kept[ident]) for ident in kept}
