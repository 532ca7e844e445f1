#!/usr/bin/env python3
"""A web in miniature: thousands of names with a Zipf share of the rows, some of them slow, limiting or gone, behind a
resolver that drops what is too much for it. How many rows are read of those that can be, how long the last of them take,
and how often a server had to say that it is too much.

    bench/web.py [--rows N] [--names N] [--img2dataset PYTHON]

Everything runs in a network namespace that this program makes itself (unshare of util-linux, ip of iproute2): nothing
leaves this machine. PYTHON is one that has img2dataset: it is given the same list in the same world, side by side.
"""
import argparse
import asyncio
import collections
import json
import os
import random
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IMAGE = (ROOT / "tests/data/images/synthetic/gps_ne_le.jpg").read_bytes() + bytes(40_000)
GOOD, HOLE = "127.0.0.1", "203.0.113.99"
LOOKUPS = 1000          # a second; more are dropped
LIMIT = 20              # requests a second that a limiting host takes
INSIDE = """set -e
ip link set lo up
ip link add world type veth peer name nowhere
ip addr add 203.0.113.5/24 dev world
ip link set world up
ip link set nowhere up
ip neigh add 203.0.113.99 lladdr 02:00:00:00:00:01 dev world nud permanent
mount --bind "$0" /etc/resolv.conf
exec "$@"
"""


def kind(name):
    """What a name is: told by chance, the same every time."""
    chance = random.Random(name).random()
    return "hole" if chance < 0.01 else "limiting" if chance < 0.06 else "slow" if chance < 0.11 else "good"


class Resolver(threading.Thread):
    """Answers A with the address, AAAA with nothing; drops what comes above LOOKUPS in a second."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.53", 53))
        self.asked = self.dropped = 0

    def run(self):
        second, count = 0, 0
        while True:
            packet, sender = self.socket.recvfrom(4096)
            now = int(time.monotonic())
            second, count = (second, count + 1) if now == second else (now, 1)
            self.asked += 1
            if count > LOOKUPS:
                self.dropped += 1
                continue
            self.socket.sendto(self.answer(packet), sender)

    def answer(self, packet):
        at, labels = 12, []
        while packet[at]:
            labels.append(packet[at + 1:at + 1 + packet[at]].decode())
            at += packet[at] + 1
        question, (asked,) = packet[12:at + 5], struct.unpack(">H", packet[at + 1:at + 3])
        address = HOLE if kind(labels[0]) == "hole" else GOOD
        record = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 300, 4) + socket.inet_aton(address) if asked == 1 else b""
        return packet[:2] + struct.pack(">HHHHH", 0x8180, 1, 1 if record else 0, 0, 0) + question + record


class Web:
    """All hosts, told apart by the Host header."""

    def __init__(self):
        self.requests, self.refused, self.recent = 0, 0, collections.defaultdict(collections.deque)

    async def talk(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await self.reply(head.decode("latin-1"), writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def reply(self, head, writer):
        host = next(line.split(":")[1].strip() for line in head.split("\r\n") if line.lower().startswith("host:"))
        name, begin, end = host.split(".")[0], 0, len(IMAGE) - 1
        self.requests += 1
        if kind(name) == "limiting":
            now, recent = time.monotonic(), self.recent[name]
            while recent and now - recent[0] > 1:
                recent.popleft()
            if len(recent) >= LIMIT:
                self.refused += 1
                writer.write(b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n")
                return await writer.drain()
            recent.append(now)
        await asyncio.sleep(2 if kind(name) == "slow" else random.uniform(0.02, 0.08))
        status = "200 OK"
        for line in head.split("\r\n"):
            if line.lower().startswith("range: bytes="):
                first, last = line.split("=")[1].split("-")
                begin, end = int(first), min(int(last or end), end)
                status = f"206 Partial Content\r\nContent-Range: bytes {begin}-{end}/{len(IMAGE)}"
        body = IMAGE[begin:end + 1]
        writer.write(f"HTTP/1.1 {status}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()


def serve():
    """The web, in a thread of its own."""
    web, ready = Web(), threading.Event()

    async def main():
        server = await asyncio.start_server(web.talk, GOOD, 80, backlog=4096, limit=1 << 16)
        ready.set()
        await server.serve_forever()

    threading.Thread(target=lambda: asyncio.run(main()), daemon=True).start()
    ready.wait()
    return web


def write_list(path, rows, names):
    shares = [1 / (rank + 1) for rank in range(names)]
    hosts = random.Random(1).choices(range(names), shares, k=rows)
    path.write_text("url\n" + "".join(f"http://host{host}.test/{row}.jpg\n" for row, host in enumerate(hosts)))
    # How long the slowest host takes, whoever asks it, with eight at a time.
    share = {"limiting": 1 / LIMIT, "slow": 2 / 8, "good": 0.05 / 8, "hole": 5 / 8}
    need = [(count, count * share[kind(f"host{host}")]) for host, count in collections.Counter(hosts).items()]
    bound = max(seconds for _, seconds in need)
    # Who asks all hosts from the first moment on, as fast as they answer: when are 99 % of the rows over?
    steps = (step / 1000 for step in range(1001))
    most = next(step for step in steps if sum(min(count, count * step * bound / seconds) for count, seconds in need) >= 0.99 * rows)
    print(f"{rows} rows of {names} names; nobody could be done with the slowest of them in less than {bound:.0f} s, and who is, "
          f"spends {1 - most:.0%} of it on the last 1 %")
    return sum(kind(f"host{host}") != "hole" for host in hosts)


def watch(run, port, rows):
    """When so many of the rows were over, by the program's own metrics."""
    marks, start = {}, time.monotonic()
    while run.poll() is None:
        try:
            text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=1).read().decode()
            done = sum(int(line.split()[1]) for line in text.splitlines() if line.startswith(("imgmeta_records_total", "imgmeta_failures_total")))
            for share in (0.5, 0.9, 0.99):
                if done >= share * rows:
                    marks.setdefault(share, time.monotonic() - start)
        except OSError:
            pass
        time.sleep(0.2)
    return marks, time.monotonic() - start


def ours(args, path, output, web, resolver, can):
    before = (web.requests, web.refused, resolver.asked, resolver.dropped)
    run = subprocess.Popen([ROOT / "target/release/imgmeta", "run", path, "--output", output, "--allow-private", "--progress", "never",
                            "--timeout", "30", "--connect-timeout", "5", "--metrics", "127.0.0.1:9464"], stderr=subprocess.PIPE, text=True)
    said = []
    threading.Thread(target=lambda: said.append(run.stderr.read()), daemon=True).start()
    marks, took = watch(run, 9464, args.rows)
    if run.returncode:
        sys.exit(f"error: imgmeta ended with {run.returncode}: {said}")
    tally = json.loads((output / "_imgmeta/summary.json").read_text())["tally"]
    requests, refused, asked, dropped = (now - was for now, was in zip((web.requests, web.refused, resolver.asked, resolver.dropped), before))
    print(f"imgmeta: {tally['records']} of {can} rows that can be read: {tally['records'] / can:.2%}; {took:.0f} s, "
          f"half after {marks.get(0.5, took):.0f} s, 99 % after {marks.get(0.99, took):.0f} s: the last 1 % took {1 - marks.get(0.99, took) / took:.0%} of it")
    print(f"         {requests} requests, {refused} of them refused with 429: {refused / max(requests, 1):.2%}; {asked} lookups, {dropped} dropped")
    late = collections.Counter(host_of(line) for line in last_lines(output, args.rows // 100))
    print("         of the last 1 %: " + ", ".join(f"{host} ({kind(host)}) {count}" for host, count in late.most_common(5)))
    print("         failures: " + ", ".join(f"{name} {found['count']}" for name, found in tally["kinds"].items()))


def last_lines(output, count):
    """The records that were written last."""
    lines = []
    for part in sorted((output / "success_output").glob("part-*.json"), reverse=True):
        lines = part.read_text().splitlines() + lines
        if len(lines) >= count:
            break
    return lines[-count:]


def host_of(line):
    return json.loads(line)["URL"].split("/")[2].split(".")[0]


def neighbour(args, path, output, web, resolver, can):
    before = (web.requests, web.refused, resolver.asked, resolver.dropped)
    start = time.monotonic()
    code = (f"from img2dataset import download; download(url_list={str(path)!r}, input_format='csv', url_col='url', output_folder={str(output)!r}, "
            f"output_format='files', resize_mode='no', disable_all_reencoding=True, processes_count=2, thread_count=128, retries=3, timeout=10, "
            f"disallowed_header_directives=[], number_sample_per_shard=5000)")
    ended = subprocess.run([args.img2dataset, "-c", code], capture_output=True, text=True)
    if ended.returncode:
        sys.exit(f"error: img2dataset ended with {ended.returncode}: {ended.stderr[-2000:]}")
    read = sum(json.loads(stats.read_text())["successes"] for stats in output.glob("*_stats.json"))
    requests, refused, asked, dropped = (now - was for now, was in zip((web.requests, web.refused, resolver.asked, resolver.dropped), before))
    print(f"img2dataset: {read} of {can} rows that can be read: {read / can:.2%}; {time.monotonic() - start:.0f} s; {requests} requests, "
          f"{refused} refused with 429: {refused / max(requests, 1):.2%}; {asked} lookups, {dropped} dropped")


def inside(args):
    resolver = Resolver()
    resolver.start()
    web = serve()
    with tempfile.TemporaryDirectory() as temp:
        path = Path(temp) / "list.csv"
        can = write_list(path, args.rows, args.names)
        ours(args, path, Path(temp) / "out", web, resolver, can)
        if args.img2dataset:
            time.sleep(2)
            neighbour(args, path, Path(temp) / "neighbour", web, resolver, can)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--names", type=int, default=10_000)
    parser.add_argument("--img2dataset", metavar="PYTHON", help="also run the one of this Python")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.inside:
        return inside(args)
    missing = [tool for tool in ("unshare", "ip") if not shutil.which(tool)]
    if missing:
        sys.exit(f"error: {', '.join(missing)} missing: apt-get install util-linux iproute2")
    subprocess.run(["cargo", "build", "--release", "--locked", "--workspace", "--bins"], cwd=ROOT, check=True)
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as resolv:
        resolv.write("nameserver 127.0.0.53\noptions timeout:2 attempts:3\n")
        resolv.flush()
        os.chmod(resolv.name, 0o644)
        command = ["unshare", "--map-root-user", "--net", "--mount", "sh", "-c", INSIDE, resolv.name, sys.executable, __file__, "--inside"]
        sys.exit(subprocess.run(command + sys.argv[1:]).returncode)


if __name__ == "__main__":
    main()
