"""The seven recipes of DataTap: as published through the gateway, and as commands of Postern.

    recipes.py POSTERN PREMIUM_FOLDER RECIPES MAIL WORK

Each published program runs unchanged, once against the stand-in and once against the gateway in front of it, and must
print the same. What it ordered is then read from the stand-in: the body of each job, and what a restore brought back.
The commands must order the same, and list the same mailboxes, drives and files.
"""

import csv
import hashlib
import io
import json
import os
import pathlib
import subprocess
import sys

import requests

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from stand_in import INDEX, KEY, TENANT, stand_in, start

POSTERN, PREMIUM, RECIPES, MAIL, WORK = map(os.path.abspath, sys.argv[1:])
OPERATOR = "op1:s3cret"
ALICE, SENDER = "alice@contoso.com", "a.user-contoso.com@mail.example"
# What the drives hold; the PDFs of alice are what recipe 6 restores.
DRIVES = {
    ALICE: ["plan.pdf", "notes.docx", "Reports/2024/Year End.PDF", "Reports/2024/table.xlsx", "Reports/draft.pdf.txt",
            "Reports/Älter/Vertrag.pdf", "empty/.keep"],
    "bob@contoso.com": ["plan.pdf", "Pictures/harbour.jpg"],
    "carol@contoso.com": ["Minutes/may.pdf"],
}
PDFS = sorted(f"/{path}" for path in DRIVES[ALICE] if path.lower().endswith(".pdf"))


def make_drives(root):
    for owner, paths in DRIVES.items():
        for path in paths:
            file = root / owner / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{owner} {path}\n" * (1 + len(path) % 5))


def recipe(path, base, source, source_id="", code=0):
    env = {**os.environ, "DATATAP_BASE": base, "DATATAP_TENANT": TENANT, "DATATAP_KEY": KEY, "DATATAP_INDEX": INDEX, "DATATAP_SOURCE": source,
           "DATATAP_SOURCE_ID": source_id, "DATATAP_FROM": "2023-01-01T00:00:00Z", "DATATAP_TO": "2025-12-31T23:59:59Z"}
    # A recipe asks every ten seconds whether a job is done: here at once.
    quick = "import time, runpy, sys; time.sleep = lambda _: None; runpy.run_path(sys.argv[1])"
    run = subprocess.run([sys.executable, "-c", quick, str(path)], env=env, capture_output=True, text=True, timeout=120)
    assert run.returncode == code, (path.name, base, run.stderr)
    return run.stdout


class Service:
    """The stand-in, asked as no client of it could be."""

    def __init__(self, url):
        self.url = url

    def get(self, path, **params):
        answer = requests.get(f"{self.url}/api/{TENANT}{path}", params=params, headers={"X-API-Key": KEY}, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def jobs(self):
        return requests.get(f"{self.url}/_control/jobs", timeout=30).json()["jobs"]

    def admin(self):
        return requests.get(f"{self.url}/_control/admin", timeout=30).json()

    def location(self, kind):
        return next(one["Id"] for one in self.get("/locations") if one["Type"] == kind)

    def sources(self, kind, **params):
        return self.get(f"/discovery/{self.location(kind)}/users", PageSize=100, **params)["Sources"]

    def drive_of(self, owner):
        return next(one for one in self.sources("ONEDRIVE") if one["Email"] == owner)


def same(user):
    """A rule of a policy without the name of the owner, which recipe 6 makes up."""
    return user["item"]["id"], user["item"]["email"].lower(), user["item"]["type"], user["type"]


def published(service, gateway):
    """Each program prints the same through the gateway, and orders the same."""
    ran = {}
    for path in sorted(pathlib.Path(RECIPES).rglob("*.py")):
        source = ALICE if path.parent.name == "drives" else SENDER
        given = (source, service.drive_of(ALICE)["Id"])
        before = len(service.jobs())
        direct = recipe(path, service.url, *given)
        through = recipe(path, gateway, *given)
        assert direct == through, (path.name, direct, through)
        made = service.jobs()[before:]
        one, other = made[: len(made) // 2], made[len(made) // 2 :]
        assert [job["body"] for job in one] == [job["body"] for job in other], (path.name, made)
        ran[path.stem] = (through, other)
        print(f"{path.name}: the same through the gateway, {len(through.splitlines())} lines, {len(other)} jobs")
    assert len(ran) == 7, sorted(ran)
    return ran


def ordered(ran):
    """The jobs that the published programs made through the gateway, and what the restore brought back."""
    (tracked,) = ran["collect_and_track"][1]
    assert [task["state"] for task in tracked["tasks"]] == ["READY"], tracked
    (drive,) = ran["collect_drive"][1]
    assert drive["body"]["policy"]["$type"] == "onedrive-backup" and len(drive["tasks"]) == 1, drive
    (restore,) = ran["walk_pdfs_and_restore"][1]
    files = back(restore)
    assert [(owner, f"/{path}") for owner, path, _ in files] == [(ALICE, path) for path in PDFS], files
    assert f"{len(PDFS)} PDFs:" in ran["walk_pdfs_and_restore"][0], ran["walk_pdfs_and_restore"][0]
    print(f"the stand-in saw the restore job of recipe 6, which brought back {len(files)} files: {', '.join(path for _, path, _ in files)}")
    return drive, restore


def hidden(gateway):
    """What belongs to the operator is not there through the gateway, whose keys are those of tenants."""
    for key, expected in [(KEY, 404), (OPERATOR, 401)]:
        for method, path in [("POST", "/api/authentication/generateApiKey"), ("GET", "/api/auth/consent-url"), ("POST", "/api/config/tenants")]:
            status = requests.request(method, gateway + path, headers={"X-API-Key": key}, json={}, timeout=30).status_code
            assert status == expected, (method, path, key, status)
    print("administrative paths stay hidden through the gateway")


class Commands:
    """The commands of Postern, asked for the same as the recipes."""

    def __init__(self, service, data):
        self.service, self.data = service, data

    def run(self, *command, code=0, key=KEY, admin=None, service=True):
        place = ["--premium", self.service.url, *(["--tenant", TENANT] if admin is None else [])] if service else []
        env = {name: value for name, value in os.environ.items() if not name.startswith("POSTERN_")}
        env |= {"POSTERN_KEY": key} if admin is None else {"POSTERN_ADMIN_KEY": admin}
        run = subprocess.run([POSTERN, "--data", self.data, *command, *place], env=env, capture_output=True, text=True, timeout=120, cwd=WORK)
        assert run.returncode == code, (command, run.returncode, run.stdout, run.stderr)
        return run.stdout, run.stderr

    def last_job(self, *command, **more):
        """Runs a command twice: shown, which must order nothing, and done. The job that it made."""
        before = len(self.service.jobs())
        self.run(*command, **more)
        assert len(self.service.jobs()) == before, ("shown, and ordered all the same", command)
        self.run(*command, "--yes", "--every", "20ms", **more)
        made = self.service.jobs()[before:]
        assert len(made) == 1, (command, made)
        return made[0]


def as_commands(service, commands, drive):
    """Recipes 1, 2, 3 and 5, and schedules."""
    rows = list(csv.DictReader(io.StringIO(commands.run("sources", "--format", "csv")[0])))
    listed = lambda what: sorted((row["address"], row["name"], row["type"], row["id"]) for row in rows if row["what"] == what)
    expected = lambda sources: sorted((one["Email"], one["Name"], one["Type"], one["Id"]) for one in sources)
    mailboxes, drives = service.sources("EXCHANGE", **{"filter.type": "USERS_AND_SHAREDMAILBOXES"}), service.sources("ONEDRIVE")
    assert listed("mailbox") == expected(mailboxes) and listed("drive") == expected(drives), rows
    assert all(row["collected"] == "true" for row in rows), rows
    print(f"postern sources: the {len(mailboxes)} mailboxes of recipe 1 and the {len(drives)} drives of recipe 2")

    two = [one["Email"] for one in mailboxes[:2]]
    mail = commands.last_job("collect", "--mailbox", two[0], "--mailbox", two[1])["body"]
    assert mail["policy"]["$type"] == "exchange-backup" and [user["item"]["email"] for user in mail["policy"]["users"]] == two, mail
    flags = ["--name", "OneDrive collection — Alice", "--description", "Full drive collection", "--priority", "medium", "--owner", "me@contoso.com"]
    made = commands.last_job("collect", "--drive", ALICE.upper(), *flags)
    assert made["body"] == drive["body"], (made["body"], drive["body"])
    assert [task["state"] for task in made["tasks"]] == ["READY"], made
    print("postern collect: recipe 3, and the very body of recipe 5, followed to READY")

    for flags, schedule in [(["--daily", "02:00"], {"type": "DAILY", "executionTime": "02:00"}),
                            (["--weekly", "mon,thu@02:00"], {"type": "WEEKLY", "executionTime": "02:00", "daysOfWeek": ["Monday", "Thursday"]})]:
        made = commands.last_job("collect", *flags)
        assert made["body"]["schedule"] == schedule and made["tasks"] == [], made
    print("postern collect --daily, --weekly: the job waits for its time")


def back(job):
    """What a restore brought back: owner, path and size of each file."""
    (task,) = job["tasks"]
    assert task["state"] == "READY", job
    return sorted((file["owner"], file["path"].lstrip("/"), file["size"]) for file in task["restored"])


def found(commands):
    """Recipe 6: the PDF files of a drive."""
    commands.run("sync", "--quiet")
    query = f"kind:file ext:pdf mailbox:{ALICE}"
    out, _ = commands.run("search", "--format", "json", "--limit", "1000", query, service=False)
    hits = json.loads(out)["results"]
    paths = sorted("/" + f"{(hit['path'] or '').strip('/')}/{hit['name']}".lstrip("/") for hit in hits)
    assert paths == PDFS, (paths, PDFS)
    assert {(hit["kind"], hit["owner"]) for hit in hits} == {("file", ALICE)}, hits
    print(f"postern search '{query}': the {len(hits)} files of recipe 6")
    return query


def brought_back(commands, query, restore):
    """Recipe 6: the same files are brought back, by the very job of the recipe."""
    made = commands.last_job("restore", query)
    body, theirs = made["body"], restore["body"]
    assert {**body, "policy": None, "name": "", "description": "", "owner": ""} == {**theirs, "policy": None, "name": "", "description": "", "owner": ""}, body
    assert [same(user) for user in body["policy"]["users"]] == [same(user) for user in theirs["policy"]["users"]], body
    assert (body["policy"]["$type"], body["policy"]["extensions"]) == (theirs["policy"]["$type"], theirs["policy"]["extensions"]), body
    assert back(made) == back(restore), (back(made), back(restore))
    # One file cannot be restored alone: what comes back besides is said before.
    said, _ = commands.run("restore", f"kind:file filename:plan.pdf mailbox:{ALICE}")
    assert all(path.lstrip("/") in said for path in PDFS if path != "/plan.pdf"), said
    print(f"postern restore: the job of recipe 6, which brought back the same {len(back(made))} files")


def away(premium, gateway, ran):
    """With the service away, drives are still listed and walked; what orders something is not."""
    premium.kill()
    premium.wait()
    drives = pathlib.Path(RECIPES, "drives")
    assert recipe(drives / "discover_drives.py", gateway, ALICE) == ran["discover_drives"][0]
    walked = recipe(drives / "walk_pdfs_and_restore.py", gateway, ALICE, "any", code=1)
    online = ran["walk_pdfs_and_restore"][0].splitlines()[0]
    listed = lambda line: sorted(line.partition(": ")[2].strip("[]").split(", "))
    assert listed(walked.strip()) == listed(online), (walked, online)
    print("with the service away: recipe 2 and the walk of recipe 6 say the same, and the restore is refused")


def followed(service, commands):
    """What runs comes from monitoring, what ran from reporting, and one run can be followed."""
    rows = lambda *flags: list(csv.DictReader(io.StringIO(commands.run("jobs", "--format", "csv", *flags)[0])))
    drive = service.drive_of(ALICE)
    user = {"id": drive["Id"], "name": drive["Name"], "email": drive["Email"], "type": drive["Type"]}
    body = {"name": "slow", "type": "BACKUP", "schedule": {"type": "NOW"}, "sourceId": service.location("ONEDRIVE"),
            "destinationId": service.location("BLOB"), "policy": {"$type": "onedrive-backup", "users": [{"item": user, "type": "INCLUDE"}]}}
    headers = {"X-API-Key": KEY}

    def begin(faults):
        requests.post(f"{service.url}/_control", json={"tasks": faults}, timeout=30)
        job = requests.post(f"{service.url}/api/{TENANT}/jobs", json=body, headers=headers, timeout=30).json()["Id"]
        requests.post(f"{service.url}/api/{TENANT}/jobs/{job}/start", headers=headers, timeout=30).raise_for_status()
        return job

    stuck, good, bad = begin("stuck"), begin("ok"), begin("failed")
    requests.post(f"{service.url}/_control", json={"tasks": "ok"}, timeout=30)
    running = {row["job"] for row in rows("--running")}
    assert {stuck, good, bad} <= running, (running, stuck, good, bad)
    assert not {stuck, good, bad} & {row["job"] for row in rows("--finished")}
    commands.run("jobs", good, "--follow", "--every", "20ms")
    _, said = commands.run("jobs", bad, "--follow", "--every", "20ms", code=1)
    assert "FAILED" in said, said
    _, said = commands.run("jobs", stuck, "--follow", "--every", "20ms", "--wait", "200ms", code=1)
    assert "goes on at the service" in said, said
    states = {row["job"]: row["state"] for row in rows()}
    assert (states[good], states[bad], states[stuck]) == ("READY", "FAILED", "RUNNING"), states
    assert {row["type"] for row in rows("--kind", "restore")} == {"RESTORE"}
    print(f"postern jobs: {len(states)} runs listed, one followed to READY, one to FAILED, one that does not end")


def as_operator(service, commands):
    """Keys, consent and versions, with the operator's key alone."""
    issue = ["admin", "issue-key", "--tenant", TENANT, "--out", "issued.key"]
    consent = ["admin", "consent-url"]
    roll_out = ["admin", "rollout", "--tenant", TENANT, "--tag", "v2.2.0", "--digest", "sha256:" + "ab" * 32]
    before = service.admin()
    for command in (issue, consent, roll_out):
        commands.run(*command, admin=OPERATOR)
        for key, said in [(KEY, "no key of the operator"), ("some:body", "does not accept the key")]:
            _, error = commands.run(*command, "--yes", admin=key, code=1)
            assert said in error, (command, error)
    assert service.admin() == before, "shown or refused, and done all the same"
    out, _ = commands.run(*issue, "--yes", admin=OPERATOR)
    file = pathlib.Path(WORK, "issued.key")
    key = file.read_text().strip()
    assert file.stat().st_mode & 0o777 == 0o600 and key not in out, out
    commands.run("jobs", key=key)
    out, _ = commands.run(*consent, "--yes", admin=OPERATOR)
    asked = requests.get(f"{service.url}/api/auth/consent-url", headers={"X-API-Key": OPERATOR}, timeout=30).json()
    assert out.strip() == asked["ConsentUrl"], out
    commands.run(*roll_out, "--yes", admin=OPERATOR)
    after = service.admin()
    assert len(after["keys"]) == len(before["keys"]) + 1 and after["versions"][TENANT]["tag"] == "v2.2.0", after
    print("postern admin: a key issued that works, the address for consent, a version pinned; each refused for a key of the tenant")


def serve(upstream, data):
    config = pathlib.Path(WORK, "recipes.toml")
    config.write_text(f"""listen = "127.0.0.1:0"
[premium]
url = "{upstream}"
[[keys]]
name = "recipes"
sha256 = "{hashlib.sha256(KEY.encode()).hexdigest()}"
tenant = "{TENANT}"
""")
    config.chmod(0o600)
    front, line = start(POSTERN, "--data", data, "--config", str(config), "--quiet", "serve")
    return front, line.removeprefix("listening on ")


def main():
    work = pathlib.Path(WORK)
    work.mkdir(parents=True, exist_ok=True)
    make_drives(work / "drives")
    docs = work / "recipes.jsonl"
    with open(docs, "w") as out:
        subprocess.run([sys.executable, f"{PREMIUM}/eml2docs.py", MAIL], stdout=out, stderr=subprocess.DEVNULL, check=True)
    premium, url = stand_in(PREMIUM, str(docs), "--eml-root", MAIL, "--drive-root", str(work / "drives"), "--admin-key", OPERATOR)
    front = None
    try:
        service, data = Service(url), str(work / "recipes-data")
        front, gateway = serve(url, str(work / "recipes-served"))
        ran = published(service, gateway)
        drive, restore = ordered(ran)
        hidden(gateway)
        commands = Commands(service, data)
        as_commands(service, commands, drive)
        followed(service, commands)
        as_operator(service, commands)
        brought_back(commands, found(commands), restore)
        Commands(service, str(work / "recipes-served")).run("sync", "--quiet")
        away(premium, gateway, ran)
    finally:
        premium.kill()
        if front:
            front.kill()


main()
