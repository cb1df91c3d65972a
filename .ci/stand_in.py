"""What the runs against the stand-in of the premium service share."""

import subprocess

TENANT, KEY, INDEX = "11111111-1111-4111-8111-111111111111", "test-key", "dg-search-index"

# The five documented uses of the vendor's search recipe.
USES = [
    {"query": "invoice AND overdue"},
    {"filter": "fromAddress eq 'a.user@contoso.com' and hasAttachments eq true "
               "and receivedDateTime ge 2024-01-01T00:00:00Z and receivedDateTime le 2024-03-31T23:59:59Z"},
    {"filter": "toRecipients/any(r: r/address eq 'b.user@contoso.com')", "$orderby": "receivedDateTime desc"},
    {"filter": "conversationId eq '27217c93ae47007223e7400e3ee9959c'", "$orderby": "receivedDateTime asc"},
    {"filter": "attachments/any(x: x/name eq 'contract.pdf')"},
]


def start(*command):
    """A server, and the first line it says."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return process, process.stdout.readline().strip()


def stand_in(folder, docs, *more):
    """The stand-in over those documents, and its address."""
    process, line = start(f"{folder}/premium", "serve", "--docs", docs, "--key", KEY, "--tenant", TENANT, "--index", INDEX, "--port", "0", *more)
    return process, "http://127.0.0.1:" + "".join(c for c in line.split(":")[-1] if c.isdigit())
