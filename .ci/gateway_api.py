"""schemathesis against the served OpenAPI document: no server error and no undocumented answer.

    gateway_api.py POSTERN DATA [EXAMPLES]
"""

import subprocess
import sys

POSTERN, DATA, *REST = sys.argv[1:]
EXAMPLES = REST[0] if REST else "60"
KEY = "test-key"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def judge(*access):
    command = [POSTERN, "--data", DATA, "--quiet", "serve", "--listen", "127.0.0.1:0", *access]
    front = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        base = front.stdout.readline().strip().removeprefix("listening on ")
        return subprocess.run(
            ["schemathesis", "run", f"{base}/openapi.json", "--url", base, "-H", f"X-API-Key: {KEY}", "--checks", CHECKS,
             "--max-examples", EXAMPLES, "--seed", "7", "--phases", "examples,coverage,fuzzing", "--no-color"]).returncode
    finally:
        front.kill()


# Without keys every tenant is there, so that the paths of DataTap find something.
sys.exit(judge("--tenant", "t1", "--key", KEY) or judge())
