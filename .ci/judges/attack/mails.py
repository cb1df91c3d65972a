"""Hostile mails: each is one blow at whatever reads, shows, lists or exports it."""

import base64
import io
import random
import zipfile

from words import DAY

MEGABYTE = 1 << 20
SCRIPTS = [
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<template><script>alert(1)</script></template>",
    '<a href="jav&#x09;ascript:alert(1)">a</a><a href="&#106;avascript&colon;alert(1)">b</a><a href=" \x01javascript:alert(1)">c</a>',
    '<a href="data:text/html,<script>alert(1)</script>">d</a><a href="vbscript:x">e</a>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<object data="javascript:alert(1)"></object><embed src="javascript:alert(1)">',
    '<form action="//evil.example"><button formaction="javascript:alert(1)">',
    "<isindex action=javascript:alert(1)><input autofocus onfocus=alert(1)>",
    "<xmp><script>alert(1)</script></xmp><plaintext><script>",
    '<p style="background:url(//evil.example/x)" onmouseover="alert(1)">s</p>',
    '<table background="//evil.example/t"><td background=//evil.example/d>',
    "<video poster=//evil.example/p><source src=//evil.example/v onerror=alert(1)></video>",
    '<img srcset="//evil.example/1 1x" lowsrc=//evil.example/2>',
    '<select><template><style><a title="</style><img src onerror=alert(1)>">',
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<![CDATA[><script>alert(1)</script>]]><!--><script>alert(1)</script>-->",
    "<a\x0bhref=x\x0conclick=alert(1)>",
    "<body/onload=alert(1)><html onclick=alert(1)>",
]
SHEETS = (
    '<style>@import "//evil.example/a.css"; *{background:url(//evil.example/b)}</style><link rel=stylesheet href=//evil.example/c.css>'
    '<meta http-equiv=refresh content="0;url=//evil.example"><base href="//evil.example/">'
)
FRAMES = (
    '<frameset onload=alert(1)><frame src="//evil.example"></frameset><marquee onstart=alert(1)>x</marquee><details open ontoggle=alert(1)>'
)


def mail(name, body, kind="text/html; charset=utf-8", head=b""):
    """A message of a body as it is."""
    body = body.encode("utf-8", "surrogateescape") if isinstance(body, str) else body
    lines = [f"Message-ID: <{name.replace(' ', '-')}@hostile.example>", f"Date: {DAY}", f"Content-Type: {kind}", "MIME-Version: 1.0"]
    if b"From:" not in head:
        lines.append("From: Mallory <m@hostile.example>")
    if b"Subject:" not in head:
        lines.append(f"Subject: hostile {name}")
    return "\r\n".join(lines).encode() + b"\r\n" + head + b"\r\n" + body


def html_mail(name, markup):
    return mail(name, f"<html><body>{markup} harbour</body></html>")


def nested(tag, size):
    return f"<{tag}>" * (size // (len(tag) + 2)) + "deep"


def parts(name, count, part=b"Content-Type: text/plain\r\n\r\nx\r\n"):
    body = b"".join(b"--b\r\n" + part for _ in range(count)) + b"--b--\r\n"
    return mail(name, body, "multipart/mixed; boundary=b")


def multiparts(name, depth):
    body = b"".join(b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1) for n in range(depth))
    return mail(name, body + b"--b%d\r\n\r\ndeep\r\n" % depth, "multipart/mixed; boundary=b0")


def messages(name, depth):
    return mail(name, b"Content-Type: message/rfc822\r\nSubject: inner\r\n\r\n" * depth + b"Subject: end\r\n\r\nend", "message/rfc822")


def attached(name, file, data, kind="application/octet-stream", text="see the file"):
    content = base64.encodebytes(data)
    disposition = file.encode("utf-8", "surrogateescape")
    return mail(
        name,
        b"--b\r\nContent-Type: text/plain\r\n\r\n%s\r\n--b\r\nContent-Type: %s\r\nContent-Transfer-Encoding: base64\r\n"
        b'Content-Disposition: attachment; filename="%s"\r\n\r\n%s\r\n--b--\r\n' % (text.encode(), kind.encode(), disposition, content),
        "multipart/mixed; boundary=b",
    )


def bomb(size):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"{number}.txt", b"\0" * size)
        archive.writestr("../../../etc/evil.txt", b"out")
    return out.getvalue()


def header(name, text):
    return mail(name, "plain", "text/plain", text.encode() + b"\r\n")


def addresses(count):
    return ",\r\n ".join(f'"N {n}" <r{n}@d{n}.example>' for n in range(count))


def in_words(seed, size):
    dice = random.Random(seed)
    return "".join(chr(dice.choice([0x202E, 0x2066, 0x200B, 0x41, 0x5D0, 0x627, 0x4E00, 0x1F600])) for _ in range(size))


def trees(size):
    """Markup that grows in whoever builds a tree of it."""
    return {
        "nested div": html_mail("nested div", nested("div", size)),
        "nested lists": html_mail("nested lists", nested("ul><li", size)),
        "nested tables": html_mail("nested tables", nested("table><tr><td", size)),
        "b and p": html_mail("b and p", "<b><p>" * (size // 6)),
        "formatting": html_mail("formatting", "".join(f"<font color=c{n}><i><u>" for n in range(size // 24)) + "<p>" * (size // 12)),
        "anchors": html_mail("anchors", "<a href=x><p><a href=y>" * (size // 24)),
        "blockquotes": html_mail("blockquotes", nested("blockquote", size)),
        "ends without beginnings": html_mail("ends without beginnings", "</p></br></b></table>" * (size // 21)),
        "text in tables": html_mail("text in tables", "<table>x" * (size // 8)),
        "select and template": html_mail("select and template", "<select><template>" * (size // 18)),
        "svg and math": html_mail("svg and math", "<svg><math><foreignObject><mtext>" * (size // 33)),
        "attributes": html_mail("attributes", "<p " + " ".join(f"a{n}=1" for n in range(100_000)) + ">x</p>"),
        "same attributes": html_mail("same attributes", "<p " + "class=a " * 100_000 + ">x</p>"),
        "a tag that never ends": html_mail("a tag that never ends", '<a href="' + "x" * size),
        "entities": html_mail("entities", "&amp;&#x41;&nosuch;&" * (size // 20)),
        "less than": html_mail("less than", "<" * size),
        "comments": html_mail("comments", "<!--" * (size // 4)),
        "many short tags": html_mail("many short tags", "<br>" * MEGABYTE),
    }


def hostile(size=488_000, many=100_000):
    """All of them by name."""
    subject = "harbour " * (MEGABYTE // 8)
    return {
        **trees(size),
        "scripts": html_mail("scripts", "".join(SCRIPTS)),
        "each script": mail(
            "each script",
            b"".join(b"--b\r\nContent-Type: text/html\r\n\r\n" + s.encode() + b"\r\n" for s in SCRIPTS) + b"--b--",
            "multipart/mixed; boundary=b",
        ),
        "style sheets": html_mail("style sheets", SHEETS + FRAMES),
        "UTF-7": mail("UTF-7", "+ADw-script+AD4-alert(1)+ADw-/script+AD4-", "text/html; charset=utf-7"),
        "UTF-16": mail("UTF-16", "<script>alert(1)</script>".encode("utf-16"), "text/html; charset=utf-16"),
        "ISO-2022-JP": mail(
            "ISO-2022-JP",
            b'\x1b$B<script>\x1b(Balert(1)</script><img alt="\x1b$B"\x1b(B onerror=alert(1) src=x>',
            "text/html; charset=iso-2022-jp",
        ),
        "a charset that is none": mail("a charset that is none", bytes(range(256)) * 200, 'text/html; charset="\'></script><script>"'),
        "a subject of 1 MB": header("a subject of 1 MB", "Subject: " + subject),
        "a subject in 50,000 words": header("a subject in 50,000 words", "Subject: " + "=?utf-8?q?h=C3=A4?=\r\n " * 50_000),
        "recipients": header("recipients", "To: " + addresses(many)),
        "one long recipient": header("one long recipient", "To: " + "<" * 300_000 + "a@b" + ">" * 300_000),
        "headers": header("headers", "\r\n".join(f"X-{n}: {n}" for n in range(many))),
        "references": header("references", "References: " + "\r\n ".join(f"<{n}@r.example>" for n in range(many))),
        "names to the left": header(
            "names to the left", f'From: "{in_words(1, 2000)}" <m@hostile.example>\r\nSubject: {in_words(2, 20000)}'
        ),
        "parts": parts("parts", many),
        "attachments": parts(
            "attachments",
            20_000,
            b'Content-Type: text/html; name="a.html"\r\nContent-Disposition: attachment; filename="a.html"\r\n\r\n<script>\r\n',
        ),
        "multiparts": multiparts("multiparts", 20_000),
        "messages in messages": messages("messages in messages", 5_000),
        "a word of 4 MB": mail("a word of 4 MB", "w" * (4 * MEGABYTE), "text/plain"),
        "a word of marks": mail("a word of marks", "a" + "\u0301" * MEGABYTE, "text/plain; charset=utf-8"),
        "base64 of 8 MB": attached("base64 of 8 MB", "big.bin", b"\0" * (8 * MEGABYTE)),
        "a zip that grows": attached("a zip that grows", "bomb.zip", bomb(30 * MEGABYTE), "application/zip"),
        "a file name that leads away": attached(
            "a file name that leads away", "../../\u202egpj.exe\\\r\n\tX: y", b"<script>alert(1)</script>", "text/html"
        ),
        "quoted-printable": mail(
            "quoted-printable", b"=3D" * 300_000 + b"=\r\n" * 100_000, "text/html\r\nContent-Transfer-Encoding: quoted-printable"
        ),
        "a long body": mail("a long body", "harbour crane invoice\r\n" * 300_000, "text/plain"),
    }
