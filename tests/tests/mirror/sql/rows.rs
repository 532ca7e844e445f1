//! A run that fills PostgreSQL, `load` into PostgreSQL and SQLite: the rows are those of the JSON, field by field.

use std::time::Duration;

use imgmeta_tests::outcomes::Outcomes;
use imgmeta_tests::postgres::Postgres;
use imgmeta_tests::program::Run;

use super::expected::{assert_failures, assert_images, assert_tags};
use super::{HOSTILE, load, samples, sqlite_rows};

#[test]
fn runs_and_load_put_the_rows_of_the_json_into_tables_field_by_field() {
    let (server, dir) = (Postgres::start(), tempfile::tempdir().unwrap());
    let (list, output) = (samples(dir.path()), dir.path().join("out"));
    let (ran, loaded, file) = (server.create("ran"), server.create("loaded"), dir.path().join("i 'm.db"));
    let run =
        Run::new(["run", "--xmp", "--iptc", "--full", "--maker-notes", "--keep-columns", "all", "--shard-rows", "300"]);
    let run =
        run.args(["--json-compression", "none", "--sql-tags", "--sql", &ran]).arg(&list).arg("--output").arg(&output);
    server.with(run).within(Duration::from_mins(5)).finish().assert_code(0);
    let lines = Outcomes::read(&output);
    assert!(lines.records.len() > 400 && lines.failures.len() > 20, "{} records", lines.records.len());

    let tables = |database: &str| {
        assert_images(&server.rows(database, "SELECT * FROM images"), &lines);
        assert_failures(&server.rows(database, "SELECT * FROM failures"), &lines);
        assert_tags(&server.rows(database, "SELECT * FROM exif_tags"), &lines);
        let runs = server.run(database, "SELECT count(*), bool_and(complete), bool_and(tags) FROM runs");
        assert_eq!(runs, "1|t|t");
        let counted = server.run(database, "SELECT sum(images), sum(failures) FROM shards");
        assert_eq!(counted, format!("{}|{}", lines.records.len(), lines.failures.len()));
    };
    tables("ran");
    let told = server.with(load(&output, &loaded)).arg("--sql-tags").finish();
    told.assert_code(0);
    assert!(told.stderr.contains("were put into `postgres://127.0.0.1"), "{told:#?}");
    tables("loaded");
    // What is there is left as it is.
    let again = server.with(load(&output, &loaded)).arg("--sql-tags").finish();
    assert!(again.stderr.contains("0 rows (shards: 0)") && again.stderr.contains("there already"), "{again:#?}");
    tables("loaded");

    let url = format!("sqlite:{}", file.display());
    load(&output, &url).arg("--sql-tags").finish().assert_code(0);
    assert_images(&sqlite_rows(&file, "images"), &lines);
    assert_failures(&sqlite_rows(&file, "failures"), &lines);
    assert_tags(&sqlite_rows(&file, "exif_tags"), &lines);

    // Nothing hostile has become something else.
    let extras = server.rows("ran", "SELECT DISTINCT extra->>'odd ''name'' \\ \"x\"' AS odd FROM images");
    for odd in HOSTILE {
        let odd = odd.replace('\0', "\u{fffd}");
        assert!(extras.iter().any(|extra| extra["odd"] == odd.as_str()), "{odd:?} is not among {extras:?}");
    }
}
