//! The report, as people look at it: in a real browser, with the network cut.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    time::Duration,
};

use imgmeta_tests::{
    browser::Browser,
    images::data_dir,
    outcomes::{Outcomes, assert_complete},
    program::{Finished, Run},
};
use serde_json::{Value, json};
use tempfile::TempDir;

/// What a text of hostile origin does where it is taken for markup.
const HOSTILE: &str = "</script><img src=x onerror=window.hit=1><b>&amp;";
/// The widths at which a report must be readable.
const WIDTHS: [u32; 2] = [1280, 400];

/// A run over all images of the tests, and over what is none.
struct Sample {
    dir: TempDir,
    outcomes: Outcomes,
}

impl Sample {
    fn run(flags: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut list = images(&data_dir().join("images").canonicalize().unwrap());
        list.sort();
        let mut list: Vec<String> = list.into_iter().map(|path| path.display().to_string()).collect();
        let readme = data_dir().join("../../README.md").canonicalize().unwrap().display().to_string();
        list.extend(
            ["/nowhere/a.jpg", "/nowhere/b.jpg", "http://127.0.0.1:9/x.jpg", "htp://x", &readme].map(String::from),
        );
        fs::write(dir.path().join("list.txt"), list.join("\n")).unwrap();
        let run = Run::new(["run"]).arg(dir.path().join("list.txt")).arg("--output").arg(dir.path().join("out"));
        let run = flags.iter().fold(run, Run::arg);
        run.arg("--shard-rows").arg("100").finish().assert_code(0);
        let outcomes = assert_complete(dir.path().join("out"), 0..list.len() as u64);
        assert!(outcomes.records.len() > 150 && outcomes.failures.len() >= 5);
        Self { dir, outcomes }
    }

    fn page(&self) -> PathBuf {
        let page = self.dir.path().join("report.html");
        report(&self.dir.path().join("out"), &page).assert_code(0);
        page
    }

    /// How many records have which value, without those that have none.
    fn count(&self, value: impl Fn(&Value) -> Option<String>) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        self.outcomes.records.iter().filter_map(value).for_each(|value| *counts.entry(value).or_default() += 1);
        counts
    }
}

fn images(under: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(under).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { images(&path) } else { vec![path] }).collect()
}

fn report(run: &Path, page: &Path) -> Finished {
    Run::new(["report"]).arg(run).arg("--out").arg(page).finish()
}

/// What the page was made with.
fn data(page: &Path) -> Value {
    let page = fs::read_to_string(page).unwrap();
    let (_, data) = page.split_once("id=\"data\">").unwrap();
    let mut data: Value = serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap();
    data.as_object_mut().unwrap().retain(|key, _| key != "made" && key != "url");
    // Which of many stand as examples is by the order in which rows finished.
    let examples = data["failures"]["examples"].as_array().unwrap().len();
    data["failures"]["examples"] = examples.into();
    data
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(ToOwned::to_owned)
}

/// The rows of a figure's table, which is opened first.
fn table(browser: &mut Browser, id: &str) -> Vec<Vec<String>> {
    let rows = browser.eval(&format!(
        "(() => {{ const table = document.getElementById('table-{id}'); \
         if (table.hidden) document.querySelector('#figure-{id} [aria-controls]').click(); \
         return [...table.querySelectorAll('tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent)); }})()"
    ));
    serde_json::from_value(rows).unwrap()
}

/// The same as counts by name, without what stands for none.
fn counted(browser: &mut Browser, id: &str, name: usize, count: usize) -> BTreeMap<String, u64> {
    let rows = table(browser, id).into_iter().filter(|row| !row[name].starts_with("no ") && row[name] != "not said");
    rows.map(|row| (row[name].clone(), row[count].replace(',', "").parse().unwrap())).collect()
}

/// What the bars of a chart show.
fn bars(browser: &mut Browser, id: &str) -> Vec<u64> {
    let shown = browser.eval(&format!(
        "(() => {{ const [bars] = document.getElementById('chart-{id}').data; \
         return bars.orientation === 'h' ? bars.x : bars.y; }})()"
    ));
    serde_json::from_value(shown).unwrap()
}

fn choose(browser: &mut Browser, filter: &str, label: &str) {
    browser.eval(&format!(
        "(() => {{ const select = document.getElementById('filter-{filter}'); \
         select.value = [...select.options].find((option) => option.text.startsWith({})).value; \
         select.dispatchEvent(new Event('change')); }})()",
        json!(label)
    ));
    browser.wait_until_drawn();
}

fn assert_no_complaints(browser: &mut Browser) {
    let complaints = browser.complaints();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

/// Pictures of all figures, kept where `IMGMETA_PICTURES` says, to be looked at.
fn take_pictures(browser: &mut Browser, of: &str) {
    let figures = browser.eval("[...document.querySelectorAll('figure')].map((figure) => figure.id)");
    let figures: Vec<String> = serde_json::from_value(figures).unwrap();
    assert!(figures.len() >= 16, "{figures:?}");
    for figure in figures.iter().map(|id| format!("#{id}")).chain(["#summary".into(), "body".into()]) {
        let picture = browser.picture(&figure);
        assert!(picture.starts_with(b"\x89PNG") && picture.len() > 1000, "{figure} is not shown");
        if let Some(dir) = std::env::var_os("IMGMETA_PICTURES") {
            fs::write(Path::new(&dir).join(format!("{of}-{}.png", figure.trim_start_matches('#'))), picture).unwrap();
        }
    }
}

#[test]
fn charts_and_tables_show_what_the_run_found_and_nobody_is_asked_for_anything() {
    let sample = Sample::run(&["--parquet"]);
    let page = sample.page();
    let mut browser = Browser::start();
    browser.open(&page, 1280);
    let formats = sample.count(|record| text(&record["Format"]));
    assert_eq!(counted(&mut browser, "format", 0, 1).len(), formats.len().min(13));
    let jpegs = formats["JPEG"];
    assert_eq!(counted(&mut browser, "format", 0, 1)["JPEG"], jpegs);
    assert_eq!(bars(&mut browser, "format")[0], *formats.values().max().unwrap());
    assert_eq!(counted(&mut browser, "mode", 0, 1)["RGB"], sample.count(|record| text(&record["Mode"]))["RGB"]);
    let upright = sample.count(|record| record["Orientation"].as_u64().map(|way| way.to_string()));
    assert_eq!(counted(&mut browser, "orientation", 0, 1)["1: upright"], upright["1"]);
    let years = sample.count(|record| Some(text(&record["TakenAt"])?[..4].to_owned()));
    assert_eq!(counted(&mut browser, "year", 0, 1), years);
    let hours = sample.count(|record| Some(format!("{}:00", &text(&record["TakenAt"])?[11..13])));
    let shown =
        counted(&mut browser, "hour", 0, 1).into_iter().filter(|(hour, count)| *count > 0 && hour != "not known");
    assert_eq!(shown.collect::<BTreeMap<_, _>>(), hours);
    let lenses = sample.count(|record| text(&record["Camera"]["Lens"]).filter(|lens| !lens.trim().is_empty()));
    assert_eq!(counted(&mut browser, "lens", 0, 1).values().sum::<u64>(), lenses.values().sum::<u64>());
    let cameras = sample.count(|record| text(&record["Camera"]["Model"]).filter(|model| !model.trim().is_empty()));
    assert!(counted(&mut browser, "camera", 0, 1).values().sum::<u64>() >= cameras.values().sum::<u64>());
    for ifd in ["0th", "Exif", "GPS"] {
        let tagged = table(&mut browser, "tag").into_iter().filter(|row| row[0] == ifd);
        for row in tagged {
            let has = |record: &&Value| !record["EXIF"][ifd][&row[1]].is_null();
            let has = sample.outcomes.records.iter().filter(has).count();
            assert_eq!(row[2], has.to_string(), "{row:?}");
        }
    }
    assert_no_complaints(&mut browser);
}

#[test]
fn sizes_bytes_positions_and_failures_are_those_of_the_run() {
    let sample = Sample::run(&["--parquet"]);
    let page = sample.page();
    let mut browser = Browser::start();
    browser.open(&page, 1280);
    let records = &sample.outcomes.records;
    let sizes: usize = table(&mut browser, "size").iter().map(|row| row[2].parse::<usize>().unwrap()).sum();
    assert_eq!(sizes, records.len());
    let is_square = |record: &&Value| record["DisplayWidth"] == record["DisplayHeight"] && record["DisplayWidth"] != 0;
    let squares = records.iter().filter(is_square).count();
    assert_eq!(counted(&mut browser, "aspect", 0, 1)["1:1"], squares as u64);
    let of_jpeg = |record: &&Value| record["Format"] == "JPEG" && !record["Bytes"].is_null();
    let sum = |field: &dyn Fn(&Value) -> u64| records.iter().filter(of_jpeg).map(field).sum::<u64>().to_string();
    let bytes = table(&mut browser, "bytes").into_iter().find(|row| row[0] == "JPEG").unwrap();
    assert_eq!(bytes[2].replace(',', ""), sum(&|record| record["Bytes"].as_u64().unwrap()));
    assert_eq!(bytes[3].replace(',', ""), sum(&|record| record["Fetch"]["BytesRead"].as_u64().unwrap()));
    let located = |record: &&Value| record["GPS"]["Latitude"].is_f64() && record["GPS"]["Longitude"].is_f64();
    let located = records.iter().filter(located).count();
    let far = table(&mut browser, "map");
    assert_eq!(far.iter().map(|row| row[2].parse::<usize>().unwrap()).sum::<usize>(), located);
    // Nearer, the same positions are told apart.
    for _ in 0..7 {
        browser.eval("document.querySelector('#figure-map [aria-label=\"Zoom in\"]').click()");
        browser.wait_until_drawn();
        browser.eval("new Promise((later) => setTimeout(later, 150))");
    }
    let near = table(&mut browser, "map");
    assert!(near.len() > far.len(), "{} and {}", near.len(), far.len());
    assert_eq!(near.iter().map(|row| row[2].parse::<usize>().unwrap()).sum::<usize>(), located);
    let mut kinds = BTreeMap::new();
    let failures = &sample.outcomes.failures;
    for failure in failures {
        *kinds.entry(text(&failure["Kind"]).unwrap()).or_default() += 1;
    }
    assert_eq!(counted(&mut browser, "kind", 0, 1), kinds);
    choose(&mut browser, "kind", "blocked_address");
    assert_eq!(table(&mut browser, "host")[0][..2], ["127.0.0.1:9".to_owned(), "1".to_owned()]);
    let examples = browser.eval("document.querySelector('#figure-examples .examples').textContent");
    assert!(text(&examples).unwrap().contains("--allow-private=CIDR lets them through"), "{examples}");
    assert_no_complaints(&mut browser);
}

#[test]
fn a_filter_changes_all_charts_of_records_and_their_tables_are_copied() {
    let sample = Sample::run(&["--parquet"]);
    let page = sample.page();
    let mut browser = Browser::start();
    browser.open(&page, 1280);
    choose(&mut browser, "format", "TIFF");
    let of_tiff = |record: &&Value| record["Format"] == "TIFF";
    let tiffs = sample.outcomes.records.iter().filter(of_tiff).count() as u64;
    assert_eq!(counted(&mut browser, "format", 0, 1), BTreeMap::from([("TIFF".to_owned(), tiffs)]));
    for id in ["mode", "aspect", "orientation", "lens", "camera"] {
        let rows = table(&mut browser, id);
        let sum: u64 = rows.iter().map(|row| row[1].parse::<u64>().unwrap()).sum();
        assert_eq!(sum, tiffs, "{id}");
    }
    let choice = browser.eval("document.getElementById('record-choice').textContent");
    assert!(text(&choice).unwrap().starts_with(&format!("{tiffs} of ")), "{choice}");
    browser.eval("navigator.clipboard.writeText = async (text) => { window.copied = text; }");
    browser.eval("document.querySelectorAll('#figure-format .tools button')[1].click()");
    assert_eq!(browser.eval("window.copied"), format!("Format,Records,Share %\r\nTIFF,{tiffs},100\r\n"));
    // Without a mouse: the second filter is reached by the keyboard, and everything comes back by a button.
    browser.eval("document.getElementById('filter-format').focus()");
    browser.press("Tab", 9);
    assert_eq!(browser.eval("document.activeElement.id"), "filter-camera");
    browser.press("Tab", 9);
    browser.press("Tab", 9);
    browser.press("Enter", 13);
    browser.wait_until_drawn();
    let all = counted(&mut browser, "mode", 0, 1).values().sum::<u64>();
    assert_eq!(all, sample.outcomes.records.len() as u64);
    assert_no_complaints(&mut browser);
}

#[test]
fn it_is_readable_wide_and_narrow_by_day_and_by_night() {
    let sample = Sample::run(&["--parquet"]);
    let page = sample.page();
    let mut browser = Browser::start();
    for width in WIDTHS {
        browser.open(&page, width);
        let overflow = browser.eval("document.documentElement.scrollWidth - window.innerWidth");
        assert!(overflow.as_i64().unwrap() <= 0, "{overflow} pixels too wide at {width}");
        take_pictures(&mut browser, &format!("light-{width}"));
        let light = browser.eval("getComputedStyle(document.body).backgroundColor");
        browser.eval("(() => { const button = document.getElementById('theme'); button.click(); button.click(); })()");
        browser.wait_until_drawn();
        assert_ne!(browser.eval("getComputedStyle(document.body).backgroundColor"), light);
        take_pictures(&mut browser, &format!("dark-{width}"));
    }
    let unnamed = browser.eval(
        "[...document.querySelectorAll('button, select, [role=img], [role=region]')].filter((of) => \
         !(of.getAttribute('aria-label') || of.textContent || of.closest('label'))).map((of) => of.outerHTML)",
    );
    assert_eq!(unnamed, json!([]), "everything has a name for screen readers");
    assert_no_complaints(&mut browser);
}

#[test]
fn text_of_the_run_is_never_markup() {
    let sample = Sample::run(&[]);
    // No file of ours holds such text in every place: what was written is changed.
    let hostile = json!(HOSTILE).to_string();
    for folder in ["success_output", "failure_output"] {
        for part in images(&sample.dir.path().join("out").join(folder)) {
            let lines = fs::read_to_string(&part).unwrap();
            let lines = lines.lines().map(|line| {
                let mut line: Value = serde_json::from_str(line).unwrap();
                for field in ["Format", "Mode", "URL", "Error", "Kind", "Phase"] {
                    if line[field].is_string() {
                        line[field] = format!("{HOSTILE} {field}").into();
                    }
                }
                if line["Kind"].is_string() {
                    line["URL"] = format!("http://{HOSTILE}/").into();
                } else {
                    line["Camera"] = json!({"Make": HOSTILE, "Model": HOSTILE, "Lens": HOSTILE});
                    line["EXIF"]["Exif"][HOSTILE] = 1.into();
                }
                format!("{line}\n")
            });
            let lines: String = lines.collect();
            fs::write(part, lines).unwrap();
        }
    }
    let page = sample.page();
    assert!(!fs::read_to_string(&page).unwrap().contains(&hostile[1..20]));
    let mut browser = Browser::start();
    browser.open(&page, 1280);
    for id in ["format", "mode", "camera", "lens"] {
        assert!(table(&mut browser, id)[0][0].starts_with("</script><img src=x"), "{id}");
        let tick = browser.eval(&format!("document.querySelector('#chart-{id} .ytick text').textContent"));
        assert!(text(&tick).unwrap().starts_with("</script><img"), "{id}: {tick}");
    }
    browser.eval("Plotly.Fx.hover('chart-lens', [{ curveNumber: 0, pointNumber: 0 }])");
    let hovered = browser.eval("document.querySelector('#chart-lens .hoverlayer').textContent");
    assert!(text(&hovered).unwrap().contains("onerror=window.hit=1><b>&amp;: "), "{hovered}");
    assert!(table(&mut browser, "examples")[0][4].contains("<img src=x"));
    choose(&mut browser, "camera", "</script>");
    let made = "document.querySelectorAll('img, svg b, svg a, script[src], b').length";
    assert_eq!((browser.eval(made), browser.eval("window.hit")), (json!(0), Value::Null));
    assert_no_complaints(&mut browser);
}

#[test]
fn the_same_page_comes_of_the_mirror_and_of_the_json_however_it_is_packed() {
    let mirror = Sample::run(&["--parquet"]);
    let expected = data(&mirror.page());
    assert_eq!(expected["records"], mirror.outcomes.records.len());
    // Without its mirror, from the same lines.
    let out = mirror.dir.path().join("out");
    let dir = tempfile::tempdir().unwrap();
    for packed in ["none", "gzip", "zstd"] {
        let output = dir.path().join(packed);
        let run = Run::new(["run"]).arg(mirror.dir.path().join("list.txt")).arg("--output").arg(&output);
        run.arg("--json-compression").arg(packed).finish().assert_code(0);
        let page = dir.path().join("page.html");
        let done = report(&output, &page);
        done.assert_code(0);
        assert!(done.stderr.contains("imgmeta mirror"), "{done:#?}");
        assert_eq!(data(&page), expected, "{packed}");
    }
    assert!(fs::metadata(out.join("success_parquet")).is_ok());
}

#[test]
fn a_run_that_is_not_finished_has_no_report_and_neither_has_a_folder_without_one() {
    let sample = Sample::run(&[]);
    let (out, page) = (sample.dir.path().join("out"), sample.dir.path().join("report.html"));
    fs::remove_file(out.join("success_output/_SUCCESS")).unwrap();
    let done = report(&out, &page);
    done.assert_code(1);
    assert!(done.stderr.contains("--resume"), "{done:#?}");
    let done = report(sample.dir.path(), &page);
    done.assert_code(1);
    assert!(done.stderr.contains("there is no run in"), "{done:#?}");
    assert!(!page.exists());
    Run::new(["report"]).arg(&out).finish().assert_code(2);
    let done = Run::new(["report"]).arg(&out).arg("--serve").arg("0.0.0.0:8000").finish();
    done.assert_code(2);
    assert!(done.stderr.contains("only this machine may see it"), "{done:#?}");
}

#[test]
fn it_is_served_on_this_machine_until_a_signal() {
    let sample = Sample::run(&[]);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut serving =
        Run::new(["report"]).arg(sample.dir.path().join("out")).arg("--serve").arg(free.to_string()).spawn();
    let mut stream = loop {
        assert!(serving.is_running());
        match TcpStream::connect(free) {
            Ok(stream) => break stream,
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    write!(stream, "GET / HTTP/1.1\r\nHost: {free}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains("id=\"data\">"),
        "{}",
        &answer[..200.min(answer.len())]
    );
    serving.signal("INT");
    let done = serving.finish();
    done.assert_code(0);
    assert!(done.stderr.contains(&format!("http://{free}/")), "{done:#?}");
}
