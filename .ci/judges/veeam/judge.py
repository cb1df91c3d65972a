"""Postern before the stand-in of Veeam Backup for Microsoft 365.

    judge.py POSTERN VEEAM_FOLDER CORPUS MAIL WORK [PART…]

VEEAM_FOLDER holds the stand-in (VEEAM_PYTHON: its interpreter), CORPUS the unpacked pack `spamassassin`, MAIL the samples.
Parts: examples sync documents search faults told; all of them without any. With VEEAM_FULL=1 everything is done at full size,
otherwise with a sample. SEED draws other messages, queries and moments.
"""

import os
import pathlib
import shutil
import sys
import time
import traceback

import documents
import examples
import faults
import search
import sync
import told
from scene import Scene

PARTS = {"examples": examples.judge, "sync": sync.judge, "documents": documents.judge, "search": search.judge, "faults": faults.judge, "told": told.judge}


def main():
    postern, veeam, corpus, mail, work, *names = sys.argv[1:]
    work = pathlib.Path(work)
    shutil.rmtree(work, ignore_errors=True)
    (work / "home").mkdir(parents=True)
    scene = Scene(postern, veeam, corpus, mail, work, os.environ.get("VEEAM_FULL") == "1")
    failed = []
    for name in names or PARTS:
        began = time.monotonic()
        print(f"{name}:", flush=True)
        try:
            PARTS[name](scene)
        except Exception:
            traceback.print_exc()
            failed.append(name)
        print(f"   [{time.monotonic() - began:.0f} s]", flush=True)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
