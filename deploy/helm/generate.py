#!/usr/bin/env python3
"""Writes what the chart has from elsewhere: README.md and values.schema.json from values.yaml, and
copies of the rules and dashboards. With --check it only says what is stale."""

import json
import pathlib
import re
import sys

sys.dont_write_bytecode = True

from source import readme, rules, schema, values  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CHART = HERE / "appstream-exporter"


def read(file):
    return file.read_text(encoding="utf-8")


def copies():
    """Helm reads files of the chart's own folder only."""
    for file in sorted((ROOT / "deploy/prometheus/rules").glob("*.yaml")):
        yield CHART / "files/rules" / file.name, read(file)
    for file in sorted((ROOT / "grafana").glob("*.json")):
        yield CHART / "files/dashboards" / file.name, read(file)


def versions():
    chart = read(CHART / "Chart.yaml")
    found = {name: re.search(rf'^{name}: "?([^"\n]+)', chart, re.MULTILINE) for name in ("version", "appVersion")}
    return {"VERSION": found["version"][1], "APP_VERSION": found["appVersion"][1]}


def generated():
    entries = values.parse(read(CHART / "values.yaml"))
    names = rules.names(read(file) for file in (ROOT / "deploy/prometheus/rules").glob("*.yaml"))
    config = json.loads(read(ROOT / "config.schema.json"))
    built = schema.build(entries, config, names)
    yield CHART / "values.schema.json", json.dumps(built, indent=2, ensure_ascii=False) + "\n"
    yield CHART / "README.md", readme.build(read(HERE / "source/readme.md.in"), entries, versions())
    yield from copies()


def main():
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit("usage: generate.py [--check]")
    wanted = dict(generated())
    stale = [file for file, text in wanted.items() if not file.exists() or read(file) != text]
    left = [file for file in sorted(CHART.glob("files/*/*")) if file not in wanted]
    if check and (stale or left):
        names = ", ".join(str(file.relative_to(CHART)) for file in stale + left)
        sys.exit(f"stale: {names}; run deploy/helm/generate.py")
    for file in stale:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(wanted[file], encoding="utf-8")
        print(f"wrote {file.relative_to(CHART)}")
    for file in left:
        file.unlink()
        print(f"removed {file.relative_to(CHART)}")


if __name__ == "__main__":
    main()
