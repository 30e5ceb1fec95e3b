//! A service in another language joins: `examples/policy-handler.py` tells what happens to an order, wherever and however
//! often it is killed.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kernel::Context;
use tempfile::TempDir;

use crate::support::TestApp;

/// How long the program may take to say what it has to.
const PATIENCE: Duration = Duration::from_secs(30);

fn program() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/policy-handler.py")
}

/// The program, writing into a file.
struct Handler {
    directory: TempDir,
    server: String,
    child: Option<Child>,
}

impl Handler {
    fn of(app: &TestApp) -> Self {
        let server = app.gateway().trim_end_matches("/api").to_owned();
        Self { directory: TempDir::new().unwrap(), server, child: None }
    }

    fn said(&self) -> PathBuf {
        self.directory.path().join("said")
    }

    fn start(&mut self) {
        let said = std::fs::OpenOptions::new().create(true).append(true).open(self.said()).unwrap();
        let child = Command::new("python3")
            .arg(program())
            .args(["--server", &self.server, "--position"])
            .arg(self.directory.path().join("position.json"))
            .stdin(Stdio::null())
            .stdout(said)
            .spawn();
        self.child = Some(child.expect("python3 is needed to run the example"));
    }

    /// Without a warning.
    fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// The messages so far, each with the order it is about.
    fn messages(&self) -> Vec<String> {
        let said = std::fs::read_to_string(self.said()).unwrap_or_default();
        said.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    }

    /// Waits until the place of the last of app's events is in the file.
    async fn has_written_down(&self, app: &TestApp) {
        let head = app.logged().into_iter().find(|(context, _)| *context == Context::App).unwrap().1;
        let deadline = Instant::now() + PATIENCE;
        let read = |text: &str| {
            let kept: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
            let last = kept["last"].as_str().unwrap_or_default().to_owned();
            last.split(';').any(|one| one == format!("app:{head}"))
        };
        let path = self.directory.path().join("position.json");
        while !std::fs::read_to_string(&path).is_ok_and(|text| read(&text)) {
            assert!(Instant::now() < deadline, "nothing is written down after app:{head}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What was said of `order`, once it is so much.
    async fn said_of(&self, order: &str, count: usize) -> Vec<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found: Vec<_> = self.messages().into_iter().filter(|line| line.contains(order)).collect();
            if found.len() >= count {
                return found;
            }
            assert!(Instant::now() < deadline, "said only {found:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // Whether it had ended before or ends now, it is gone.
            drop(child.kill());
            drop(child.wait());
        }
    }
}

fn words(said: &[String]) -> Vec<&str> {
    said.iter().map(|line| line.split_once('[').unwrap().1.split_once(']').unwrap().0).collect()
}

#[test]
fn a_program_whose_position_cannot_be_read_says_what_to_do_in_a_sentence() {
    for broken in ["", "7", "{}", "{\"last\": null}", "{\"last\": null, \"seen\": 7}", "\u{0}"] {
        let directory = TempDir::new().unwrap();
        let position = directory.path().join("position.json");
        std::fs::write(&position, broken).unwrap();
        let ended = Command::new("python3").arg(program()).arg("--position").arg(&position).output().unwrap();
        let told = String::from_utf8(ended.stderr).unwrap();
        assert_eq!((ended.status.code(), told.lines().count()), (Some(1), 1), "{broken:?}: {told}");
        assert!(told.contains("position.json") && told.contains("remove it"), "{broken:?}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_in_another_language_tells_the_story_of_an_order_once_though_it_is_killed_in_the_middle() {
    let app = TestApp::start().await;
    let mut handler = Handler::of(&app);
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    handler.start();
    handler.said_of(&order, 1).await;
    app.accept(&order).await;
    assert_eq!(words(&handler.said_of(&order, 2).await), ["주문 접수", "주문 수락"]);

    // What was said and not yet written down would be said once more: at least once is what is promised.
    handler.has_written_down(&app).await;
    handler.kill();
    let missed = app.placed(&customer).await;
    app.start_cooking(&order).await;
    handler.start();
    handler.said_of(&missed, 1).await;
    assert_eq!(words(&handler.said_of(&order, 3).await), ["주문 접수", "주문 수락", "조리 시작"]);

    app.finish_cooking(&order).await;
    app.bring(&order).await;
    let whole = ["주문 접수", "주문 수락", "조리 시작", "조리 완료", "배달 출발", "배달 완료"];
    let said = handler.said_of(&order, whole.len()).await;
    assert_eq!(words(&said), whole, "{said:?}");
    app.check();
}
