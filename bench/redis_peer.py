"""redis_peer - the longest wait under a store load while everything is saved: Redis, whose BGSAVE
forks, against Phantom, whose snapshots stop the world for an instant. A GiB of data each.

One client writes eight bytes at random places of Redis, one request after the other, and times each; a program
in Phantom stores at random, about as often. Redis's wait includes its answer on the way, some
ten microseconds; what counts is what a save adds.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time

from report import PHANTOM, row_us, target

# The server and this tool of Debian's redis-tools are one program; the package with its name on it
# would also start one at each boot.
BINARY = "/usr/bin/redis-check-rdb"

VALUES = 262144
VALUE_BYTES = 4096
SECONDS = 5
SAVES = 3
SNAPSHOTS = 50

PROGRAM = """
var blocks = new .internal.words(128);
for (int i = 0; i < 128; i++) {
    var block = new .internal.longs(1048576);
    for (int j = 0; j < 1048576; j = j + 512) block[j] = j;
    blocks[i] = block;
}
println("ready");
int x = 1;
while (true) {
    for (int i = 0; i < 20; i++) {
        x = x * 1103515245 + 12345;
        .internal.longs block = blocks[(x >> 8) & 127];
        x = x * 1103515245 + 12345;
        block[(x >> 8) & 1048575] = x;
    }
    sleep(1);
}
"""


class Redis:
    """A server of our own, on a socket in the folder, that saves only when it is told to."""

    def __init__(self, folder):
        path = folder / "redis.socket"
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--appendonly", "no",
             "--dir", folder, "--enable-debug-command", "yes"], executable=BINARY,
            stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not path.exists():
            if time.monotonic() > deadline:
                sys.exit("bench: redis-server does not start")
            time.sleep(0.05)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))

    def ask(self, *words):
        """One request; the first bytes of its answer."""
        parts = [str(word).encode() for word in words]
        self.socket.sendall(b"*%d\r\n" % len(parts) +
                            b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
        return self.socket.recv(65536)

    def saving(self):
        return b"rdb_bgsave_in_progress:1" in self.ask("INFO", "persistence")

    def write_us(self):
        """Microseconds for one write of eight bytes."""
        key, offset = random.randrange(VALUES), random.randrange(VALUE_BYTES // 8) * 8
        start = time.perf_counter()
        self.ask("SETRANGE", f"key:{key}", offset, "12345678")
        return (time.perf_counter() - start) * 1e6

    def writes_for(self, seconds):
        end = time.monotonic() + seconds
        waits = []
        while time.monotonic() < end:
            waits.append(self.write_us())
        return waits

    def writes_while_saving(self):
        """From the request to save until it is done; and how long that took in seconds."""
        start = time.monotonic()
        times = []
        begun = time.perf_counter()
        self.ask("BGSAVE")
        times.append((time.perf_counter() - begun) * 1e6)
        while self.saving():
            times += self.writes_for(0.1)
        return times, time.monotonic() - start

    def close(self):
        self.socket.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def redis_worst_us(folder):
    redis = Redis(folder)
    try:
        redis.ask("DEBUG", "POPULATE", VALUES, "key", VALUE_BYTES)
        quiet = redis.writes_for(SECONDS)
        saving, seconds = [], 0.0
        for _ in range(SAVES):
            times, took = redis.writes_while_saving()
            saving += times
            seconds += took
    finally:
        redis.close()
    row_us("redis: a write", quiet)
    row_us("redis: a write beside BGSAVE", saving)
    lost = 1 - (len(saving) / seconds) / (len(quiet) / SECONDS)
    print(f"  redis: writes lost beside BGSAVE   {100 * lost:.1f} %, {seconds / SAVES:.1f} s for each save",
          flush=True)
    return max(saving)


def phantom_worst_us(folder):
    volume, program = folder / "beside.phantom", folder / "beside.ph"
    program.write_text(PROGRAM)
    subprocess.run([PHANTOM, "new", volume, "--size", "8G"], check=True, stderr=subprocess.DEVNULL)
    with subprocess.Popen([PHANTOM, "run", "--quiet", "--interval", "100", volume, program],
                          stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
        process.stdout.readline()
        figures = stat(volume)
        wanted = figures["snapshots"] + SNAPSHOTS
        while figures["snapshots"] < wanted:
            time.sleep(0.5)
            figures = stat(volume)
        process.send_signal(signal.SIGINT)
        process.communicate()
    pause = {name: figures["pause_ns"][name] / 1000 for name in ("p50", "p99", "max")}
    print(f"  {'phantom: the pause of a snapshot':<34} p50 {pause['p50']:10.1f} us  p99 {pause['p99']:10.1f} us  "
          f"max {pause['max']:10.1f} us  (n={figures['pause_ns']['count']})", flush=True)
    return pause["max"]


def stat(volume):
    return json.loads(subprocess.run([PHANTOM, "stat", "--json", volume], check=True,
                                     stdout=subprocess.PIPE).stdout)


def measure(folder):
    """Print the waits; how many targets were missed."""
    if not os.access(BINARY, os.X_OK):
        sys.exit(f"bench: there is no {BINARY}; scripts/setup bench installs it")
    redis_us = redis_worst_us(folder)
    return target("our longest pause / its longest wait", phantom_worst_us(folder) / redis_us, 1)
