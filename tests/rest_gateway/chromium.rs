//! A Chromium driven over its debugging pipe, without a driver program in between.

use base64::Engine;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

pub struct Chromium {
    child: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    session: Option<String>,
    last: u64,
    /// What went wrong in a page: errors of scripts, of policies, of loading.
    troubles: Vec<String>,
    /// Where forms were posted to.
    posts: Vec<String>,
    profile: tempfile::TempDir,
}

/// Chromium reads commands from descriptor 3 and answers on 4; the shell lays our pipes there.
const START: &str = r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#;

impl Chromium {
    /// `None` where there is none; with `REQUIRE_BROWSER` that is a failure.
    pub fn start() -> Option<Chromium> {
        let profile = tempfile::tempdir().expect("a folder");
        let found =
            Command::new("chromium").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !found.is_ok_and(|status| status.success()) {
            assert!(
                std::env::var_os("REQUIRE_BROWSER").is_none(),
                "REQUIRE_BROWSER is set and chromium is missing"
            );
            eprintln!("skipped: chromium is not installed");
            return None;
        }
        let mut child = Command::new("sh")
            .args(["-c", START, "chromium", "--headless=new", "--no-sandbox", "--disable-dev-shm-usage"])
            // Frames of other origins stay in the page's own process, where this driver reaches them.
            .args(["--disable-site-isolation-trials", "--disable-features=IsolateOrigins,site-per-process"])
            .args(["--disable-gpu", "--no-first-run", "--remote-debugging-pipe", "about:blank"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("chromium starts");
        let commands = child.stdin.take().expect("a pipe");
        let answers = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut browser = Chromium {
            child,
            commands,
            answers,
            session: None,
            last: 0,
            troubles: Vec::new(),
            posts: Vec::new(),
            profile,
        };
        let target = browser.command("Target.createTarget", json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let attached = browser.command("Target.attachToTarget", attach);
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Runtime", "Log", "Page", "Network"] {
            browser.command(&format!("{domain}.enable"), json!({}));
        }
        Some(browser)
    }

    fn command(&mut self, method: &str, params: Value) -> Value {
        self.last += 1;
        let mut command = json!({"id": self.last, "method": method, "params": params});
        if let Some(session) = &self.session {
            command["sessionId"] = json!(session);
        }
        let mut bytes = command.to_string().into_bytes();
        bytes.push(0);
        self.commands.write_all(&bytes).expect("chromium listens");
        loop {
            let mut answer = Vec::new();
            self.answers.read_until(0, &mut answer).expect("chromium answers");
            assert_eq!(answer.pop(), Some(0), "chromium ended");
            let answer: Value = serde_json::from_slice(&answer).expect("JSON");
            if answer["id"] == self.last {
                return answer["result"].clone();
            }
            self.note(&answer);
        }
    }

    fn note(&mut self, event: &Value) {
        let trouble = match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => event["params"]["exceptionDetails"].to_string(),
            Some("Log.entryAdded") if event["params"]["entry"]["level"] == "error" => {
                event["params"]["entry"].to_string()
            }
            Some("Runtime.consoleAPICalled") if event["params"]["type"] == "error" => {
                event["params"].to_string()
            }
            Some("Network.requestWillBeSent") => {
                let request = &event["params"]["request"];
                if request["method"] == "POST" {
                    self.posts.extend(request["url"].as_str().map(str::to_owned));
                }
                return;
            }
            _ => return,
        };
        self.troubles.push(trouble);
    }

    /// What went wrong since the last time somebody asked.
    pub fn troubles(&mut self) -> Vec<String> {
        self.evaluate("0");
        std::mem::take(&mut self.troubles)
    }

    /// Where forms were posted to since the last time somebody asked.
    pub fn posts(&mut self) -> Vec<String> {
        self.evaluate("0");
        std::mem::take(&mut self.posts)
    }

    /// Takes the network away, or gives it back.
    pub fn offline(&mut self, offline: bool) {
        let conditions =
            json!({"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
        self.command("Network.emulateNetworkConditions", conditions);
    }

    /// Presses the button of the mouse at a point of the page.
    pub fn press_at(&mut self, x: f64, y: f64) {
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1});
            self.command("Input.dispatchMouseEvent", event);
        }
    }

    /// Types into what has the focus.
    pub fn types(&mut self, text: &str) {
        self.command("Input.insertText", json!({"text": text}));
    }

    /// Does something that makes the browser keep a file, and gives the file.
    pub fn downloads(&mut self, work: impl FnOnce(&mut Chromium)) -> Vec<u8> {
        let folder = tempfile::tempdir_in(self.profile.path()).expect("a folder");
        let session = self.session.take();
        let path = folder.path().display().to_string();
        self.command("Browser.setDownloadBehavior", json!({"behavior": "allow", "downloadPath": path}));
        self.session = session;
        work(self);
        let ends = Instant::now() + Duration::from_secs(60);
        loop {
            let names = std::fs::read_dir(folder.path()).expect("the folder");
            let mut whole = names.filter_map(|entry| entry.ok().map(|entry| entry.path()));
            let is_whole = |path: &std::path::PathBuf| {
                path.extension().is_some_and(|ending| ending == "csv" || ending == "xlsx")
            };
            // The browser puts an empty file of this name there first, and moves what has come to it at the end.
            let file = whole.find(is_whole).map(|path| std::fs::read(path).expect("the file"));
            if let Some(file) = file.filter(|file| !file.is_empty()) {
                return file;
            }
            assert!(Instant::now() < ends, "no file arrives");
            self.evaluate("new Promise(done => setTimeout(done, 30))");
        }
    }

    /// The size of the page in CSS pixels, and how much it is enlarged.
    pub fn size(&mut self, width: u32, height: u32, zoom: f64) {
        let (width, height) = (f64::from(width) / zoom, f64::from(height) / zoom);
        let metrics = json!({
            "width": width.round(), "height": height.round(), "deviceScaleFactor": zoom, "mobile": false,
        });
        self.command("Emulation.setDeviceMetricsOverride", metrics);
    }

    /// Whether the system wants dark colours.
    pub fn dark(&mut self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": value}]});
        self.command("Emulation.setEmulatedMedia", media);
    }

    /// Presses one key, as a person does.
    pub fn press(&mut self, key: &str) {
        let text = match key {
            "Enter" => "\r",
            one => one,
        };
        let down = json!({"type": "keyDown", "key": key, "text": text, "windowsVirtualKeyCode": code(key)});
        self.command("Input.dispatchKeyEvent", down);
        let up = json!({"type": "keyUp", "key": key, "windowsVirtualKeyCode": code(key)});
        self.command("Input.dispatchKeyEvent", up);
    }

    /// The value of an expression in the page.
    pub fn value(&mut self, script: &str) -> Value {
        self.evaluate(script)
    }

    /// Waits until an expression in the page is true.
    pub fn wait_until(&mut self, condition: &str) {
        let ends = Instant::now() + Duration::from_secs(60);
        let script = format!("new Promise(done => setTimeout(() => done(!!({condition})), 30))");
        while self.evaluate(&script) != json!(true) {
            assert!(Instant::now() < ends, "{condition} does not come true");
        }
    }

    pub fn open(&mut self, url: &str) {
        self.command("Page.navigate", json!({"url": url}));
    }

    fn evaluate(&mut self, script: &str) -> Value {
        let wish = json!({"expression": script, "awaitPromise": true, "returnByValue": true});
        self.command("Runtime.evaluate", wish)["result"]["value"].clone()
    }

    /// Waits until the page has an element; pages come and go meanwhile, and their scripts with them.
    pub fn wait_for(&mut self, selector: &str) {
        let ends = Instant::now() + Duration::from_secs(60);
        let script = format!(
            "new Promise(done => setTimeout(() => done(document.readyState === 'complete' \
             && !!document.querySelector({selector:?})), 30))"
        );
        while self.evaluate(&script) != json!(true) {
            assert!(Instant::now() < ends, "{selector} does not appear");
        }
    }

    pub fn click(&mut self, selector: &str) {
        self.wait_for(selector);
        self.evaluate(&format!("document.querySelector({selector:?}).click()"));
    }
}

impl Chromium {
    /// Clicks in the page's frame, once the frame shows the element.
    pub fn click_in_frame(&mut self, selector: &str) {
        let ends = Instant::now() + Duration::from_secs(60);
        let script = format!(
            "(() => {{ const found = document.querySelector({selector:?}); if (found) found.click(); \
             return !!found; }})()"
        );
        loop {
            let tree = self.command("Page.getFrameTree", json!({}));
            let frame = tree["frameTree"]["childFrames"][0]["frame"]["id"].clone();
            let world = self.command("Page.createIsolatedWorld", json!({"frameId": frame}));
            let context = world["executionContextId"].clone();
            let wish = json!({"expression": script, "contextId": context, "returnByValue": true});
            let is_there = context.is_number()
                && self.command("Runtime.evaluate", wish)["result"]["value"] == json!(true);
            if is_there {
                return;
            }
            assert!(Instant::now() < ends, "{selector} does not appear in the frame");
            self.evaluate("new Promise(done => setTimeout(done, 30))");
        }
    }

    /// Types a text into a field.
    pub fn fill(&mut self, selector: &str, text: &str) {
        self.wait_for(selector);
        self.evaluate(&format!("document.querySelector({selector:?}).value = {text:?}"));
    }

    pub fn text(&mut self, selector: &str) -> String {
        self.wait_for(selector);
        let text = self.evaluate(&format!("document.querySelector({selector:?}).textContent"));
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Keeps a picture of what is seen of the page, where one is wanted.
    pub fn picture(&mut self, path: Option<std::path::PathBuf>) {
        let Some(path) = path else { return };
        self.shoot(&path, json!({"format": "png"}));
    }

    /// Keeps a picture of the whole page, from its head to its foot.
    pub fn whole_picture(&mut self, path: Option<std::path::PathBuf>) {
        let Some(path) = path else { return };
        let size = self.command("Page.getLayoutMetrics", json!({}))["cssContentSize"].clone();
        let clip = json!({"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1});
        self.shoot(&path, json!({"format": "png", "captureBeyondViewport": true, "clip": clip}));
    }

    fn shoot(&mut self, path: &std::path::Path, how: Value) {
        let shot = self.command("Page.captureScreenshot", how);
        let encoded = shot["data"].as_str().expect("a picture");
        let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).expect("base64");
        std::fs::write(path, bytes).expect("written");
    }
}

fn code(key: &str) -> u32 {
    match key {
        "Enter" => 13,
        one => one.chars().next().map_or(0, |c| u32::from(c.to_ascii_uppercase())),
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
