"""Judges a soak: alerts, memory, descriptors, and that every message is accounted for, exactly."""
import json


def numbers(line):
    return {k: int(v) for k, v in (w.split("=", 1) for w in line.split() if "=" in w) if v.lstrip("-").isdigit()}


class Report:
    """The daemon's last report."""

    def __init__(self, log):
        lines = log[:log.rindex("report.log: lines")].splitlines()
        first = max(i for i, line in enumerate(lines) if "report: counters" in line)
        lines = lines[first:]
        self.core = numbers(lines[0])
        self.sockets = {}
        for line in lines:
            for kind, scheme in (("syslog", "syslog"), ("snmp", "snmp"), ("tls", "syslog+tls"), ("tcp", "syslog+tcp")):
                if f"report.socket: {scheme}://" in line or f"report.tls: {scheme}://" in line:
                    self.sockets.setdefault(kind, {}).update(numbers(line))
        self.rows = [numbers(line) for line in lines if "report.device: " in line or "report.nobody: " in line]
        self.responses = next(numbers(line) for line in lines if "report.snmp: answers" in line)["responses"]


def total(counts, *prefixes):
    return sum(n for name, n in counts.items() if name.startswith(prefixes))


def accounts(report, tally, unanswered):
    """What does not add up."""
    def same(what, a, b):
        if a != b:
            bad.append(f"{what}: {a}, not {b}")
    bad = []
    for kind, s in report.sockets.items():
        same(f"{kind}: arrived, sent", s["arrived"], tally.sent[kind] + tally.expect[f"{kind} lost"])
        if kind in ("tls", "tcp"):
            same(f"{kind}: received, fed", s["received"], s["fed"])
            same(f"{kind}: lost", s["lost"], tally.expect[f"{kind} lost"])
            same(f"{kind}: unfinished", s["unfinished"], tally.expect[f"{kind} lost"])
            same(f"{kind}: connections", s["accepted"] + total(s, "refused_source", "refused_total", "refused_per_source"),
                 tally.sent[f"{kind} connections"])
            same(f"{kind}: what became of connections", s["accepted"],
                 sum(s[k] for k in ("open", "ended", "unfinished", "slow", "idle", "gone", "failed", "refused_certificate")))
            continue
        same(f"{kind}: arrived", s["arrived"], s["received"] + s["kernel_drops"])
        same(f"{kind}: received", s["received"], s["fed"] + s["other_community"] + total(s, "shed_", "v3_"))
    # What the kernel dropped may have been any of them.
    if report.sockets["snmp"]["kernel_drops"] == 0:
        for name in sorted({k.split()[1] for k in tally.expect if k.startswith("snmp ")} | {k for k in report.sockets["snmp"] if k.startswith("v3_")}):
            same(f"snmp: {name}", report.sockets["snmp"].get(name, 0), tally.expect[f"snmp {name}"])
    same("informs without an answer", unanswered, 0)
    same("answers to informs", report.responses, tally.sent["answers"])
    core = report.core
    same("core: received, fed", core["received"], sum(s["fed"] for s in report.sockets.values()))
    same("core: received", core["received"], core["events"] + total(core, "ignored_", "malformed_"))
    same("devices: records", sum(r["records"] for r in report.rows), core["received"])
    same("devices: received, arrived", sum(r["received"] for r in report.rows), sum(s["arrived"] - s.get("kernel_drops", 0) for s in report.sockets.values()))
    same("devices: received", sum(r["received"] for r in report.rows), sum(r["accepted"] + r["dropped"] for r in report.rows))
    same("devices: accepted", sum(r["accepted"] for r in report.rows), core["events"] + core["ignored_no_rule"])
    return bad


def alerts(transitions, fallen):
    """What is wrong with the alerts, and how many were taken back at once. `fallen`: sub-interfaces that were down for long; each must have
    been in one alert. Those of one fault make one alert, or two when the second half was heard too late for the first."""
    bad, open_alerts, lasted, taken_back, seqs = [], {}, 0, 0, []
    for t in sorted(transitions, key=lambda t: t["seq"]):
        seqs.append(t["seq"])
        if t["transition"] == "raised":
            open_alerts[t["alert_id"]] = t
            t["all"] = set(t["sub_interfaces"])
        elif t["transition"] == "updated" and t["alert_id"] in open_alerts:
            open_alerts[t["alert_id"]]["all"].update(t["sub_interfaces"])
        elif t["transition"] == "cleared":
            if t["alert_id"] not in open_alerts:
                bad.append(f"cleared, but not raised: {t['summary']}")
            raised = open_alerts.pop(t["alert_id"], {"all": ()})
            taken_back += t["cleared_by"] == "retracted"
            if (t["cleared_by"], t["condition"]) == ("recovered", "no-switchover"):
                lasted += len(raised["all"])
            # Retracted: what was heard late, as a fault's end behind its hold, was over in time all the same.
            if t["cleared_by"] != "retracted" and (t["cleared_by"], t["condition"]) != ("recovered", "no-switchover"):
                bad.append(f"not expected: {json.dumps({k: t[k] for k in ('time', 'condition', 'device', 'cleared_by', 'summary')})}")
    if seqs != list(range(1, len(seqs) + 1)):
        bad.append("a transition is missing or doubled in the files")
    bad += [f"still open: {t['time']} {t['summary']}" for t in open_alerts.values()]
    if lasted != fallen:
        bad.append(f"{fallen} sub-interfaces were down for long, {lasted} were in alerts that ended with them")
    return bad, taken_back


def mean(values):
    return sum(values) / len(values)


def needs(samples, any_memory):
    """Did memory or descriptors grow? Samples: (KiB, descriptors)."""
    bad, quarter = [], len(samples) // 4
    parts = [samples[i * quarter:(i + 1) * quarter] for i in range(4)]
    rss = [mean([s[0] for s in part]) for part in parts]
    # Connections come and go: as many as there ever were, no more.
    fds = [max(s[1] for s in part) for part in parts]
    slack = 512 if len(samples) >= 100 else 2048  # a short run has hardly warmed up
    if not any_memory and rss[3] > rss[1] * 1.03 + slack:
        bad.append(f"memory grew from {rss[1]:.0f} to {rss[3]:.0f} KiB")
    if fds[3] > max(fds[:3]) + 1:
        bad.append(f"descriptors grew from {max(fds[:3])} to {fds[3]}")
    return bad, f"rss_kib={samples[0][0]}..{'..'.join(f'{r:.0f}' for r in rss)} descriptors={'..'.join(map(str, fds))}"
