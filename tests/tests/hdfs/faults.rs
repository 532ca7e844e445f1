//! What operators see of clusters: a paused DataNode, a NameNode that is started anew, safe mode, a quota.

use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use imgmeta_tests::{hdfs::Cluster, images::synthetic, outcomes::assert_same_rows, program::Run, server::Server};

const ROWS: u64 = 400;
/// Rows from here on are answered only when the gate is opened.
const GATE: u64 = 200;

/// A run whose second half waits.
struct Gated {
    cluster: Cluster,
    _server: Server,
    gate: Arc<OnceLock<()>>,
    dir: tempfile::TempDir,
}

impl Gated {
    fn start(datanodes: usize) -> Self {
        Self::over(Cluster::start(datanodes))
    }

    fn over(cluster: Cluster) -> Self {
        let (gate, jpeg) = (Arc::new(OnceLock::new()), synthetic("gps_ne_le.jpg"));
        let opens = Arc::clone(&gate);
        let server = Server::start(move |request, reply| {
            let row: u64 = request.path.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
            if row >= GATE {
                opens.wait();
            }
            reply.file("image/jpeg", &jpeg);
        });
        let dir = tempfile::tempdir().unwrap();
        let mut list = String::new();
        (0..ROWS).for_each(|row| writeln!(list, "{}", server.url(&format!("/{row}.jpg"))).unwrap());
        std::fs::write(dir.path().join("list.txt"), list).unwrap();
        Self { cluster, _server: server, gate, dir }
    }

    fn run(&self, output: &str) -> Run {
        let run =
            Run::new(["run", "--parquet", "--resume", "--shard-rows", "20", "--per-host", "32", "--timeout", "300"]);
        let run =
            run.arg(self.dir.path().join("list.txt")).arg("--output").arg(format!("{}{output}", self.cluster.url()));
        let run = run.arg("--allow-private=127.0.0.1/32").env("HADOOP_CONF_DIR", self.cluster.conf_dir());
        run.env("HADOOP_USER_NAME", "alice").within(Duration::from_mins(5))
    }

    /// Waits until some shards are committed.
    fn wait_for_shards(&self, before: u64) {
        let until = Instant::now() + Duration::from_mins(2);
        while self.cluster.files() < before + 20 {
            assert!(Instant::now() < until, "the run did not get as far as a few shards");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn assert_whole(&self, output: &str) {
        let text = self.cluster.check(&["-cat", &format!("{output}/success_output/part-*.json")]);
        let rows = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        assert_same_rows(rows.map(|line| line["Row"].as_u64().unwrap()), 0..ROWS);
        self.cluster.check(&["-test", "-e", &format!("{output}/success_output/_SUCCESS")]);
    }
}

#[test]
fn a_paused_datanode_and_a_namenode_that_is_started_anew_cost_no_row() {
    let mut gated = Gated::start(3);
    let before = gated.cluster.files();
    let running = gated.run("/open/out").spawn();
    gated.wait_for_shards(before);
    gated.cluster.stop_datanode(0);
    gated.gate.set(()).unwrap();
    std::thread::sleep(Duration::from_secs(1));
    gated.cluster.restart_namenode();
    let done = running.finish();
    gated.cluster.continue_datanode(0);
    done.assert_code(0);
    gated.assert_whole("/open/out");
}

/// The NameNode of an idle cluster goes on proposing them: each pipeline of three has the one that does not answer.
#[test]
fn a_datanode_that_was_paused_or_dead_before_the_run_is_written_around() {
    let mut gated = Gated::start(3);
    gated.gate.set(()).unwrap();
    gated.cluster.stop_datanode(0);
    gated.run("/open/paused").finish().assert_code(0);
    gated.assert_whole("/open/paused");

    gated.cluster.kill_datanode(0);
    gated.run("/open/dead").finish().assert_code(0);
    gated.assert_whole("/open/dead");
    let replicas = gated.cluster.check(&["-stat", "%r", "/open/dead/success_output/part-*.json"]);
    assert!(replicas.lines().count() > 1 && replicas.lines().all(|line| line.trim() == "3"), "{replicas}");
}

#[test]
fn a_name_service_that_fails_over_in_the_middle_of_a_run_costs_nothing() {
    let mut gated = Gated::over(Cluster::start_pair(1));
    assert!(gated.cluster.url().ends_with("//pair"));
    let before = gated.cluster.files();
    let running = gated.run("/open/out").spawn();
    gated.wait_for_shards(before);
    gated.cluster.fail_over();
    gated.gate.set(()).unwrap();
    running.finish().assert_code(0);
    gated.assert_whole("/open/out");
}

#[test]
fn safe_mode_is_waited_out_and_a_quota_ends_a_run_that_goes_on_when_there_is_more() {
    let gated = Gated::start(1);
    let before = gated.cluster.files();
    let running = gated.run("/open/safe").spawn();
    gated.wait_for_shards(before);
    assert!(gated.cluster.admin(&["-safemode", "enter"]).status.success());
    gated.gate.set(()).unwrap();
    std::thread::sleep(Duration::from_secs(5));
    assert!(gated.cluster.admin(&["-safemode", "leave"]).status.success());
    running.finish().assert_code(0);
    gated.assert_whole("/open/safe");

    gated.cluster.check(&["-mkdir", "-p", "/open/quota"]);
    gated.cluster.check(&["-chmod", "777", "/open/quota"]);
    assert!(gated.cluster.admin(&["-setQuota", "30", "/open/quota"]).status.success());
    let ended = gated.run("/open/quota/out").finish();
    ended.assert_code(1);
    assert!(ended.stderr.contains("quota") && ended.stderr.contains("--resume"), "{ended:#?}");
    assert!(gated.cluster.admin(&["-clrQuota", "/open/quota"]).status.success());
    gated.run("/open/quota/out").finish().assert_code(0);
    gated.assert_whole("/open/quota/out");
}
