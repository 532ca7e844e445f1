//! A fault before and after every step of reading rows of a finished run again.

use std::collections::BTreeMap;
use std::sync::Arc;

use imgmeta_record::schema::Rows;
use imgmeta_record::{Failure, ImageRef, Kind, Outcome, Phase};
use imgmeta_sink::{Change, Error, Mode, Options, Outputs, Revised, Revision, State, Summary, Waits};
use object_store::ObjectStore;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use crate::output::{
    OUTAGE, Output, Place, WAITS, failure, mirrored, names, options, outcomes, record, session, visible,
};
use crate::store::{Fault, Faulty};

const PLACES: [Place; 3] = [Place::Local, Place::Renames, Place::Copies];

/// What is tried at each step: everything where a rename has two, and less where it has one, or where steps are slow.
fn faults(place: Place) -> &'static [Fault] {
    match place {
        Place::Local => &[Fault::DiesAfter],
        Place::Renames => &[Fault::AnswerLost(2), Fault::DiesAfter],
        Place::Copies => &[Fault::Fails(2), Fault::AnswerLost(2), Fault::DiesBefore, Fault::DiesAfter, Fault::Outage],
    }
}

/// Where a database is filled too: in some of the runs, as its disk is slow.
fn fills(place: Place) -> bool {
    place == Place::Renames
}

/// A complete run of 12 rows in four shards, with a mirror; 1, 4, 7 and 10 are failures.
async fn run(place: Place) -> Output {
    run_that_fills(place, false).await
}

/// The same, which fills a database too, or not.
async fn run_that_fills(place: Place, fills: bool) -> Output {
    let output = Output::new(place);
    let outputs = Outputs { mirror: true, ..Outputs::default() };
    let options = Options { outputs, sql: fills.then(|| output.sql()), ..options(Mode::New, "one") };
    session(&output, Arc::clone(&output.store), options, &outcomes(12)).await.unwrap();
    output
}

fn change(command: &'static str) -> Change {
    Change { command, arguments: json!({"only": []}) }
}

async fn open(output: &Output, store: Arc<dyn ObjectStore>, change: Change, waits: Waits) -> Result<Revision, Error> {
    let options = Options { waits, ..options(Mode::New, "one") };
    Revision::with_store(store, "test://out", output.local.clone(), change, options).await
}

/// What becomes of rows that are read again: 1 and 4 are records, 7 fails otherwise, and the record 3 is gone.
fn revised() -> Vec<Revised> {
    let image = ImageRef { row: Some(7), ..ImageRef::new("gone.jpg") };
    let late = Failure::new(image, Kind::Timeout, Phase::Connect, "no answer");
    let new = [record(1), record(4), Outcome::Failure(Box::new(late)), failure(3)];
    new.into_iter().map(Revised::Outcome).collect()
}

/// One process that reads what is not done yet.
async fn revise(output: &Output, store: Arc<dyn ObjectStore>, waits: Waits) -> Result<Summary, Error> {
    let mut revision = open(output, store, change("retry"), waits).await?;
    let done = revision.done();
    if !revision.is_committed() {
        let (to, from) = mpsc::channel(100);
        for revised in revised() {
            let Revised::Outcome(outcome) = &revised else { continue };
            if !done.contains(outcome.row().unwrap()) {
                to.send(revised).await.unwrap();
            }
        }
        drop(to);
        revision.run(from).await?;
    }
    revision.finish(true).await
}

/// All rows, the folder they are in, and what they say.
pub(crate) async fn told(output: &Output) -> BTreeMap<u64, (String, Map<String, Value>)> {
    let files = output.files().await;
    let told = visible(&files);
    let folders: BTreeMap<_, _> = told.iter().map(|(row, (folder, _))| (*row, folder.clone())).collect();
    assert_eq!(mirrored(&files), folders);
    if let Some(rows) = output.in_tables().await {
        assert_eq!(rows, folders);
    }
    told
}

fn is_as_wanted(told: &BTreeMap<u64, (String, Map<String, Value>)>) {
    let failed: Vec<_> =
        told.iter().filter(|(_, (folder, _))| folder == "failure_output").map(|(row, _)| *row).collect();
    assert_eq!((told.len(), failed), (12, vec![3, 7, 10]));
    assert_eq!((&told[&7].1["Kind"], &told[&10].1["Kind"]), (&json!("timeout"), &json!("not_found")));
}

#[tokio::test]
async fn a_fault_at_any_step_of_reading_rows_again_changes_nothing_of_the_end() {
    for place in PLACES {
        let whole = run_that_fills(place, fills(place)).await;
        let fresh = if fills(place) { None } else { Some(whole.copied(place).await) };
        let counting = Faulty::new(Arc::clone(&whole.store), whole.copies, usize::MAX, Fault::Outage);
        let summary = revise(&whole, Arc::new(counting.clone()), WAITS).await.unwrap();
        assert_eq!((summary.tally.rows, summary.tally.records, summary.tally.failures), (12, 9, 3));
        let expected = told(&whole).await;
        is_as_wanted(&expected);
        for at in 0..counting.steps() {
            for &fault in faults(place) {
                let output = match &fresh {
                    Some(fresh) => fresh.copied(place).await,
                    None => run_that_fills(place, true).await,
                };
                let context = format!("{place:?}, step {at}, {fault:?}");
                disturbed(&output, (at, fault), &expected, &context).await;
            }
        }
    }
}

/// A reading again with a fault at a step, and one that goes on with it.
async fn disturbed(
    output: &Output, (at, fault): (usize, Fault), expected: &BTreeMap<u64, (String, Map<String, Value>)>, context: &str,
) {
    let store = Faulty::new(Arc::clone(&output.store), output.copies, at, fault);
    let waits = if fault == Fault::Outage { OUTAGE } else { WAITS };
    let ended = tokio::select! {
        biased;
        () = store.died() => None,
        ended = revise(output, Arc::new(store.clone()), waits) => Some(ended),
    };
    store.settled().await;
    let recovers = matches!(fault, Fault::Fails(_) | Fault::AnswerLost(_));
    assert!(!recovers || matches!(ended, Some(Ok(_))), "{context}: {ended:?}");
    let pending = output.files().await.contains_key("_imgmeta/pending.json");
    let other = open(output, Arc::clone(&output.store), change("refresh"), WAITS).await;
    match other {
        Err(error @ Error::Pending { .. }) if pending => assert!(error.to_string().contains("`imgmeta retry`")),
        Ok(other) if !pending => drop(other.finish(true).await.unwrap()),
        other => panic!("{context}: {other:?}"),
    }
    let summary = revise(output, Arc::clone(&output.store), WAITS).await.unwrap();
    assert_eq!((summary.tally.rows, summary.tally.failures), (12, 3), "{context}");
    assert_eq!(told(output).await, *expected, "{context}");
    let files = output.files().await;
    let left = |name: &&&str| name.contains("staging") || name.contains("/.") || name.contains("pending");
    assert!(names(&files).iter().find(left).is_none(), "{context}: {:?}", names(&files));
}

#[tokio::test]
async fn what_is_read_again_twice_and_then_merged_or_overwritten_is_as_one_run() {
    for place in PLACES {
        let output = run(place).await;
        revise(&output, Arc::clone(&output.store), WAITS).await.unwrap();
        // Once more, over what the first change made.
        let mut again = open(&output, Arc::clone(&output.store), change("retry"), WAITS).await.unwrap();
        let (to, from) = mpsc::channel(100);
        for row in [7, 10, 3] {
            to.send(Revised::Outcome(record(row))).await.unwrap();
        }
        drop(to);
        again.run(from).await.unwrap();
        let summary = again.finish(true).await.unwrap();
        assert_eq!((summary.tally.records, summary.tally.failures, summary.tally.kinds.len()), (12, 0, 0));
        assert!(told(&output).await.values().all(|(folder, _)| folder == "success_output"));
        let files = output.files().await;
        assert!(files.keys().any(|name| name.starts_with("failure_output/part-")), "no part without failures is left");
        // Complete it stays, and it can be overwritten.
        let complete = output.open(
            Arc::clone(&output.store),
            Options { outputs: Outputs { mirror: true, ..Outputs::default() }, ..options(Mode::Resume, "one") },
        );
        let complete = complete.await.unwrap();
        assert_eq!(complete.state(), State::Complete);
        assert_eq!(complete.finish(true).await.unwrap().tally.records, 12);
        session(&output, Arc::clone(&output.store), options(Mode::Overwrite, "one"), &outcomes(2)).await.unwrap();
        let files = output.files().await;
        assert_eq!(visible(&files).len(), 2);
        assert!(!files.keys().any(|name| name.contains("generation") || name.contains("part-00000009")), "{files:?}");
    }
}

#[tokio::test]
async fn lines_are_told_and_can_be_put_back_with_a_warning() {
    let output = run(Place::Renames).await;
    let mut revision = open(&output, Arc::clone(&output.store), change("refresh"), WAITS).await.unwrap();
    let (lines_tx, mut lines) = mpsc::channel(100);
    revision.lines(Rows::Success).run(lines_tx).await.unwrap();
    let mut of_two = None;
    let mut rows = Vec::new();
    while let Some(line) = lines.recv().await {
        rows.extend(line.image.row);
        if line.image.row == Some(2) {
            of_two = Some(line);
        }
    }
    assert_eq!(rows, [0, 2, 3, 5, 6, 8, 9, 11]);
    let (to, from) = mpsc::channel(100);
    to.send(Revised::Line(of_two.unwrap().with_warning(Some("late")).unwrap())).await.unwrap();
    drop(to);
    revision.run(from).await.unwrap();
    revision.finish(true).await.unwrap();
    let told = told(&output).await;
    assert_eq!((&told[&2].1["Warnings"], told.len()), (&json!(["refresh: late"]), 12));
}

#[tokio::test]
async fn what_is_interrupted_goes_on_with_the_same_arguments_only() {
    let output = run(Place::Copies).await;
    let mut revision = open(&output, Arc::clone(&output.store), change("retry"), WAITS).await.unwrap();
    let (to, from) = mpsc::channel(100);
    to.send(Revised::Outcome(record(1))).await.unwrap();
    drop(to);
    revision.run(from).await.unwrap();
    assert!(!revision.finish(false).await.unwrap().complete);
    assert_eq!(told(&output).await.values().filter(|(folder, _)| folder == "failure_output").count(), 4);
    let other = Change { arguments: json!({"only": ["dns"]}), ..change("retry") };
    let refused = open(&output, Arc::clone(&output.store), other, WAITS).await;
    assert!(matches!(refused, Err(Error::Settings { .. })), "{refused:?}");
    let refused = output.open(Arc::clone(&output.store), options(Mode::Overwrite, "one")).await;
    assert!(matches!(refused, Err(Error::Pending { .. })), "{refused:?}");
    let revision = open(&output, Arc::clone(&output.store), change("retry"), WAITS).await.unwrap();
    assert_eq!(revision.done().iter().collect::<Vec<_>>(), [1]);
    revision.finish(true).await.unwrap();
    assert_eq!(told(&output).await[&1].0, "success_output");
}
