//! `postern index --files`: a folder of documents as items of the index.

use std::fs;

use serde_json::Value;

use crate::attachments::message;
use crate::documents::{doc_with_a_summary, docx, pdf, pdf_with_a_title, zip};
use crate::ingest::{Setting, check};
use crate::support::{Gateway, get_with, run, stdout};

const MAIL: &str =
    "From: a@x.com\nDate: Mon, 1 Jan 2024 10:00:00 +0000\nSubject: harbour\n\nfees\n";

fn found(setting: &Setting, query: &str) -> Vec<Value> {
    let output = run(&setting.data("data"), &["search", "--format", "jsonl", query]);
    stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn names(setting: &Setting, query: &str) -> String {
    let name = |hit: &Value| hit["name"].as_str().unwrap_or("a message").to_owned();
    let mut names: Vec<_> = found(setting, query).iter().map(name).collect();
    names.sort();
    names.join(" ")
}

/// A folder with documents, mail, and archives of both.
fn setting() -> Setting {
    let setting = Setting::new();
    setting.write("Plan.docx", docx("docxword"));
    setting.write("2024/Q1/Report.pdf", pdf("pdfword"));
    setting.write("2024/notes.txt", "To do: textword\n\nDate: tomorrow\n");
    setting.write("2024/picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    setting.write("empty.txt", "");
    setting.write("settings.json", "{\"id\":\"1\",\"name\":\"jsonword\"}\n");
    setting.write("mail/1.eml", MAIL);
    setting.write("mail/with.eml", message("a.pdf", "application/pdf", &pdf("attachedword")));
    setting.write(
        "all.mbox",
        format!("From a@x.com Sat Jan  1 10:00:00 2024\n{}", MAIL.replace("fees", "dues")),
    );
    setting.write("papers.zip", zip(&[("deep/a.txt", b"zipword".to_vec()), ("b.docx", docx("x"))]));
    setting.write(
        "box.zip",
        zip(&[("1.eml", MAIL.replace("fees", "tolls").as_bytes()), ("a.txt", b"besides")]),
    );
    setting
}

#[test]
fn documents_are_files_and_mail_is_mail() {
    let setting = setting();
    let summary = setting.index(&["--files"]);
    check(
        &summary,
        &[("indexed", 11), ("files", 7), ("attachmentsWithoutText", 2), ("notMailCount", 1)],
    );
    for (query, expected) in [
        (
            "kind:file",
            "Plan.docx Report.pdf empty.txt notes.txt papers.zip picture.png settings.json",
        ),
        ("kind:email", "a message a message a message a message"),
        ("plan", "Plan.docx"),
        ("filename:report.pdf source:files", "Report.pdf"),
        ("ext:docx", "Plan.docx"),
        ("in:2024", "notes.txt picture.png"),
        ("in:\"2024/Q1\"", "Report.pdf"),
        ("contents:docxwords", "Plan.docx"),
        ("contents:pdfword", "Report.pdf"),
        ("contents:textword", "notes.txt"),
        ("contents:jsonword", "settings.json"),
        ("contents:zipword", "papers.zip"),
        ("contents:attachedword", "a message"),
        ("pdfword", ""),
        ("kind:file size:0", "empty.txt"),
        ("kind:file has:attachment", ""),
        (
            "kind:file modified:today",
            "Plan.docx Report.pdf empty.txt notes.txt papers.zip picture.png settings.json",
        ),
        ("kind:email tolls", "a message"),
    ] {
        assert_eq!(names(&setting, query), expected, "{query}");
    }
    check(&setting.index(&["--files"]), &[("indexed", 0), ("alreadyThere", 11)]);
}

/// Without the flag they are listed, with the hint to use it; and then they are not forgotten for good.
#[test]
fn documents_are_named_without_the_flag_and_taken_in_with_it() {
    let setting = setting();
    check(&setting.index(&[]), &[("files", 0)]);
    assert_eq!(names(&setting, "kind:file"), "");
    let text = run(&setting.data("other"), &["index", setting.mail().to_str().unwrap()]);
    assert!(stdout(&text).contains("--files"), "{}", stdout(&text));
    // In a folder of mail a line with a colon makes a message, and an id a document of the index.
    check(&setting.index(&["--files"]), &[("files", 5)]);
    check(&setting.index(&["--files"]), &[("indexed", 0)]);
    check(&setting.index(&[]), &[("indexed", 0)]);
    assert_eq!(found(&setting, "kind:file").len(), 5);
    check(&setting.index(&["--files", "--rebuild"]), &[("files", 7)]);
}

#[test]
fn what_changes_keeps_its_id_and_what_is_gone_is_pruned() {
    let setting = setting();
    setting.index(&["--files"]);
    let id = |setting: &Setting| found(setting, "plan")[0]["id"].clone();
    let before = id(&setting);
    let item = setting.mail().join("Plan.docx");
    let expected = postern_mail::id_of(format!("files\n\n{}\n", item.display()).as_bytes());
    assert_eq!(before, expected, "the digest of source, owner, path and version");
    setting.write("Plan.docx", docx("changedword"));
    check(&setting.index(&["--files"]), &[("indexed", 1), ("files", 1)]);
    assert_eq!((id(&setting), names(&setting, "plan").as_str()), (before, "Plan.docx"));
    assert_eq!(names(&setting, "contents:docxwords"), "");
    assert_eq!(names(&setting, "contents:changedwords"), "Plan.docx");
    fs::remove_file(&item).unwrap();
    fs::rename(setting.mail().join("2024/notes.txt"), setting.mail().join("moved.txt")).unwrap();
    check(&setting.index(&["--files"]), &[("indexed", 1), ("forgotten", 0)]);
    assert_eq!(found(&setting, "kind:file").len(), 8);
    check(&setting.index(&["--files", "--prune"]), &[("forgotten", 2)]);
    assert_eq!(names(&setting, "contents:textword OR plan"), "moved.txt");
}

#[test]
fn titles_and_authors_are_subjects_and_senders() {
    let setting = Setting::new();
    let core = "<cp:c xmlns:dc='d'><dc:title>Harbour plan</dc:title><dc:creator>Ann Lee</dc:creator></cp:c>";
    let meta = "<m><dc:title>Open minutes</dc:title><meta:initial-creator>bob@x.com</meta:initial-creator></m>";
    let text = "<w:document xmlns:w='w'><w:p><w:t>text</w:t></w:p></w:document>";
    let described = zip(&[("word/document.xml", text), ("docProps/core.xml", core)]);
    setting.write("1.docx", &described);
    setting.write("2.odt", zip(&[("content.xml", "<text:p>text</text:p>"), ("meta.xml", meta)]));
    setting.write("3.pdf", pdf_with_a_title());
    // windows-1251, as the summary says
    setting.write("4.doc", doc_with_a_summary(b"\xce\xf2\xf7\xb8\xf2", b"\xc8\xe2\xe0\xed"));
    setting.write("5.html", "<title>Berths &amp; fees</title><meta name=author content='Cyd'><p>x");
    setting.write("6.zip", zip(&[("1.docx", &described)]));
    setting.write("7.txt", "no title");
    let summary = setting.index(&["--files"]);
    check(&summary, &[("files", 7)]);
    assert_eq!(summary["attachmentsUnread"], serde_json::json!([]));
    for (query, expected) in [
        ("subject:\"harbour plan\"", "1.docx"),
        ("author:ann", "1.docx"),
        ("from:\"ann lee\" harbour", "1.docx"),
        ("subject:minutes author:bob@x.com", "2.odt"),
        ("zoë from:pat", "3.pdf"),
        ("subject:отчёт author:иван", "4.doc"),
        ("subject:(berths fees) author:cyd", "5.html"),
        ("contents:harbour", ""),
    ] {
        assert_eq!(names(&setting, query), expected, "{query}");
    }
}

/// Equal documents in two places are two files, and an owner can be named.
#[test]
fn places_and_owners() {
    let setting = Setting::new();
    setting.write("a/x.txt", "same");
    setting.write("b/x.txt", "same");
    let summary = setting.index(&["--files", "--mailbox", "ann@contoso.com", "--folder", "Shared"]);
    check(&summary, &[("indexed", 2), ("duplicates", 0)]);
    assert_eq!(names(&setting, "mailbox:ann@contoso.com in:Shared contents:same"), "x.txt x.txt");
}

#[test]
#[cfg(unix)]
fn loops_of_links_end_and_the_index_is_no_document() {
    let setting = Setting::new();
    setting.write("a/x.txt", "linkword");
    std::os::unix::fs::symlink(setting.mail(), setting.mail().join("a/up")).unwrap();
    let inside = setting.mail().join("data");
    let output =
        run(&inside, &["index", "--files", "--format", "json", setting.mail().to_str().unwrap()]);
    let again =
        run(&inside, &["index", "--files", "--format", "json", setting.mail().to_str().unwrap()]);
    for (output, indexed) in [(output, 1), (again, 0)] {
        let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
        check(&summary, &[("indexed", indexed), ("unreadableCount", 1)]);
        assert!(summary["unreadable"][0]["reason"].as_str().unwrap().contains("loop"), "{summary}");
    }
}

/// A run that is killed at any moment goes on, and ends in the same index.
#[test]
fn killed_runs_end_as_others_do() {
    let setting = Setting::new();
    for number in 0..60 {
        setting.write(&format!("{}/{number}.docx", number % 7), docx(&format!("word{number}x")));
    }
    for wait in 0..12 {
        let mut command = setting.start("data", &["--files", "--commit-every", "7"]);
        let mut child = command.stdout(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(15 * wait));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    setting.index(&["--files"]);
    check(&setting.index(&["--files"]), &[("indexed", 0), ("alreadyThere", 60)]);
    assert_eq!(setting.count("kind:file ext:docx"), "60");
    assert!((0..60).all(|number| setting.count(&format!("contents:word{number}xs")) == "1"));
    let check = run(&setting.data("data"), &["check"]);
    assert!(check.status.success(), "{}", stdout(&check));
}

/// The bytes of the version that was found, or the word that it changed; never those of another.
#[tokio::test(flavor = "multi_thread")]
async fn the_content_is_that_of_the_version_found() {
    let setting = Setting::new();
    setting.write("a.txt", "the first text");
    setting.write("gone.txt", "gone soon");
    setting.write("large.txt", "word ".repeat(100_000));
    let line = r#"{"kind":"file","id":"","source":"veeam","item":"i","name":"b.txt"}"#;
    setting.write("listed.jsonl", format!("{line}\n"));
    check(&setting.index(&["--files"]), &[("files", 4)]);
    let gateway = Gateway::start(&setting.data("data"), &[]);
    let uri = |name: &str| {
        let hit = found(&setting, &format!("filename:{name}"));
        format!("{}/v1/items/{}/content", gateway.url, hit[0]["id"].as_str().unwrap())
    };
    let ask = async |uri: &str| {
        let answer = get_with(uri, None).await;
        (answer.status, answer.body)
    };
    let (changed, gone, large, listed) = (uri("a"), uri("gone"), uri("large"), uri("b"));
    assert_eq!(ask(&changed).await, (200, "the first text".to_owned()));
    assert_eq!(ask(&large).await.1.len(), 500_000);
    assert!(ask(&listed).await.1.contains("no_content"));
    setting.write("a.txt", "another text!!");
    fs::remove_file(setting.mail().join("gone.txt")).unwrap();
    for (uri, told) in [(changed, "has changed since"), (gone, "cannot be read")] {
        let (status, body) = ask(&uri).await;
        assert_eq!(status, 410, "{body}");
        assert!(body.contains(told) && !body.contains("another text"), "{body}");
        assert!(!body.contains(setting.mail().to_str().unwrap()), "a path of this machine: {body}");
    }
}
