#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The DNS that no honest program of Debian sends, for the end-to-end tests.

  dns_tool.py load SERVER RATE                     asks for each name of standard input, RATE a second, and prints how many
                                                   were answered with an address
  dns_tool.py forge SERVER[:PORT] CLIENT:PORT ID NAME ADDRESS [COUNT]
                                                   an answer in the name of a server, with a raw socket; ID "all": a packet
                                                   for each id from 0 to COUNT - 1
  dns_tool.py forge-query CLIENT:PORT SERVER[:PORT] ID NAME
                                                   a query in the name of a client, with a raw socket
  dns_tool.py ask SERVER PORT ID NAME SECONDS      a query from a port of its own; prints what came, or "nothing"
  dns_tool.py liar ADDRESS                         a server on port 53, UDP and TCP, whose answers are wrong in the way that
                                                   the first label says (see LIES); each would open 203.0.113.66
"""
import asyncio
import socket
import struct
import sys
import time

A, CNAME = 1, 5
LIE = "203.0.113.66"


def wire(name):
    """A name as RFC 1035 writes it."""
    labels = [label.encode() for label in name.strip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def query(number, name, qtype=A):
    return struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + wire(name) + struct.pack("!2H", qtype, 1)


def record(owner, rtype, data, ttl=60, rclass=1):
    return owner + struct.pack("!2HIH", rtype, rclass, ttl, len(data)) + data


def address(owner=b"\xc0\x0c", text=LIE):
    return record(owner, A, socket.inet_aton(text))


def answer(number, name, records, flags=0x8180, counts=None, qtype=A, tail=b""):
    header = struct.pack("!2H", number, flags) + struct.pack("!4H", *(counts or (1, len(records), 0, 0)))
    return header + wire(name) + struct.pack("!2H", qtype, 1) + b"".join(records) + tail


def lies(number, name):
    """Each way in which an answer to a query for `name` may be wrong."""
    other = "other." + name
    return {
        "id": answer(number ^ 1, name, [address()]),
        "name": answer(number, other, [address()]),
        "sibling": answer(number, name, [address(wire("brother." + name.split(".", 1)[1]))]),
        "parent": answer(number, name, [address(wire(name.split(".", 1)[1]))]),
        "query": answer(number, name, [address()], flags=0x0100),
        "opcode": answer(number, name, [address()], flags=0x8180 | 5 << 11),
        "two": answer(number, name, [address()], counts=(2, 1, 0, 0)),
        "more": answer(number, name, [address()], counts=(1, 2, 0, 0)),
        "fewer": answer(number, name, [address(), address()], counts=(1, 1, 0, 0)),
        "tail": answer(number, name, [address()], tail=b"\0"),
        "cut": answer(number, name, [address()])[:-1],
        "short": answer(number, name, [record(b"\xc0\x0c", A, b"\xcb\0\x71")]),
        "long": answer(number, name, [record(b"\xc0\x0c", A, socket.inet_aton(LIE) + b"\0")]),
        "forward": answer(number, name, [address(b"\xff\xff")]),
        "self": answer(number, name, [record(b"\xc0\x0c", CNAME, b"\xc0\x0c"), address()]),
        "loop": answer(number, name, [record(b"\xc0\x0c", CNAME, wire(other)),
                                      record(wire(other), CNAME, b"\xc0\x0c"), address()]),
        "both": answer(number, name, [record(b"\xc0\x0c", CNAME, wire(other)), address()]),
        "authority": answer(number, name, [address()], counts=(1, 0, 1, 0)),
        "additional": answer(number, name, [address()], counts=(1, 0, 0, 1)),
        "chaos": answer(number, name, [record(b"\xc0\x0c", A, socket.inet_aton(LIE), rclass=3)]),
        "rubbish": struct.pack("!H", number) + b"\x81\x80" + b"\xc0\x0c" * 200,
        "honest": answer(number, name, [address(text="203.0.113.67")]),
        # Addresses that no name may open.
        "loopback": answer(number, name, [address(text="127.0.0.1")]),
        "metadata": answer(number, name, [address(text="169.254.169.254")]),
        "any": answer(number, name, [address(text="0.0.0.0")]),
        "all": answer(number, name, [address(text="255.255.255.255")]),
        "many": answer(number, name, [address(text="224.0.0.1")]),
    }


def name_of(message):
    labels, at = [], 12
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode())
        at += message[at] + 1
    return ".".join(labels)


def reply_to(message):
    number, name = struct.unpack("!H", message[:2])[0], name_of(message)
    return lies(number, name).get(name.split(".")[0], answer(number, name, [], flags=0x8183))


class LiarUdp(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.transport.sendto(reply_to(data), addr)


async def liar_tcp(reader, writer):
    size = struct.unpack("!H", await reader.readexactly(2))[0]
    reply = reply_to(await reader.readexactly(size))
    writer.write(struct.pack("!H", len(reply)) + reply)
    await writer.drain()
    writer.close()


async def liar(host):
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(LiarUdp, local_addr=(host, 53))
    server = await asyncio.start_server(liar_tcp, host, 53)
    print("ready", flush=True)
    await server.serve_forever()


def load(server, rate, names):
    """Sends evenly, from a few ports, and reads answers all the time."""
    count = len(names)
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(4)]
    for each in sockets:
        each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        each.connect((server, 53))
        each.setblocking(False)
    start, answered = time.monotonic(), 0

    def receive():
        got = 0
        for each in sockets:
            try:
                while True:
                    message = each.recv(4096)
                    got += message[3] & 15 == 0 and struct.unpack("!H", message[6:8])[0] > 0
            except (BlockingIOError, ConnectionRefusedError):
                pass
        return got

    for i, name in enumerate(names):
        while (wait := start + i / rate - time.monotonic()) > 0:
            answered += receive()
            time.sleep(min(wait, 0.001))
        try:
            sockets[i % len(sockets)].send(query(i & 0xffff, name))
        except ConnectionRefusedError:
            pass  # of an earlier one
    sent = time.monotonic() - start
    end = time.monotonic() + 3
    while answered < count and time.monotonic() < end:
        answered += receive()
        time.sleep(0.005)
    print(f"{answered} answered, {count / sent:.0f} a second")


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def datagram(source, target, payload):
    """An IPv4 packet with UDP, from (address, port) to (address, port)."""
    udp = struct.pack("!4H", source[1], target[1], 8 + len(payload), 0) + payload
    ip = struct.pack("!2B3H2BH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0,
                     socket.inet_aton(source[0]), socket.inet_aton(target[0]))
    return ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:] + udp


def endpoint(text):
    host, _, port = text.partition(":")
    return host, int(port or 53)


def forge(server, client, number, name, text, count=1):
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    numbers = range(count) if number == "all" else [int(number)] * count
    for each in numbers:
        payload = answer(each, name, [address(text=text)])
        raw.sendto(datagram(endpoint(server), endpoint(client), payload), (endpoint(client)[0], 0))


def forge_query(client, server, number, name):
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    raw.sendto(datagram(endpoint(client), endpoint(server), query(int(number), name)), (endpoint(server)[0], 0))


def ask(server, port, number, name, seconds):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as each:
        each.bind(("", port))
        each.settimeout(seconds)
        each.sendto(query(number, name), (server, 53))
        try:
            message = each.recv(4096)
            print(f"id {struct.unpack('!H', message[:2])[0]}, {len(message)} bytes")
        except (TimeoutError, socket.timeout):
            print("nothing")


def main(verb, *words):
    if verb == "load":
        load(words[0], float(words[1]), sys.stdin.read().split())
    elif verb == "forge":
        forge(*words[:5], *map(int, words[5:]))
    elif verb == "forge-query":
        forge_query(*words)
    elif verb == "ask":
        ask(words[0], int(words[1]), int(words[2]), words[3], float(words[4]))
    elif verb == "liar":
        asyncio.run(liar(words[0]))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:] or ["help"])
