//! The command `imgmeta`: parses arguments, prints, and picks the exit code.

use std::process::ExitCode;

use clap::Parser;
use imgmeta::args::{Args, Command};
use imgmeta::{compact, exit, finished, inspect, packaging, query, report, revise, run, schema, worker};
use tikv_jemallocator::Jemalloc;

/// The system's allocator (glibc) keeps an arena for every few threads, each with holes of its own: a run over local files
/// took twice the memory, and ever more of it; one over HTTP a third more time.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// Threads for what blocks: reading local images, compressing shards. More of them got in each other's way.
const BLOCKING: usize = 32;

/// Steps of tasks between two looks at what came from the network (tokio's default is 61). With more at a time, more requests leave
/// one behind the other, and a server on the same machine is woken less often: 5 % of a run.
const STEPS: u32 = 200;

fn main() -> ExitCode {
    let args = Args::parse();
    // Shells mostly allow 1,024 open files, though the system would allow more: each connection is one.
    rlimit::increase_nofile_limit(u64::MAX).ok();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.enable_all().max_blocking_threads(BLOCKING).event_interval(STEPS).build();
    let ended = runtime.map_err(anyhow::Error::from).and_then(|runtime| {
        let ended = runtime.block_on(dispatch(&args));
        // Nothing is waited for that was left: a blocked read of a dead disk would hold the exit up.
        runtime.shutdown_background();
        ended
    });
    ended.unwrap_or_else(|error| {
        eprintln!("error: {}", exit::one_line(&error));
        ExitCode::from(if error.is::<exit::Usage>() { exit::USAGE } else { exit::FAILED })
    })
}

async fn dispatch(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Run(args) => run::run(args).await,
        Command::Retry(args) => revise::retry(args).await,
        Command::Refresh(args) => revise::refresh(args).await,
        Command::Inspect(args) => inspect::inspect(args).await,
        Command::Mirror(args) => finished::mirror(args).await,
        Command::Load(args) => finished::load(args).await,
        Command::Merge(args) => finished::merge(args).await,
        Command::Query(args) => query::query(args).await,
        Command::Compact(args) => compact::compact(args).await,
        Command::Report(args) => report::report(args).await,
        Command::Worker(args) => worker::worker(args).await,
        Command::Schema(args) => schema::schema(args),
        Command::Completions(args) => packaging::completions(args),
        Command::Man => packaging::man(),
    }
}
