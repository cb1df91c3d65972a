//! A gateway that serves TLS, and its certificate that is replaced.

use std::fs;
use std::io::Read as _;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use postern_upstream::{Settings, Trust, connect};
use tempfile::TempDir;

use crate::support::{Gateway, postern, root, run, samples, stderr};

/// The SHA-256 of the two certificates, as `openssl x509 -fingerprint -sha256` prints it.
const SERVER: &str = "f35e3ed4254918cc0badc9822a1263fe3efa5273d8f992d234106c5831491db3";
const OTHER: &str = "3c99bfe9da88c51f3afaed2b0e7ff6613e872ab447ab0465d7a508bbabe16ed6";
/// How long a running gateway may take to know.
const SOON: Duration = Duration::from_secs(60);

/// A folder with a configuration, a certificate and its key.
struct Files(TempDir);

impl Files {
    fn with(name: &str) -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        files.put(name, "pem");
        files.put(name, "key");
        let (certificate, key) = (files.path("own.pem"), files.path("own.key"));
        let text =
            format!("[tls]\ncertificate = {certificate:?}\nkey = {key:?}\n[limits]\ntime = '2s'\n");
        fs::write(files.path("postern.toml"), text).unwrap();
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Puts the certificate or the key of that name into the file that is configured.
    fn put(&self, name: &str, kind: &str) {
        let from = root().join(format!("crates/upstream/src/tests_certificates/{name}.{kind}"));
        fs::copy(from, self.path(&format!("own.{kind}"))).unwrap();
    }

    fn config(&self) -> String {
        self.path("postern.toml").display().to_string()
    }

    fn serve(&self) -> Gateway {
        let arguments = ["--config", &self.config(), "serve", "--listen", "127.0.0.1:0"];
        Gateway::run(postern(samples()).args(arguments))
    }
}

fn pin(hex: &str) -> Trust {
    let byte = |at: usize| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap();
    Trust::Sha256(std::array::from_fn(byte))
}

/// Asks with that trust; the version of HTTP and the text.
async fn ask(base: &str, path: &str, trust: Trust) -> Option<(String, String)> {
    let settings = Settings { trust, ..Settings::default() };
    let (url, client) = connect(base, &settings).unwrap();
    let answer = client.get(url.join(path).unwrap()).send().await.ok()?;
    Some((format!("{:?}", answer.version()), answer.text().await.ok()?))
}

/// Asks until that certificate is shown.
async fn until_shown(gateway: &Gateway, fingerprint: &str) {
    let began = Instant::now();
    while ask(&gateway.url, "healthz", pin(fingerprint)).await.is_none() {
        assert!(began.elapsed() < SOON, "{fingerprint} is not shown");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_gateway_with_a_certificate_serves_tls_and_nothing_else() {
    let files = Files::with("server");
    let gateway = files.serve();
    assert!(gateway.url.starts_with("https://127.0.0.1:"), "{}", gateway.url);
    let authority = root().join("crates/upstream/src/tests_certificates/authority.pem");
    let trusted = Trust::Certificates(fs::read(authority).unwrap());
    let named = gateway.url.replace("127.0.0.1", "localhost");
    let (version, body) = ask(&named, "v1/search?q=invoice&limit=1", trusted).await.unwrap();
    assert!(body.contains("\"engine\":\"local\""), "{version} {body}");
    assert_eq!(ask(&gateway.url, "healthz", pin(SERVER)).await.unwrap().1, "ok");
    for (base, trust) in [
        (gateway.url.clone(), pin(OTHER)),
        (gateway.url.clone(), Trust::System),
        (gateway.url.replace("https", "http"), Trust::System),
    ] {
        assert_eq!(ask(&base, "healthz", trust.clone()).await, None, "{base} {trust:?}");
    }
}

#[tokio::test]
async fn both_versions_of_http_are_spoken_inside() {
    let files = Files::with("server");
    let gateway = files.serve();
    let output = |flag: &str| {
        let command =
            ["--silent", "--insecure", "--noproxy", "*", flag, "--write-out", "%{http_version}"];
        let url = format!("{}/healthz", gateway.url);
        let output = std::process::Command::new("curl").args(command).arg(url).output();
        output.map(|output| String::from_utf8(output.stdout).unwrap())
    };
    // Where there is no curl, the client of the library has asked in the other tests.
    let Ok(first) = output("--http1.1") else { return };
    assert_eq!(first, "ok1.1");
    assert_eq!(output("--http2").unwrap(), "ok2");
}

#[tokio::test]
async fn a_certificate_that_is_replaced_is_shown_without_a_restart() {
    let files = Files::with("server");
    let gateway = files.serve();
    until_shown(&gateway, SERVER).await;
    // One of the two is written first, and for a while they do not go together.
    files.put("other", "pem");
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    until_shown(&gateway, SERVER).await;
    files.put("other", "key");
    until_shown(&gateway, OTHER).await;
    fs::write(files.path("own.pem"), "torn").unwrap();
    fs::remove_file(files.path("own.key")).unwrap();
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    until_shown(&gateway, OTHER).await;
    files.put("server", "key");
    files.put("server", "pem");
    until_shown(&gateway, SERVER).await;
}

#[tokio::test]
async fn who_connects_and_says_nothing_is_let_go_and_keeps_nobody_waiting() {
    let files = Files::with("server");
    let gateway = files.serve();
    let address = gateway.url.strip_prefix("https://").unwrap();
    let silent: Vec<_> = (0..20).map(|_| TcpStream::connect(address).unwrap()).collect();
    assert_eq!(ask(&gateway.url, "healthz", pin(SERVER)).await.unwrap().1, "ok");
    for mut socket in silent {
        socket.set_read_timeout(Some(SOON)).unwrap();
        assert_eq!(socket.read(&mut [0; 16]).unwrap_or(0), 0, "closed, and nothing said");
    }
}

#[tokio::test]
async fn the_health_check_knows_the_certificate_of_its_own_gateway() {
    let files = Files::with("server");
    let gateway = files.serve();
    let address = gateway.url.strip_prefix("https://").unwrap().to_owned();
    let check = |files: &Files| {
        let arguments = ["--config", &files.config(), "healthcheck", "--listen", &address];
        run(Path::new("unused"), &arguments)
    };
    let output = check(&files);
    assert!(output.status.success(), "{}", stderr(&output));
    // What is in the files by now says nothing of a gateway that goes on with what it has.
    files.put("other", "pem");
    let output = check(&files);
    assert!(
        output.status.success() && stderr(&output).contains("another certificate"),
        "{}",
        stderr(&output)
    );
    fs::remove_file(files.path("own.pem")).unwrap();
    assert!(check(&files).status.success());
    drop(gateway);
    let output = check(&Files::with("server"));
    assert!(!output.status.success() && stderr(&output).contains("does not answer"));
}

#[test]
fn a_certificate_that_cannot_be_served_is_told_before_anything_is() {
    let files = Files::with("server");
    files.put("other", "key");
    for command in [&["config", "check"][..], &["serve", "--listen", "127.0.0.1:0"]] {
        let output = run(samples(), &[&["--config", &files.config()], command].concat());
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        let told = stderr(&output);
        assert!(told.contains("own.key of [tls] does not belong to the certificate"), "{told}");
    }
}
