"""A gateway under attack: the process, what it uses, and who watches it."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

from scene import HONEST, INDEX
from upstream import FOUND

HERE = pathlib.Path(__file__).parent
TICK = os.sysconf("SC_CLK_TCK")
FOUND_LOCALLY = 10  # `invoice overdue` over the samples, as their README says


def started(command, log):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, stdin=subprocess.PIPE, text=True)
    return process, process.stdout.readline().strip()


class Gateway:
    """`postern serve` with a configuration, watched by an honest client for as long as it is open."""

    def __init__(self, scene, config, tally, watched=True):
        self.tally, self.watched = tally, watched
        number = len(list(scene.logs.iterdir()))
        self.log = open(scene.logs / f"gateway-{number}.log", "w")
        command = [scene.postern, "--config", str(config), "-v", "serve"]
        self.process, line = started(command, self.log)
        self.base = line.removeprefix("listening on ")
        assert self.base.startswith("http://"), f"the gateway does not start: {pathlib.Path(self.log.name).read_text()[-500:]}"
        self.pid = self.process.pid

    def __enter__(self):
        if self.watched:
            command = [sys.executable, str(HERE / "honest.py"), self.base, HONEST.secret, HONEST.tenant, INDEX]
            self.watcher = subprocess.Popen(
                [*command, str(FOUND_LOCALLY), str(FOUND)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        return self

    def __exit__(self, *_):
        if self.watched:
            told, _ = self.watcher.communicate(timeout=60)
            self.tally.watched(json.loads(told))
        self.process.kill()
        self.process.wait()
        self.log.close()

    def runs(self):
        return self.process.poll() is None

    def end(self, patience):
        """Asks it to end: the seconds that took, or nothing when it goes on."""
        self.process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            return None
        return time.monotonic() - began

    def cpu(self):
        """Seconds of CPU so far, those of ended children among them."""
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(int(ticks) for ticks in fields[11:15]) / TICK

    def memory(self, which="VmRSS"):
        """Megabytes held now; with `VmHWM` the most since `forget_peak`."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(which):
                return int(line.split()[1]) / 1024
        return 0.0

    def forget_peak(self):
        pathlib.Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def rate(self, seconds):
        """The share of a core that is used, over the next seconds."""
        before = self.cpu()
        time.sleep(seconds)
        return (self.cpu() - before) / seconds

    def settles(self, idle, patience):
        """Waits until no more than the idle share is used: the seconds that took, or nothing."""
        began = time.monotonic()
        while time.monotonic() - began < patience:
            if self.rate(0.1) <= idle + 0.25:
                return time.monotonic() - began
        return None


class Cost:
    """What an act cost the gateway beyond what its watchers cost it: seconds of CPU, megabytes at the most."""

    def __init__(self, gateway, idle, patience, act):
        gateway.forget_peak()
        cpu, memory, began = gateway.cpu(), gateway.memory() - gateway.memory("RssFile"), time.monotonic()
        self.answer = act()
        # What goes on after the answer is a cost of the request too.
        self.settled = gateway.settles(idle, patience) if gateway.runs() else None
        took = time.monotonic() - began
        self.cpu = max(0.0, gateway.cpu() - cpu - idle * took) if gateway.runs() else 0.0
        # Pages of the index that were touched are the system's to take back: they are no cost.
        self.memory = max(0.0, gateway.memory("VmHWM") - gateway.memory("RssFile") - memory) if gateway.runs() else 0.0
