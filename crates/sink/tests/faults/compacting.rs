//! A fault before and after every step of compacting; what is left alone, kept and refused.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use imgmeta_record::{Gps, LocalTime, Outcome, Record};
use imgmeta_sink::{
    Change, Compacted, Compaction, Compression, Error, Mode, Options, Order, Outputs, Revised, Revision, Summary,
    Waits, compact_with_store, load_with_store, mirror_with_store,
};
use object_store::ObjectStore;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::output::{OUTAGE, Output, Place, WAITS, failure, names, options, record, session};
use crate::revising::told;
use crate::store::{Fault, Faulty};

/// What is tried at each step: everything where a rename has two, and less where it has one, or where steps are slow.
fn faults(place: Place) -> &'static [Fault] {
    match place {
        Place::Local => &[Fault::DiesAfter],
        Place::Renames => &[Fault::AnswerLost(2), Fault::DiesAfter],
        Place::Copies => &[Fault::Fails(2), Fault::AnswerLost(2), Fault::DiesBefore, Fault::DiesAfter, Fault::Outage],
    }
}

fn compaction(order: Option<Order>) -> Compaction {
    // A run for every line or two.
    Compaction { order, shard_rows: NonZeroUsize::new(5).unwrap(), sort_bytes: 300, ..Compaction::default() }
}

/// Records that are in no order at all, and failures.
fn outcomes(rows: u64) -> Vec<Outcome> {
    let outcome = |row: u64| {
        if row % 3 == 1 {
            return failure(row);
        }
        let Outcome::Record(mut record) = record(row) else { unreachable!() };
        let mixed = row * 7 % 11;
        record.url = format!("https://example.org/{mixed}.jpg");
        if !row.is_multiple_of(4) {
            let day = u8::try_from(mixed).unwrap() + 1;
            let taken = LocalTime::from_iso(&format!("2024-05-{day:02}T12:00:00"));
            record.taken_at = taken;
            let at = f64::from(day);
            let gps = Gps { latitude: Some(at * 5.0), longitude: Some(at - 20.0), ..Gps::default() };
            record.gps = Some(Box::new(gps));
        }
        Outcome::Record(record)
    };
    (0..rows).map(outcome).collect()
}

/// A complete run in shards of three rows.
async fn run(place: Place, outputs: Outputs, fills: bool) -> Output {
    let output = Output::new(place);
    let options = Options { outputs, sql: fills.then(|| output.sql()), ..options(Mode::New, "one") };
    session(&output, Arc::clone(&output.store), options, &outcomes(12)).await.unwrap();
    output
}

const MIRROR: Outputs = Outputs { mirror: true, compression: Compression::None, geometry: false };

async fn compact_by(
    output: &Output, store: Arc<dyn ObjectStore>, compaction: &Compaction, waits: Waits,
) -> Result<Compacted, Error> {
    compact_with_store(store, "test://out", output.local.clone(), compaction, waits, |done, all| assert!(done <= all))
        .await
}

async fn compact(output: &Output, compaction: &Compaction) -> Result<Compacted, Error> {
    compact_by(output, Arc::clone(&output.store), compaction, WAITS).await
}

/// The lines of a folder in the order of its parts, and how many parts it has.
async fn lines(output: &Output, folder: &str) -> (Vec<String>, usize) {
    let files = output.files().await;
    let parts: Vec<_> = files.iter().filter(|(name, _)| name.starts_with(&format!("{folder}/part-"))).collect();
    let text: String = parts.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect();
    (text.lines().map(ToOwned::to_owned).collect(), parts.len())
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

/// A field of each line.
fn values(lines: &[String], pointer: &str) -> Vec<Value> {
    let value = |line: &String| serde_json::from_str::<Value>(line).unwrap().pointer(pointer).unwrap().clone();
    lines.iter().map(value).collect()
}

#[tokio::test]
async fn a_fault_at_any_step_of_compacting_changes_nothing_of_its_end() {
    let geometry = Compaction { geometry: true, ..compaction(Some(Order::Url)) };
    for (place, compaction) in [
        (Place::Local, compaction(None)),
        (Place::Renames, compaction(Some(Order::Gps))),
        (Place::Copies, compaction(None)),
        (Place::Copies, geometry),
    ] {
        // Its disk is slow.
        let fills = place == Place::Renames;
        let whole = run(place, MIRROR, fills).await;
        let fresh = if fills { None } else { Some(whole.copied(place).await) };
        let before = (lines(&whole, "success_output").await, lines(&whole, "failure_output").await);
        let counting = Faulty::new(Arc::clone(&whole.store), whole.copies, usize::MAX, Fault::Outage);
        let made = compact_by(&whole, Arc::new(counting.clone()), &compaction, WAITS).await.unwrap();
        assert_eq!(made, Compacted::Made { before: 16, after: 6 }, "of 8 records and 4 failures, and twice");
        let expected = (lines(&whole, "success_output").await, lines(&whole, "failure_output").await);
        assert_eq!((expected.0.1, expected.1.1), (2, 1));
        assert_eq!(sorted(expected.0.0.clone()), sorted(before.0.0));
        assert_eq!(sorted(expected.1.0.clone()), sorted(before.1.0));
        for at in 0..counting.steps() {
            for &fault in faults(place) {
                let output = match &fresh {
                    Some(fresh) => fresh.copied(place).await,
                    None => run(place, MIRROR, fills).await,
                };
                let context = format!("{place:?}, {compaction:?}, step {at}, {fault:?}");
                disturbed(&output, &compaction, (at, fault), &context).await;
                let found = (lines(&output, "success_output").await, lines(&output, "failure_output").await);
                assert_eq!(found, expected, "{context}");
            }
        }
    }
}

/// A compaction with a fault at a step, and one that goes on with it.
async fn disturbed(output: &Output, compaction: &Compaction, (at, fault): (usize, Fault), context: &str) {
    let before = told(output).await;
    let store = Faulty::new(Arc::clone(&output.store), output.copies, at, fault);
    let waits = if fault == Fault::Outage { OUTAGE } else { WAITS };
    let ended = tokio::select! {
        biased;
        () = store.died() => None,
        ended = compact_by(output, Arc::new(store.clone()), compaction, waits) => Some(ended),
    };
    store.settled().await;
    let recovers = matches!(fault, Fault::Fails(_) | Fault::AnswerLost(_));
    assert!(!recovers || matches!(ended, Some(Ok(_))), "{context}: {ended:?}");
    if output.files().await.contains_key("_imgmeta/pending.json") {
        let change = Change { command: "retry", arguments: Value::Null };
        let refused = revision(output, change).await.unwrap_err();
        assert!(refused.to_string().contains("`imgmeta compact`"), "{context}: {refused}");
        let other = Compaction { shard_bytes: 9, ..compaction.clone() };
        assert!(matches!(compact(output, &other).await, Err(Error::Settings { .. })), "{context}");
    }
    compact(output, compaction).await.unwrap();
    assert_eq!(told(output).await, before, "{context}");
    assert_eq!(compact(output, compaction).await.unwrap(), Compacted::WasThere, "{context}");
    let files = output.files().await;
    let left = |name: &&&str| name.contains("staging") || name.contains("/.") || name.contains("pending");
    assert!(names(&files).iter().find(left).is_none(), "{context}: {:?}", names(&files));
}

/// Puts outcomes in the place of those of their rows.
async fn retry(output: &Output, outcomes: impl IntoIterator<Item = Outcome>) -> Summary {
    let mut again = revision(output, Change { command: "retry", arguments: json!({}) }).await.unwrap();
    let (to, from) = mpsc::channel(10);
    for outcome in outcomes {
        to.send(Revised::Outcome(outcome)).await.unwrap();
    }
    drop(to);
    again.run(from).await.unwrap();
    again.finish(true).await.unwrap()
}

async fn revision(output: &Output, change: Change) -> Result<Revision, Error> {
    let options = options(Mode::New, "one");
    Revision::with_store(Arc::clone(&output.store), "test://out", output.local.clone(), change, options).await
}

#[tokio::test]
async fn records_come_in_the_order_that_is_asked_for_and_those_without_come_last() {
    for (order, pointer) in [(Order::TakenAt, "/TakenAt"), (Order::Url, "/URL"), (Order::Gps, "/GPS")] {
        let output = run(Place::Renames, MIRROR, false).await;
        let failures = lines(&output, "failure_output").await.0;
        compact(&output, &compaction(Some(order))).await.unwrap();
        let found = values(&lines(&output, "success_output").await.0, pointer);
        let there: Vec<_> = found.iter().take_while(|value| !value.is_null()).collect();
        assert!(found.iter().skip(there.len()).all(Value::is_null), "{found:?}");
        assert_eq!(there.len(), if order == Order::Url { 8 } else { 6 });
        if order == Order::Gps {
            // They are all on one line through the map.
            let steps = there.windows(2).map(|two| {
                let at = |value: &Value| value["Latitude"].as_f64().unwrap();
                (at(two[0]) - at(two[1])).abs()
            });
            assert!(steps.sum::<f64>() < 80.0, "{there:?}");
        } else {
            assert!(there.is_sorted_by_key(|value| value.as_str().unwrap()), "{there:?}");
        }
        assert_eq!(lines(&output, "failure_output").await.0, failures, "{order:?}");
        told(&output).await;
    }
}

#[tokio::test]
async fn what_is_large_stays_and_what_is_small_is_joined() {
    let output = run(Place::Renames, MIRROR, false).await;
    let parts = |files: BTreeMap<String, Vec<u8>>| files.into_keys().filter(|name| name.contains("/part-")).count();
    // Two records are half of what a part may have, so that these stay; one failure is not.
    let large = Compaction { shard_rows: NonZeroUsize::new(4).unwrap(), ..Compaction::default() };
    assert_eq!(compact(&output, &large).await.unwrap(), Compacted::Made { before: 8, after: 2 });
    assert_eq!(parts(output.files().await), 10);
    compact(&output, &compaction(None)).await.unwrap();
    // Parts of 5 records and of 3, and one of 1.
    retry(&output, [record(1)]).await;
    assert_eq!(compact(&output, &compaction(None)).await.unwrap(), Compacted::WasThere, "one alone stays");
    retry(&output, [record(4)]).await;
    let before = told(&output).await;
    assert_eq!(compact(&output, &compaction(None)).await.unwrap(), Compacted::Made { before: 4, after: 2 });
    assert_eq!(told(&output).await, before);
}

#[tokio::test]
async fn a_sorted_run_is_retried_loaded_and_compacted_again_as_any_other() {
    for order in [Order::Gps, Order::Url] {
        let output = run(Place::Copies, MIRROR, false).await;
        compact(&output, &compaction(Some(order))).await.unwrap();
        let summary = retry(&output, [record(4), record(7), failure(0)]).await;
        assert_eq!((summary.tally.records, summary.tally.failures), (9, 3));
        let retried = told(&output).await;
        assert_eq!((retried.len(), retried[&0].0.as_str()), (12, "failure_output"));
        let sql = output.sql();
        let load = || load_with_store(Arc::clone(&output.store), "test://out", None, &sql, WAITS, |_, _| ());
        assert_eq!(load().await.unwrap().rows, 12);
        told(&output).await;
        // Once more: what came since is sorted with the rest.
        compact(&output, &compaction(Some(order))).await.unwrap();
        assert_eq!(told(&output).await, retried);
        assert_eq!(load().await.unwrap().rows, 12);
        assert_eq!((load().await.unwrap().rows, told(&output).await), (0, retried));
    }
}

#[tokio::test]
async fn outcomes_without_a_row_stay_and_a_kind_without_outcomes_keeps_its_empty_part() {
    for (order, compression) in [(None, Compression::Gzip), (Some(Order::Url), Compression::Zstd)] {
        let output = Output::new(Place::Renames);
        let outputs = Outputs { compression, ..MIRROR };
        let options = Options { outputs, ..options(Mode::New, "one") };
        let mut dataset = output.open(Arc::clone(&output.store), options).await.unwrap();
        for number in 0..7 {
            let url = format!("{}.jpg", 7 - number);
            let record = Record { url, format: "JPEG", mode: "RGB", ..Record::default() };
            dataset.write(&Outcome::Record(Box::new(record))).await.unwrap();
        }
        dataset.finish(true).await.unwrap();
        let geometry = Compaction { geometry: true, ..compaction(order) };
        assert_eq!(compact(&output, &geometry).await.unwrap(), Compacted::Made { before: 6, after: 4 });
        let files = output.files().await;
        assert!(files.contains_key("failure_parquet/part-00000003.parquet"), "{:?}", names(&files));
        assert_eq!(compact(&output, &compaction(None)).await.unwrap(), Compacted::WasThere);
    }
}

#[tokio::test]
async fn points_need_a_mirror_and_stay_in_it() {
    let output = run(Place::Renames, Outputs::default(), false).await;
    let geometry = Compaction { geometry: true, ..compaction(None) };
    let refused = compact(&output, &geometry).await.unwrap_err();
    assert!(refused.to_string().contains("`imgmeta mirror` first"), "{refused}");
    mirror_with_store(Arc::clone(&output.store), "test://out", None, WAITS, |_, _| ()).await.unwrap();
    compact(&output, &geometry).await.unwrap();
    retry(&output, [record(1)]).await;
    let files = output.files().await;
    let with_points = |bytes: &[u8]| bytes.windows(14).any(|text| text == b"primary_column");
    let parts: Vec<_> = files.iter().filter(|(name, _)| name.contains("success_parquet/part-")).collect();
    assert!(parts.len() > 2 && parts.iter().all(|(_, bytes)| with_points(bytes)));
    let other = files.iter().filter(|(name, _)| name.contains("failure_parquet/part-"));
    assert!(!other.into_iter().any(|(_, bytes)| with_points(bytes)));
}

#[tokio::test]
async fn what_cannot_be_compacted_is_refused_and_stays_as_it_is() {
    let output = Output::new(Place::Renames);
    assert!(matches!(compact(&output, &compaction(None)).await, Err(Error::NoRun { .. })));
    let dataset = output.open(Arc::clone(&output.store), options(Mode::New, "one")).await.unwrap();
    assert!(matches!(compact(&output, &compaction(None)).await, Err(Error::Locked { .. })));
    dataset.finish(false).await.unwrap();
    assert!(matches!(compact(&output, &compaction(None)).await, Err(Error::Incomplete { .. })));

    let output = run(Place::Renames, MIRROR, false).await;
    let retry = revision(&output, Change { command: "retry", arguments: json!({}) }).await.unwrap();
    retry.finish(false).await.unwrap();
    let refused = compact(&output, &compaction(None)).await.unwrap_err();
    assert!(refused.to_string().contains("`imgmeta retry`"), "{refused}");

    let output = run(Place::Renames, MIRROR, false).await;
    output.put("success_output/part-00000001.json", "{\"URL\":\"other\"}\n").await;
    let refused = compact(&output, &compaction(None)).await.unwrap_err();
    assert!(refused.to_string().contains("success_output/part-00000001.json"), "{refused}");
}
