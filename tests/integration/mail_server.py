"""A mail server (aiosmtpd) that keeps what it gets: mail_server.py PORT FOLDER CERTIFICATE KEY. User tw, password geheim.
Runs by Debian's own Python, which has the package."""
import json
import os
import ssl
import sys
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword


class Keep:
    def __init__(self, folder):
        self.folder, self.n = folder, 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("gone@"):
            return "550 5.1.1 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.n += 1
        path = os.path.join(self.folder, f"{self.n}.json")
        with open(path + ".new", "w") as f:
            json.dump({"from": envelope.mail_from, "to": envelope.rcpt_tos, "tls": session.ssl is not None,
                       "user": session.auth_data.login.decode() if session.auth_data else None,
                       "text": envelope.content.decode("latin-1")}, f)
        os.rename(path + ".new", path)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"tw", b"geheim")
    return AuthResult(success=good, handled=False, auth_data=data)


def main():
    port, folder, certificate, key = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    Controller(Keep(folder), hostname="127.0.0.1", port=int(port), tls_context=context, require_starttls=True,
               authenticator=authenticate, auth_required=True).start()
    print("ready", flush=True)
    threading.Event().wait(600)


main()
