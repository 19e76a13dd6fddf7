"""A Slurm cluster for tests, on this machine alone: it comes up in a second and leaves nothing.

    python tests/cluster/throwaway.py up        prints what a shell needs to use it (eval it)
    python tests/cluster/throwaway.py kill node2
    python tests/cluster/throwaway.py start node2
    python tests/cluster/throwaway.py down

Debian and Ubuntu: apt-get install --no-install-recommends slurmctld slurmd slurm-client munge.
No systemd and no root is needed. Nodes are several slurmd on this one host; their GPUs, of the type
h100, are device files that nothing opens, so that Slurm counts and assigns them. Everything lies in
one folder in the system's temporary one, named by VALUESCAPE_CLUSTER if that is set (a second
cluster beside it needs another --port, too).
"""

from __future__ import annotations

import argparse
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

NEEDED = ("munged", "slurmctld", "slurmd", "sbatch", "squeue")
SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")
PORT = 26817
# Two partitions on the same nodes: jobs of `urgent` push those of `gpu` and `cpu` out.
CONFIG = """\
ClusterName=throwaway
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge/socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/pids/slurmctld
SlurmdPidFile={folder}/pids/%n
SlurmctldLogFile={folder}/logs/slurmctld.log
SlurmdLogFile={folder}/logs/%n.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=2
JobAcctGatherParams=OverMemoryKill
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1,sched_min_interval=0
PreemptType=preempt/partition_prio
PreemptMode={preempt}
GresTypes=gpu
PropagateResourceLimits=NONE
ReturnToService=2
InactiveLimit=0
KillWait={kill_wait}
SlurmdTimeout=10
SlurmctldTimeout=30
MinJobAge=300
JobRequeue={requeue}
EnforcePartLimits={enforce}
NodeName={nodes} NodeHostname={host} NodeAddr=127.0.0.1 Port={ports} \
CPUs={cpus} RealMemory={memory} Gres=gpu:h100:{gpus}
PartitionName=gpu Nodes=ALL Default=YES MaxTime=1-0 DefaultTime=10 PriorityTier=1
PartitionName=cpu Nodes=ALL MaxTime=1-0 DefaultTime=10 PriorityTier=1
PartitionName=short Nodes=ALL MaxTime=2 DefaultTime=1 PriorityTier=1
PartitionName=urgent Nodes=ALL MaxTime=1-0 DefaultTime=10 PriorityTier=9 PreemptMode=OFF
"""


def why_not() -> str:
    """Return why no cluster can come up here; empty if one can."""
    missing = [name for name in NEEDED if not _program(name)]
    if missing:
        return f"Slurm is not installed here (no {', '.join(missing)})"
    return ""


def _program(name: str) -> str | None:
    return shutil.which(name, path=os.pathsep.join([os.environ["PATH"], *SBIN]))


@dataclass
class Cluster:
    """Some nodes with some GPUs each.

    Attributes
    ----------
    folder : Path
        Where everything lies; its path must be short, as it holds a socket.
    nodes, gpus, cpus, memory : int
        How many nodes, and of what each has; memory in MB.
    port : int
        Of the controller; the nodes have those from ten above it.
    settings : dict of str to str
        Other than usual: ``preempt``, ``requeue``, ``enforce``, ``kill_wait``.
    """

    folder: Path
    nodes: int = 2
    gpus: int = 2
    cpus: int = 4
    memory: int = 64000
    port: int = PORT
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to find the cluster."""
        path = os.pathsep.join([str(self.folder / "bin"), os.environ["PATH"], *SBIN])
        return {"SLURM_CONF": str(self.folder / "slurm.conf"), "PATH": path}

    def run(self, *command: str) -> str:
        """Return what a command of Slurm prints.

        Raises
        ------
        RuntimeError
            If it fails.
        """
        ran = subprocess.run(
            command, env=os.environ | self.environment, text=True, capture_output=True, check=False
        )
        if ran.returncode:
            message = f"{' '.join(command)}: {ran.stderr}"
            raise RuntimeError(message)
        return ran.stdout

    def up(self) -> None:
        """Start everything; a cluster that was left there is cleared away first."""
        if self.folder.exists():
            self.down()
        for name in ("munge", "state", "spool", "pids", "logs", "gpus", "bin"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        self._start_munge()
        self._write_config()
        self._start("slurmctld")
        for node in self.names:
            self.start(node)
        self._wait_for_nodes()

    @property
    def names(self) -> list[str]:
        """Names of the nodes."""
        return [f"node{number + 1}" for number in range(self.nodes)]

    def start(self, node: str) -> None:
        """Start a node, or start it again after it was killed."""
        (self.folder / "spool" / node).mkdir(exist_ok=True)
        self._start("slurmd", "-N", node)

    def kill(self, node: str) -> None:
        """Cut a node's power: its daemon and everything that runs on it dies at once."""
        daemon = int((self.folder / "pids" / node).read_text())
        log = str(self.folder / "logs" / f"{node}.log")
        victims = [daemon]
        for step in _processes("slurmstepd"):
            if log in _open_files(step):
                victims += [*_below(step), step]
        for victim in victims:
            _signal(victim, signal.SIGKILL)
        (self.folder / "pids" / node).unlink()

    def down(self) -> None:
        """Cancel every job, stop every daemon, remove the folder."""
        if (self.folder / "slurm.conf").is_file():
            subprocess.run(
                ["scancel", "--quiet", "--user", str(os.getuid())],
                env=os.environ | self.environment,
                capture_output=True,
                check=False,
                timeout=60,
            )
            time.sleep(1)
        daemons = [int(file.read_text()) for file in self.folder.glob("pids/*")]
        for step in _processes("slurmstepd"):
            if f"{self.folder}/" in _open_files(step):
                daemons += [*_below(step), step]
        for daemon in daemons:
            _signal(daemon, signal.SIGTERM)
        deadline = time.monotonic() + 8
        while any(_alive(daemon) for daemon in daemons) and time.monotonic() < deadline:
            time.sleep(0.1)
        for daemon in filter(_alive, daemons):
            _signal(daemon, signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self, daemon: str, *options: str) -> None:
        config = str(self.folder / "slurm.conf")
        with (self.folder / "logs" / f"{daemon}.start").open("a") as log:
            subprocess.run(
                [_program(daemon) or daemon, "-f", config, *options],
                check=True,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )

    def _start_munge(self) -> None:
        place = self.folder / "munge"
        place.chmod(0o711)
        key = place / "key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        with (self.folder / "logs" / "munged.start").open("w") as log:
            # forced: it refuses places that are not its own otherwise
            subprocess.run(
                [
                    *(_program("munged") or "munged", "--force", f"--key-file={key}"),
                    *(f"--socket={place}/socket", f"--pid-file={self.folder}/pids/munged"),
                    *(f"--log-file={self.folder}/logs/munged.log", f"--seed-file={place}/seed"),
                ],
                check=True,
                stdout=log,
                stderr=log,
            )

    def _write_config(self) -> None:
        first = self.port + 10
        values = {
            "folder": self.folder,
            "host": socket.gethostname().split(".")[0],
            "user": pwd.getpwuid(os.getuid()).pw_name,
            "port": self.port,
            "nodes": _span("node", 1, self.nodes),
            "ports": _span("", first, first + self.nodes - 1),
            "cpus": self.cpus,
            "memory": self.memory,
            "gpus": self.gpus,
            "preempt": "CANCEL",
            "requeue": "1",  # Slurm's own default, and the more dangerous one
            "enforce": "NO",  # the same
            "kill_wait": "5",
        }
        text = CONFIG.format(**(values | self.settings))
        config = self.folder / "slurm.conf"
        config.write_text(text, encoding="utf-8")
        lines = ["AutoDetect=off"]
        for node in self.names:
            devices = self._devices(node)
            lines.append(f"NodeName={node} Name=gpu Type=h100 File={devices}")
        (self.folder / "gres.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")
        # The executor's job step drops SLURM_CONF before it calls srun, which then finds no
        # cluster unless it has one in the usual place.
        srun = self.folder / "bin" / "srun"
        srun.write_text(f'#!/bin/sh\nSLURM_CONF={config} exec {_program("srun")} "$@"\n')
        srun.chmod(0o755)

    def _devices(self, node: str) -> str:
        """Return the device files of a node's GPUs; Slurm wants character devices."""
        if os.getuid():
            return _span("/dev/tty", 0, self.gpus - 1)
        for number in range(self.gpus):
            null = os.makedev(1, 3)
            os.mknod(self.folder / "gpus" / f"{node}-{number}", stat.S_IFCHR | 0o666, null)
        return _span(str(self.folder / "gpus" / f"{node}-"), 0, self.gpus - 1)

    def _wait_for_nodes(self) -> None:
        for _ in range(150):
            ran = subprocess.run(
                ["sinfo", "--noheader", "--partition=gpu", "--states=idle", "--format=%D"],
                env=os.environ | self.environment,
                text=True,
                capture_output=True,
                check=False,
            )
            if sum(int(line) for line in ran.stdout.split()) == self.nodes:
                return
            time.sleep(0.2)
        logs = "\n".join(file.read_text()[-800:] for file in self.folder.glob("logs/*"))
        message = f"the nodes did not come up\n{logs}"
        raise RuntimeError(message)


def _span(name: str, first: int, last: int) -> str:
    return f"{name}{first}" if first == last else f"{name}[{first}-{last}]"


def _processes(name: str) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "comm").read_text().strip() == name:
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def _open_files(process: int) -> str:
    names = []
    for link in Path(f"/proc/{process}/fd").glob("*"):
        try:
            names.append(str(link.readlink()))
        except OSError:
            continue
    return "\n".join(names)


def _below(process: int) -> list[int]:
    """Return all descendants of a process, the deepest first."""
    found = []
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            for child in map(int, children.read_text().split()):
                found += [*_below(child), child]
        except OSError:
            continue
    return found


def _signal(process: int, number: int) -> None:
    try:
        os.kill(process, number)
    except ProcessLookupError:
        return


def _alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def default_folder() -> Path:
    """Return where the cluster of this user lies."""
    named = os.environ.get("VALUESCAPE_CLUSTER")
    return Path(named or f"{tempfile.gettempdir()}/valuescape-slurm-{os.getuid()}")


def main() -> None:
    """Do what the command line says."""
    command = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    command.add_argument("what", choices=["up", "down", "kill", "start"])
    command.add_argument("node", nargs="?")
    for name, default in (
        ("nodes", 2),
        ("gpus", 2),
        ("cpus", 4),
        ("memory", 64000),
        ("port", PORT),
    ):
        command.add_argument(f"--{name}", type=int, default=default)
    args = command.parse_args()
    cluster = Cluster(default_folder(), args.nodes, args.gpus, args.cpus, args.memory, args.port)
    if args.what == "down":
        cluster.down()
    elif args.what == "kill":
        cluster.kill(args.node)
    elif args.what == "start":
        cluster.start(args.node)
    elif reason := why_not():
        sys.exit(f"Error: {reason}\nHint: see the first lines of {__file__}")
    else:
        cluster.up()
        for name, value in cluster.environment.items():
            sys.stdout.write(f"export {name}='{value}'\n")


if __name__ == "__main__":
    main()
