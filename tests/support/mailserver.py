"""A real mail server for tests: postfix takes mails by SMTP, dovecot keeps them and gives them out by IMAP.

Both run on ports and folders of their own. postfix changes users by itself, so both are started as root, or by sudo.
"""

from __future__ import annotations

import imaplib
import ipaddress
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from deploy.local.system_packages import as_root
from tests.support.ports import free_port, listening
from tests.support.waiting import wait_until

DOMAIN = "customer.example"
USER, PASSWORD = "portal", "hush-an-old/secret"
_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
myhostname = mx.{domain}
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtp_dns_support_level = disabled
alias_maps =
virtual_mailbox_domains = {domain}
virtual_mailbox_maps = texthash:{folder}/users
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
smtpd_recipient_restrictions = check_recipient_access texthash:{folder}/busy, reject_unauth_destination
smtpd_tls_cert_file = {folder}/cert.pem
smtpd_tls_key_file = {folder}/key.pem
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{auth}
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
"""
_MASTER = """
127.0.0.1:{smtp} inet n - n - - smtpd
127.0.0.1:{submission} inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt -o smtpd_sasl_auth_enable=yes
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
_DOVECOT = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail/%u
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/mail/%u allow_all_users=yes
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service auth {{
  inet_listener {{
    address = 127.0.0.1
    port = {auth}
  }}
}}
"""


class MailServer:
    """postfix and dovecot in a folder of their own; `stop_smtp` and `start_smtp` again keep port and mails.

    It takes mail at DOMAIN for known0 to known29, for `busy` never yet, and refuses others for good.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="portico-mail-"))
        self.folder.chmod(0o755)
        self._ports = {name: free_port() for name in ("smtp", "submission", "lmtp", "imap", "auth")}
        self._dovecot: subprocess.Popen[bytes] | None = None
        self._root = as_root() or []
        values = {**self._ports, "folder": self.folder, "domain": DOMAIN, "password": PASSWORD}
        (self.folder / "postfix").mkdir()
        (self.folder / "postfix/main.cf").write_text(_MAIN.format_map(values))
        (self.folder / "postfix/master.cf").write_text(_MASTER.format_map(values))
        (self.folder / "dovecot.conf").write_text(_DOVECOT.format_map(values))
        names = [*(f"known{number}" for number in range(30)), "busy"]
        (self.folder / "users").write_text("".join(f"{name}@{DOMAIN} x\n" for name in names))
        (self.folder / "busy").write_text(f"busy@{DOMAIN} 450 4.2.1 Mailbox of <busy@{DOMAIN}> is busy\n")
        self.certificate = self.folder / "cert.pem"
        _make_certificate(self.certificate, self.folder / "key.pem")
        for name, owner in (("queue", "root"), ("data", "postfix"), ("mail", "nobody")):
            (self.folder / name).mkdir()
            self._run("chown", f"{pwd.getpwnam(owner).pw_uid}", str(self.folder / name))

    @property
    def uri(self) -> str:
        """Where mails are taken without a password."""
        return f"smtp://127.0.0.1:{self._ports['smtp']}"

    @property
    def submission_uri(self) -> str:
        """Where they are taken over TLS from USER, with PASSWORD; the certificate is for localhost."""
        return f"smtp+starttls://{USER}@localhost:{self._ports['submission']}"

    def start(self) -> None:
        """Start both and wait until both listen."""
        with (self.folder / "dovecot.out").open("ab") as out:
            command = [*self._root, "/usr/sbin/dovecot", "-F", "-c", str(self.folder / "dovecot.conf")]
            self._dovecot = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
        self.start_smtp()
        for name in ("imap", "lmtp", "auth"):
            wait_until(lambda port=self._ports[name]: listening(port), 20, self._logs)  # type: ignore[misc]

    def start_smtp(self) -> None:
        """Start postfix."""
        self._run("/usr/sbin/postfix", "-c", str(self.folder / "postfix"), "start")
        for name in ("smtp", "submission"):
            wait_until(lambda port=self._ports[name]: listening(port), 20, self._logs)  # type: ignore[misc]

    def stop_smtp(self) -> None:
        """Stop postfix; what it took it keeps."""
        self._run("/usr/sbin/postfix", "-c", str(self.folder / "postfix"), "stop")

    def stop(self) -> None:
        """End both, and remove their folder."""
        with suppress(AssertionError):
            self.stop_smtp()
        if self._dovecot is not None:
            self._run("kill", f"-{signal.SIGTERM.value}", str(self._dovecot.pid))
            self._dovecot.wait(20)
        if self._root:
            self._run("rm", "-rf", str(self.folder))
        shutil.rmtree(self.folder, ignore_errors=True)

    def inbox(self, name: str) -> list[EmailMessage]:
        """The mails of `name`@DOMAIN by IMAP, the oldest first."""
        with imaplib.IMAP4("127.0.0.1", self._ports["imap"], timeout=20) as imap:
            imap.login(f"{name}@{DOMAIN}", PASSWORD)
            imap.select("INBOX", readonly=True)
            numbers = imap.search(None, "ALL")[1][0].split()
            found = [imap.fetch(number, "(RFC822)")[1][0] for number in numbers]
        contents = [one[1] for one in found if isinstance(one, tuple)]
        return [message_from_bytes(one, _class=EmailMessage, policy=policy.default) for one in contents]

    def _run(self, *command: str) -> None:
        done = subprocess.run([*self._root, *command], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise AssertionError(f"{' '.join(command)}:\n{done.stdout}{done.stderr}{self._logs()}")

    def _logs(self) -> str:
        logs: Sequence[Path] = [self.folder / name for name in ("postfix.log", "dovecot.log", "dovecot.out")]
        return "\n".join(path.read_text(errors="replace")[-2000:] for path in logs if os.access(path, os.R_OK))


def _make_certificate(certificate: Path, key_file: Path) -> None:
    """A certificate for localhost that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    key_file.chmod(0o600)
