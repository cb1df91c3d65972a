//! What other users of the machine cannot read, and what the screen of this one does not obey.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use postern_upstream::fake::{Fake, Mail, Misbehaviour};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::json;
use walkdir::WalkDir;

use crate::support::{KEY, TENANT, postern, root, run, stderr, stdout};

// ---- who may read the data folder ----

/// Runs the binary under a umask that closes nothing.
fn under_an_open_umask(data: &Path, arguments: &[&str]) -> Output {
    let command = postern(data);
    let mut shell = Command::new("sh");
    shell.args(["-c", "umask 0; exec \"$0\" \"$@\""]).arg(command.get_program());
    shell.args(command.get_args()).args(arguments).stdin(Stdio::null()).output().unwrap()
}

/// Every file and folder that the group or others may do something with.
fn open_below(folder: &Path) -> Vec<PathBuf> {
    let found = WalkDir::new(folder).into_iter().map(Result::unwrap);
    let open = found.filter(|entry| entry.metadata().unwrap().mode() & 0o077 != 0);
    open.map(walkdir::DirEntry::into_path).collect()
}

async fn upstream() -> Fake {
    let fake = Fake::start().await.unwrap();
    fake.demand_key(KEY);
    fake.hold([Mail {
        mailbox: "ann@x.com".to_owned(),
        folder: "Inbox".to_owned(),
        id: "m1".to_owned(),
        created: "2024-01-11T10:00:00Z".to_owned(),
        bytes: b"Subject: one\r\n\r\nwords\r\n".to_vec(),
        ..Mail::default()
    }]);
    fake
}

#[tokio::test(flavor = "multi_thread")]
async fn data_is_for_its_owner_alone_whatever_the_umask() {
    let (fake, folder) = (upstream().await, tempfile::tempdir().unwrap());
    let data = folder.path().join("new/data");
    let mail = folder.path().join("1.eml");
    fs::write(&mail, "Subject: x\n\ny").unwrap();
    let url = fake.url();
    let sync = ["sync", "--premium", &url, "--tenant", TENANT, "--key", KEY];
    for arguments in [&["index", mail.to_str().unwrap()][..], &sync, &["search", "x"]] {
        let output = under_an_open_umask(&data, arguments);
        assert!(output.status.success(), "{}", stderr(&output));
        assert_eq!(open_below(&data), [] as [PathBuf; 0], "{arguments:?}");
    }
    let files = WalkDir::new(&data).into_iter().filter(|it| it.as_ref().unwrap().path().is_file());
    assert!(files.count() > 10, "index, ledger, book and store were looked at");
}

#[test]
fn data_that_an_earlier_version_left_open_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mail = folder.path().join("1.eml");
    fs::write(&mail, "Subject: x\n\ny").unwrap();
    assert!(run(&data, &["index", mail.to_str().unwrap()]).status.success());
    for entry in WalkDir::new(&data).contents_first(true).into_iter().map(Result::unwrap) {
        let mode = if entry.path().is_dir() { 0o755 } else { 0o644 };
        fs::set_permissions(entry.path(), Permissions::from_mode(mode)).unwrap();
    }
    assert!(run(&data, &["search", "x"]).status.success());
    assert_eq!(open_below(&data), [] as [PathBuf; 0]);
}

/// `sudo postern` left files that the service could not read, without a word.
#[test]
fn root_is_told_whose_a_data_folder_is() {
    let data = tempfile::tempdir().unwrap();
    let mail = root().join("samples/mail/c.o-brien@contoso.com");
    let told = |data: &Path| stderr(&run(data, &["index", mail.to_str().unwrap()]));
    assert!(!told(data.path()).contains("this is root"));
    // Only root may give a folder away.
    if std::os::unix::fs::chown(data.path(), Some(65_534), None).is_ok() {
        let told = told(data.path());
        assert!(
            told.contains("belongs to user 65534") && told.contains("`sudo -u '#65534' postern"),
            "{told}"
        );
    }
}

// ---- keys ----

#[tokio::test(flavor = "multi_thread")]
async fn keys_come_from_a_file_standard_input_or_the_environment() {
    let (fake, folder) = (upstream().await, tempfile::tempdir().unwrap());
    let (url, data) = (fake.url(), folder.path().join("data"));
    let file = folder.path().join("key");
    fs::write(&file, format!("{KEY}\n")).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    let file = file.to_str().unwrap();
    let ask = |command: &str, flags: &[&str], variable: Option<&str>, input: &str| {
        let mut asked = postern(&data);
        asked.args([command, "--dry-run", "--premium", &url, "--tenant", TENANT]).args(flags);
        asked.envs(variable.map(|key| ("POSTERN_KEY", key)));
        let mut child = asked
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that reads no key may be gone by now.
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap_or_default();
        let output = child.wait_with_output().unwrap();
        (output.status.code(), stderr(&output))
    };
    let shown = "--key shows the key in the list of processes";
    for command in ["collect", "sync"] {
        for (flags, variable, input, code, said) in [
            (&["--key-file", file][..], None, "", 0, ""),
            (&["--key-file", "-"], None, KEY, 0, ""),
            (&[], Some(KEY), "", 0, ""),
            (&["--key-file", file], Some("other"), "", 0, ""),
            (&["--key", KEY], Some("other"), "", 0, shown),
            (&["--key", KEY, "--key-file", file], None, "", 2, "cannot be used with"),
            (&["--key-file", "-"], None, "", 1, "there is nothing in standard input"),
            (&["--key-file", "/no/such"], None, "", 1, "the key file `/no/such` cannot be read"),
            (&[], Some(""), "", 1, "there is nothing in POSTERN_KEY"),
            (&[], None, "", 1, "give --tenant ID and --key-file FILE"),
        ] {
            let (ended, err) = ask(command, flags, variable, input);
            assert_eq!(ended, Some(code), "{command} {flags:?}: {err}");
            assert!(err.contains(said) && !err.contains(KEY), "{command} {flags:?}: {err}");
            assert_eq!(err.contains(shown), said == shown, "{command} {flags:?}: {err}");
        }
    }
    fs::set_permissions(file, Permissions::from_mode(0o644)).unwrap();
    let (_, err) = ask("collect", &["--key-file", file], None, "");
    assert!(err.contains(&format!("type: chmod o-rwx '{file}'")), "{err}");
}

#[test]
fn a_configuration_with_keys_that_everyone_can_read_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("postern.toml");
    let hash = "a".repeat(64);
    for (line, mode, is_told) in [
        ("upstream_key = 'k'", 0o644, true),
        ("upstream_key = 'k'", 0o640, false),
        ("", 0o644, false),
    ] {
        fs::write(&file, format!("[[keys]]\nname='a'\nsha256='{hash}'\ntenant='t'\n{line}\n"))
            .unwrap();
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        let output = run(folder.path(), &["--config", file.to_str().unwrap(), "config", "check"]);
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(stderr(&output).contains("chmod o-rwx"), is_told, "{line}: {}", stderr(&output));
    }
}

// ---- the screen ----

/// Clears the screen, hides, links, steers in eight bits, turns text around, begins a line, rings.
pub(crate) const HOSTILE: &str =
    "h\u{1b}[2J\u{1b}[8m\u{1b}]8;;http://evil\u{7}\u{9b}2J\u{202e}\u{2066}\r\nforged\u{8}h";

/// What the command prints where both its outputs are a terminal.
pub(crate) fn on_a_terminal(mut command: Command) -> String {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap();
    let screen =
        File::options().read(true).write(true).open(OsStr::from_bytes(name.as_bytes())).unwrap();
    command.env_remove("NO_COLOR").env("TERM", "xterm-256color").stdin(Stdio::null());
    command.stdout(screen.try_clone().unwrap()).stderr(screen);
    let mut child = command.spawn().unwrap();
    // It holds the screen open.
    drop(command);
    let mut shown = Vec::new();
    // A terminal that nobody has open any more ends with an error.
    File::from(terminal).read_to_end(&mut shown).unwrap_or_default();
    child.wait().unwrap();
    String::from_utf8_lossy(&shown).into_owned()
}

/// Whether only lines and colours are left. A progress bar moves the cursor as well.
#[track_caller]
pub(crate) fn assert_harmless(shown: &str, what: &[&str]) {
    assert!(!shown.is_empty(), "{what:?}");
    let mut rest = shown.replace("\r\n", "\n");
    for ours in ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[4m", "\u{1b}[2K", "\u{1b}[1A", "\r"]
    {
        rest = rest.replace(ours, "");
    }
    for colour in (30..38).chain(90..98) {
        rest = rest.replace(&format!("\u{1b}[{colour}m"), "");
    }
    let steers = |c: char| {
        c != '\n'
            && (c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
    };
    let found = rest.find(steers).map(|at| rest[at..].chars().take(20).collect::<String>());
    assert_eq!(found, None, "{what:?} shows {rest:?}");
    // The text of a message has lines of its own, and so has what is said of a wrong argument.
    let has_lines = what.first() == Some(&"show") || shown.contains("For more information");
    assert!(
        has_lines || !rest.lines().any(|line| line.starts_with("forged")),
        "{what:?} shows {rest:?}"
    );
}

/// An index of documents that are hostile in every part, of a file with a hostile name.
fn hostile_data(folder: &Path) -> PathBuf {
    let document = json!({
        "id": HOSTILE, "subject": HOSTILE, "body": format!("word {HOSTILE}\n{HOSTILE}"),
        "fromName": HOSTILE, "fromAddress": HOSTILE, "mailbox": HOSTILE, "folder": HOSTILE,
        "toRecipients": [{"name": HOSTILE, "address": HOSTILE}], "conversationId": HOSTILE,
        "attachments": [{"name": HOSTILE, "contentType": HOSTILE}],
    });
    let mail = folder.join(format!("mail {}", HOSTILE.replace('/', "")));
    fs::create_dir_all(&mail).unwrap();
    fs::write(mail.join("a.jsonl"), format!("{document}\nbroken {HOSTILE}\n")).unwrap();
    fs::write(mail.join(format!("{}.jsonl", HOSTILE.replace('/', ""))), "{\"id\":").unwrap();
    mail
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_mail_or_names_steers_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let (mail, data) = (hostile_data(folder.path()), folder.path().join("data"));
    let fake = upstream().await;
    fake.hold([Mail {
        mailbox: format!("bob{HOSTILE}"),
        folder: HOSTILE.to_owned(),
        id: "m2".to_owned(),
        created: "2024-01-11T10:00:00Z".to_owned(),
        bytes: format!("Subject: {HOSTILE}\r\n\r\n{HOSTILE}").into_bytes(),
        ..Mail::default()
    }]);
    fake.misbehave_at("/items/m1/download", Misbehaviour::Status(410));
    let url = fake.url();
    let service = ["--premium", &url, "--tenant", TENANT, "--key", KEY];
    let of_service = |command: &'static str, rest: &[&'static str]| -> Vec<String> {
        [&[command], &service[..], rest].concat().iter().map(|&it| it.to_owned()).collect()
    };
    let of = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    for words in [
        of(&["index", mail.to_str().unwrap()]),
        of(&["index", "--format", "json", mail.to_str().unwrap()]),
        of(&["index", HOSTILE]),
        of(&["search", "word"]),
        of(&["search", "--format", "ids", "word"]),
        of(&["search", "--format", "json", "word"]),
        of(&["search", "--format", "jsonl", "word"]),
        of(&["search", "--explain", &format!("word OR \"{HOSTILE}\"")]),
        of(&["search", &format!("form:{HOSTILE}")]),
        of(&["search", "--filter", &format!("x eq '{HOSTILE}'"), "word"]),
        of(&["search", "--requests", HOSTILE]),
        of(&["translate", &format!("from:\"{HOSTILE}\" after:{HOSTILE}")]),
        of(&["translate", &format!("subject:\"{HOSTILE}\"")]),
        of(&["translate", "--format", "json", &format!("subject:\"{HOSTILE}\"")]),
        of(&["show", HOSTILE]),
        of(&["show", &format!("no{HOSTILE}")]),
        of(&["show", "--format", "json", HOSTILE]),
        of(&["status"]),
        of(&["status", "--format", "json"]),
        of(&[HOSTILE]),
        of(&["index", "--memory", HOSTILE]),
        of(&["--config", HOSTILE, "config", "check"]),
        of_service("sync", &[]),
        of_service("sync", &["--mailbox", HOSTILE]),
        of_service("sync", &["--dry-run", "--format", "json"]),
        of_service("restore", &["word"]),
        of_service("collect", &["--dry-run", "--name", HOSTILE]),
        of_service("collect", &["--dry-run", "--mailbox", HOSTILE]),
        of(&["status"]),
    ] {
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let mut command = postern(&data);
        command.args(&words);
        assert_harmless(&on_a_terminal(command), &words);
    }
    let original = stdout(&run(&data, &["search", "--format", "ids", "mailbox:bob*"]));
    let mut command = postern(&data);
    command.args(["show", "--eml", original.trim()]);
    assert_harmless(&on_a_terminal(command), &["show", "--eml"]);
}

/// What is escaped on a terminal is exact for a program.
#[test]
fn ids_are_exact_for_programs() {
    let folder = tempfile::tempdir().unwrap();
    let (mail, data) = (hostile_data(folder.path()), folder.path().join("data"));
    run(&data, &["index", mail.to_str().unwrap()]);
    let ids = stdout(&run(&data, &["search", "--format", "ids", "word"]));
    assert_eq!(ids, format!("{HOSTILE}\n"));
    let json = stdout(&run(&data, &["search", "--format", "jsonl", "word"]));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["id"], &json["subject"]), (&HOSTILE.into(), &HOSTILE.into()));
}

/// A terminal gets colours, a file none, whatever stands in the environment of the one who reads it.
#[test]
fn logs_in_a_file_have_no_colour_codes() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut command = postern(folder.path());
    command.env_remove("NO_COLOR").env("TERM", "xterm-256color").env("POSTERN_LOG", "trace");
    command.args(["serve", "--listen", "127.0.0.1:0"]).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(File::create(&log).unwrap());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(
        &mut std::io::BufReader::new(child.stdout.take().unwrap()),
        &mut line,
    )
    .unwrap();
    let address = line.trim().strip_prefix("listening on http://").unwrap().to_owned();
    let mut asked = std::net::TcpStream::connect(&address).unwrap();
    asked
        .write_all(b"GET /v1/search?q=a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .unwrap();
    asked.read_to_end(&mut Vec::new()).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let written = fs::read_to_string(&log).unwrap();
    assert!(written.contains("INFO"), "{written}");
    assert!(!written.contains('\u{1b}'), "{written:?}");
}

// ---- damage ----

/// A copy of the index of the samples in which one byte of the words is another.
fn damaged_data(folder: &Path) -> (PathBuf, String) {
    let data = folder.join("data");
    for entry in
        WalkDir::new(crate::support::samples().join("index")).into_iter().map(Result::unwrap)
    {
        let to = data
            .join("index")
            .join(entry.path().strip_prefix(crate::support::samples().join("index")).unwrap());
        if entry.path().is_dir() {
            fs::create_dir_all(to).unwrap();
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
    let mut files = WalkDir::new(&data).into_iter().map(|entry| entry.unwrap().into_path());
    let path = files.find(|path| path.extension().is_some_and(|it| it == "term")).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
    (data, name)
}

#[test]
fn check_names_what_is_damaged_and_what_to_do() {
    let whole = run(crate::support::samples(), &["check"]);
    assert_eq!(whole.status.code(), Some(0), "{}", stdout(&whole));
    assert!(stdout(&whole).contains("everything is as it was written"), "{}", stdout(&whole));
    let folder = tempfile::tempdir().unwrap();
    let (data, name) = damaged_data(folder.path());
    let found = run(&data, &["check"]);
    assert_eq!(found.status.code(), Some(1));
    let text = stdout(&found);
    assert!(
        text.contains(&format!("{name}: its checksum is another; make the index anew")),
        "{text}"
    );
    let json = stdout(&run(&data, &["check", "--format", "json"]));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(json["damaged"][0]["path"].as_str().unwrap().ends_with(&name), "{json}");
    assert_eq!(json["damaged"].as_array().unwrap().len(), 1);
    let nothing = run(&folder.path().join("empty"), &["check"]);
    assert_eq!(nothing.status.code(), Some(0), "where nothing is nothing is damaged");
}

/// The gateway verifies each file once by itself, and says what it found.
#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_tells_of_damage() {
    let folder = tempfile::tempdir().unwrap();
    let (data, name) = damaged_data(folder.path());
    let gateway = crate::support::Gateway::start(&data, &[]);
    let status = async || crate::support::get(&format!("{}/v1/status", gateway.url)).await.json();
    let mut told = status().await;
    // It is told as soon as it is found; a machine with much else to do may take its time.
    for _ in 0..600 {
        if told["engines"]["local"]["damaged"].is_array() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        told = status().await;
    }
    let damaged = &told["engines"]["local"]["damaged"];
    assert_eq!(damaged, &json!([{"file": name, "reason": "its checksum is another"}]), "{told}");
    assert!(!told.to_string().contains(data.to_str().unwrap()), "no path of this machine: {told}");
}
