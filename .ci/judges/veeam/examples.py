"""Every example of the three published pages, made by a command of ours in the old and in the new form.

The stand-in knows the ids and the credentials of the pages (`--examples`). What it was asked and what it did is compared
with what the pages print: the path, the names of the body's members, and their values, of which secrets come as `***`.
"""

import base64
import hashlib
import json
import pathlib
import shutil
import urllib.parse
import zipfile

from scene import check, tell
from stand_in import Server
from sync import no_session_open, sync

PASSWORD, ADMIN, CERTIFICATE = "paSSw0rd", "12345678", "xxx"
SMITH = {"POSTERN_RESTORE_USER": "jsmith@westsupport.onmicrosoft.com", "POSTERN_RESTORE_PASSWORD": PASSWORD}
JOHNES = {"POSTERN_RESTORE_USER": "djohnes@westsupport.onmicrosoft.com", "POSTERN_RESTORE_PASSWORD": PASSWORD}
APPLICATION = "5d4f2f42-5a5c-4c0e-9c3a-0c2a34f1a111"
SECRET = "***"
MAILBOX = "a.user@contoso.com"
SENDING = {"from": "j_smith@bestsupport.onmicrosoft.com", "to": "r.clark@bestsupport.onmicrosoft.com", "subject": "Support Tickets",
           "text": "Please find attached the files you requested"}


def judge(scene):
    scene.secrets |= {"password of the restores": PASSWORD, "password of the administrator": ADMIN, "body of the certificate": body_of(certificate(scene)),
                      "key of the gateway": "key-that-may-act"}
    failed = []
    for page, versions in ((mail_items, ("v4", "v8")), (over_http, ("v4", "v8")), (documents, ("v4", "v8")), (retrievals, ("v6", "v8"))):
        for version in versions:
            try:
                page(scene, version)
            except Exception as problem:
                failed.append(f"{page.__name__} {version}")
                tell(f"{failed[-1]}: FAILED: {type(problem).__name__}: {str(problem)[:1500]}")
    check(not failed, "failed", failed)


def certificate(scene):
    """Something that looks like a PKCS#12 file; the stand-in looks at its password only."""
    path = scene.work / "application.pfx"
    if not path.exists():
        path.write_bytes(bytes(range(48, 112)) * 12)
        path.chmod(0o600)
    return path


def body_of(path):
    return base64.b64encode(path.read_bytes()).decode()


def drives(scene):
    """Two OneDrives. The published documents lie in the first."""
    root = scene.work / "drives"
    shutil.rmtree(root, ignore_errors=True)
    for name, text in (("a.user@contoso.com/Pictures/Content.jpg", "one"), ("a.user@contoso.com/Pictures/nice_bakuretsu.png", "two"),
                       ("a.user@contoso.com/Pictures/nice_bakuretsu.png.~1~", "older"), ("a.user@contoso.com/Reports/q3.txt", "three"), ("b.user@contoso.com/pictures/old.txt", "four")):
        path = pathlib.Path(root, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text * 100)
    return root


def one_of(server, mark, verb, family):
    """The one action, and the one request of it, since then."""
    actions = [one for one in server.actions(mark[1]) if one["verb"] == verb]
    check(len(actions) == 1, f"{verb}: one action was expected", actions)
    asked = [one for one in server.log(mark[0]) if one["family"] == family and one["method"] == "POST" and urllib.parse.unquote(one["path"]).strip("/").lower().endswith(actions[0]["path"].lower())]
    check(len(asked) == 1, f"{verb}: one request was expected", asked)
    return actions[0], asked[0]


def same_arguments(published, action):
    """Names as the pages write them, in whatever capitals: their own differ."""
    ours = {name.lower(): value for name, value in (action["arguments"] or {}).items() if value is not None}
    check(ours == {name.lower(): value for name, value in published.items()}, f"{action['verb']}: other arguments than published", ours, published)


def ends(path, *tails):
    check(path.rstrip("/").lower().endswith(tuple(tail.lower() for tail in tails)), "another path than published", path, tails)


def mail_items(scene, version):
    old, made = version == "v4", []
    with Server(scene.veeam, scene.mail, "--examples", "--application", APPLICATION) as server:
        data = scene.data(f"examples-{version}")
        config = scene.config(f"examples-{version}", server, data, version)
        sync(scene, config, expect=0)
        item = subject(scene, config)

        def act(*command, env=None, expect=0):
            mark = server.mark()
            done = scene.run(config, *command, env=scene.environment(**(env or {})))
            check(done.code in (expect if isinstance(expect, tuple) else (expect,)), command, done)
            return mark, done

        # 1: a PST by keyword; for a single item up to v5 only, from v6 on for its mailbox or folder.
        pst = scene.work / f"support-{version}.pst"
        if old:
            mark, _ = act("export", item, "--format", "pst", "--keywords", "support", "--out", pst, "--yes")
            action, _ = one_of(server, mark, "exportToPst", "save")
            ends(action["path"], "/Action")
            check("/items/" in action["path"].lower(), "an item was expected", action["path"])
            same_arguments({"contentKeywords": "support", "enablePstSizeLimit": False}, action)
        else:
            mark, done = act("export", item, "--format", "pst", "--keywords", "support", "--out", pst, "--yes", expect=(1, 2))
            check("mailbox" in done.err and "folder" in done.err, "what can be had instead is offered", done)
            check(not server.done(mark[1]), "nothing was done")
            mark, _ = act("export", f"mailbox:{MAILBOX}", "--format", "pst", "--keywords", "support", "--out", pst, "--yes")
            action, _ = one_of(server, mark, "exportToPst", "save")
            ends(action["path"], "/exportToPst")
            same_arguments({"contentKeyword": "support", "enablePstSizeLimit": False}, action)
        check(pst.read_bytes()[:4] == b"!BDN", "the file is a PST")
        made.append("export")
        # The size limit of the table.
        mark, _ = act("export", item, "--format", "pst", "--pst-size-limit", "1G", "--out", scene.work / f"limited-{version}.pst", "--yes")
        action, _ = one_of(server, mark, "exportToPst", "save")
        same_arguments({"enablePstSizeLimit": True, "pstSizeLimitBytes": 1024 ** 3}, {**action, "arguments": {k: v for k, v in action["arguments"].items() if k.lower() != "items"}})
        # 2: as MSG.
        saves = [one for one in server.actions() if one["verb"] == "save"]
        check(saves, "items were saved as MSG")
        ends(saves[0]["path"], "/Action" if old else "/save")
        made.append("save")
        # 3: to the same mailbox, by each of the three ways to log on.
        for name, env, more, arguments in (
                ("password", SMITH, [], {"userName": SMITH["POSTERN_RESTORE_USER"], "userPassword": SECRET}),
                ("device code", {"POSTERN_RESTORE_APPLICATION_ID": APPLICATION}, ["--device-code"], {"userCode": SECRET}),
                ("certificate", {"POSTERN_RESTORE_APPLICATION_ID": APPLICATION, "POSTERN_RESTORE_CERTIFICATE_FILE": str(certificate(scene)), "POSTERN_RESTORE_CERTIFICATE_PASSWORD": CERTIFICATE},
                 [] if old else ["--impersonate", "jsmith@westsupport.onmicrosoft.com"],
                 {"applicationId": APPLICATION, "applicationCertificate": SECRET, "applicationCertificatePassword": SECRET} | ({} if old else {"impersonationAccountName": "jsmith@westsupport.onmicrosoft.com"}))):
            mark, _ = act("restore", item, "--yes", "--again", *more, env=env)
            action, asked = one_of(server, mark, "restoreToOriginalLocation", "actions")
            ends(asked["path"], "/Action" if old else "/restore")
            same_arguments(arguments, action)
            check(action["credentialsRight"] and len(action["items"]) == 1, "the credentials are right", action)
            made.append(f"restore by {name}")
        # 4: to another mailbox.
        mark, _ = act("restore", item, "--to", "djohnes@westsupport.onmicrosoft.com", "--yes", "--again", env=JOHNES)
        action, asked = one_of(server, mark, "restoreTo", "actions")
        ends(asked["path"], "/Action" if old else "/restoreTo")
        same_arguments({"mailbox": "djohnes@westsupport.onmicrosoft.com", "userName": JOHNES["POSTERN_RESTORE_USER"], "userPassword": SECRET}, action)
        made.append("restore to another")
        # 5 and 6: sent, to the same mailbox and to another address.
        mark, _ = act("send", item, "--yes", "--again")
        action, asked = one_of(server, mark, "sendToDefaultAddress", "actions")
        ends(asked["path"], "/Action" if old else "/sendToDefaultAddress")
        same_arguments({}, action)
        mark, _ = act("send", item, *(word for name, value in SENDING.items() for word in (f"--{name}", value)), "--yes", "--again")
        action, asked = one_of(server, mark, "sendToDifferentAddress", "actions")
        ends(asked["path"], "/Action" if old else "/sendToDifferentAddress")
        same_arguments(SENDING, action)
        made += ["send", "send to another"]
        # Without --yes nothing is done.
        for command in (["restore", item], ["send", item], ["send", item, "--to", SENDING["to"], "--from", SENDING["from"]]):
            mark, done = act(*command, env=SMITH)
            check(not server.done(mark[1]) and "--yes" in done.out + done.err, "shown, and nothing was done", command, done)
        no_session_open(server)
    tell(f"{version}: {', '.join(made)}: as published")


def over_http(scene, version):
    """The same for keys with `actions`: shown first, done when confirmed, refused to a key without them and for other items."""
    keys = "".join(f'[[keys]]\nname = "{name}"\nsha256 = "{hashlib.sha256(key.encode()).hexdigest()}"\ntenant = "contoso"\n{more}\n' for name, key, more in (
        ("may", "key-that-may-act", 'actions = ["restore", "send", "export-pst"]'), ("reads", "key-that-reads", ""),
        ("one", "key-of-one-mailbox", f'actions = ["restore", "send"]\nmailboxes = ["{MAILBOX}"]')))
    with Server(scene.veeam, scene.mail, "--examples") as server:
        config = scene.config(f"http-{version}", server, scene.data(f"http-{version}"), version, top=keys)
        scene.run(scene.config(f"http-{version}-sync", server, scene.work / "data" / f"http-{version}", version), "sync", "--quiet", expect=0)
        with scene.gateway(config, env=scene.environment(**SMITH)) as front:
            def post(verb, key, **body):
                code, data = front.ask("POST", f"/v1/actions/{verb}", body, {"X-API-Key": key})
                return code, json.loads(data) if data[:1] == b"{" else data

            query = 'mailbox:c.o-brien@contoso.com in:"Projects/Harbour"'
            mark = server.mark()
            code, answer = post("restore", "key-that-reads", q=query)
            check(code == 403 and answer["code"] == "forbidden", "a key without actions", code, answer)
            code, answer = post("restore", "key-that-may-act", q=query)
            check(code == 200 and answer["plan"]["count"] == 7 and not server.done(mark[1]), "shown, and not done", code, answer)
            plan = answer["plan"]["id"]
            code, answer = post("restore", "key-that-may-act", q="mailbox:c.o-brien@contoso.com in:inbox", confirm=plan)
            check(code == 409 and answer["code"] == "other_plan" and not server.done(mark[1]), "a plan of other items", code, answer)
            code, answer = post("restore", "key-that-may-act", q=query, confirm=plan)
            check(code == 200 and [one["outcome"] for one in answer["results"]] == ["done"] * 7, "carried out", code, answer)
            check(len(server.done(mark[1])) == 7, "one request an item", len(server.done(mark[1])))
            code, answer = post("restore", "key-that-may-act", q=query, confirm=plan)
            check(len(server.done(mark[1])) == 7, "confirmed twice, done once", code, answer)
            # A keyword is what it is on the command line.
            mark, asked = server.mark(), {"q": f"mailbox:{MAILBOX}", "keywords": "support"}
            code, answer = post("export-pst", "key-that-may-act", **asked)
            check(code == 200 and answer["plan"]["count"] == 1 and not server.done(mark[1]), "a keyword is shown first", code, answer)
            code, pst = post("export-pst", "key-that-may-act", **asked, confirm=answer["plan"]["id"])
            check(code == 200 and pst[:4] == b"!BDN", "the answer is a PST", code, pst[:100])
            action, _ = one_of(server, mark, "exportToPst", "save")
            same_arguments({"contentKeywords" if version == "v4" else "contentKeyword": "support", "enablePstSizeLimit": False}, action)
            code, answer = post("restore", "key-that-may-act", q=query, limit=3)
            check(code == 400 and answer["code"] == "too_many_items", "more than the limit", code, answer)
            code, answer = post("send", "key-of-one-mailbox", q=f"mailbox:{MAILBOX} in:inbox", **SENDING)
            check(code in (400, 403), "a limited key sends to no other address", code, answer)
            code, answer = post("restore", "key-of-one-mailbox", q=query)
            check(code != 200 or answer["plan"]["count"] == 0, "a limited key acts on its own mailboxes", code, answer)
            code, answer = post("restore", "key-of-one-mailbox", q=f"mailbox:{MAILBOX} in:inbox", to="b.user@contoso.com")
            check(code in (400, 403), "a limited key restores into no other mailbox", code, answer)
        no_session_open(server)
    tell(f"{version}: over HTTP: shown, refused to other keys and for other items, done once when confirmed")


def subject(scene, config):
    """A query that finds one message of the mailbox of the examples."""
    found = scene.run(config, "search", "--format", "json", "--limit", "100", f"mailbox:{MAILBOX}", expect=0).json()["results"]
    for one in found:
        query = f'mailbox:{MAILBOX} id:"{one.get("internetMessageId", "").strip("<>")}"' if one.get("internetMessageId") else f'mailbox:{MAILBOX} subject:"{one["subject"]}"'
        if len(scene.run(config, "search", "--format", "ids", query, expect=0).out.split()) == 1:
            return query
    raise AssertionError("no query finds one message")


def documents(scene, version):
    old, made = version == "v4", []
    owner, files = "a.user@contoso.com", ["Pictures/Content.jpg", "Pictures/nice_bakuretsu.png"]
    admin = {"POSTERN_RESTORE_USER": "admin", "POSTERN_RESTORE_PASSWORD": ADMIN}
    with Server(scene.veeam, scene.mail, "--examples", drive=drives(scene)) as server:
        config = scene.config(f"documents-{version}", server, scene.data(f"documents-{version}"), version)
        listed = scene.run(config, "files", "list", owner, expect=0)
        check("Pictures" in listed.out and "Reports" in listed.out, "the folders are listed", listed)
        check("nice_bakuretsu.png" in scene.run(config, "files", "list", owner, "Pictures", expect=0).out, "the documents of a folder are listed")

        def act(verb, *more, env=None):
            mark = server.mark()
            done = scene.run(config, "files", verb, owner, *files, *more, env=scene.environment(**(env or {})))
            check(done.code == 0, "files", verb, more, done)
            return mark

        for verb, name, tail, more, env, arguments in (
                ("send", "sendTo", "/send", ["--from", "fromUser@example.com", "--to", "toUser@example.com", "--subject", "Send document", "--text", "Hello. It’s your document!", "--yes"], {},
                 {"from": "fromUser@example.com", "to": "toUser@example.com", "subject": "Send document", "text": "Hello. It’s your document!"}),
                ("save", "save", "/save", ["--out", scene.work / f"documents-{version}.zip"], {}, {}),
                ("restore", "restoreToOriginalLocation", "/restore", ["--document-version", "last", "--existing", "keep", "--together", "--yes"], admin,
                 {"userName": "admin", "userPassword": SECRET, "documentVersion": "last", "documentAction": "keep"}),
                ("copy", "copyTo", "/copyTo", ["--to", "b.user@contoso.com", "--folder", "pictures", "--document-version", "all", "--together", "--yes"], admin,
                 {"userName": "admin", "userPassword": SECRET, "documentVersion": "all", "folder": "pictures"})):
            mark = act(verb, *more, env=env)
            action, asked = one_of(server, mark, name, "save" if verb == "save" else "actions")
            ends(asked["path"], "/Documents/Action" if old else f"/Documents{tail}")
            check(len(action["items"]) == 2, f"{verb}: both documents", action["items"])
            given = dict(action["arguments"])
            drive = next((given.pop(key) for key in list(given) if key.lower() == "onedrive"), None)
            same_arguments(arguments, {**action, "arguments": given})
            check((drive is not None and drive.get("id")) if verb == "copy" else drive is None, "the drive of a copy", drive)
            made.append(verb)
        with zipfile.ZipFile(scene.work / f"documents-{version}.zip") as packed:
            check(sorted(pathlib.Path(name).name for name in packed.namelist()) == sorted(pathlib.Path(name).name for name in files), "the documents are in the zip", packed.namelist())
        no_session_open(server)
    tell(f"{version}: documents: {', '.join(made)}: as published")


def retrievals(scene, version):
    """Published sessions of retrievals: all, and those of one job; what `progress` counts is shown as a count."""
    with Server(scene.veeam, scene.mail, "--examples") as server:
        config = scene.config(f"retrievals-{version}", server, scene.data(f"retrievals-{version}"), version)
        sync(scene, config, expect=0)
        mark = server.mark()
        shown = scene.run(config, "status", "--format", "json", expect=0)
        said = scene.run(config, "status", expect=0)
        asked = [one for one in server.log(mark[0]) if one["path"].lower() == f"/{version}/dataretrievalsessions"]
        check(asked and all(one["method"] == "GET" and not one["ignoredParameters"] for one in asked), "the published request", asked)
        for text in ("Teams data retrieval", "OneDrive data retrieval", "SharePoint data retrieval", "Exchange data retrieval"):
            check(text in shown.out, f"status does not show `{text}`", shown)
        check("Failed" in shown.out and "%" not in "\n".join(line for line in said.out.splitlines() if "retrieval" in line.lower()), "progress is a count, not a percentage", said)
    tell(f"{version}: sessions of retrievals: as published")
