//! What an operator is told where a database cannot be filled: what, where, why, and what to do; and nothing is left.

use std::fs;
use std::path::{Path, PathBuf};

use imgmeta_tests::postgres::{PASSWORD, Postgres};
use imgmeta_tests::program::{Finished, Run};

use super::load;

fn run(dir: &Path, url: &str) -> Run {
    let list = dir.join("list.txt");
    fs::write(&list, "gone.jpg\n").unwrap();
    Run::new(["run", "--sql", url]).arg(&list).arg("--output").arg(dir.join("out"))
}

#[track_caller]
fn assert_said(told: &Finished, code: i32, words: &[&str]) {
    told.assert_code(code);
    assert!(told.stderr.contains("error: "), "{told:#?}");
    for word in words {
        assert!(told.stderr.contains(word), "`{word}` is not in {told:#?}");
    }
}

#[test]
fn what_a_server_refuses_is_said_with_what_to_do_and_no_run_is_begun() {
    let (server, dir) = (Postgres::start(), tempfile::tempdir().unwrap());
    server.run("postgres", "CREATE USER reader PASSWORD 'r'");
    server.run("postgres", "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'");
    server.create("foreign_one");
    server.run("foreign_one", "CREATE TABLE images (id int); CREATE VIEW cameras AS SELECT 1");
    server.create("newer");
    server.run("newer", "CREATE TABLE imgmeta_schema (version integer); INSERT INTO imgmeta_schema VALUES (99)");
    let url = server.url("postgres");
    let attempt = |url: &str, password: &str| run(dir.path(), url).env("PGPASSWORD", password).finish();
    for (told, words) in [
        (attempt(&url, "wrong"), &["password authentication failed", "put the password into PGPASSWORD"][..]),
        (run(dir.path(), &url).finish(), &["PGPASSWORD"]),
        (attempt(&server.url_of("nobody", "postgres"), PASSWORD), &["\"nobody\"", "PGUSER"]),
        (attempt(&server.url("nowhere"), PASSWORD), &["\"nowhere\" does not exist", "createdb"]),
        (attempt(&server.url_of("reader", "postgres"), "r"), &["permission denied for schema public", "CREATE"]),
        (attempt(&server.url("latin"), PASSWORD), &["its encoding is LATIN1", "UTF8"]),
        (attempt(&server.url("foreign_one"), PASSWORD), &["did not make", "(cameras, images)", "search_path"]),
        (attempt(&server.url("newer"), PASSWORD), &["of version 99", "this program knows 1"]),
        (
            attempt("postgres://me@nowhere.invalid/x", PASSWORD),
            &["postgres://nowhere.invalid/x", "is the server running"],
        ),
        (attempt("postgres://me@127.0.0.1:1/x", PASSWORD), &["cannot open the database", "Connection refused", "port"]),
    ] {
        assert_said(&told, 1, words);
        assert!(!told.stderr.contains(PASSWORD) && !told.stderr.contains("wrong\""), "{told:#?}");
        assert!(!dir.path().join("out").exists(), "nothing was made: {told:#?}");
    }
    // A schema of its own is beside somebody else's tables; and a file may hold the password.
    server.run("foreign_one", "CREATE SCHEMA ours");
    let file = dir.path().join("pgpass");
    fs::write(&file, format!("*:*:*:*:{}\n", PASSWORD.replace('\\', "\\\\").replace(':', "\\:"))).unwrap();
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let url = format!("{}?options=-csearch_path%3Dours", server.url("foreign_one"));
    run(dir.path(), &url).env("PGPASSFILE", &file).finish().assert_code(0);
    assert_eq!(server.run("foreign_one", "SELECT kind FROM ours.failures"), "not_found");
}

#[test]
fn a_password_in_the_url_is_wrong_usage_and_is_not_repeated() {
    let dir = tempfile::tempdir().unwrap();
    for url in ["postgres://me:s3cret@127.0.0.1/x", "postgres://127.0.0.1/x?user=me&password=s3cret"] {
        for told in [run(dir.path(), url).finish(), load(dir.path(), url).finish()] {
            assert_said(&told, 2, &["holds a password", "PGPASSWORD"]);
            assert!(!told.stderr.contains("s3cret") && !told.stdout.contains("s3cret"), "{told:#?}");
        }
    }
    let other = run(dir.path(), "mysql://h/d").finish();
    assert_said(&other, 2, &["`postgres://` or `sqlite:`"]);
}

#[test]
fn passwords_are_neither_kept_nor_logged() {
    let (server, dir) = (Postgres::start(), tempfile::tempdir().unwrap());
    // A line of a password file that cannot be read is not repeated.
    let file = dir.path().join("pgpass");
    fs::write(&file, format!("{PASSWORD}\n")).unwrap();
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let logged = run(dir.path(), &server.create("kept")).env("RUST_LOG", "trace").env("PGPASSFILE", &file);
    assert!(!logged.finish().stderr.contains(PASSWORD));
    let done = server.with(run(dir.path(), &server.url("kept"))).env("RUST_LOG", "debug").finish();
    done.assert_code(0);
    let kept = fs::read_to_string(dir.path().join("out/_imgmeta/settings.json")).unwrap();
    assert!(kept.contains("\"sql\": \"postgres://127.0.0.1:"), "{kept}");
    let in_table = server.run("kept", "SELECT settings, output FROM runs");
    for text in [&done.stderr, &kept, &in_table] {
        assert!(!text.contains("secret of the tests"), "{text}");
    }
}

#[test]
fn what_is_no_database_of_sqlite_is_said_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let text = dir.path().join("notes.txt");
    fs::write(
        &text,
        "these are notes, and longer than the head of a file of SQLite is: a hundred bytes, or a few more\n",
    )
    .unwrap();
    for (path, words) in [
        (text.clone(), &["not a database", "name another one"][..]),
        (dir.path().join("no/such/folder.db"), &["unable to open database file", "is its folder there"]),
        (PathBuf::from("/proc/i.db"), &["is its folder there"]),
    ] {
        let told = run(dir.path(), &format!("sqlite:{}", path.display())).finish();
        assert_said(&told, 1, words);
        assert!(!dir.path().join("out").exists(), "nothing was made: {told:#?}");
    }
    assert!(fs::read_to_string(&text).unwrap().starts_with("these are notes"));
}

#[test]
fn a_run_is_loaded_as_it_was_told_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", dir.path().join("i.db").display());
    let nothing = load(dir.path(), &url).finish();
    assert_said(&nothing, 1, &["there is no run in"]);
    run(dir.path(), &url).finish().assert_code(0);
    let output = dir.path().join("out");
    let with_tags = load(&output, &url).arg("--sql-tags").finish();
    assert_said(&with_tags, 1, &["without a row for each tag", "DELETE FROM runs WHERE id"]);
}
