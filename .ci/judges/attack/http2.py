"""Frames of HTTP/2 by hand: a connection that begins, streams that never end, windows that stay shut."""

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS, PING = 0, 1, 4, 6
END_STREAM, END_HEADERS = 1, 4
WINDOW = 4  # the setting of how much a stream may be sent


def frame(kind, payload=b"", flags=0, stream=0):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def header(name, value):
    """A literal header without an index; no text here is longer than 126 bytes."""
    return b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


def block(method, path, key):
    fields = [(":method", method), (":scheme", "http"), (":path", path), (":authority", "127.0.0.1"), ("x-api-key", key.secret)]
    if method == "POST":
        fields.append(("content-type", "application/json"))
    return b"".join(header(name, value) for name, value in fields)


def begin(window=65535):
    return PREFACE + frame(SETTINGS, WINDOW.to_bytes(2, "big") + window.to_bytes(4, "big")) + frame(SETTINGS, flags=1)


def bodies(path, key, streams):
    """Streams whose bodies begin and never end."""
    numbers = range(1, 2 * streams, 2)
    return begin() + b"".join(frame(HEADERS, block("POST", path, key), END_HEADERS, n) + frame(DATA, b'{"q":', 0, n) for n in numbers)


def half_headers(path, key):
    return begin() + frame(HEADERS, block("GET", path, key)[:40], 0, 1)


def shut(path, key):
    """An answer is asked for, and nothing of it may be sent."""
    return begin(0) + frame(HEADERS, block("GET", path, key), END_HEADERS | END_STREAM, 1)


STAYS = frame(PING, b"attacker")  # what tells the other side that somebody is there
