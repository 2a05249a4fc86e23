#!/usr/bin/python3 -I
# SPDX-License-Identifier: GPL-2.0-or-later
# What a program does that asks for a name and connects at once: for each name that is read from standard input, one query
# over UDP, and as soon as the answer is there a TCP connection to its last address, with no second try of either.
#
#   first_connection.py SERVER PORT A|AAAA [SECONDS]     prints "NAME ADDRESS RESULT" for each line
#
# RESULT is ok, refused, timeout (after SECONDS, default 0.4: less than a second try of the kernel's takes) or none (no
# address in the answer, or no answer).
import ipaddress
import random
import socket
import struct
import sys

TYPES = {"A": 1, "AAAA": 28}


def query(number, name, kind):
    question = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">6H", number, 0x100, 1, 0, 0, 0) + question + b"\0" + struct.pack(">2H", kind, 1)


def skip_name(message, at):
    while message[at] != 0:
        if message[at] >= 0xC0:
            return at + 2
        at += 1 + message[at]
    return at + 1


def addresses(message, kind):
    _, _, questions, answers = struct.unpack_from(">4H", message)
    at = 12
    for _ in range(questions):
        at = skip_name(message, at) + 4
    for _ in range(answers):
        at = skip_name(message, at)
        found, _, _, size = struct.unpack_from(">HHIH", message, at)
        at += 10
        if found == kind:
            yield ipaddress.ip_address(message[at : at + size])
        at += size


def ask(server, name, kind):
    number = random.randrange(65536)
    with socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.settimeout(3)
        asked.connect((server, 53))
        asked.send(query(number, name, kind))
        try:
            return list(addresses(asked.recv(4096), kind))
        except OSError:
            return []


def connect(address, port, seconds):
    with socket.socket(socket.AF_INET6 if address.version == 6 else socket.AF_INET, socket.SOCK_STREAM) as connection:
        connection.settimeout(seconds)
        try:
            connection.connect((str(address), port))
            return "ok"
        except ConnectionRefusedError:
            return "refused"
        except OSError:
            return "timeout"


def main():
    server, port, kind = sys.argv[1], int(sys.argv[2]), TYPES[sys.argv[3]]
    seconds = float(sys.argv[4]) if len(sys.argv) > 4 else 0.4
    for line in sys.stdin:
        name = line.strip()
        found = ask(server, name, kind)
        result = connect(found[-1], port, seconds) if found else "none"
        print(name, found[-1] if found else "-", result, flush=True)


main()
