"""Compares dashboard and alert rules with the metrics that a running gateway shows: watching BINARY SAMPLES WORK"""

import json
import re
import subprocess
import sys
import urllib.request

postern, samples, work = sys.argv[1:]
data = f"{work}/watching"
subprocess.run([postern, "--data", data, "--quiet", "index", samples], check=True)
gateway = subprocess.Popen([postern, "--data", data, "serve", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
try:
    base = gateway.stdout.readline().split()[-1]

    def get(path):
        with urllib.request.urlopen(base + path, timeout=30) as answer:
            return answer.read().decode()

    get("/v1/search?q=invoice")
    shown = get("/metrics")
finally:
    gateway.terminate()
    gateway.wait()

described = dict(re.findall(r"^# TYPE (\S+) (\S+)", shown, re.M))
# What a scrape adds to the name of a metric, by its type.
ENDINGS = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"], "gauge": [""]}
# Families that have counted nothing yet are not shown: their names and labels stand in the page of the metrics.
documented = re.findall(r"^\| `(postern_\w+?)(?:\{([\w,]+)\})?` \|", open("docs/http-api.md").read(), re.M)
known = {name + ending for name, kind in described.items() for ending in ENDINGS[kind]}
labels = {}
for name, inside in re.findall(r"^(postern_\w+)\{([^}]*)\}", shown, re.M):
    labels.setdefault(name, set()).update(re.findall(r"(\w+)=", inside))
for name, inside in documented:
    known.add(name)
    labels.setdefault(name, set()).update(inside.split(",") if inside else [])

dashboard = json.load(open("docs/operate/dashboard.json"))
rules = open("docs/operate/alerts.yaml").read()
asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
asked += re.findall(r"^ +expr: (.+)$", rules, re.M)
assert len(asked) >= 18, asked
faults = []
for expression in asked:
    for name in re.findall(r"postern_\w+", expression):
        if name not in known:
            faults.append(f"{name} is no metric of the gateway: {expression}")
    for inside, name in re.findall(r"by \(([\w, ]+)\) \(\w+\((postern_\w+)", expression):
        for label in inside.split(", "):
            if name in labels and label not in labels[name] | {"instance"}:
                faults.append(f"{name} has no label {label}: {expression}")
unwatched = {name for name in described if not any(name in expression for expression in asked)} - {"postern_compile_seconds", "postern_hedges"}
unwatched |= {name for name, _ in documented if not any(name in expression for expression in asked)} - {"postern_compile_seconds", "postern_hedges_total"}
faults += [f"nothing watches {name}" for name in sorted(unwatched) if name.startswith("postern_")]
assert not faults, "\n".join(faults)
print(f"{len(asked)} expressions name series that the gateway shows or documents: {len(known)}")
