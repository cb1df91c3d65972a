//! Who may ask the gateway, and how it starts.

use std::net::{TcpListener, TcpStream};
use std::process::Command;

use crate::support::{Gateway, KEY, TENANT, get, get_with, postern, run, samples, stderr};

#[tokio::test]
async fn keys_and_tenants() {
    let gateway = Gateway::before("http://127.0.0.1:1", "10s");
    assert_eq!(
        get(&gateway.documents("query=invoice")).await.status,
        200,
        "premium is away, the key is known"
    );
    for (key, what) in
        [(None, "no key"), (Some("wrong"), "a wrong key"), (Some(""), "an empty key")]
    {
        for path in ["/v1/search?q=a", "/v1/translate?q=a", "/v1/status", "/v1/messages/x"] {
            let answer = get_with(&format!("{}{path}", gateway.url), key).await;
            assert_eq!(answer.status, 401, "{what} at {path}");
        }
        assert_eq!(get_with(&gateway.documents("query=a"), key).await.status, 401, "{what}");
    }
    let other =
        gateway.documents("query=a").replace(TENANT, "22222222-2222-4222-8222-222222222222");
    let answer = get(&other).await;
    assert_eq!(answer.status, 404, "another tenant is hidden");
    assert!(!answer.body.contains(KEY));
    assert_eq!(get_with(&format!("{}/healthz", gateway.url), None).await.status, 200);
}

/// A key for one mailbox finds nothing of another: not by search, count, id, path or status.
#[tokio::test]
async fn keys_for_some_mailboxes() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("postern.toml");
    // The SHA-256 of `narrow`.
    let text = format!(
        "[[keys]]\nname = \"app\"\nsha256 = \"{}\"\ntenant = \"{TENANT}\"\nmailboxes = [\"c.o-brien@contoso.com\"]\n",
        "5eda958e9ddee7721fb71e7a7618c64dbf20cc77b06ba4e4d2269d6c3e50655b"
    );
    std::fs::write(&config, text).unwrap();
    let gateway = Gateway::start(samples(), &["--config", config.to_str().unwrap()]);
    let ask = async |path: &str| get_with(&format!("{}{path}", gateway.url), Some("narrow")).await;
    let all = ask("/v1/search?q=*&limit=100").await.json();
    assert_eq!(all["count"]["value"], 26);
    assert!(
        all["results"]
            .as_array()
            .unwrap()
            .iter()
            .all(|hit| hit["mailbox"] == "c.o-brien@contoso.com")
    );
    assert_eq!(all["coverage"]["mailboxes"].as_array().unwrap().len(), 1);
    let either = ask("/v1/search?q=-zzz&filter=mailbox+ne+'x'+or+true&limit=0").await.json();
    assert_eq!(either["count"]["value"], 26);
    let dropin = get_with(&gateway.documents("filter=true"), Some("narrow")).await;
    assert_eq!(dropin.json()["Count"], 26);
    let foreign = run(
        samples(),
        &["search", "--format", "ids", "--filter", "mailbox eq 'a.user@contoso.com'"],
    );
    let foreign = String::from_utf8(foreign.stdout).unwrap();
    let id = foreign.lines().next().unwrap();
    assert_eq!(ask(&format!("/v1/messages/{id}")).await.status, 404);
}

/// Each connection is a file, and a shell allows few; the gateway takes as many as the system lets it.
#[cfg(unix)]
#[tokio::test]
async fn silent_connections_beyond_the_soft_limit_of_files() {
    let binary = postern(samples());
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -Sn 64 && exec \"$0\" \"$@\""]).arg(binary.get_program());
    let gateway =
        Gateway::run(shell.args(binary.get_args()).args(["serve", "--listen", "127.0.0.1:0"]));
    let address = gateway.url.strip_prefix("http://").unwrap();
    let silent: Vec<_> = (0..300).map(|_| TcpStream::connect(address).unwrap()).collect();
    assert_eq!(get_with(&format!("{}/v1/search?q=invoice", gateway.url), None).await.status, 200);
    drop(silent);
}

#[test]
fn faults_at_the_start() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let check = |arguments: &[&str], expected: &str| {
        let output = run(samples(), &[&["serve"], arguments].concat());
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(stderr(&output).contains(expected), "{arguments:?}: {}", stderr(&output));
    };
    check(
        &["--listen", &address],
        "is in use; stop what listens there, or give another port with --listen",
    );
    check(&["--listen", "0.0.0.0:0"], "without a key only this machine may ask");
    check(&["--premium", "ftp://x"], "the address of the service is none");
    check(&["--deadline", "soon", "--premium", "http://127.0.0.1:1"], "the deadline is no time");
}
