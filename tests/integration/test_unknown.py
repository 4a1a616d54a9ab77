"""What nobody understood, and what was answered, against the daemon as it runs."""
import socket
import unittest

from support import PATIENCE, PE_A, PE_B, role, send, wait_for
from test_commands import Commands


def tlv(tag, *parts):
    content = b"".join(parts)
    return bytes([tag, len(content)]) + content


def inform(community):
    """SNMPv2c, of a notification that no rule is about."""
    up = tlv(0x30, tlv(6, bytes.fromhex("2b06010201010300")), tlv(0x43, b"\x01"))
    name = tlv(0x30, tlv(6, bytes.fromhex("2b060106030101040100")), tlv(6, bytes.fromhex("2b060104018f5b0519876701")))
    pdu = tlv(0xA6, tlv(2, b"\x01"), tlv(2, b"\0"), tlv(2, b"\0"), tlv(0x30, up, name))
    return tlv(0x30, tlv(2, b"\x01"), tlv(4, community), pdu)


class Answers(Commands):
    def test_informs(self):
        self.start()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind((PE_A, 0))
            s.settimeout(PATIENCE)
            for _ in range(3):
                s.sendto(inform(b"public"), ("127.0.0.1", self.snmp))
                self.assertEqual(s.recv(1000), inform(b"public").replace(b"\xa6", b"\xa2", 1))
        send(self.snmp, inform(b"secret"), PE_A)
        self.wait_metric(f'trunkwatch_socket_received_total{{socket="snmp://127.0.0.1:{self.snmp}"}}', 4)
        status = self.json("/api/v1/status")
        source = status["sources"][1]
        self.assertEqual((source["accepted"], source["answers"], source["answers_failed"]), (3, 3, 0))
        self.assertEqual(source["dropped"]["other_community"], 1)
        self.assertEqual(status["snmp"], {"informs_answered": 3, "reports": 0, "reports_withheld": 0, "engines": 0})
        m = self.metrics()
        self.assertEqual((m["trunkwatch_snmp_informs_answered_total"], m["trunkwatch_snmp_reports_total"]), (3, 0))


class Unknown(Commands):
    def test_what_nobody_understood(self):
        self.start()
        self.assertEqual(self.command("unknown"), "Every message was understood.\n")
        self.assertEqual(self.json("/api/v1/unknown"), {"messages": 0, "unlisted": 0, "unknown": []})
        often = "<190>PE-A %%01TEST/6/OFTEN(l):CID=0x1;Nothing that a \"rule\" knows \\ \x1b[31m. (n=1)"
        changed = "<186>PE-B %%01IFNET/2/linkDown_active(l):CID=1;no fields"
        for _ in range(3):
            send(self.syslog, often, PE_A)
        for line in (often.replace("PE-A", "PE-B"), changed, changed, role("PE-B", "Backup")):
            send(self.syslog, line, PE_B)
        send(self.snmp, bytes.fromhex("302902010104057075626c69"), PE_A)
        self.wait_metric("trunkwatch_core_received_total", 8)
        wait_for("all of it", lambda: self.json("/api/v1/unknown")["messages"] == 7)
        answer = self.json("/api/v1/unknown")
        rows = [(r["count"], r["devices"], r["transport"], r["reason"], r["name"], r["device"]) for r in answer["unknown"]]
        self.assertEqual(rows[:2], [(4, 2, "syslog", "ignored_no_rule", "TEST/6/OFTEN", "pe-a"),
                                    (2, 1, "syslog", "malformed_fields", "IFNET/2/linkDown_active", "pe-b")])
        self.assertEqual([(r[0], r[2], r[3]) for r in rows[2:]], [(1, "trap", "malformed_trap")])
        self.assertEqual((answer["messages"], answer["unlisted"]), (7, 0))
        self.assertIn('a "rule" knows \\', answer["unknown"][0]["sample"])
        self.assertEqual(self.command("unknown", "--json"), self.get("/api/v1/unknown"))
        text = self.command("unknown")
        self.assertNotIn("\033", text)
        table = self.table(text, "COUNT")
        self.assertEqual(list(table), ["4", "2", "1"])
        first = answer["unknown"][0]
        self.assertEqual(table["4"][:6], ["2", first["first"], first["last"], "syslog", "ignored_no_rule", "TEST/6/OFTEN"])
        self.assertTrue(table["4"][6].startswith("pe-a: <190>PE-A %%01TEST/6/OFTEN(l):CID=0x1;Nothing"), table)

    def test_many_kinds(self):
        self.start()
        for i in range(25):
            send(self.syslog, f"<190>PE-A %%01TEST/6/KIND{i}(l):x", PE_A)
        self.wait_metric("trunkwatch_core_received_total", 25)
        text = self.command("unknown")
        self.assertEqual(len([line for line in text.splitlines() if "TEST/6/KIND" in line]), 20)
        self.assertIn("… and 5 that are rarer; all of them: --all\n", text)
        everything = self.command("unknown", "--all")
        self.assertEqual(len([line for line in everything.splitlines() if "TEST/6/KIND" in line]), 25)
        self.assertNotIn("--all", everything)


if __name__ == "__main__":
    unittest.main()
