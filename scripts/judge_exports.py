#!/usr/bin/env python3
"""Has scripts/verify_journal.py judge many exports in one process.

Standard input: for each export a line `LENGTH KEY CHECKPOINTS` (JSON: a number, a text or null, a list of texts), then so
many bytes. Standard output: one verdict a line, in the same order.
"""

import functools
import io
import json
import sys

import verify_journal

# Most exports of a run have the same signatures; each is worth five milliseconds of Python.
verify_journal.ed25519_verify = functools.lru_cache(maxsize=100_000)(verify_journal.ed25519_verify)

while line := sys.stdin.buffer.readline():
    length, key, checkpoints = json.loads(line)
    export = sys.stdin.buffer.read(length)
    try:
        words = verify_journal.verdict(io.BytesIO(export), key, checkpoints)
    except Exception as error:  # a verifier that falls over has no verdict, which the test must see
        words = f"FELL OVER {type(error).__name__}: {error}"
    print(words.split("\n")[0].encode("unicode_escape").decode(), flush=False)
