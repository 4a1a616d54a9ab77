#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Turns the modules of mibs/ into the C table behind src/oids: oids.py SMIDUMP MIBS OUT.c

What ends in .txt is what trunkwatch itself sends: nothing is received by it. smidump does the parsing and resolves every name to its full number; here it only becomes C.
"""
import os
import subprocess
import sys
import xml.etree.ElementTree as xml


def dump(smidump, mibs, module):
    env = dict(os.environ, SMIPATH=mibs)
    run = subprocess.run([smidump, "-f", "xml", module], env=env, capture_output=True, text=True)
    if run.returncode != 0 or "contains errors" in run.stderr or "not found" in run.stderr:
        sys.exit(f"smidump {module}: {run.stderr.strip() or 'failed'}")
    return xml.fromstring(run.stdout)


def labels(node):
    typedef = node.find("syntax/typedef[@basetype='Enumeration']")
    return [] if typedef is None else [(int(x.get("number")), x.get("name")) for x in typedef.findall("namednumber")]


def names(tree, module):
    for node in tree.iter():
        if node.get("oid") and node.get("name"):
            oid = tuple(int(x) for x in node.get("oid").split("."))
            yield f"{module}::{node.get('name')}", oid, labels(node)


def table(found):
    by_oid = sorted(found, key=lambda f: (f[1], f[0]))
    out = ["/* Generated from mibs/ by tools/oids.py. */", '#include "oids_internal.h"', ""]
    for i, (_, oid, enum) in enumerate(by_oid):
        out.append(f"static const uint32_t id{i}[] = {{{', '.join(str(x) for x in oid)}}};")
        if enum:
            rows = ", ".join(f'{{{number}, "{name}"}}' for number, name in enum)
            out.append(f"static const struct tw_oid_label label{i}[] = {{{rows}}};")
    out += ["", "/* In the order of the numbers. */", "const struct tw_oid_name tw_oid_table[] = {"]
    for i, (name, oid, enum) in enumerate(by_oid):
        out.append(f'    {{"{name}", id{i}, {len(oid)}, {f"label{i}" if enum else "NULL"}, {len(enum)}}},')
    out += ["};", f"const size_t tw_oid_table_n = {len(by_oid)};", ""]
    out += ["/* In the order of the names without their module, then of the modules. */"]
    order = sorted(range(len(by_oid)), key=lambda i: by_oid[i][0].split("::")[::-1])
    out.append(f"const uint16_t tw_oid_by_bare_name[] = {{{', '.join(str(i) for i in order)}}};")
    return "\n".join(out) + "\n"


def main():
    smidump, mibs, out = sys.argv[1:]
    found = []
    for module in sorted(m for m in os.listdir(mibs) if not m.endswith(".txt")):
        found += names(dump(smidump, mibs, module), module)
    with open(out, "w", encoding="ascii") as f:
        f.write(table(found))


if __name__ == "__main__":
    main()
