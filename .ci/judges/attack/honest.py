"""The client that does nothing wrong, and the operator who looks: honest.py BASE SECRET TENANT INDEX FOUND_HERE FOUND_THERE

`/healthz` is asked every 100 ms, and an honest client searches: in turns the local index and premium. Both
until standard input ends; then the seconds of every answer and the first faults are printed as JSON.
It is a process of its own, so that the attack does not slow it down from within.
"""

import http.client
import json
import sys
import threading
import time

WITHIN = 2.0  # seconds that an answer may take
PATIENCE = 10.0  # and then it is not waited for


def asked(base, path, secret, fresh):
    """One request: what came, and the connection for the next one."""
    connection = fresh or http.client.HTTPConnection(base.removeprefix("http://"), timeout=PATIENCE)
    connection.request("GET", path, headers={"X-API-Key": secret} if secret else {})
    response = connection.getresponse()
    return response, response.read(), connection


def healthz(_number, response, _body):
    return "" if response.status == 200 else f"status {response.status}"


def searcher(found_here, found_there):
    """Looks at the answers of the honest client: status, count and label."""

    def wrong(number, response, body):
        if response.status != 200:
            return f"status {response.status}: {body[:120]!r}"
        value = json.loads(body)
        local = number % 2 == 0
        count = value["count"]["value"] if local else value["Count"]
        by = response.getheader("Postern-Served-By")
        expected = (found_here, "local") if local else (found_there, "premium")
        return "" if (count, by) == expected else f"{(count, by)} instead of {expected}"

    return wrong


def watch(base, paths, secret, every, wrong, ended):
    """Asks until `ended`: the seconds of each answer, and what was wrong with some."""
    seconds, faults, number, kept = [], [], 0, None
    while not ended.is_set():
        began = time.monotonic()
        try:
            # Every fourth request comes over a connection of its own, as a new client does.
            response, body, kept = asked(base, paths[number % len(paths)], secret, kept if number % 4 else None)
            fault = wrong(number, response, body)
        except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
            fault, kept = f"{type(error).__name__} {error}", None
        took = time.monotonic() - began
        if took > WITHIN:
            fault = fault or "late"
        seconds.append(took)
        if fault:
            faults.append(f"{paths[number % len(paths)]}: {fault} after {took:.2f} s")
        number += 1
        ended.wait(max(0.0, every - took))
    return seconds, faults


def main(base, secret, tenant, index, found_here, found_there):
    ended, told = threading.Event(), {}
    searches = ["/v1/search?q=invoice+overdue&engine=local", f"/api/{tenant}/indexes/{index}/documents?query=invoice"]
    judge = searcher(int(found_here), int(found_there))
    plan = {"healthz": (["/healthz"], None, 0.1, healthz), "client": (searches, secret, 0.15, judge)}

    def follow(name):
        paths, key, every, wrong = plan[name]
        seconds, faults = watch(base, paths, key, every, wrong, ended)
        told[name] = {"seconds": seconds, "faults": faults[:5], "wrong": len(faults)}

    threads = [threading.Thread(target=follow, args=[name]) for name in plan]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    ended.set()
    for thread in threads:
        thread.join()
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
