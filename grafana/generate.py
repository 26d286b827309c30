#!/usr/bin/env python3
"""Writes the dashboards beside this file. With --check it only says which are stale."""

import json
import pathlib
import sys

sys.dont_write_bytecode = True

from source import exporter, fleet, fleets, pools, resources  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent


def main():
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit("usage: generate.py [--check]")
    stale = []
    for built in (room.build() for room in (fleets, fleet, pools, resources, exporter)):
        file = HERE / f"{built['uid']}.json"
        text = json.dumps(built, indent=2, ensure_ascii=False) + "\n"
        if file.exists() and file.read_text(encoding="utf-8") == text:
            continue
        stale.append(file.name)
        if not check:
            file.write_text(text, encoding="utf-8")
    if check and stale:
        sys.exit(f"stale: {', '.join(stale)}; run `make dashboards`")
    for name in stale:
        print(f"wrote {name}")


if __name__ == "__main__":
    main()
