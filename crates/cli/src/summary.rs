//! What a run ended with, for a person.

use std::fmt::Write as _;
use std::time::Duration;

use bytesize::ByteSize;
use imgmeta_sink::Summary;

/// Prints the summary to stderr: stdout is for data. `cure` is what goes on with one that is not complete.
pub(crate) fn print(summary: &Summary, cure: &str, output: &str, took: Duration) {
    eprint!("{}", text(summary, cure, output, took));
}

fn text(summary: &Summary, cure: &str, output: &str, took: Duration) -> String {
    let tally = &summary.tally;
    let took = humantime::format_duration(Duration::from_millis(u64::try_from(took.as_millis()).unwrap_or(u64::MAX)));
    let mut text = String::new();
    let state = if summary.complete { "complete".to_owned() } else { format!("interrupted: go on with {cure}") };
    line(&mut text, "run", &format!("{state} ({took})"));
    line(&mut text, "rows", &tally.rows.to_string());
    line(&mut text, "records", &tally.records.to_string());
    line(&mut text, "failures", &tally.failures.to_string());
    for (kind, found) in &tally.kinds {
        line(
            &mut text,
            &format!("  {}", kind.name()),
            &format!("{}, for example {}", found.count, shown(&found.example)),
        );
        line(&mut text, "", kind.hint());
    }
    let read = format!("{} of the images' {}", ByteSize(tally.bytes_read), ByteSize(tally.bytes_whole));
    line(&mut text, "read", &read);
    line(&mut text, "output", output);
    text
}

fn line(text: &mut String, name: &str, value: &str) {
    writeln!(text, "{name:<18} {value}").expect("a String takes every line");
}

/// Hostile text without what would move a terminal's cursor.
pub(crate) fn shown(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { char::REPLACEMENT_CHARACTER } else { char }).collect()
}
