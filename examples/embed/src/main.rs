//! Two stages inside another program: a list is read, its images are read, and what comes out is ours to use.
//!
//! `cargo run --release -p imgmeta-embed-example -- examples/images.csv`

use imgmeta_extract::Extractor;
use imgmeta_ingest::List;
use imgmeta_record::Outcome;
use imgmeta_storage::Stores;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "a program of its own")]
async fn main() -> anyhow::Result<()> {
    let list = std::env::args().nth(1).unwrap_or_else(|| "examples/images.csv".into());
    let stores = Stores::default();
    let list = List::open(&stores, imgmeta_ingest::Options { lists: vec![list], ..Default::default() }).await?;
    let extractor = Extractor::new(stores, imgmeta_extract::Options::default())?;

    // The channels are ours: they bound what is read ahead, and closing is the signal that a stage is done.
    let (images_tx, images_rx) = mpsc::channel(64);
    let (outcomes_tx, mut outcomes_rx) = mpsc::channel(64);
    let stop = CancellationToken::new();
    let use_them = async {
        while let Some(outcome) = outcomes_rx.recv().await {
            match outcome {
                Outcome::Record(record) => println!("{}: {} x {}", record.url, record.width, record.height),
                Outcome::Failure(failure) => println!("{}: {}", failure.url, failure.kind.name()),
            }
        }
        anyhow::Ok(())
    };
    tokio::try_join!(
        async { Ok(list.run(images_tx, stop.clone()).await?) },
        async { Ok(extractor.run(images_rx, outcomes_tx, stop.clone()).await?) },
        use_them,
    )?;
    Ok(())
}
