#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""How often a connection comes too early for polc dns watch.

  dns_race.py SERVER PORT PAUSE_US NAME...     asks for each name, one after another, and connects to the first address
                                               PAUSE_US microseconds after the answer

Prints "TRIED tried, FIRST at the first packet, LATER at a later one, LOST never; slowest SLOWEST ms". A SYN that was dropped
is sent again after a second; what took less than half of that was let through at once.
"""
import socket
import struct
import sys
import time

PATIENCE = 5.0


def query(number, name):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", 1, 1)


def main(server, port, pause, *names):
    dns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    dns.connect((server, 53))
    dns.settimeout(PATIENCE)
    first = later = lost = 0
    slowest = 0.0
    for number, name in enumerate(names):
        tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        tcp.settimeout(PATIENCE)
        dns.send(query(number, name))
        answer = dns.recv(4096)
        begun = time.perf_counter()
        while time.perf_counter() - begun < int(pause) / 1e6:
            pass
        begun = time.perf_counter()
        try:
            tcp.connect((socket.inet_ntoa(answer[-4:]), int(port)))
        except (socket.timeout, TimeoutError):
            lost += 1
            continue
        finally:
            tcp.close()
        taken = time.perf_counter() - begun
        slowest = max(slowest, taken)
        first += taken < 0.5
        later += taken >= 0.5
    print(f"{len(names)} tried, {first} at the first packet, {later} at a later one, {lost} never; "
          f"slowest {slowest * 1000:.1f} ms")


if __name__ == "__main__":
    main(*sys.argv[1:])
