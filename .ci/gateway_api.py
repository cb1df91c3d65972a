"""schemathesis against the served OpenAPI document: no server error and no undocumented answer.

    gateway_api.py POSTERN DATA [EXAMPLES]
"""

import subprocess
import sys

POSTERN, DATA, *REST = sys.argv[1:]
EXAMPLES = REST[0] if REST else "60"
KEY, TENANT = "test-key", "t1"
command = [POSTERN, "--data", DATA, "--quiet", "serve", "--listen", "127.0.0.1:0", "--tenant", TENANT, "--key", KEY]
front = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
base = front.stdout.readline().strip().removeprefix("listening on ")
checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
try:
    run = subprocess.run(
        ["schemathesis", "run", f"{base}/openapi.json", "--url", base, "-H", f"X-API-Key: {KEY}", "--checks", checks,
         "--max-examples", EXAMPLES, "--seed", "7", "--phases", "examples,coverage,fuzzing", "--no-color"])
    sys.exit(run.returncode)
finally:
    front.kill()
