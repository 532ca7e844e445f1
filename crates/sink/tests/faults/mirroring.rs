//! A fault before and after every step of making a mirror.

use std::sync::Arc;

use imgmeta_sink::{Error, Mirrored, Mode, Options, Outputs, State, Waits, mirror_with_store};
use object_store::ObjectStore;

use crate::output::{OUTAGE, Output, Place, WAITS, mirrored, names, options, outcomes, session, visible};
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

/// A complete run of two shards, without a mirror.
async fn run(place: Place, outputs: Outputs) -> Output {
    let output = Output::new(place);
    let options = Options { outputs, ..options(Mode::New, "one") };
    session(&output, Arc::clone(&output.store), options, &outcomes(5)).await.unwrap();
    output
}

async fn make(output: &Output, store: Arc<dyn ObjectStore>) -> Result<Mirrored, Error> {
    make_with(output, store, WAITS).await
}

async fn make_with(output: &Output, store: Arc<dyn ObjectStore>, waits: Waits) -> Result<Mirrored, Error> {
    mirror_with_store(store, "test://out", output.local.clone(), waits, |_, _| ()).await
}

/// What readers see, without what differs from run to run.
async fn seen(output: &Output) -> Vec<(String, Vec<u8>)> {
    let files = output.files().await;
    files.into_iter().filter(|(name, _)| !name.starts_with("_imgmeta/") || name.contains("staging")).collect()
}

#[tokio::test]
async fn a_fault_at_any_step_of_making_a_mirror_changes_nothing_of_its_end() {
    for place in PLACES {
        let expected = seen(&run(place, Outputs { mirror: true, ..Outputs::default() }).await).await;
        let whole = run(place, Outputs::default()).await;
        let counting = Faulty::new(Arc::clone(&whole.store), whole.copies, usize::MAX, Fault::Outage);
        make(&whole, Arc::new(counting.clone())).await.unwrap();
        assert_eq!(seen(&whole).await, expected);
        for at in 0..counting.steps() {
            for &fault in faults(place) {
                let context = format!("{place:?}, step {at}, {fault:?}");
                let output = run(place, Outputs::default()).await;
                let store = Faulty::new(Arc::clone(&output.store), output.copies, at, fault);
                let waits = if fault == Fault::Outage { OUTAGE } else { WAITS };
                let ended = tokio::select! {
                    biased;
                    () = store.died() => None,
                    ended = make_with(&output, Arc::new(store.clone()), waits) => Some(ended),
                };
                store.settled().await;
                let recovers = matches!(fault, Fault::Fails(_) | Fault::AnswerLost(_));
                assert!(!recovers || matches!(ended, Some(Ok(_))), "{context}: {ended:?}");
                assert_eq!(visible(&output.files().await).len(), 5, "{context}: the JSON stays as it is");
                refused_or_complete(&output, &context).await;
                make(&output, Arc::clone(&output.store)).await.unwrap();
                assert!(seen(&output).await == expected, "{context}: {:?}", names(&output.files().await));
                assert_eq!(mirrored(&output.files().await).len(), 5, "{context}");
            }
        }
    }
}

/// Between the beginning of a change and its end another command refuses the output, and names the cure.
async fn refused_or_complete(output: &Output, context: &str) {
    let pending = output.files().await.contains_key("_imgmeta/pending.json");
    for mode in [Mode::Resume, Mode::Overwrite] {
        if mode == Mode::Overwrite && !pending {
            continue;
        }
        match output.open(Arc::clone(&output.store), options(mode, "one")).await {
            Ok(dataset) => assert!(!pending && dataset.state() == State::Complete, "{context}"),
            Err(error @ Error::Pending { .. }) => {
                assert!(pending && error.to_string().contains("`imgmeta mirror`"), "{context}: {error}");
            }
            Err(error) => panic!("{context}: {error}"),
        }
    }
}

#[tokio::test]
async fn a_run_that_is_not_there_or_not_complete_gets_no_mirror() {
    for place in PLACES {
        let output = Output::new(place);
        assert!(matches!(make(&output, Arc::clone(&output.store)).await, Err(Error::NoRun { .. })));
        assert!(output.files().await.is_empty(), "nothing was made");
        let mut dataset = output.open(Arc::clone(&output.store), options(Mode::New, "one")).await.unwrap();
        dataset.write(&outcomes(1)[0]).await.unwrap();
        assert!(matches!(make(&output, Arc::clone(&output.store)).await, Err(Error::Locked { .. })));
        dataset.finish(false).await.unwrap();
        assert!(matches!(make(&output, Arc::clone(&output.store)).await, Err(Error::Incomplete { .. })));
    }
}

#[tokio::test]
async fn overwriting_deletes_a_mirror_that_was_made_later() {
    let output = run(Place::Renames, Outputs::default()).await;
    make(&output, Arc::clone(&output.store)).await.unwrap();
    session(&output, Arc::clone(&output.store), options(Mode::Overwrite, "one"), &outcomes(1)).await.unwrap();
    assert!(!names(&output.files().await).iter().any(|name| name.contains("parquet") || name.contains("generation")));
}

#[tokio::test]
async fn json_that_is_not_what_was_written_gives_no_mirror() {
    let output = run(Place::Renames, Outputs::default()).await;
    output.put("success_output/part-00000000.json", "{\"URL\":\"other\"}\n").await;
    let refused = make(&output, Arc::clone(&output.store)).await.unwrap_err();
    assert!(refused.to_string().contains("success_output/part-00000000.json"), "{refused}");
}
