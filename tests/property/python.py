"""python-dotenv, from PyPI: lines of generate.c on standard input, what it read on standard output."""

import io
import sys

from dotenv import dotenv_values

for at, line in enumerate(sys.stdin, 1):
    if line.startswith("cue"):
        continue
    # As open(path) reads it: UTF-8, with Python's universal newlines.
    text = io.TextIOWrapper(io.BytesIO(bytes.fromhex(line.split()[1][1:])), encoding="utf-8")
    read = dotenv_values(stream=text)
    words = [f"{name}={'' if value is None else value.encode().hex()}" for name, value in read.items()]
    print(at, *sorted(words))
