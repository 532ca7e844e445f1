"""MinIO and HDFS for bench/stores.py: the servers that the tests bring and build, started as they start them."""
import contextlib
import datetime
import hashlib
import hmac
import http.client
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from .install import CACHE, ROOT
from .servers import free_ports

USER, PASSWORD, BUCKET = "imgmeta-bench", "a secret of the benchmark", "bucket"
PUTS = 8
NAME_NODE = "org.apache.hadoop.hdfs.server.namenode.NameNode"
DATA_NODE = "org.apache.hadoop.hdfs.server.datanode.DataNode"
SHELL = "org.apache.hadoop.fs.FsShell"
LOG = """log4j.rootLogger=WARN, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.target=System.err
log4j.appender.out.layout=org.apache.log4j.SimpleLayout
log4j.logger.org.apache.hadoop.util.NativeCodeLoader=ERROR
"""


def found(pattern, path):
    return re.search(pattern, (ROOT / path).read_text()).group(1)


def minio():
    """MinIO's binary, of the version of the tests: Go builds it on first use, which takes some minutes."""
    version = found(r'VERSION: &str = "(v.*)"', "tests/src/s3.rs")
    folder = CACHE.parent / f"minio-{version}"
    if not (folder / "minio").is_file():
        subprocess.run(["go", "install", f"github.com/minio/minio@{version}"], env={**os.environ, "GOBIN": str(folder)}, check=True)
    return folder / "minio"


def hadoop():
    """The folder of Hadoop's jars, of the version of the tests: Maven brings them on first use. It appears when it is whole."""
    jars = CACHE.parent / f"hadoop-{found(r'<hadoop.version>(.*)</', 'tests/hdfs/pom.xml')}"
    if not jars.is_dir():
        draft = jars.with_name(f"{jars.name}.{os.getpid()}")
        subprocess.run(["mvn", "-q", "-B", "-f", ROOT / "tests/hdfs/pom.xml", "dependency:copy-dependencies", f"-DoutputDirectory={draft}"],
                       check=True, stdout=sys.stderr)
        draft.rename(jars)
    return jars


@contextlib.contextmanager
def daemon(command, log, **variables):
    """A process that ends with the block."""
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env={**os.environ, **variables})
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait(ready, logs, *processes):
    for _ in range(1200):
        with contextlib.suppress(OSError, ValueError, KeyError, IndexError):
            if ready():
                return
        if any(process.poll() is not None for process in processes):
            break
        time.sleep(0.1)
    sys.exit("error: a server did not start\n" + "".join(log.read_text()[-2000:] for log in logs))


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read()


def signature(host, path, now):
    """The headers of a put to S3, signed by version 4 with its body left out."""
    day, headers = now[:8], {"host": host, "x-amz-content-sha256": "UNSIGNED-PAYLOAD", "x-amz-date": now}
    names, scope = ";".join(headers), f"{day}/us-east-1/s3/aws4_request"
    request = "\n".join(["PUT", path, "", *(f"{name}:{value}" for name, value in headers.items()), "", names, "UNSIGNED-PAYLOAD"])
    text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{PASSWORD}".encode()
    for part in (*scope.split("/"), text):
        key = hmac.digest(key, part.encode(), "sha256")
    return headers | {"Authorization": f"AWS4-HMAC-SHA256 Credential={USER}/{scope}, SignedHeaders={names}, Signature={key.hex()}"}


def put_all(port, paths):
    """Puts files into the bucket, over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for path in paths:
        key, now = f"/{BUCKET}/{path.name}", datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
        connection.request("PUT", key, path.read_bytes(), signature(f"127.0.0.1:{port}", key, now))
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            sys.exit(f"error: MinIO does not take what is put: {answer.status} {said.decode()}")
    connection.close()


@contextlib.contextmanager
def s3(folder, files):
    """A bucket with the files of a folder: the URL of all of them, and the variables of its clients."""
    (port, console), data = free_ports(2), folder / "minio"
    # A folder at the root of its disk is a bucket.
    (data / BUCKET).mkdir(parents=True)
    variables = {"MINIO_ROOT_USER": USER, "MINIO_ROOT_PASSWORD": PASSWORD, "MINIO_BROWSER": "off", "MINIO_UPDATE": "off", "MINIO_CALLHOME_ENABLE": "off"}
    command = [minio(), "server", "--quiet", "--address", f"127.0.0.1:{port}", "--console-address", f"127.0.0.1:{console}",
               "--certs-dir", folder / "certificates", data]
    log = folder / "minio.log"
    with daemon(command, log, **variables) as server:
        wait(lambda: get(f"http://127.0.0.1:{port}/minio/health/ready") is not None, [log], server)
        paths = list(files.iterdir())
        with ThreadPoolExecutor(PUTS) as pool:
            list(pool.map(put_all, [port] * PUTS, [paths[at::PUTS] for at in range(PUTS)]))
        yield f"s3://{BUCKET}", {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": USER, "AWS_SECRET_ACCESS_KEY": PASSWORD}


def configure(conf, settings):
    """Writes Hadoop's settings; the jars lack the web folders that its daemons insist on."""
    for application in ("hdfs", "datanode"):
        (conf / "webapps" / application / "WEB-INF").mkdir(parents=True)
        (conf / "webapps" / application / "WEB-INF/web.xml").write_text("<web-app/>")
    (conf / "log4j.properties").write_text(LOG)
    properties = "".join(f"<property><name>{name}</name><value>{value}</value></property>" for name, value in settings.items())
    for name in ("core-site.xml", "hdfs-site.xml"):
        (conf / name).write_text(f"<configuration>{properties}</configuration>")


def live(port):
    """Whether the NameNode sees its DataNode, and takes files."""
    bean = lambda name: json.loads(get(f"http://127.0.0.1:{port}/jmx?qry=Hadoop:service=NameNode,name={name}"))["beans"][0]
    return bean("FSNamesystemState")["NumLiveDataNodes"] == 1 and not bean("NameNodeInfo")["Safemode"]


@contextlib.contextmanager
def hdfs(folder, files):
    """A cluster of a NameNode and a DataNode with the files of a folder: as `s3`."""
    rpc, web, *data = free_ports(5)
    url, conf, logs = f"hdfs://127.0.0.1:{rpc}", folder / "conf", [folder / "namenode.log", folder / "datanode.log"]
    configure(conf, {
        "fs.defaultFS": url, "dfs.namenode.rpc-address": f"127.0.0.1:{rpc}", "dfs.namenode.http-address": f"127.0.0.1:{web}",
        "dfs.namenode.name.dir": folder / "namenode", "dfs.datanode.data.dir": folder / "datanode", "dfs.replication": 1, "dfs.heartbeat.interval": 1,
        # A file that is closed before its DataNode has told of the block is asked about again after so long: by default 400 ms.
        "dfs.client.block.write.locateFollowingBlock.initial.delay.ms": 10,
        "dfs.namenode.safemode.extension": 0, "dfs.namenode.datanode.registration.ip-hostname-check": "false", "dfs.datanode.du.reserved": 0,
        "dfs.datanode.hostname": "localhost",
        # Its log need not outlive it: each file costs several entries, and waits for the disk with each.
        "dfs.namenode.edits.noeditlogchannelflush": "true",
        **{f"dfs.datanode.{name}": f"127.0.0.1:{port}" for name, port in zip(("address", "http.address", "ipc.address"), data)}})
    java = ["java", "-Xmx512m", "-XX:+UseSerialGC", "-cp", f"{conf}:{hadoop()}/*"]
    subprocess.run([*java, NAME_NODE, "-format", "-force", "-nonInteractive"], check=True, capture_output=True)
    with daemon([*java, NAME_NODE], logs[0]) as name_node, daemon([*java, DATA_NODE], logs[1]) as data_node:
        wait(lambda: live(web), logs, name_node, data_node)
        subprocess.run([*java, SHELL, "-put", "-d", "-t", str(PUTS), files, f"{url}/images"], check=True, stdout=sys.stderr)
        yield f"{url}/images", {}
