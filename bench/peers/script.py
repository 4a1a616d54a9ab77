#!/usr/bin/env python3
"""What one writes in an afternoon: reads a log, prints each sub-interface that was down for more than 10 s on a master."""
import re
import sys
from calendar import timegm
from collections import deque
from time import strptime

HOLD = 10
LINE = re.compile(
    r"<\d+>(\w{3} [ \d]\d \d{4} \d\d:\d\d:\d\d) (\S+) %%01(?:"
    r"IFNET/\d/linkDown_(active|clear)\(l\):.*\(ifName=(Eth-Trunk\d+)(\.\d+)?, .*Reason=([^,]+), "
    r"|ETRUNK/\d/ETRUNK_MEMBER_STATUS_CHANGE\(l\):.*MemberId=(\d+), State=(\w+), )")


def main(path):
    master = {}       # (host, trunk) -> is it master
    main_down = set() # (host, trunk)
    down = {}         # (host, trunk, sub) -> stamp
    waiting = deque() # (time, key, stamp), oldest first
    last_stamp, now = None, 0

    def fire(until):
        while waiting and waiting[0][0] + HOLD < until:
            _, key, since = waiting.popleft()
            trunk = key[:2]
            if down.get(key) == since and master.get(trunk) and trunk not in main_down:
                print("RAISED", since, key[0], key[1] + key[2])

    with open(path, encoding="ascii", errors="replace") as log:
        for line in log:
            m = LINE.match(line)
            if not m:
                continue
            stamp, host, what, name, sub, reason, member, state = m.groups()
            if stamp != last_stamp:
                last_stamp, now = stamp, timegm(strptime(stamp, "%b %d %Y %H:%M:%S"))
                fire(now)
            if member:
                master[host, "Eth-Trunk" + member] = state == "Master"
                continue
            trunk = (host, name)
            if trunk not in master:
                continue
            key = (host, name, sub)
            if not sub:
                (main_down.add if what == "active" else main_down.discard)(trunk)
            elif what == "clear":
                down.pop(key, None)
            elif key not in down and master[trunk] and trunk not in main_down and reason != "The main interface is down":
                down[key] = stamp
                waiting.append((now, key, stamp))
    fire(float("inf"))


main(sys.argv[1])
