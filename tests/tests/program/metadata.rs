//! What is read of metadata only when it is asked for.

use std::fs;

use imgmeta_tests::{images::data_dir, outcomes::assert_complete, program::Run};
use serde_json::{Value, json};

const FLAGS: [&str; 4] = ["--xmp", "--iptc", "--maker-notes", "--thumbnails"];

fn inspected(name: &str, flags: &[&str]) -> Value {
    let done =
        Run::new([&["inspect", "--json"][..], flags].concat()).arg(data_dir().join("images/made").join(name)).finish();
    done.assert_code(0);
    serde_json::from_str(&done.stdout).unwrap()
}

#[test]
fn xmp_iptc_notes_and_thumbnails_are_there_where_asked_for_and_profiles_always() {
    let record = inspected("profile_xmp_and_iptc.tif", &FLAGS);
    assert_eq!(record["Profile"], "Own colours");
    assert_eq!(record["XMP"]["dc:title"], r#"{"x-default":"Cat & dog","de":"Katze & Hund"}"#);
    assert_eq!(record["XMP"]["xmp:Rating"], "4");
    assert_eq!(record["IPTC"]["Keywords"], r#"["cat","dog"]"#);
    let record = inspected("profile_xmp_and_iptc.tif", &[]);
    assert_eq!((&record["XMP"], &record["IPTC"]), (&Value::Null, &Value::Null));
    assert_eq!(record["Profile"], "Own colours");
    let record = inspected("maker_note_and_thumbnail.jpg", &FLAGS);
    assert_eq!(record["EXIF"]["Exif"]["MakerNote"]["base64"].as_str().unwrap().len(), 8000_usize.div_ceil(3) * 4);
    assert!(record["EXIF"]["1st"]["Thumbnail"]["base64"].as_str().unwrap().starts_with("/9j/"));
    let record = inspected("maker_note_and_thumbnail.jpg", &[]);
    assert_eq!(record["EXIF"]["1st"], json!({"Compression": 6}));
    assert!(record["EXIF"]["Exif"]["MakerNote"].is_null());
}

#[test]
fn a_person_is_shown_what_was_asked_for() {
    let image = data_dir().join("images/made/profile_xmp_and_iptc.tif");
    let done = Run::new(["inspect", "--xmp", "--iptc"]).arg(image).finish();
    done.assert_code(0);
    for said in ["Profile", "Own colours", "dc:title", "Katze & Hund", "By-line", "A. Author"] {
        assert!(done.stdout.contains(said), "{said} is not in:\n{}", done.stdout);
    }
}

#[test]
fn a_run_reads_what_its_flags_say_and_is_not_resumed_with_others() {
    let dir = tempfile::tempdir().unwrap();
    let (list, output) = (dir.path().join("list.txt"), dir.path().join("out"));
    let image = data_dir().join("images/made/xmp_and_iptc.jpg").canonicalize().unwrap();
    fs::write(&list, image.display().to_string()).unwrap();
    let run = || Run::new(["run"]).arg(&list).arg("--output").arg(&output);
    run().arg("--xmp").finish().assert_code(0);
    let outcomes = assert_complete(&output, 0..1);
    let record = &outcomes.of_row(0).1;
    assert_eq!((&record["XMP"]["photoshop:City"], &record["IPTC"]), (&"K\u{f6}ln".into(), &Value::Null));
    let done = run().arg("--resume").finish();
    assert!(done.stderr.contains("xmp"), "{done:#?}");
    done.assert_code(1);
}
