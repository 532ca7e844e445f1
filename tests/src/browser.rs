//! A real browser, in a network of its own in which nobody is, not even this machine.
//!
//! Chromium speaks the protocol of its developer tools over two pipes: no port is open, and the test needs no driver.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Longest wait for an answer, or for a page to be drawn. Several browsers may share two processors.
const PATIENCE: Duration = Duration::from_mins(2);

/// The protocol is on the descriptors 3 (to the browser) and 4 (from it).
const SCRIPT: &str = "exec \"$0\" \"$@\" 3<&0 4>&1 0</dev/null 1>/dev/null";

/// A browser with one page. Dropped, it ends.
#[derive(Debug)]
pub struct Browser {
    child: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    session: String,
    last: u64,
    events: Vec<Value>,
    _profile: TempDir,
}

impl Browser {
    /// Starts one, without any network.
    pub fn start() -> Self {
        let profile = tempfile::tempdir().expect("a folder for temporary files");
        let mut child = Command::new("unshare")
            .args(["--map-root-user", "--net", "sh", "-c", SCRIPT, "chromium", "--headless", "--no-sandbox"])
            .args(["--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--disable-sync"])
            .args(["--disable-background-networking", "--disable-component-update", "--hide-scrollbars"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .args(["--remote-debugging-pipe", "about:blank"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("`unshare` of util-linux is there");
        let to = child.stdin.take().expect("it is piped");
        let from = messages(BufReader::new(child.stdout.take().expect("it is piped")));
        let mut browser =
            Self { child, to, from, session: String::new(), last: 0, events: Vec::new(), _profile: profile };
        let target = browser.call("Target.createTarget", &json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        browser.session = text(&browser.call("Target.attachToTarget", &attach)["sessionId"]);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), &json!({}));
        }
        browser
    }

    /// Opens a file at a width in pixels, and waits until its script says that all is drawn.
    pub fn open(&mut self, file: &Path, width: u32) {
        self.resize(width);
        self.call("Page.navigate", &json!({"url": format!("file://{}", file.display())}));
        self.wait_until_drawn();
    }

    /// Makes the page so many pixels wide.
    pub fn resize(&mut self, width: u32) {
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Waits until the report's script says that all is drawn.
    pub fn wait_until_drawn(&mut self) {
        let started = Instant::now();
        while self.eval("document.documentElement?.dataset.state") != "drawn" {
            let events = &self.events;
            assert!(started.elapsed() < PATIENCE, "the page is not drawn; it said {events:#?}");
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// What an expression is in the page; a promise is waited for.
    #[track_caller]
    pub fn eval(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "returnByValue": true, "awaitPromise": true, "userGesture": true});
        let answer = self.call("Runtime.evaluate", &asked);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer:#}");
        answer["result"]["value"].clone()
    }

    /// Presses a key where the focus is, by its name: `Tab`, `Enter`.
    pub fn press(&mut self, key: &str, code: u32) {
        let text = if key == "Enter" { "\r" } else { "" };
        for kind in ["keyDown", "keyUp"] {
            let event = json!({"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text});
            self.call("Input.dispatchKeyEvent", &event);
        }
    }

    /// A picture of an element as it is shown, as PNG.
    pub fn picture(&mut self, selector: &str) -> Vec<u8> {
        let place = self.eval(&format!(
            "(() => {{ const {{ left, top, width, height }} = document.querySelector({}).getBoundingClientRect(); \
             return {{ x: left + scrollX, y: top + scrollY, width, height, scale: 1 }}; }})()",
            json!(selector)
        ));
        let asked = json!({"format": "png", "clip": place, "captureBeyondViewport": true});
        let picture = self.call("Page.captureScreenshot", &asked);
        STANDARD.decode(text(&picture["data"])).expect("the browser gives base64")
    }

    /// What the browser complained of, and what it asked anybody for, but for the page itself.
    pub fn complaints(&mut self) -> Vec<String> {
        // Whatever was under way is here before an answer.
        self.eval("0");
        let complaint = |event: &Value| {
            let (method, of) = (event["method"].as_str()?, &event["params"]);
            let is_bad = |level: &Value| matches!(level.as_str(), Some("error" | "warning" | "assert"));
            match method {
                "Runtime.exceptionThrown" => Some(of.to_string()),
                "Runtime.consoleAPICalled" if is_bad(&of["type"]) => Some(of.to_string()),
                "Log.entryAdded" if is_bad(&of["entry"]["level"]) => Some(of.to_string()),
                "Network.requestWillBeSent" => {
                    let url = of["request"]["url"].as_str()?;
                    let own = url.starts_with("data:image/") || (url.starts_with("file:") && of["type"] == "Document");
                    (!own).then(|| format!("it asked for {url}"))
                }
                _ => None,
            }
        };
        self.events.iter().filter_map(complaint).collect()
    }

    fn call(&mut self, method: &str, params: &Value) -> Value {
        self.last += 1;
        let mut message = json!({"id": self.last, "method": method, "params": params});
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        let sent = self.to.write_all(format!("{message}\0").as_bytes()).and_then(|()| self.to.flush());
        sent.expect("Chromium is running: install it (Debian: `apt-get install chromium`)");
        loop {
            let answer = self.from.recv_timeout(PATIENCE);
            let answer = answer.unwrap_or_else(|error| {
                panic!("{method} got no answer from Chromium ({error}); is it installed (Debian: `apt-get install chromium`)?")
            });
            if answer["id"] == self.last {
                assert!(answer["error"].is_null(), "{method}: {answer:#}");
                return answer["result"].clone();
            }
            self.events.push(answer);
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the browser says: JSON, each ended by a NUL.
fn messages(mut pipe: impl BufRead + Send + 'static) -> Receiver<Value> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let mut message = Vec::new();
        while pipe.read_until(0, &mut message).is_ok_and(|read| read > 0) {
            message.pop();
            let Ok(parsed) = serde_json::from_slice(&message) else { return };
            if send.send(parsed).is_err() {
                return;
            }
            message.clear();
        }
    });
    receive
}

#[track_caller]
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a string, not {value}")).to_owned()
}
