#!/usr/bin/env python3
"""Rows a second over HTTP, beside what nginx itself gives under wrk with the same ranges.

bench/nginx.py [--rounds N] [--out docs/performance.md]

Needs nginx and wrk (apt-get install nginx-light wrk) and Pillow (pip install pillow piexif). Builds the program,
makes the images, starts nginx on a free loopback port, and measures both in turn. Figures are ratios of runs side by
side: the machine may be shared.
"""
import argparse
import io
import json
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SETS = {"web": (1000, 86_000, (1200, 800)), "photo": (200, 1_060_000, (4000, 3000))}
CAMERAS = [("NIKON CORPORATION", "NIKON D5000"), ("Canon", "Canon EOS 80D"), ("Apple", "iPhone 12"), ("SONY", "ILCE-7M3")]
SECONDS = 8


def need(*tools):
    missing = [tool for tool in tools if not shutil.which(tool)]
    if missing:
        sys.exit(f"error: {', '.join(missing)} missing: apt-get install nginx-light wrk")


def exif(number):
    import piexif
    make, model = CAMERAS[number % len(CAMERAS)]
    degrees = lambda value: ((int(value), 1), (int(value * 60) % 60, 1), (int(value * 3600_000) % 60_000, 1000))
    return piexif.dump({
        "0th": {piexif.ImageIFD.Make: make, piexif.ImageIFD.Model: model, piexif.ImageIFD.Orientation: 1 + number % 8,
                piexif.ImageIFD.Software: "bench"},
        "Exif": {piexif.ExifIFD.DateTimeOriginal: f"20{10 + number % 15}:06:{1 + number % 28:02} 12:00:00",
                 piexif.ExifIFD.ExposureTime: (1, 60 + number % 500), piexif.ExifIFD.FNumber: (28, 10),
                 piexif.ExifIFD.ISOSpeedRatings: 100 + number, piexif.ExifIFD.MakerNote: os.urandom(2000)},
        "GPS": {piexif.GPSIFD.GPSLatitudeRef: "N", piexif.GPSIFD.GPSLatitude: degrees(number % 80 + 0.123),
                piexif.GPSIFD.GPSLongitudeRef: "E", piexif.GPSIFD.GPSLongitude: degrees(number % 170 + 0.456)},
    })


def jpeg(number, size, target):
    """A JPEG of about `target` bytes: noise, at the scale that gives them."""
    from PIL import Image
    rng = random.Random(number)
    scale = 1.0
    for _ in range(8):
        small = Image.frombytes("RGB", (max(8, int(size[0] * scale)), max(8, int(size[1] * scale))),
                                rng.randbytes(3 * max(8, int(size[0] * scale)) * max(8, int(size[1] * scale))))
        out = io.BytesIO()
        small.resize(size).save(out, "JPEG", quality=70, exif=exif(number))
        if 0.8 < len(out.getvalue()) / target < 1.25:
            break
        scale *= (target / len(out.getvalue())) ** 0.5
        scale = min(scale, 1.0)
    return out.getvalue()


def make_images(folder):
    for name, (count, target, size) in SETS.items():
        (folder / name).mkdir(parents=True)
        # A few real encodings, then the same pixels under other EXIF: the pixels are never read.
        bases = [jpeg(number, size, target) for number in range(4)]
        for number in range(count):
            import piexif
            out = io.BytesIO()
            piexif.insert(exif(number), bases[number % 4], out)
            (folder / name / f"{number}.jpg").write_bytes(out.getvalue())


def start_nginx(folder):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "nginx.conf").write_text(f"""
daemon off; worker_processes 2; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; open_file_cache max=10000;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; types {{ image/jpeg jpg; }}
  server {{ listen 127.0.0.1:{port}; root {folder}/images; }}
}}""")
    os.chmod(folder, 0o755)
    server = subprocess.Popen(["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")])
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return server, port
        time.sleep(0.05)
    sys.exit("error: nginx did not start")


def wrk(folder, port, name, count):
    script = folder / "range.lua"
    script.write_text(f"""
local n = 0
request = function()
  n = n + 1
  return wrk.format("GET", "/{name}/" .. (n * 7919 % {count}) .. ".jpg", {{["Range"] = "bytes=0-32767"}})
end""")
    out = subprocess.run(["wrk", "-t2", "-c64", f"-d{SECONDS}s", "-s", str(script), f"http://127.0.0.1:{port}"],
                         check=True, capture_output=True, text=True).stdout
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))


def imgmeta(folder, port, name, count, rows):
    urls, output = folder / f"{name}.txt", folder / "out"
    urls.write_text("".join(f"http://127.0.0.1:{port}/{name}/{n * 7919 % count}.jpg?{n}\n" for n in range(rows)))
    shutil.rmtree(output, ignore_errors=True)
    start = time.monotonic()
    subprocess.run([ROOT / "target/release/imgmeta", "run", urls, "--output", output, "--allow-private", "--per-host",
                    "64", "--concurrency", "64", "--progress", "never"], check=True, capture_output=True)
    took = time.monotonic() - start
    records = [json.loads(line) for part in (output / "success_output").glob("part-*.json") for line in part.open()]
    wrong = [r for r in records if not (r["Format"] == "JPEG" and r["GPS"] and r["Camera"]["Make"])]
    if len(records) != rows or wrong:
        sys.exit(f"error: {len(records)} of {rows} records, {len(wrong)} of them without what is in the images")
    return rows / took


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, help="append the table to this file")
    args = parser.parse_args()
    need("nginx", "wrk")
    subprocess.run(["cargo", "build", "--release", "--locked", "--workspace"], cwd=ROOT, check=True)
    with tempfile.TemporaryDirectory() as temp:
        folder = Path(temp)
        make_images(folder / "images")
        server, port = start_nginx(folder)
        try:
            lines = ["| images | imgmeta, rows/s | wrk, ranges/s | ratio | spread |", "| --- | --- | --- | --- | --- |"]
            for name, (count, target, _) in SETS.items():
                pairs = [(imgmeta(folder, port, name, count, 60_000), wrk(folder, port, name, count))
                         for _ in range(args.rounds)]
                ratios = sorted(ours / theirs for ours, theirs in pairs)
                ours, theirs = (statistics.median(column) for column in zip(*pairs))
                lines.append(f"| {name}, {target // 1000} KB | {ours:,.0f} | {theirs:,.0f} | "
                             f"{statistics.median(ratios):.2f} | {ratios[0]:.2f} to {ratios[-1]:.2f} |")
        finally:
            server.terminate()
            server.wait()
    table = "\n".join(lines)
    print(table)
    if args.out:
        with args.out.open("a") as out:
            out.write(f"\n{time.strftime('%Y-%m-%d')}, `bench/nginx.py --rounds {args.rounds}`, {os.cpu_count()} cores:\n\n{table}\n")


if __name__ == "__main__":
    main()
