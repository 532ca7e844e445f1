"""The world of bench/wan.py: two networks, the program in one and nginx in the other, with a long way between them.

Each host has an address of its own. The way is a program, link.c, since few kernels of containers have tc's netem; where a rate is
wanted, tc's token bucket limits what leaves the servers.
"""
import contextlib
import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from speed import servers

HOSTS = 1000
CLIENT = """set -e
ip addr add 10.77.0.1/32 dev wan
ip link set wan up txqueuelen 20000
ip route add 10.78.0.0/16 dev wan src 10.77.0.1
"""
# Reno, since any network may choose it, and its slow start is the one that is reckoned with. No server knows of the client what another saw.
SERVER = """set -e
echo reno >/proc/sys/net/ipv4/tcp_congestion_control
echo 1 >/proc/sys/net/ipv4/tcp_no_metrics_save
ip link set lo up
ip addr add 10.78.255.254/32 dev wan
ip link set wan up txqueuelen 20000
ip route add 10.77.0.1/32 dev wan initcwnd {window}
ip route add local 10.78.0.0/16 dev lo
"""
RATE = "tc qdisc add dev wan root tbf rate {} burst 128kb limit 64mb\n"


@dataclass(frozen=True)
class Way:
    """The way between the networks: seconds there and back, the share of packets lost in each direction, and the rate."""
    round_trip: float
    loss: float
    rate: str | None = None
    # Packets that servers send before the first is acknowledged.
    window: int = 10


def host(number):
    return f"host{number % HOSTS}.wan.test"


def enter(folder, command):
    """Runs `command` in a network of its own, where the hosts have names: as servers.enter."""
    return servers.enter(folder, command, "".join(f"10.78.{each // 250}.{each % 250 + 1} {host(each)}\n" for each in range(HOSTS)))


def prepare(folder):
    """Compiles the way, and makes the hosts' certificate, which they signed themselves."""
    subprocess.run(["cc", "-O2", "-o", folder / "link", Path(__file__).with_name("link.c"), "-lm"], check=True)
    servers.certify(folder, "DNS:*.wan.test")
    formats = "log_format wan '$connection $connection_requests $msec $request_time $host $status $bytes_sent';"
    both = "server { listen 80 backlog=4096; listen 443 ssl backlog=4096; }"
    (folder / "nginx.conf").write_text(servers.configuration(folder, both, f"{folder}/access.log wan buffer=1m", formats))


class World:
    """Both networks while they are there, and afterwards what was seen of them."""

    def __init__(self, link, nginx):
        self.link, self.nginx = link, nginx

    def note(self):
        """Notes what the servers sent again, what left them by their interface (tc counts headers of IP, too), and CPU of nginx and the way."""
        counted = Path(f"/proc/{self.link.pid}/net/snmp").read_text()
        names, numbers = (line.split() for line in counted.splitlines() if line.startswith("Tcp:"))
        self.again = int(numbers[names.index("RetransSegs")])
        ended = subprocess.run([*there(self.link), "tc", "-j", "-s", "qdisc", "show", "dev", "wan"], check=True, capture_output=True, text=True)
        root = json.loads(ended.stdout)[0]
        self.wire, self.dropped = root["bytes"], root["drops"]
        workers = Path(f"/proc/{self.nginx.pid}/task/{self.nginx.pid}/children").read_text().split()
        self.seconds = sum(map(cpu, [self.nginx.pid, *workers])), cpu(self.link.pid)


def cpu(process):
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def there(link):
    """How a command is run among the servers, whose network is the one of the way's process."""
    return ["nsenter", f"--net=/proc/{link.pid}/ns/net"]


def shell(script, *where):
    subprocess.run([*where, "sh", "-c", script], check=True)


@contextlib.contextmanager
def process(command, **options):
    """A process that is over at the end, and has said so."""
    started = subprocess.Popen(command, **options)
    try:
        yield started
    finally:
        started.terminate()
        started.wait()


@contextlib.contextmanager
def networks(folder, way, seed):
    """Both networks, and what they do in `folder`; `told` of it has what became of the packets when all is over."""
    micros, share = str(round(way.round_trip / 2 * 1e6)), str(way.loss)
    (folder / "access.log").write_bytes(b"")
    with process([folder / "link", micros, share, str(seed)], stdout=subprocess.PIPE, text=True) as link:
        if link.stdout.readline() != "ready\n":
            sys.exit("error: there is no way between the networks")
        shell(CLIENT)
        shell(SERVER.format(window=way.window) + (RATE.format(way.rate) if way.rate else ""), *there(link))
        with process([*there(link), "nginx", "-p", folder, "-c", folder / "nginx.conf"], stderr=subprocess.DEVNULL) as nginx:
            wait(nginx, link)
            world = World(link, nginx)
            yield world
        link.terminate()
        world.told = json.loads(link.stdout.read())


def wait(nginx, link):
    """Until both ports are listened on."""
    for _ in range(200):
        table = Path(f"/proc/{link.pid}/net/tcp").read_text()
        if all(re.search(rf": 00000000:{port:04X} 00000000:0000 0A", table) for port in (80, 443)):
            return
        if nginx.poll() is not None:
            break
        time.sleep(0.05)
    sys.exit("error: nginx did not start")
