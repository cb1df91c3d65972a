//! The binary, an index of the samples, and a running gateway.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

pub(crate) const TENANT: &str = "11111111-1111-4111-8111-111111111111";
pub(crate) const KEY: &str = "test-key";

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The binary, without anything from the surroundings.
pub(crate) fn postern(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_postern"));
    for variable in [
        "POSTERN_DATA",
        "POSTERN_CONFIG",
        "POSTERN_KEY",
        "POSTERN_ADMIN_KEY",
        "POSTERN_LOG",
        "POSTERN_LISTEN",
        "POSTERN_PREMIUM",
        "POSTERN_TENANT",
        "POSTERN_DEADLINE",
        "POSTERN_CLUSTER_PASSWORD",
        "POSTERN_RESTORE_USER",
        "POSTERN_RESTORE_PASSWORD",
        "POSTERN_RESTORE_APPLICATION_ID",
        "POSTERN_RESTORE_CERTIFICATE_FILE",
        "POSTERN_RESTORE_CERTIFICATE_PASSWORD",
    ] {
        command.env_remove(variable);
    }
    command.env("NO_COLOR", "1").arg("--data").arg(data);
    command
}

/// Runs the binary to its end.
pub(crate) fn run(data: &Path, arguments: &[&str]) -> Output {
    postern(data).args(arguments).stdin(Stdio::null()).output().unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// An index of the sample mail, made once by the binary.
pub(crate) fn samples() -> &'static Path {
    static INDEX: OnceLock<TempDir> = OnceLock::new();
    let folder = INDEX.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let output = run(
            folder.path(),
            &["index", "--quiet", root().join("samples/mail").to_str().unwrap()],
        );
        assert!(output.status.success(), "{}", stderr(&output));
        folder
    });
    folder.path()
}

/// A gateway that runs until it is dropped.
pub(crate) struct Gateway {
    child: Child,
    pub(crate) url: String,
}

impl Gateway {
    /// Starts on a free port.
    pub(crate) fn start(data: &Path, arguments: &[&str]) -> Self {
        Self::run(postern(data).args(["serve", "--listen", "127.0.0.1:0"]).args(arguments))
    }

    /// Starts by a command that ends in the binary.
    pub(crate) fn run(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").expect("it listens").to_owned();
        Self { child, url }
    }

    /// Starts in front of an upstream, with the one key.
    pub(crate) fn before(upstream: &str, deadline: &str) -> Self {
        let arguments =
            ["--premium", upstream, "--tenant", TENANT, "--key", KEY, "--deadline", deadline];
        Self::start(samples(), &arguments)
    }

    /// The address of the drop-in search path.
    pub(crate) fn documents(&self, query: &str) -> String {
        format!("{}/api/{TENANT}/indexes/dg-search-index/documents?{query}", self.url)
    }
}

#[cfg(unix)]
impl Gateway {
    /// Tells it to end, and waits until it has.
    pub(crate) fn terminate(mut self) -> std::process::ExitStatus {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// An answer over HTTP.
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: reqwest::header::HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// Asks with a key.
pub(crate) async fn get_with(url: &str, key: Option<&str>) -> Answer {
    let client = postern_upstream::http().no_proxy().build().unwrap();
    let mut request = client.get(url);
    if let Some(key) = key {
        request = request.header("X-API-Key", key);
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, body: response.text().await.unwrap() }
}

/// Asks with the one key.
pub(crate) async fn get(url: &str) -> Answer {
    get_with(url, Some(KEY)).await
}

/// Sends JSON with a key.
pub(crate) async fn post_with(url: &str, key: &str, body: &serde_json::Value) -> Answer {
    let client = postern_upstream::http().no_proxy().build().unwrap();
    let request = client.post(url).header("X-API-Key", key);
    let request = request.header("Content-Type", "application/json").body(body.to_string());
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, body: response.text().await.unwrap() }
}
