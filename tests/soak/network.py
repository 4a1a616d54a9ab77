"""Pairs of simulated routers, and what happens to them."""
import heapq
import time

from routers import WAYS, Router

SUBS = 20


class Clock:
    """Simulated time, the same as in the daemon."""

    def __init__(self, rate):
        self.rate, self.real, self.mono = rate, time.time_ns(), time.monotonic_ns()

    def environment(self):
        return {"TEST_CLOCK_RATE": str(self.rate), "TEST_CLOCK_REAL": str(self.real), "TEST_CLOCK_MONO": str(self.mono)}

    def now(self):
        """Seconds since the beginning."""
        return (time.monotonic_ns() - self.mono) / 1e9 * self.rate

    def stamp(self, at):
        t = time.gmtime(self.real / 1e9 + at)
        return f"{time.strftime('%b', t)} {t.tm_mday:2d} {time.strftime('%Y %H:%M:%S', t)}"


class Network:
    """A heap of (simulated time, number, action)."""

    def __init__(self, pairs, world, dice):
        self.world, self.dice, self.heap, self.number, self.quiet = world, dice, [], 0, False
        self.lasting, self.fallen = 0, 0  # faults that last, and sub-interfaces in them
        self.pairs = [[Router(world, f"PE-{i}{side}", f"127.{10 + k}.{i // 250}.{1 + i % 250}", WAYS[i % len(WAYS)], 2 * i + k)
                       for k, side in enumerate("AB")] for i in range(pairs)]
        self.master = [0] * pairs

    def routers(self):
        return [r for pair in self.pairs for r in pair]

    def at(self, when, action):
        self.number += 1
        heapq.heappush(self.heap, (when, self.number, action))

    def play(self, now):
        while self.heap and self.heap[0][0] <= now:
            when, _, action = heapq.heappop(self.heap)
            action(when)

    def hear(self):
        for r in self.routers():
            if r.informs and r.informs.waiting:
                r.informs.hear()

    def unanswered(self):
        return sum(len(r.informs.waiting) for r in self.routers() if r.informs)

    def close(self):
        for r in self.routers():
            if r.connection:
                r.connection.close()

    def begin(self):
        for i, (a, b) in enumerate(self.pairs):
            now = self.world.clock.now()
            a.role(now, "Master", "ETRUNK_MASTER")
            b.role(now, "Backup", "ETRUNK_BACKUP")
            # Everything is heard of once: what the daemon keeps of a sub-interface it keeps from then on.
            for sub in range(1, SUBS + 1):
                a.link(now, sub, True)
                b.link(now, sub, True)
            self.at(now + self.dice.uniform(5, 300), lambda now, i=i: self.happen(now, i))
            self.at(now + self.dice.uniform(1, 60), lambda now, i=i: self.chatter(now, i))
            for r in (a, b):
                if r.connection:
                    self.at(now + self.dice.uniform(60, 3600), lambda now, r=r: self.reconnect(now, r))

    def reconnect(self, now, router):
        """The connection ends; with the next message there is another."""
        router.connection.close()
        self.at(now + self.dice.uniform(300, 3600), lambda later: self.reconnect(later, router))

    def chatter(self, now, i):
        self.pairs[i][self.dice.randrange(2)].noise(now, self.dice.randrange(3))
        self.at(now + self.dice.uniform(1, 10), lambda later: self.chatter(later, i))

    def happen(self, now, i):
        """The next thing of pair i: mostly a fault that lasts, or a short one, a switchover, a repeat."""
        kind, m = self.dice.random(), self.pairs[i][self.master[i]]
        end = now
        if self.quiet:
            return
        if kind < 0.4:
            end = now + self.dice.uniform(60, 300)
            self.lasting += 1
            for sub in self.dice.sample(range(1, SUBS + 1), self.dice.choice([1, 1, 1, 2, 5])):
                self.fallen += 1
                m.link(now, sub, False)
                self.at(end, lambda later, sub=sub: m.link(later, sub, True))
        elif kind < 0.7 and m.exact:
            sub, end = self.dice.randrange(1, SUBS + 1), now + 2
            m.link(now, sub, False)
            self.at(end, lambda later: m.link(later, sub, True))
        elif kind < 0.8:
            self.switch(now, i)
            end = now + 200
        else:
            m.role(now, "Master", "ETRUNK_MASTER")
        self.at(end + self.dice.uniform(20, 600), lambda later: self.happen(later, i))

    def switch(self, now, i):
        """The main interface of the master goes down and the peer takes over, as it should; and it comes back as the standby."""
        old, new = self.pairs[i][self.master[i]], self.pairs[i][1 - self.master[i]]
        old.link(now, 0, False)
        old.role(now, "Backup", "LINK_DOWN")
        new.role(now, "Master", "PEER_MEMBER_DOWN")
        self.at(now + 100, lambda later: old.link(later, 0, True))
        self.at(now + 101, lambda later: old.role(later, "Backup", "ETRUNK_BACKUP"))
        self.at(now + 102, lambda later: new.role(later, "Master", "ETRUNK_MASTER"))
        self.master[i] = 1 - self.master[i]

    def inventory(self, guests):
        out = ["devices:"]
        out += [f"  {r.name.lower()}: {r.inventory()}" for r in self.routers() + guests]
        out.append("pairs:")
        subs = ", ".join(f"{s}: {{services: [arp]}}" for s in range(1, SUBS + 1))
        for i, (a, b) in enumerate(self.pairs):
            out += [f"  pair-{i}:", f"    devices: [{a.name.lower()}, {b.name.lower()}]", "    e-trunks:",
                    f"      1: {{members: [{{trunks: {{{a.name.lower()}: Eth-Trunk10, {b.name.lower()}: Eth-Trunk10}}, sub-interfaces: {{{subs}}}}}]}}"]
        return "\n".join(out) + "\n"
