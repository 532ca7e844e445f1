"""Spark with two executors of one core, in processes of their own, and what of it is looked at from outside."""

import os
import shutil
import subprocess
import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path

from pyspark.sql import SparkSession

PACKAGE = Path(__file__).resolve().parents[2] / "python/imgmeta"
# Programs of Java that live for seconds: to compile them well takes longer than they do.
QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


def package(target, program=None):
    """What a wheel holds, as far as Spark needs it, as a zip."""
    with zipfile.ZipFile(target, "w") as archive:
        for module in PACKAGE.glob("*.py"):
            archive.write(module, f"imgmeta/{module.name}")
        if program:
            archive.write(program, "imgmeta/bin/imgmeta")
    return str(target)


def stripped(binary, target):
    """The program without its symbols: most of it would be copied for nothing."""
    if shutil.which("strip") is None or subprocess.run(["strip", "-o", target, binary], check=False).returncode:
        shutil.copy(binary, target)
    return target


@contextmanager
def cluster(binary, *, archive, java=QUICK, **settings):
    """A session whose executors get the package by `spark.archives`, or by `--py-files` and `--files`. `java`: options of
    driver and executors."""
    os.environ["IMGMETA_BINARY"] = binary
    with tempfile.TemporaryDirectory() as folder:
        program = stripped(binary, f"{folder}/imgmeta")
        given = {
            "spark.ui.enabled": "false",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.extraJavaOptions": java,
            "spark.executor.extraJavaOptions": java,
            # Executors that are killed are started anew, however often.
            "spark.deploy.maxExecutorRetries": "-1",
        }
        if archive:
            given["spark.archives"] = package(f"{folder}/package.zip", program) + "#package"
            given["spark.executorEnv.PYTHONPATH"] = "package"
        else:
            given["spark.submit.pyFiles"] = package(f"{folder}/modules.zip")
            given["spark.files"] = program
            given["spark.executorEnv.IMGMETA_BINARY"] = "./imgmeta"
        builder = SparkSession.builder.master("local-cluster[2,1,1024]")
        for name, value in {**given, **settings}.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
        session.sparkContext.setLogLevel("OFF")
        application = session.sparkContext.applicationId
        try:
            yield session
        finally:
            session.stop()
            shutil.rmtree(Path(os.environ["SPARK_HOME"]) / "work" / application, ignore_errors=True)


def processes(*words):
    """Numbers of the living processes whose command line has all of these words."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode(errors="replace")
            dead = (process / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            continue
        if not dead and all(word in command for word in words):
            found.append(int(process.name))
    return found


def executors(session):
    return processes("CoarseGrainedExecutorBackend", session.sparkContext.applicationId)
