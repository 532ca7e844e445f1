"""Submits `examples/spark_job.py` to real executors, with the package in an archive.

    spark_job.py BINARY ARGUMENT...
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from spark_cluster import package, stripped

JOB = Path(__file__).resolve().parents[2] / "examples/spark_job.py"


def main():
    binary, *arguments = sys.argv[1:]
    home = Path(os.environ["SPARK_HOME"])
    with tempfile.TemporaryDirectory() as folder:
        archive = package(f"{folder}/imgmeta.zip", stripped(binary, f"{folder}/imgmeta"))
        settings = {
            "spark.ui.enabled": "false",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.executorEnv.PYTHONPATH": "package",
            "spark.archives": f"{archive}#package",
            "spark.log.level": "ERROR",
        }
        flags = [flag for pair in settings.items() for flag in ("--conf", "=".join(pair))]
        command = [home / "bin/spark-submit", "--master", "local-cluster[2,1,1024]", *flags, JOB, *arguments]
        # Executors keep their files below it.
        home = Path(folder) / "home"
        home.mkdir()
        for part in Path(os.environ["SPARK_HOME"]).iterdir():
            if part.name != "work":
                (home / part.name).symlink_to(part)
        done = subprocess.run(command, env={**os.environ, "SPARK_HOME": str(home), "IMGMETA_BINARY": binary}, check=False)
    sys.exit(done.returncode)


main()
