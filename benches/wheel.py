"""What a call costs from Python, and what threads bring: wheel.py RUST_NANOSECONDS

The floor is the same work in Rust, as `cargo run --release --example call -p postern-query` measures it on this machine.
"""

import statistics
import sys
import threading
import time

import postern

QUERIES = [
    "invoice AND overdue",
    "from:a.user@contoso.com has:attachment received>=2024-01-01T00:00:00Z received<=2024-03-31T23:59:59Z",
    "to:b.user@contoso.com sort:newest",
    "thread:AAQk= sort:oldest",
    "filename:contract.pdf",
]
# What a program that writes queries sends: a list of 40 people and words beside a period.
LONG = "date:2024 (" + " OR ".join(f"from:person{number}@contoso.com subject:term{number}" for number in range(40)) + ")"


def translate(texts, rounds):
    for _ in range(rounds):
        for text in texts:
            postern.translate(text, target="elasticsearch" if text is LONG else "datatap", today="2024-05-22T12:00:00Z")


def each(texts, rounds=2_000):
    began = time.perf_counter()
    translate(texts, rounds)
    return (time.perf_counter() - began) / rounds / len(texts)


def at_once(threads, texts, rounds):
    """Translations a second of so many threads together."""
    workers = [threading.Thread(target=translate, args=(texts, rounds)) for _ in range(threads)]
    began = time.perf_counter()
    [worker.start() for worker in workers]
    [worker.join() for worker in workers]
    return threads * rounds * len(texts) / (time.perf_counter() - began)


def usual(measure, times=5):
    return statistics.median(measure() for _ in range(times))


if __name__ == "__main__":
    translate(QUERIES, 200)
    call = usual(lambda: each(QUERIES))
    print(f"a call: {call * 1e6:.2f} µs for one of the five documented uses")
    if len(sys.argv) > 1:
        print(f"in Rust: {float(sys.argv[1]) / 1e3:.2f} µs; beside it {call * 1e6 - float(sys.argv[1]) / 1e3:.2f} µs")
    for name, texts, rounds in [("documented uses", QUERIES, 2_000), ("a long query", [LONG], 100)]:
        one = usual(lambda: at_once(1, texts, rounds))
        for threads in (2, 8):
            many = usual(lambda: at_once(threads, texts, rounds // threads * 2))
            print(f"{name}: {threads} threads {many / one:.2f} times as much as one ({one:,.0f} a second)")
