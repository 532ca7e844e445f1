"""The world of bench/speed.py: a network of its own with a thousand names on loopback, and nginx in it."""
import contextlib
import os
import socket
import subprocess
import sys
import time

NAMES = 1000
INSIDE = """set -e
ip link set lo up
mount --bind "$0" /etc/hosts
exec "$@"
"""
CERTIFICATE = """[req]
distinguished_name = subject
x509_extensions = extensions
prompt = no
[subject]
CN = localhost
[extensions]
basicConstraints = critical, CA:FALSE
subjectAltName = {names}
"""


def host(number):
    return f"host{number % NAMES}.test"


def enter(folder, command, names=None):
    """Runs `command` where there is loopback alone, and names are on it or where the lines of `names` say; gives its exit code. All that it
    started ends with it, and with this program, even where that is killed."""
    hosts, names = folder / "hosts", names or "".join(f"127.0.0.1 {host(number)}\n" for number in range(NAMES))
    hosts.write_text(f"127.0.0.1 localhost {socket.gethostname()}\n{names}")
    mapped = ["--map-root-user"] if os.geteuid() else []
    own = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    return subprocess.run(["setpriv", "--pdeathsig", "KILL", "unshare", *mapped, *own, "sh", "-c", INSIDE, hosts, *command]).returncode


def free_ports(count):
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def certify(folder, names="IP:127.0.0.1"):
    """A certificate for these names that it signed itself."""
    (folder / "openssl.conf").write_text(CERTIFICATE.format(names=names))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-config",
                    folder / "openssl.conf", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"], check=True, capture_output=True)
    return folder / "cert.pem"


def configuration(folder, servers, log="off", formats=""):
    """nginx's settings over `folder/images`, with the certificate beside it."""
    return f"""
daemon off; worker_processes {os.cpu_count()}; pid {folder}/nginx.pid; error_log {folder}/error.log;
{"user root root;" if os.geteuid() == 0 else ""}
worker_rlimit_nofile 16384;
events {{ worker_connections 8192; }}
http {{
  {formats}
  access_log {log}; sendfile on; tcp_nopush on; keepalive_requests 100000000; open_file_cache max=10000;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; types {{ image/jpeg jpg; }}
  ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem; ssl_protocols TLSv1.3;
  root {folder}/images;
  {servers}
}}"""


@contextlib.contextmanager
def nginx(folder, addresses=("127.0.0.1",)):
    """nginx over `folder/images`, at these addresses for HTTP/1.1 alone, with the ports for HTTP/1.1, HTTPS with HTTP/1.1, and HTTPS with HTTP/2 alone."""
    certify(folder)
    ports = free_ports(3)
    http, https, h2 = ports
    (folder / "nginx.conf").write_text(configuration(folder, f"""
  server {{ {' '.join(f'listen {address}:{http} backlog=4096;' for address in addresses)} }}
  server {{ listen 127.0.0.1:{https} ssl backlog=4096; }}
  server {{ listen 127.0.0.1:{h2} ssl http2 backlog=4096; if ($server_protocol != HTTP/2.0) {{ return 505; }} }}"""))
    server = subprocess.Popen(["nginx", "-p", folder, "-c", folder / "nginx.conf"], stderr=subprocess.DEVNULL)
    try:
        wait(server, ports)
        yield ports
    finally:
        server.terminate()
        server.wait()


def wait(server, ports):
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", ports[-1])) == 0:
                return
        if server.poll() is not None:
            break
        time.sleep(0.05)
    sys.exit("error: nginx did not start")
