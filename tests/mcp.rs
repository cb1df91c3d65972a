//! Assistants: the protocol over standard input and output, and the same at `/mcp`.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Gateway, postern, root, run, samples, stderr, stdout};

/// An assistant that talks with the command.
struct Assistant {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    asked: u64,
}

impl Assistant {
    fn start(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut assistant = Self { child, input, output: BufReader::new(output), asked: 0 };
        let client = json!({"name": "test", "version": "1"});
        let params =
            json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client});
        let told = assistant.ask("initialize", &params);
        assert_eq!(told["result"]["serverInfo"]["name"], "postern", "{told}");
        assistant.say(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        assistant
    }

    fn say(&mut self, message: &Value) {
        writeln!(self.input, "{message}").unwrap();
    }

    /// Every line of the output is an answer, and the next one is that to this.
    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.asked += 1;
        let id = self.asked;
        self.say(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        let told: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line:?}"));
        assert_eq!(told["id"], id, "{line}");
        told
    }

    fn call(&mut self, tool: &str, arguments: &Value) -> (bool, String) {
        let told = self.ask("tools/call", &json!({"name": tool, "arguments": arguments}));
        let text = told.pointer("/result/content/0/text").and_then(Value::as_str);
        let text = text.unwrap_or_else(|| panic!("{told}")).to_owned();
        (told["result"]["isError"].as_bool() != Some(true), text)
    }

    /// Closes its side; then the command has nothing more to say, and ends well.
    fn end(mut self) {
        drop(self.input);
        let mut rest = String::new();
        self.output.read_line(&mut rest).unwrap();
        assert_eq!(rest, "");
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

/// Two keys by the SHA-256 of `key-of-a` and `key-of-b`, each for one mailbox.
const KEYS: &str = r#"
[[keys]]
name = "a"
sha256 = "ee063bb3d7270fdf6148f09dde510a5cf346c4aa4dd2ff4b2caec5348d799043"
tenant = "t1"
mailboxes = ["a.user@contoso.com"]

[[keys]]
name = "b"
sha256 = "caad66a34f6dbd2c56b4fceb13caf74761aba0720534d6e33185edd493ea0f63"
tenant = "t1"
mailboxes = ["b.user@contoso.com"]
"#;

/// The command over the mail of a data folder, with settings that are kept in a folder.
fn configured(data: &Path, folder: &TempDir, settings: &str) -> Command {
    let file = folder.path().join("postern.toml");
    fs::write(&file, settings).unwrap();
    let mut command = postern(data);
    command.arg("--config").arg(file);
    command
}

#[test]
fn an_assistant_searches_counts_and_reads() {
    let mut assistant = Assistant::start(postern(samples()).arg("mcp"));
    let tools = assistant.ask("tools/list", &json!({}));
    let names: Vec<_> = tools["result"]["tools"].as_array().unwrap().iter().collect();
    let names: Vec<_> = names.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["search", "count", "get_message", "get_thread", "explain", "syntax_help"]);

    let (is_answer, found) = assistant.call("search", &json!({"query": "invoice", "limit": 1}));
    assert!(is_answer && found.starts_with("notice: Text between <<mail "), "{found}");
    assert!(found.contains("\nserved by: local") && found.contains("\ncoverage: "), "{found}");
    let id = found.split("\n1. id=").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    for tool in ["get_message", "get_thread"] {
        let (is_answer, shown) = assistant.call(tool, &json!({"id": id}));
        assert!(is_answer && shown.contains(&format!("id={id} ")), "{tool}: {shown}");
    }
    let read = assistant.ask("resources/read", &json!({"uri": format!("message://{id}")}));
    let text = read.pointer("/result/contents/0/text").and_then(Value::as_str).unwrap();
    assert!(text.contains(&format!("message: id={id} ")), "{text}");
    let (is_answer, mended) = assistant.call("count", &json!({"query": "befor:2024-01-01"}));
    assert!(!is_answer && mended.contains("\nfixed: before:2024-01-01\n"), "{mended}");
    assistant.end();
}

/// Heads of the log and lines that are no protocol would break the conversation.
#[test]
fn nothing_but_the_protocol_is_on_standard_output_and_all_is_audited() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mail = root().join("samples/mail/a.user@contoso.com");
    assert!(run(&data, &["index", "--quiet", mail.to_str().unwrap()]).status.success());
    let settings = "audit_heads = [\"stdout\"]\n";
    let mut command = configured(&data, &folder, settings);
    let mut assistant = Assistant::start(command.args(["-vv", "mcp"]));
    assistant.say(&json!({"no": "protocol"}));
    assistant.say(&Value::from("x".repeat(2 << 20)));
    let mut refused = String::new();
    assistant.output.read_line(&mut refused).unwrap();
    assert!(refused.contains("Invalid request"), "{refused}");
    assert!(assistant.call("count", &json!({"query": "invoice"})).0);
    assistant.end();

    let listed = run(&data, &["audit", "search", "--format", "jsonl"]);
    let entries: Vec<Value> =
        stdout(&listed).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told = entries.iter().rev().map(|entry| {
        let of = |name: &str| entry[name].as_str().unwrap_or("-").to_owned();
        [of("what"), of("how"), of("event"), of("query")].join(" ")
    });
    assert_eq!(
        told.collect::<Vec<_>>()[2..],
        [
            "configuration command line begun -",
            "search mcp answered invoice",
            "configuration command line ended -",
        ]
    );
}

#[test]
fn where_there_are_keys_one_is_needed_and_opens_its_mailboxes() {
    let folder = tempfile::tempdir().unwrap();
    let command = || configured(samples(), &folder, KEYS);
    let refused = command().arg("mcp").stdin(Stdio::null()).output().unwrap();
    assert_eq!(refused.status.code(), Some(1), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("give one in POSTERN_KEY"), "{}", stderr(&refused));
    for (key, expected) in [("key-of-a", "a.user@contoso.com"), ("key-of-b", "b.user@contoso.com")]
    {
        let mut assistant = Assistant::start(command().env("POSTERN_KEY", key).arg("mcp"));
        let by = json!({"query": "", "by": "mailbox"});
        let (is_answer, counted) = assistant.call("count", &by);
        assert!(is_answer && counted.contains(expected), "{counted}");
        assert!(counted.contains("\nvalues of mailbox: 1\n"), "{counted}");
        assistant.end();
    }
    let mut assistant = Assistant::start(command().env("POSTERN_KEY", "another").arg("mcp"));
    let (is_answer, told) = assistant.call("search", &json!({"query": ""}));
    assert!(!is_answer && told.contains("code: unauthorized\n"), "{told}");
    assistant.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_answers_at_mcp_where_the_configuration_says_so() {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "count", "arguments": {"query": "", "by": "mailbox"}}});
    for (settings, expected) in [("[mcp]\nhttp = true\n", 200), ("", 404)] {
        let folder = tempfile::tempdir().unwrap();
        let mut command = configured(samples(), &folder, &format!("{settings}{KEYS}"));
        let gateway = Gateway::run(command.args(["serve", "--listen", "127.0.0.1:0"]));
        let client = postern_upstream::http().no_proxy().build().unwrap();
        let request = client.post(format!("{}/mcp", gateway.url)).bearer_auth("key-of-b");
        let request = request.header("Accept", "application/json, text/event-stream");
        let request = request.header("Content-Type", "application/json").body(body.to_string());
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), expected);
        let text = answer.text().await.unwrap();
        assert_eq!(text.contains("b.user@contoso.com"), expected == 200, "{text}");
        assert!(!text.contains("a.user@contoso.com"), "{text}");
    }
}
