#!/usr/bin/env python3
"""Writes docs/images/*.png from the demo, with headless Chromium.

    tests/screenshots.py PROGRAM         starts PROGRAM --demo, and waits until its charts have something to show
    tests/screenshots.py http://HOST:PORT    takes a demo that has run for a while
"""

import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
import zlib
from collections import Counter

IMAGES = pathlib.Path(__file__).resolve().parent.parent / "docs" / "images"
ADDRESS = "127.0.0.1:10193"
# A day of the demo takes ten minutes.
MINUTES = int(os.environ.get("SCREENSHOT_MINUTES", "40"))
FLEET = "office-desktops"


def take(url: str, size: tuple[int, int], dark: bool) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        picture = pathlib.Path(folder) / "picture.png"
        subprocess.run(
            [
                "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-dev-shm-usage", "--hide-scrollbars",
                f"--user-data-dir={folder}/profile", f"--blink-settings=preferredColorScheme={0 if dark else 1}",
                f"--window-size={size[0]},{size[1]}", f"--screenshot={picture}", url,
            ],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120,
        )  # fmt: skip
        return picture.read_bytes()


def chunks(png: bytes):
    at = 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += length + 12


def rows(png: bytes):
    """The pixels of each row, as red, green and blue."""
    header = next(data for kind, data in chunks(png) if kind == b"IHDR")
    width, _, depth, colour = struct.unpack(">IIBB", header[:10])
    assert (depth, colour in (2, 6)) == (8, True), "Chromium writes 8 bits of RGB or RGBA"
    step = 3 if colour == 2 else 4
    data = zlib.decompress(b"".join(data for kind, data in chunks(png) if kind == b"IDAT"))
    stride = width * step
    above = bytearray(stride)
    for start in range(0, len(data), stride + 1):
        line = bytearray(data[start + 1 : start + 1 + stride])
        unfilter(data[start], line, above, step)
        yield [bytes(line[at : at + 3]) for at in range(0, stride, step)]
        above = line


def unfilter(kind: int, line: bytearray, above: bytearray, step: int) -> None:
    for at in range(len(line)):
        left = line[at - step] if at >= step else 0
        up, corner = above[at], above[at - step] if at >= step else 0
        if kind == 4:
            base = left + up - corner
            guess = min((left, up, corner), key=lambda one: abs(base - one))
        else:
            guess = (0, left, up, (left + up) // 2)[kind]
        line[at] = (line[at] + guess) & 255


def small(png: bytes) -> bytes:
    """The same picture with the 255 most frequent colours, which makes the file three times smaller."""
    lines = list(rows(png))
    counts = Counter(pixel for line in lines for pixel in line)
    palette = [colour for colour, _ in counts.most_common(255)]
    nearest = {
        colour: min(range(len(palette)), key=lambda at: sum((a - b) ** 2 for a, b in zip(palette[at], colour)))
        for colour in counts
    }
    data = b"".join(b"\0" + bytes(nearest[pixel] for pixel in line) for line in lines)
    header = struct.pack(">IIBBBBB", len(lines[0]), len(lines), 8, 3, 0, 0, 0)
    parts = [(b"IHDR", header), (b"PLTE", b"".join(palette)), (b"IDAT", zlib.compress(data, 9)), (b"IEND", b"")]
    written = [struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


def busy(url: str) -> list[dict]:
    """The fleets of the demo, once some of them need attention: at night none does."""
    for _ in range(200):
        with urllib.request.urlopen(f"{url}/api/v1/fleets") as answer:
            fleets = json.load(answer)["fleets"]
        if sum(bool(fleet["attention"]) for fleet in fleets) >= 3:
            return fleets
        time.sleep(5)
    raise SystemExit("no time of day in which fleets need attention")


def pictures(url: str) -> None:
    fleets = busy(url)
    fleet = next(one for one in fleets if one["name"] == FLEET)
    page = f"{url}/fleets/{fleet['account_id']}/{fleet['region']}/{FLEET}"
    IMAGES.mkdir(parents=True, exist_ok=True)
    for name, address, size, dark in [
        ("wall", f"{url}/", (1280, 900), False),
        ("wall-dark", f"{url}/", (1280, 900), True),
        ("wall-phone", f"{url}/?attention=true", (500, 900), False),
        ("fleet", page, (1080, 1180), False),
    ]:
        file = IMAGES / f"{name}.png"
        file.write_bytes(small(take(address, size, dark)))
        print(f"{file}: {file.stat().st_size} bytes")


def main() -> None:
    source = sys.argv[1]
    if source.startswith("http"):
        pictures(source.rstrip("/"))
        return
    demo = subprocess.Popen([source, "--demo", "--log.level=error", f"--web.listen-address={ADDRESS}"])
    try:
        print(f"waiting {MINUTES} minutes for the charts; SCREENSHOT_MINUTES says how long")
        time.sleep(MINUTES * 60)
        pictures(f"http://{ADDRESS}")
    finally:
        demo.terminate()
        demo.wait()


main()
