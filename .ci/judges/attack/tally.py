"""What was tried and what failed, one line for each class."""

import re
import time


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


class Tally:
    """Faults of the whole run, and the latencies of everybody who watched."""

    def __init__(self):
        self.faults, self.name, self.tried, self.worst = {}, "", 0, {}
        self.seconds = {"healthz": [], "client": []}
        self.all_seconds = {"healthz": [], "client": []}

    def begin(self, name):
        self.name, self.tried, self.worst, self.began = name, 0, {}, time.monotonic()
        self.seconds = {"healthz": [], "client": []}
        self.faults.setdefault(name, [])

    def fault(self, text):
        self.faults[self.name].append(text)

    def check(self, holds, text):
        """Counts one thing that was tried, and its fault."""
        self.tried += 1
        if not holds:
            self.fault(text)
        return holds

    def most(self, what, value, of):
        """Keeps the worst of a kind, and whose it was."""
        if value > self.worst.get(what, (0.0, ""))[0]:
            self.worst[what] = (value, of)

    def watched(self, told):
        for name, part in told.items():
            self.seconds[name] += part["seconds"]
            self.all_seconds[name] += part["seconds"]
            if part["wrong"]:
                self.fault(f"the watcher {name}: {part['wrong']} of {len(part['seconds'])} answers wrong: {'; '.join(part['faults'][:2])}")

    def end(self):
        """Prints the line of the class."""
        worst = [f"{what} {value:.2f} ({of})" for what, (value, of) in self.worst.items()]
        late = [latency(name, values) for name, values in self.seconds.items() if values]
        faults = self.faults[self.name]
        said = f"{len(faults)} FAULTS" if faults else "held"
        print(f"{self.name}: {self.tried} tried, {said}, {time.monotonic() - self.began:.0f} s; {'; '.join(worst + late)}", flush=True)
        for text, others in kinds(faults):
            more = f" (and {len(others)} like it: {'; '.join(others[:6])[:300]})" if others else ""
            print(f"    {text[:400]}{more}", flush=True)


def kinds(faults):
    """The first fault of each kind, and what else met the same; the first kinds only."""
    found = {}
    for text in faults:
        # What was tried stands before the colon, what came of it after it, with figures and names.
        kind = re.sub(r"[\d.]+|'[^']*'", "", text.split(": ", 1)[-1])[:50]
        found.setdefault(kind, []).append(text)
    return [(texts[0], [text.split(": ")[0] for text in texts[1:]]) for texts in found.values()][:30]


def latency(name, values):
    marks = ", ".join(f"{percentile(values, share) * 1000:.0f}" for share in (0.5, 0.99))
    return f"{name} p50, p99 {marks} ms, slowest {max(values) * 1000:.0f} ms of {len(values)}"
