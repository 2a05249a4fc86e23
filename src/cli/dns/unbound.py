
# ---- from here on it is the same for every input -------------------------------------------------------------------

import ipaddress
import os
import socket
import struct
import threading
import time

# The numbers of netlink, and of nf_tables in it.
NETLINK_NETFILTER = 12
NLMSG_ERROR, NLM_F_REQUEST, NLM_F_ACK, NLM_F_CREATE = 2, 1, 4, 0x400
BATCH_BEGIN, BATCH_END = 0x10, 0x11
NEWSETELEM, GETSETELEM, DELSETELEM = 0xA0C, 0xA0D, 0xA0E
SUBSYSTEM_NFTABLES = 10
NFPROTO_INET = 1
NLA_F_NESTED = 0x8000
LIST_TABLE, LIST_SET, LIST_ELEMENTS = 1, 2, 3
ELEM_KEY, ELEM_TIMEOUT, ELEM_EXPIRATION = 1, 4, 5

CHAIN_MAX = 16  # names that an answer leads through
LATER = 1  # seconds: TTLs are whole ones


def attribute(kind, data):
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def nested(kind, data):
    return attribute(kind | NLA_F_NESTED, data)


def message(kind, flags, sequence, body, resource=0):
    family = 0 if resource else NFPROTO_INET
    return (
        struct.pack("=IHHII", 20 + len(body), kind, NLM_F_REQUEST | flags, sequence, 0)
        + struct.pack(">BBH", family, 0, resource)
        + body
    )


def elements(set_name, address, times=b""):
    element = nested(ELEM_KEY, attribute(1, address.packed)) + times
    return (
        attribute(LIST_TABLE, TABLE.encode() + b"\0")
        + attribute(LIST_SET, set_name.encode() + b"\0")
        + nested(LIST_ELEMENTS, nested(1, element))
    )


def attributes(data):
    """The attributes in data: kind -> payload."""
    found = {}
    at = 0
    while at + 4 <= len(data):
        size, kind = struct.unpack_from("=HH", data, at)
        if size < 4:
            break
        found[kind & ~NLA_F_NESTED] = data[at + 4 : at + size]
        at += (size + 3) & ~3
    return found


class Sets:
    """The sets of polc's table, over one netlink socket."""

    def __init__(self):
        self.lock = threading.Lock()
        self.sequence = 0
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self.socket.bind((0, 0))
        self.socket.settimeout(1)

    def ask(self, messages):
        """Sends what messages(sequence) makes, and returns what the kernel says to it first; an error is raised."""
        self.sequence = (self.sequence + 1) % 0x100000000
        self.socket.send(messages(self.sequence))
        while True:
            reply = self.socket.recv(65536)
            kind, _, sequence = struct.unpack_from("=HHI", reply, 4)
            if sequence == self.sequence:  # else it belongs to what went wrong before
                break
        error = -struct.unpack_from("=i", reply, 16)[0] if kind == NLMSG_ERROR else 0
        if error != 0:
            raise OSError(error, os.strerror(error))
        return reply

    def left(self, set_name, address):
        """Seconds that the element still stands for; None: it is not there."""
        try:
            reply = self.ask(lambda sequence: message(GETSETELEM, 0, sequence, elements(set_name, address)))
        except FileNotFoundError:  # the element, or the set, which put() finds
            return None
        element = attributes(attributes(attributes(reply[20:])[LIST_ELEMENTS])[1])
        if ELEM_EXPIRATION not in element:
            return float("inf")
        return struct.unpack(">Q", element[ELEM_EXPIRATION])[0] / 1000

    def put(self, wanted):
        """Adds elements in one transaction: [(set name, address, seconds)].

        An element that stands already would keep its time. So it is put in (if it is not there), taken out and put in
        again; no packet sees it missing.
        """

        def batch(sequence):
            messages = message(BATCH_BEGIN, 0, sequence, b"", SUBSYSTEM_NFTABLES)
            for number, (set_name, address, seconds) in enumerate(wanted, 1):
                time_out = struct.pack(">Q", int(seconds * 1000))
                times = attribute(ELEM_TIMEOUT, time_out) + attribute(ELEM_EXPIRATION, time_out)
                is_last = NLM_F_ACK if number == len(wanted) else 0
                messages += message(NEWSETELEM, NLM_F_CREATE, sequence, elements(set_name, address))
                messages += message(DELSETELEM, 0, sequence, elements(set_name, address))
                messages += message(NEWSETELEM, NLM_F_CREATE | is_last, sequence, elements(set_name, address, times))
            return messages + message(BATCH_END, 0, sequence, b"", SUBSYSTEM_NFTABLES)

        self.ask(batch)

    def learn(self, wanted):
        """Makes the elements stand at least that long: [(set name, address, needed, seconds)]."""
        with self.lock:
            late = []
            for set_name, address, needed, seconds in wanted:
                left = self.left(set_name, address)
                if left is None or left + LATER < needed:
                    late.append((set_name, address, seconds + LATER))
            if late:
                self.put(late)


def sets_of(name):
    """Numbers of the sets whose patterns match the name: exactly as polc itself matches."""
    found = set(EXACT.get(name, ()))
    dot = name.find(".")
    while dot >= 0:
        front, tail = name[:dot], name[dot + 1 :]
        for head, numbers in WILD.get(tail, ()):
            # "*" stands for one label at least: www.*.com is head "www." and tail "com".
            if front.startswith(head) and len(front) > len(head):
                found.update(numbers)
        dot = name.find(".", dot + 1)
    return found


NEVER_NETS = [ipaddress.ip_network(net) for net in NEVER]


def usable(address):
    """Whether an answer may open it at all."""
    return not any(address in net for net in NEVER_NETS)


def name_of_wire(wire):
    """A name as it stands in a record, without compression; None: one that polc would not match either."""
    labels = []
    at = 0
    while at < len(wire) and wire[at] != 0:
        labels.append(wire[at + 1 : at + 1 + wire[at]])
        at += 1 + wire[at]
    try:
        return b".".join(labels).decode("ascii").lower()
    except UnicodeDecodeError:
        return None


def records_of(reply, now):
    """The records of the answer section: (name, type) -> [(TTL, data)]."""
    records = {}
    for i in range(reply.an_numrrsets):
        rrset = reply.rrsets[i]
        data = rrset.entry.data
        key = (rrset.rk.dname_str.rstrip(".").lower(), rrset.rk.type_str)
        # In the cache a TTL is the time of its end.
        records[key] = [(data.rr_ttl[j] - now, data.rr_data[j][2:]) for j in range(data.count)]
    return records


def addresses_of(question, kind, records):
    """The names that the answer leads through, and the addresses at its end with the least TTL on the way."""
    names = [question]
    least = float("inf")
    while (names[-1], "CNAME") in records and len(names) <= CHAIN_MAX:
        ttl, wire = records[names[-1], "CNAME"][0]
        target = name_of_wire(wire)
        if target is None or target in names:
            return names, []
        least = min(least, ttl)
        names.append(target)
    found = [(ipaddress.ip_address(data), min(least, ttl)) for ttl, data in records.get((names[-1], kind), ())]
    return names, found


complained = 0


def complain(error):
    """Once a minute, so that a table that is not there does not fill the log."""
    global complained
    if time.monotonic() - complained > 60 or complained == 0:
        complained = time.monotonic()
        log_err("polc: cannot put addresses into table inet %s: %s" % (TABLE, error))


def learn(question, kind, reply, now):
    if kind not in ("A", "AAAA") or reply is None:
        return
    name = question.rstrip(".").lower()
    names, found = addresses_of(name, kind, records_of(reply, now))
    numbers = set().union(*(sets_of(each) for each in names))
    wanted = []
    for address, ttl in found:
        if usable(address):
            ttl = max(ttl, 0)
            times = (ttl + EXTRA_TTL, max(ttl, MIN_TTL) + EXTRA_TTL)
            wanted += [(SETS[number][address.version == 6], address, *times) for number in sorted(numbers)]
    if wanted:
        sets.learn(wanted)


def answer(qinfo, qstate, reply, rcode, edns, options, region, **more):
    """Called for each answer that is about to go out. Whatever happens here, it goes out."""
    try:
        learn(qinfo.qname_str, qinfo.qtype_str, reply, 0)
    except Exception as error:
        complain(error)
    return True


def answer_from_cache(qinfo, qstate, reply, rcode, edns, options, region, **more):
    try:
        learn(qinfo.qname_str, qinfo.qtype_str, reply, int(time.time()))
    except Exception as error:
        complain(error)
    return True


def init_standard(id, env):
    global sets
    sets = Sets()
    return (
        register_inplace_cb_reply(answer, env, id)
        and register_inplace_cb_reply_cache(answer_from_cache, env, id)
        and register_inplace_cb_reply_local(answer, env, id)
    )


def deinit(id):
    return True


def inform_super(id, qstate, superqstate, qdata):
    return True


def operate(id, event, qstate, qdata):
    """Only passes on: what polc wants to see is the finished answer."""
    if event in (MODULE_EVENT_NEW, MODULE_EVENT_PASS):
        qstate.ext_state[id] = MODULE_WAIT_MODULE
    elif event == MODULE_EVENT_MODDONE:
        qstate.ext_state[id] = MODULE_FINISHED
    else:
        qstate.ext_state[id] = MODULE_ERROR
    return True
