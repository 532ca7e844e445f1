//! A fault before and after every step.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use imgmeta_record::Outcome;
use imgmeta_sink::{Error, Mode, Options, Outputs};

use crate::output::{
    OUTAGE, Output, Place, WAITS, committed, failure, mirrored, names, options, outcomes, record, session, visible,
};
use crate::store::{Fault, Faulty};

/// A run that is put to the test: its outcomes, and whether it overwrites another.
struct Case {
    place: Place,
    outcomes: Vec<Outcome>,
    overwrites: bool,
    mirror: bool,
    /// Whether a database is filled.
    sql: bool,
    /// Manifests that become one part of their log.
    fold: usize,
}

const FAULTS: [Fault; 7] = [
    Fault::Fails(1),
    Fault::Fails(3),
    Fault::AnswerLost(1),
    Fault::AnswerLost(3),
    Fault::DiesBefore,
    Fault::DiesAfter,
    Fault::Outage,
];

impl Case {
    fn options(&self, output: &Output, mode: Mode, list: &str) -> Options {
        let outputs = Outputs { mirror: self.mirror, ..Outputs::default() };
        let sql = self.sql.then(|| output.sql());
        Options { outputs, sql, fold: NonZeroUsize::new(self.fold).unwrap(), ..options(mode, list) }
    }

    fn mode(&self) -> Mode {
        if self.overwrites { Mode::Overwrite } else { Mode::New }
    }

    /// An output as the run finds it: empty, or with what is to be overwritten and a file that is not ours.
    async fn output(&self) -> Output {
        let output = Output::new(self.place);
        if self.overwrites {
            let older: Vec<_> = (0..10).map(record).collect();
            session(&output, Arc::clone(&output.store), self.options(&output, Mode::New, "old"), &older).await.unwrap();
            output.put("success_output/notes.json", "mine").await;
        }
        output
    }

    /// Runs without a fault, and counts the steps.
    async fn undisturbed(&self) -> (Output, usize) {
        let output = self.output().await;
        let store = Faulty::new(Arc::clone(&output.store), output.copies, usize::MAX, Fault::Outage);
        session(&output, Arc::new(store.clone()), self.options(&output, self.mode(), "new"), &self.outcomes)
            .await
            .unwrap();
        (output, store.steps())
    }

    /// One process with a fault at a step; whether it ended well.
    async fn disturbed(&self, output: &Output, at: usize, fault: Fault, mode: Mode) -> bool {
        let store = Faulty::new(Arc::clone(&output.store), output.copies, at, fault);
        let waits = if fault == Fault::Outage { OUTAGE } else { WAITS };
        let options = Options { waits, ..self.options(output, mode, "new") };
        let run = session(output, Arc::new(store.clone()), options, &self.outcomes);
        let ended = tokio::select! {
            biased;
            () = store.died() => None,
            ended = run => Some(ended),
        };
        store.settled().await;
        let Some(ended) = ended else { return false };
        let context = format!("{:?}, step {at}, {fault:?}: {ended:?}", self.place);
        match fault {
            Fault::Fails(_) | Fault::AnswerLost(_) => ended.expect(&context),
            // Of a run that was to be overwritten, before a file of it was touched.
            Fault::Outage | Fault::DiesBefore | Fault::DiesAfter => match &ended {
                Err(Error::Store { .. }) if fault == Fault::Outage => return false,
                Err(Error::Settings { .. }) if self.overwrites && mode == Mode::Resume => return false,
                ended => assert!(ended.is_ok(), "{context}"),
            },
        }
        true
    }

    /// Goes on, without a fault, with what a dead process left.
    async fn go_on(&self, output: &Output) {
        let files = output.files().await;
        visible(&files);
        let resumed = output.open(Arc::clone(&output.store), self.options(output, Mode::Resume, "new")).await;
        let mode = match resumed {
            Err(Error::Settings { .. }) if self.overwrites => Mode::Overwrite,
            Err(error) => panic!("{:?} after {:?}: {error}", self.place, names(&files)),
            Ok(dataset) => {
                let found = dataset.committed();
                let missing: Vec<_> = committed(&files).into_iter().filter(|row| !found.contains(*row)).collect();
                let old = self.overwrites && files.contains_key("_imgmeta/overwriting");
                assert!(old || missing.is_empty(), "committed, and asked again: {missing:?}");
                Mode::Resume
            }
        };
        session(output, Arc::clone(&output.store), self.options(output, mode, "new"), &self.outcomes).await.unwrap();
    }

    async fn check(&self, output: &Output, undisturbed: &Output, context: &str) {
        let (found, expected) = (output.files().await, undisturbed.files().await);
        assert_eq!(visible(&found), visible(&expected), "{context}");
        let told: BTreeMap<_, _> = visible(&found).into_iter().map(|(row, (folder, _))| (row, folder)).collect();
        if self.mirror {
            assert_eq!(mirrored(&found), told, "{context}");
        }
        assert_eq!(output.in_tables().await, self.sql.then_some(told), "{context}");
        let parts =
            |name: &&&str| !name.contains("/part-") && !name.contains("/manifests/") && **name != "_imgmeta/lock";
        let (found, expected) = (names(&found), names(&expected));
        let rest = |names: &[&str]| names.iter().filter(parts).map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(rest(&found), rest(&expected), "{context}");
        assert!(!found.iter().any(|name| name.contains("/.") || name.contains("staging")), "{context}: {found:?}");
    }

    async fn every_step_with_every_fault(&self) {
        let (undisturbed, steps) = self.undisturbed().await;
        assert!(steps > 20, "only {steps} steps");
        for at in 0..steps {
            for fault in FAULTS.into_iter().filter(|fault| self.place != Place::Local || !fault.is_repeated()) {
                let output = self.output().await;
                if !self.disturbed(&output, at, fault, self.mode()).await {
                    self.go_on(&output).await;
                }
                let context = format!("{:?}, step {at} of {steps}, {fault:?}", self.place);
                self.check(&output, &undisturbed, &context).await;
            }
        }
    }

    /// A process dies, the next one too, and so on.
    async fn one_death_after_the_other(&self, rounds: usize, random: &mut fastrand::Rng) {
        let (undisturbed, steps) = self.undisturbed().await;
        for round in 0..rounds {
            let output = self.output().await;
            let mut mode = self.mode();
            for _ in 0..random.usize(2..8) {
                let fault = [Fault::DiesBefore, Fault::DiesAfter, Fault::Outage][random.usize(..3)];
                if self.disturbed(&output, random.usize(..steps), fault, mode).await {
                    break;
                }
                mode = Mode::Resume;
            }
            self.go_on(&output).await;
            self.check(&output, &undisturbed, &format!("{:?}, round {round}", self.place)).await;
        }
    }
}

const PLACES: &[Place] = &[Place::Local, Place::Renames, Place::Copies];
/// Those whose steps are quick.
const IN_MEMORY: &[Place] = &[Place::Renames, Place::Copies];

fn cases(places: &[Place], outcomes: &[Outcome], overwrites: bool, mirror: bool) -> impl Iterator<Item = Case> {
    let places = places.to_vec();
    places.into_iter().map(move |place| Case {
        place,
        outcomes: outcomes.to_vec(),
        overwrites,
        mirror,
        sql: false,
        fold: 1000,
    })
}

#[tokio::test]
async fn a_fault_at_any_step_of_a_run_changes_nothing_of_its_end() {
    for case in cases(PLACES, &outcomes(7), false, false) {
        case.every_step_with_every_fault().await;
    }
}

#[tokio::test]
async fn a_fault_at_any_step_of_a_run_with_a_mirror_and_without_records_changes_nothing_of_its_end() {
    for case in cases(IN_MEMORY, &[failure(0), failure(1)], false, true) {
        case.every_step_with_every_fault().await;
    }
}

#[tokio::test]
async fn a_fault_at_any_step_of_a_run_that_fills_a_database_changes_nothing_of_its_end() {
    for case in
        cases(&[Place::Copies], &outcomes(4), false, false).chain(cases(&[Place::Renames], &outcomes(4), true, false))
    {
        Case { sql: true, ..case }.every_step_with_every_fault().await;
    }
}

#[tokio::test]
async fn a_fault_at_any_step_of_a_run_whose_manifests_are_folded_changes_nothing_of_its_end() {
    for case in cases(IN_MEMORY, &outcomes(13), false, false) {
        let case = Case { fold: 2, ..case };
        let (output, _) = case.undisturbed().await;
        let files = output.files().await;
        let names = names(&files).into_iter().filter_map(|name| name.strip_prefix("_imgmeta/manifests/"));
        let expected = ["00000000-00000001.ndjson", "00000002-00000003.ndjson", "00000004.json", "00000005.json"];
        assert!(names.eq(expected), "{:?}", files.keys());
        case.every_step_with_every_fault().await;
    }
}

#[tokio::test]
async fn a_fault_at_any_step_of_overwriting_changes_nothing_of_its_end() {
    for case in cases(PLACES, &outcomes(4), true, false) {
        case.every_step_with_every_fault().await;
    }
}

#[tokio::test]
async fn overwriting_deletes_a_log_of_manifests() {
    for case in cases(IN_MEMORY, &outcomes(7), true, false) {
        Case { fold: 2, ..case }.every_step_with_every_fault().await;
    }
}

#[tokio::test]
async fn deaths_one_after_the_other_change_nothing_of_the_end() {
    let mut random = fastrand::Rng::with_seed(4);
    for case in cases(IN_MEMORY, &outcomes(7), false, true).chain(cases(PLACES, &outcomes(4), true, false)) {
        let case = Case { fold: random.usize(1..4), ..case };
        case.one_death_after_the_other(40, &mut random).await;
    }
}
