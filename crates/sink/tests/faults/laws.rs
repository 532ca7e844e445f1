//! Who may write to an output, and what is deleted of it.

use std::sync::Arc;
use std::time::Duration;

use imgmeta_sink::{Error, Mode, State};
use serde_json::json;
use tokio::time::sleep;

use crate::output::{Output, Place, names, options, outcomes, session, visible};

const PLACES: [Place; 3] = [Place::Local, Place::Renames, Place::Copies];

#[tokio::test]
async fn a_second_run_on_one_output_is_refused_while_the_first_is_there() {
    for place in PLACES {
        let output = Output::new(place);
        let open = |mode| output.open(Arc::clone(&output.store), options(mode, "one"));
        let mut first = open(Mode::New).await.unwrap();
        first.write(&outcomes(1)[0]).await.unwrap();
        assert!(matches!(open(Mode::New).await, Err(Error::Exists { .. })));
        assert!(matches!(open(Mode::Resume).await, Err(Error::Locked { .. })));
        assert!(matches!(open(Mode::Overwrite).await, Err(Error::Locked { .. })));
        first.finish(true).await.unwrap();
        assert_eq!(open(Mode::Resume).await.unwrap().state(), State::Complete);
    }
}

#[tokio::test]
async fn a_run_that_was_dropped_is_gone_on_with_at_once() {
    let output = Output::new(Place::Renames);
    let open = |mode| output.open(Arc::clone(&output.store), options(mode, "one"));
    drop(open(Mode::New).await.unwrap());
    assert_eq!(open(Mode::Resume).await.unwrap().state(), State::Resumed);
}

/// A run that ended without giving its lock back, held as `change` says.
async fn locked(change: impl FnOnce(&mut serde_json::Value)) -> Output {
    let output = Output::new(Place::Renames);
    drop(output.open(Arc::clone(&output.store), options(Mode::New, "one")).await.unwrap());
    let mut lock = serde_json::from_slice(&output.files().await["_imgmeta/lock"]).unwrap();
    change(&mut lock);
    output.put("_imgmeta/lock", &lock.to_string()).await;
    output
}

#[tokio::test]
async fn a_lock_of_a_dead_process_of_this_host_is_taken_at_once() {
    // No process has this number: it is above the kernel's limit of 2^22.
    let pid_is_gone = locked(|lock| lock["pid"] = json!(5_000_000)).await;
    // Process 1 is there, and was not started then.
    let pid_is_another_one = locked(|lock| (lock["pid"], lock["started"]) = (json!(1), json!(u64::MAX))).await;
    for output in [pid_is_gone, pid_is_another_one] {
        let mut options = options(Mode::Resume, "one");
        options.waits.dead = Duration::from_hours(1);
        drop(output.open(Arc::clone(&output.store), options).await.unwrap());
    }
}

#[tokio::test]
async fn a_lock_of_another_host_is_taken_after_a_time_without_a_sign_of_life() {
    let output = locked(|lock| lock["host"] = json!("elsewhere")).await;
    drop(output.open(Arc::clone(&output.store), options(Mode::Resume, "one")).await.unwrap());
    let output = locked(|lock| lock["host"] = json!("elsewhere")).await;
    output.put("_imgmeta/lock", "cut").await;
    drop(output.open(Arc::clone(&output.store), options(Mode::Resume, "one")).await.unwrap());
}

#[tokio::test]
async fn a_lock_of_another_host_that_is_renewed_is_respected() {
    let output = locked(|lock| lock["host"] = json!("elsewhere")).await;
    let renewed = async {
        for beat in 0.. {
            output.put("_imgmeta/lock", &json!({"host": "elsewhere", "run": "other", "beat": beat}).to_string()).await;
            sleep(Duration::from_millis(1)).await;
        }
    };
    let mut options = options(Mode::Resume, "one");
    options.waits.dead = Duration::from_hours(1);
    options.waits.dead /= 30 * 60;
    tokio::select! {
        () = renewed => unreachable!(),
        opened = output.open(Arc::clone(&output.store), options) => assert!(matches!(opened, Err(Error::Locked { .. }))),
    }
}

#[tokio::test]
async fn a_run_whose_lock_was_taken_commits_nothing_more() {
    let output = Output::new(Place::Copies);
    let mut dataset = output.open(Arc::clone(&output.store), options(Mode::New, "one")).await.unwrap();
    output.put("_imgmeta/lock", &json!({"host": "elsewhere", "run": "other"}).to_string()).await;
    dataset.write(&outcomes(1)[0]).await.unwrap();
    assert!(matches!(dataset.finish(true).await, Err(Error::LostLock { .. })));
    assert!(visible(&output.files().await).is_empty());
    assert!(output.files().await["_imgmeta/lock"].starts_with(b"{\"host\":\"elsewhere\""), "it is not ours to delete");
}

#[tokio::test]
async fn overwriting_deletes_what_manifests_name_and_nothing_else() {
    for place in PLACES {
        let output = Output::new(place);
        let run = |mode, rows| {
            let (output, store) = (&output, Arc::clone(&output.store));
            async move { session(output, store, options(mode, "one"), &outcomes(rows)).await }
        };
        run(Mode::New, 9).await.unwrap();
        for foreign in ["notes.md", "success_output/part-99999999.json.bak", "failure_output/x/y", "_imgmeta/why.txt"] {
            output.put(foreign, "mine").await;
        }
        output.put("_imgmeta/list/0/00000000", "a copy of a list").await;
        run(Mode::Overwrite, 2).await.unwrap();
        let files = output.files().await;
        let expected = [
            "_imgmeta/manifests/00000000.json",
            "_imgmeta/manifests/00000001.json",
            "_imgmeta/settings.json",
            "_imgmeta/summary.json",
            "_imgmeta/why.txt",
            "failure_output/_SUCCESS",
            "failure_output/part-00000000.json",
            "failure_output/x/y",
            "notes.md",
            "success_output/_SUCCESS",
            "success_output/part-00000000.json",
            "success_output/part-99999999.json.bak",
        ];
        assert_eq!(names(&files), expected, "{place:?}");
    }
}

#[tokio::test]
async fn what_is_not_ours_is_refused() {
    for place in PLACES {
        let output = Output::new(place);
        output.put("notes.md", "mine").await;
        for (mode, exists) in [(Mode::New, true), (Mode::Resume, false), (Mode::Overwrite, false)] {
            let refused = output.open(Arc::clone(&output.store), options(mode, "one")).await.unwrap_err();
            assert_eq!(matches!(refused, Error::Exists { .. }), exists, "{refused}");
            assert_eq!(matches!(refused, Error::NotOurs { .. }), !exists, "{refused}");
        }
        assert_eq!(names(&output.files().await), ["notes.md"]);
    }
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_an_empty_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut output = Output::new(Place::Renames);
    output.local = Some(dir.path().join("later"));
    let opened = output.open(Arc::clone(&output.store), options(Mode::Resume, "one")).await;
    assert_eq!(opened.unwrap().state(), State::Fresh);
}

#[tokio::test]
async fn other_settings_are_refused_and_each_that_differs_is_named() {
    let output = Output::new(Place::Renames);
    session(&output, Arc::clone(&output.store), options(Mode::New, "one"), &outcomes(2)).await.unwrap();
    let refused = output.open(Arc::clone(&output.store), options(Mode::Resume, "two")).await.unwrap_err();
    assert!(refused.to_string().contains("list was \"one\" and is \"two\""), "{refused}");
}

#[tokio::test]
async fn a_run_that_is_complete_takes_nothing_more() {
    let output = Output::new(Place::Renames);
    session(&output, Arc::clone(&output.store), options(Mode::New, "one"), &outcomes(2)).await.unwrap();
    let mut dataset = output.open(Arc::clone(&output.store), options(Mode::Resume, "one")).await.unwrap();
    assert!(matches!(dataset.write(&outcomes(1)[0]).await, Err(Error::Complete { .. })));
}
