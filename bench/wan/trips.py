"""Round trips: those that nobody can do without, and those that nginx saw."""
import collections
import math
from dataclasses import dataclass, field

from .world import HOSTS

# What one packet carries with timestamps, and how many of them a server sends before the first is acknowledged (RFC 6928).
SEGMENT, FIRST = 1448, 10
WINDOW = SEGMENT * FIRST
# The least time after which TCP of Linux takes something for lost, beside the round trip.
PATIENCE = 0.2


@dataclass
class Connection:
    host: str
    requests: list = field(default_factory=list)


@dataclass
class Seen:
    """What the access log says of a run."""
    requests: int
    bytes: int
    connections: int
    # Connections that a client needs which keeps all of them, and has as many requests to a host at the same time.
    needed: int
    # Round trips beyond the first of a response: the window was too small, on a new connection and on one that had been kept.
    opening: int
    reopening: int
    # Of the first response of each host.
    least_opening: int


def read(path, way, secure):
    """The connections of an access log: when each request came, when it was answered, and the response's bytes."""
    connections = {}
    for line in path.read_text().splitlines():
        number, _, ended, took, host, status, size = line.split()
        if status != "206":
            continue
        requests = connections.setdefault(number, Connection(host)).requests
        requests.append((float(ended) - float(took), float(ended), int(size)))
    for each in connections.values():
        each.requests.sort()
    return seen(list(connections.values()), way, 2 if secure else 1)


def seen(connections, way, setup):
    by_host, extra, opening, reopening = collections.defaultdict(list), {}, 0, 0
    for each in connections:
        beyond = list(rounds(each.requests, way))
        opening, reopening = opening + beyond[0], reopening + sum(beyond[1:])
        began, _, _ = each.requests[0]
        if each.host not in extra or began < extra[each.host][0]:
            extra[each.host] = began, beyond[0]
        for number, ((came, answered, _), more) in enumerate(zip(each.requests, beyond)):
            before = way.round_trip * (0.5 + (0 if number else setup))
            by_host[each.host] += [(came - before, 1), (answered + way.round_trip * (0.5 + more), -1)]
    sizes = [size for each in connections for _, _, size in each.requests]
    return Seen(len(sizes), sum(sizes), len(connections), sum(map(most_at_once, by_host.values())), opening, reopening,
                sum(beyond for _, beyond in extra.values()))


def rounds(requests, way):
    """How many round trips beyond the first each response of a connection takes in slow start; what waits too long starts anew
    (RFC 5681, 4.1), in Linux by halves."""
    window, last, patience = way.window, None, PATIENCE + way.round_trip
    for came, answered, size in requests:
        segments = math.ceil(size / SEGMENT)
        if last is not None and came - last > patience:
            window = max(min(window, way.window), window >> int((came - last) / patience))
        more, sent, now = 0, window, window
        while sent < segments:
            more, now = more + 1, now * 2
            sent += now
        yield more
        if window < 2 * segments:
            window += segments
        last = answered


def most_at_once(events):
    """The most that begun and had not ended; who ends makes room for who begins."""
    at_once = most = 0
    for _, change in sorted(events):
        at_once += change
        most = max(most, at_once)
    return most


@dataclass
class Least:
    """Seconds that a run takes at least, in parts: what each is, of how many, and the seconds."""
    parts: list
    # What loss adds, as is to be expected of it: not a part of the least.
    loss: float = 0

    def total(self):
        return sum(seconds for _, _, seconds in self.parts)


def by_places(rows, seen, case, starting, places):
    """Round trips that nobody can do without, divided by the images in flight."""
    one, setup, hosts = case.way.round_trip / places, 2 if case.secure else 1, min(rows, HOSTS)
    return Least([
        ("a request for each row", rows, rows * one),
        ("a connection for each host; TLS 1.3: twice", hosts * setup, hosts * setup * one),
        ("slow start of each host's first response", seen.least_opening, seen.least_opening * one),
        ("to start and to end: a run over one row", None, starting),
        ("the last row", None, case.way.round_trip),
    ], loss(seen, case.way) / places)


def by_bytes(seen, rate):
    """All that nginx sent, headers of HTTP included and those of IP not, as fast as the line is."""
    return Least([("bytes that nginx sent", seen.bytes, seen.bytes * 8 / rate)])


def loss(seen, way):
    """Seconds that all images together may expect to lose. A packet in a response is sent again when later ones come: a round trip;
    the last one after two without an answer; a request, alone on its way, when the time for it is over; one that opens a connection after a
    second."""
    between = seen.bytes / SEGMENT - seen.requests
    return way.loss * (between * way.round_trip + seen.requests * (2 * way.round_trip + PATIENCE + way.round_trip) + 2 * seen.connections)
