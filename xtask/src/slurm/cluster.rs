//! A Slurm of its own on this machine: key, daemons and state in one folder, several nodes, no systemd, no cgroups.

use crate::call;
use anyhow::{Context, bail};
use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Nodes, each a `slurmd` on this machine.
const NODES: [&str; 4] = ["n0", "n1", "n2", "n3"];

/// Processors that each of them promises, whatever the machine has: tests wait more than they compute.
const CPUS: usize = 8;

/// One more than the largest index of an array.
pub(super) const MAX_ARRAY_SIZE: usize = 4;

/// Seconds without a word after which a node counts as lost.
const NODE_TIMEOUT: usize = 5;

/// The daemons, which end when this is dropped.
pub(super) struct Cluster {
    folder: PathBuf,
}

impl Cluster {
    /// Starts a munged, a slurmctld and the nodes in a folder, which all users of the machine can reach.
    pub(super) fn start(folder: &Path) -> anyhow::Result<Self> {
        for name in ["run", "log", "state", "munge"].into_iter().map(str::to_owned).chain(NODES.map(spool)) {
            fs::create_dir_all(folder.join(name))?;
        }
        fs::set_permissions(folder, Permissions::from_mode(0o755))?;
        fs::write(folder.join("slurm.conf"), configuration(folder)?)?;
        let cluster = Self { folder: folder.to_owned() };
        cluster.authenticate()?;
        call::finish(cluster.command("slurmctld").arg("-f").arg(folder.join("slurm.conf")))?;
        NODES.iter().try_for_each(|node| cluster.start_node(node))?;
        cluster.wait("every node is idle", Duration::from_secs(30), || {
            let told = cluster.ask(&["sinfo", "-h", "-N", "-o", "%N %t"]).unwrap_or_default();
            let idle: BTreeSet<&str> = told.lines().filter(|line| line.ends_with(" idle")).collect();
            Ok((idle.len() == NODES.len()).then_some(()))
        })?;
        Ok(cluster)
    }

    /// A key and a socket of its own, beside any munged of the system. `--force` lets root run it below `/tmp`.
    fn authenticate(&self) -> anyhow::Result<()> {
        let key = self.folder.join("munge/munge.key");
        let mut random = [0; 128];
        std::io::Read::read_exact(&mut fs::File::open("/dev/urandom")?, &mut random)?;
        fs::write(&key, random)?;
        fs::set_permissions(&key, Permissions::from_mode(0o600))?;
        let of = |name: &str, file: &str| format!("--{name}={}", self.folder.join(file).display());
        let mut munged = Command::new("munged");
        munged.args(["--force", "--num-threads=2"]);
        munged.args([of("key-file", "munge/munge.key"), of("seed-file", "munge/munged.seed")]);
        munged.args([of("socket", "run/munge.socket"), of("pid-file", "run/munged.pid")]);
        munged.arg(of("log-file", "log/munged.log")).stderr(std::process::Stdio::null());
        call::finish(&mut munged)
    }

    /// Starts a node, or brings it back.
    pub(super) fn start_node(&self, node: &str) -> anyhow::Result<()> {
        let configuration = self.folder.join("slurm.conf");
        call::finish(self.command("slurmd").arg("-f").arg(configuration).args(["-N", node]))
    }

    /// Ends a node's daemon at once, as a crash would; its jobs live on, and Slurm believes them lost.
    pub(super) fn kill_node(&self, node: &str) -> anyhow::Result<()> {
        kill("-KILL", &self.process(&format!("slurmd-{node}")).context("the node does not run")?)
    }

    /// A program that talks to this Slurm.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("SLURM_CONF", self.folder.join("slurm.conf"));
        command
    }

    /// What a program prints.
    pub(super) fn ask(&self, words: &[&str]) -> anyhow::Result<String> {
        let [program, args @ ..] = words else { bail!("no program") };
        Ok(call::output(self.command(program).args(args))?.trim().to_owned())
    }

    /// Waits until something is found.
    pub(super) fn wait<T>(
        &self,
        what: &str,
        most: Duration,
        found: impl Fn() -> anyhow::Result<Option<T>>,
    ) -> anyhow::Result<T> {
        let begun = Instant::now();
        loop {
            if let Some(found) = found()? {
                return Ok(found);
            }
            if begun.elapsed() > most {
                let queue = self.ask(&["squeue", "-r", "-h"]).unwrap_or_default();
                bail!("not within {} s: {what}; the queue:\n{queue}", most.as_secs());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn process(&self, daemon: &str) -> Option<String> {
        let text = fs::read_to_string(self.folder.join(format!("run/{daemon}.pid"))).ok()?;
        Some(text.trim().to_owned()).filter(|process| Path::new("/proc").join(process).exists())
    }
}

impl Drop for Cluster {
    /// Jobs first, then the daemons, by their files of process numbers.
    fn drop(&mut self) {
        let _ = self.ask(&["scancel", "--user=root"]);
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(10)
            && self.ask(&["squeue", "-h"]).is_ok_and(|jobs| !jobs.is_empty())
        {
            std::thread::sleep(Duration::from_millis(100));
        }
        let nodes = NODES.iter().map(|node| format!("slurmd-{node}"));
        for daemon in nodes.chain(["slurmctld".to_owned(), "munged".to_owned()]) {
            if let Some(process) = self.process(&daemon) {
                let _ = kill("-TERM", &process);
            }
        }
    }
}

/// Sends a signal to a process.
pub(super) fn kill(signal: &str, process: &str) -> anyhow::Result<()> {
    call::finish(Command::new("kill").args([signal, process]))
}

fn spool(node: &str) -> String {
    format!("spool/{node}")
}

/// Without `proctrack/linuxproc` a node looks idle, launches nothing, and the job counts as completed. A requeued job
/// may start again `cred_expire` + 1 seconds later, of which 5 is the least that is taken.
fn configuration(folder: &Path) -> anyhow::Result<String> {
    let host = call::output(Command::new("hostname").arg("-s"))?.trim().to_owned();
    // Held together, so that each is another one.
    let ports = (0..=NODES.len()).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<Result<Vec<_>, _>>()?;
    let ports =
        ports.iter().map(|port| Ok(port.local_addr()?.port())).collect::<std::io::Result<Vec<_>>>()?;
    let folder = folder.display();
    let mut text = format!(
        "ClusterName=one
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={}
SlurmUser=root
AuthInfo=socket={folder}/run/munge.socket,cred_expire=5
MpiDefault=none
ProctrackType=proctrack/linuxproc
JobAcctGatherType=jobacct_gather/none
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/run/slurmctld.pid
SlurmdPidFile={folder}/run/slurmd-%n.pid
SlurmctldLogFile={folder}/log/slurmctld.log
SlurmdLogFile={folder}/log/slurmd-%n.log
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_min_interval=100000,bf_interval=5
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
KillWait=5
MinJobAge=600
SlurmdTimeout={NODE_TIMEOUT}
ReturnToService=2
MaxArraySize={MAX_ARRAY_SIZE}
SlurmdParameters=config_overrides
",
        ports[0]
    );
    for (node, port) in NODES.iter().zip(&ports[1..]) {
        text += &format!(
            "NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs={CPUS} Boards=1 \
             SocketsPerBoard=1 CoresPerSocket={CPUS} ThreadsPerCore=1\n"
        );
    }
    text += "PartitionName=main Nodes=n0 Default=YES\n\
             PartitionName=low Nodes=n1 PriorityTier=1\nPartitionName=high Nodes=n1 PriorityTier=2\n\
             PartitionName=losing Nodes=n2,n3\n";
    Ok(text)
}
