//! Laws over outcomes of every shape.

use std::collections::BTreeMap;
use std::io::Read;
use std::num::NonZeroUsize;
use std::sync::Arc;

use flate2::read::GzDecoder;
use futures::TryStreamExt;
use imgmeta_record::Outcome;
use imgmeta_record::fields::outline;
use imgmeta_record::json::Keys;
use imgmeta_sink::{Compression, Dataset, Mirrored, Options, Outputs, Waits, mirror_with_store};
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt};

use crate::{hostile, read};

/// All files of an output but its own.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

pub(crate) async fn files(store: &Arc<InMemory>) -> Files {
    let mut files = BTreeMap::new();
    let listed: Vec<_> = store.list(None).try_collect().await.unwrap();
    for meta in listed.iter().filter(|meta| !meta.location.as_ref().starts_with("_imgmeta")) {
        let bytes = store.get(&meta.location).await.unwrap().bytes().await.unwrap();
        files.insert(meta.location.to_string(), bytes.to_vec());
    }
    files
}

/// A run that writes these outcomes.
pub(crate) async fn run(outcomes: &[Outcome], outputs: Outputs, keys: Keys) -> Arc<InMemory> {
    let store = Arc::new(InMemory::new());
    let shard_rows = NonZeroUsize::new(40).unwrap();
    let options = Options { outputs, keys, shard_rows, ..Options::default() };
    let mut dataset = Dataset::with_store(store.clone(), "test://out", None, options).await.unwrap();
    for outcome in outcomes {
        dataset.write(outcome).await.unwrap();
    }
    dataset.finish(true).await.unwrap();
    store
}

pub(crate) const MIRROR: Outputs = Outputs { mirror: true, compression: Compression::None, geometry: false };

#[tokio::test]
async fn the_json_and_the_mirror_of_any_outcomes_tell_the_same() {
    for (seed, keys) in [(1, Keys::Names), (2, Keys::Ids), (3, Keys::Names)] {
        let files = files(&run(&hostile::outcomes(seed, 150), MIRROR, keys).await).await;
        let mut rows = 0;
        for (kind, outline) in [("success", outline::record()), ("failure", outline::failure())] {
            for (name, bytes) in files.iter().filter(|(name, _)| name.starts_with(&format!("{kind}_output/part"))) {
                let text = String::from_utf8(bytes.clone()).unwrap();
                let expected: Vec<_> = text.lines().map(|line| read::line(&outline, line)).collect();
                let beside = name.replace("_output", "_parquet").replace(".json", ".parquet");
                let found = read::parquet(&files[&beside]);
                assert_eq!(found.len(), expected.len(), "{name}");
                for (found, expected) in found.iter().zip(&expected) {
                    assert_eq!(found, expected, "{name}");
                }
                rows += found.len();
            }
        }
        assert_eq!(rows, 150);
    }
}

#[tokio::test]
async fn a_mirror_that_is_made_from_json_is_the_one_that_would_have_been_written() {
    for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
        let outcomes = hostile::outcomes(4, 150);
        let with = run(&outcomes, Outputs { mirror: true, compression, geometry: false }, Keys::Names).await;
        let without = run(&outcomes, Outputs { mirror: false, compression, geometry: false }, Keys::Names).await;
        let make = || mirror_with_store(without.clone(), "test://out", None, Waits::default(), |_, _| ());
        assert!(matches!(make().await.unwrap(), Mirrored::Made(8..)));
        assert_eq!(make().await.unwrap(), Mirrored::WasThere);
        let (with, without) = (files(&with).await, files(&without).await);
        assert_eq!(with.keys().collect::<Vec<_>>(), without.keys().collect::<Vec<_>>());
        assert!(with == without, "{compression:?}: the bytes of some file differ");
    }
}

#[tokio::test]
async fn compressed_json_is_the_same_json() {
    let outcomes = hostile::outcomes(5, 60);
    let plain = files(&run(&outcomes, Outputs::default(), Keys::Names).await).await;
    for (compression, end) in [(Compression::Gzip, ".gz"), (Compression::Zstd, ".zst")] {
        let files =
            files(&run(&outcomes, Outputs { mirror: false, compression, geometry: false }, Keys::Names).await).await;
        assert_eq!(files.len(), plain.len());
        for (name, bytes) in plain.iter().filter(|(name, _)| name.strip_suffix(".json").is_some()) {
            let packed = files[&format!("{name}{end}")].as_slice();
            let mut text = Vec::new();
            match compression {
                Compression::Gzip => GzDecoder::new(packed).read_to_end(&mut text).map(drop).unwrap(),
                _ => text = zstd::decode_all(packed).unwrap(),
            }
            assert!(text == *bytes, "{name}");
        }
    }
}
