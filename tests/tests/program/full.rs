//! `--full`: whole images, digested and decoded.

use std::process::Command;

use imgmeta_tests::images::{data_dir, synthetic};
use imgmeta_tests::outcomes::assert_complete;
use imgmeta_tests::program::Run;
use imgmeta_tests::server::Server;

/// What becomes of them: the kind of a failure, or what the last warning begins with, `""` where there is none.
const IMAGES: [(&str, &str, bool); 11] = [
    ("gps_ne_le.jpg", "", true),
    ("jpeg_progressive_exif.jpg", "", true),
    ("png_exif_after_idat.png", "", true),
    ("webp_exif.webp", "", true),
    ("tiff_mode_rgb8.tif", "", true),
    ("jpeg_precision_12.jpg", "full: not decoded: there is no decoder", true),
    ("jpeg_sof_lossless.jpg", "full: not decoded: there is no decoder", true),
    ("png_cut_in_idat.png", "damaged", false),
    ("bad_cut_before_scan.jpg", "damaged", false),
    ("png_huge_size.png", "bomb", false),
    ("bad_huge_size.jpg", "bomb", false),
];

fn sha256(name: &str) -> String {
    let path = data_dir().join("images/synthetic").join(name);
    let said = Command::new("sha256sum").arg(path).output().expect("coreutils are there");
    String::from_utf8(said.stdout).unwrap().split(' ').next().unwrap().to_owned()
}

/// Images by HTTP; the last breaks off twice in its pixels.
fn serve() -> Server {
    Server::start(|request, reply| match request.path.trim_start_matches('/') {
        "broken.jpg" if request.count < 2 => {
            let jpeg = synthetic("gps_ne_le.jpg");
            reply.head("200 OK", &[("Content-Length", &(jpeg.len() + 1).to_string())]);
            reply.send(&jpeg);
            reply.close();
        }
        "broken.jpg" => reply.file("image/jpeg", &synthetic("gps_ne_le.jpg")),
        name => reply.file("application/octet-stream", &synthetic(name)),
    })
}

#[test]
fn whole_images_are_digested_and_decoded_from_disk_and_web() {
    let (server, dir) = (serve(), tempfile::tempdir().unwrap());
    let (list, output) = (dir.path().join("list.txt"), dir.path().join("out"));
    let files = data_dir().join("images/synthetic");
    let disk = IMAGES.iter().map(|(name, ..)| files.join(name).display().to_string());
    let web = IMAGES.iter().map(|(name, ..)| server.url(&format!("/{name}")));
    let urls: Vec<_> = disk.chain(web).chain([server.url("/broken.jpg")]).collect();
    std::fs::write(&list, urls.join("\n")).unwrap();
    let run = Run::new(["run", "--full", "--allow-private"]).arg(&list).arg("--output").arg(&output);
    run.finish().assert_code(0);
    let found = assert_complete(&output, 0..urls.len() as u64);

    for (row, (name, expected, is_record)) in IMAGES.iter().chain(&IMAGES).enumerate() {
        let (record, line) = found.of_row(row as u64);
        assert_eq!(record, *is_record, "{line}");
        if record {
            assert_eq!(line["Sha256"], sha256(name), "{line}");
            let warning = line["Warnings"].as_array().unwrap().last().map_or("", |text| text.as_str().unwrap());
            assert!(
                if expected.is_empty() { !warning.starts_with("full:") } else { warning.starts_with(expected) },
                "{line}"
            );
        } else {
            assert_eq!((line["Kind"].as_str(), line["Phase"].as_str()), (Some(*expected), Some("decode")), "{line}");
        }
    }
    let (record, line) = found.of_row(2 * IMAGES.len() as u64);
    assert!(record && line["Fetch"]["Attempts"] == 3 && line["Sha256"] == sha256("gps_ne_le.jpg"), "{line}");
}

#[test]
fn without_it_nothing_is_decoded_and_more_than_the_limit_is_too_large_with_it() {
    let (server, dir) = (serve(), tempfile::tempdir().unwrap());
    let list = dir.path().join("list.txt");
    std::fs::write(&list, format!("{}\n{}", server.url("/png_huge_size.png"), server.url("/gps_ne_le.jpg"))).unwrap();
    let run = |name: &str, args: &[&str]| {
        let output = dir.path().join(name);
        let run = Run::new(["run", "--allow-private"].iter().chain(args)).arg(&list).arg("--output").arg(&output);
        run.finish().assert_code(0);
        assert_complete(&output, 0..2)
    };
    let plain = run("plain", &[]);
    assert!(plain.records.len() == 2 && plain.of_row(1).1["Sha256"].is_null());
    assert!(plain.of_row(0).1["Warnings"].to_string().contains("bomb: "));
    let size = synthetic("gps_ne_le.jpg").len() as u64;
    let limited = run("limited", &["--full", "--max-bytes", &(size - 1).to_string()]);
    let (record, line) = limited.of_row(1);
    assert!(!record && line["Kind"] == "too_large" && line["Phase"] == "body", "{line}");
}

#[test]
fn files_that_wait_for_memory_leave_those_that_hold_it_what_they_need_to_give_it_back() {
    let dir = tempfile::tempdir().unwrap();
    let (list, output) = (dir.path().join("list.txt"), dir.path().join("out"));
    // More than what images hold without asking, and more files than there are threads to read them.
    let mut image = b"P6 400 300 255\n".to_vec();
    image.resize(image.len() + 400 * 300 * 3, 7);
    let names: Vec<_> = (0..100).map(|row| format!("{row}.ppm")).collect();
    for name in &names {
        std::fs::write(dir.path().join(name), &image).unwrap();
    }
    std::fs::write(&list, names.join("\n")).unwrap();
    Run::new(["run", "--full", "--memory", "2MiB"]).arg(&list).arg("--output").arg(&output).finish().assert_code(0);
    assert_eq!(assert_complete(&output, 0..100).records.len(), 100);
}
