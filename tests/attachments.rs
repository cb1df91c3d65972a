//! The text of attachments: what `contents:` finds, and what bad files do to a run.

use std::fs;
use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

use crate::documents::office::{simple_doc, simple_ppt};
use crate::documents::{
    bzip2, docx, docx_of_laughs, gzip, nested_zips, odt, pdf, pdf_bomb, pdf_encrypted,
    pdf_in_a_loop, pdf_in_itself, pdf_of_broken_table, pdf_with_a_bad_page,
    pdf_with_a_range_of_widths, pptx, rar, rtf, seven_zip, tar, xlsx, xz, zip, zip_bomb,
};
use crate::ingest::{Setting, check, summary};
use crate::support::{run, stdout};

/// A message with that file.
pub(crate) fn message(name: &str, media_type: &str, content: &[u8]) -> Vec<u8> {
    let mut raw = format!(
        "From: a@x.com\nSubject: the file {name}\nMIME-Version: 1.0\n\
         Content-Type: multipart/mixed; boundary=\"b{name}\"\n\n--b{name}\n\nsee the file\n--b{name}\n\
         Content-Type: {media_type}; name=\"{name}\"\nContent-Transfer-Encoding: binary\n\
         Content-Disposition: attachment; filename=\"{name}\"\n\n"
    )
    .into_bytes();
    raw.extend(content);
    raw.extend(format!("\n--b{name}--\n").bytes());
    raw
}

impl Setting {
    fn attach(&self, name: &str, content: &[u8]) {
        self.write(&format!("{name}.eml"), message(name, "application/octet-stream", content));
    }

    /// The reason why the text of a file was not read.
    fn reason(summary: &serde_json::Value, name: &str) -> String {
        let all = summary["attachmentsUnread"].as_array().unwrap();
        let of = |one: &&serde_json::Value| one["path"].as_str().unwrap().ends_with(name);
        all.iter().find(of).map_or_else(String::new, |one| one["reason"].as_str().unwrap().into())
    }
}

const INVITATION: &str = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Steer\r\n ing calword\r\n\
    ORGANIZER;CN=\"Lee, Ann\":mailto:ann@x.org\r\nDTSTART:20240301T100000Z\r\nEND:VEVENT\r\n";

/// Parts without a file name, or shown inside of the text: what is in them was not found at all, and
/// they were no attachments.
#[test]
fn parts_without_a_name_were_lost() {
    let setting = Setting::new();
    let parts = [
        "Content-Type: text/plain\n\nbodyword",
        "Content-Type: message/rfc822\n\nFrom: z@y.com\nSubject: innersubject\n\ninnerword",
        "Content-Type: text/plain\nContent-Disposition: attachment\n\nfileword",
        "Content-Type: message/delivery-status\n\nStatus: 5.1.1 reportword",
        &format!("Content-Type: text/calendar; method=REQUEST\n\n{INVITATION}"),
        "Content-Type: text/csv; name=shown.csv\nContent-Disposition: inline\n\nshownword;1",
        "Content-Type: image/png\n\n\u{1}\u{2}",
    ];
    let parts = parts.map(|part| format!("--b\n{part}\n")).concat();
    setting.write(
        "1.eml",
        format!("Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n{parts}--b--\n"),
    );
    let summary = setting.index(&[]);
    check(&summary, &[("indexed", 1), ("attachmentsRead", 5)]);
    assert_eq!(summary["attachmentsUnread"], serde_json::json!([]));
    for (query, expected) in [
        ("bodyword", "1"),
        ("contents:(innersubject innerword z)", "1"),
        ("contents:fileword", "1"),
        ("contents:reportword", "1"),
        ("contents:\"steering calword\"", "1"),
        ("contents:shownword", "1"),
        ("contents:bodyword", "0"),
        ("innerword", "0"),
        ("has:attachment", "1"),
        ("filename:shown.csv", "1"),
        ("filename:attachment.eml", "0"),
    ] {
        assert_eq!(setting.count(query), expected, "{query}");
    }
    setting.index(&["--no-attachment-text", "--rebuild"]);
    assert_eq!(setting.count("contents:innerword"), "0");
}

#[test]
fn words_in_attachments_are_found() {
    let setting = Setting::new();
    let inner = message("deep.pdf", "application/pdf", &pdf("deepword"));
    let archive = zip(&[("in/table.xlsx", xlsx("zipword")), ("note.txt", b"notes".to_vec())]);
    for (name, content) in [
        ("a.txt", b"na\xefve textword".to_vec()),
        ("a.html", b"<html><p>html<b>word</b><script>hidden</script>".to_vec()),
        ("a.csv", b"number;csvword\n4711;paid\n".to_vec()),
        ("a.rtf", rtf("rtfword")),
        ("a.pdf", pdf("pdfword")),
        ("a.docx", docx("docxword")),
        ("a.xlsx", xlsx("xlsxword")),
        ("a.pptx", pptx("pptxword")),
        ("a.odt", odt("odtword")),
        ("a.doc", simple_doc("old \u{13}HYPERLINK\u{14}docword\u{15}")),
        ("a.ppt", simple_ppt("old pptword")),
        ("a.ics", INVITATION.as_bytes().to_vec()),
        ("a.eml", inner),
        ("a.zip", archive),
        ("nested.zip", nested_zips("nestedword", 4)),
        ("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec()),
    ] {
        setting.attach(name, &content);
    }
    let summary = setting.index(&[]);
    check(&summary, &[("indexed", 16), ("attachmentsRead", 15)]);
    assert_eq!(summary["attachmentsUnread"], serde_json::json!([]));
    for (query, expected) in [
        ("contents:(naïve textword)", "a.txt"),
        ("contents:htmlword", "a.html"),
        ("contents:(csvword 4711)", "a.csv"),
        ("contents:(rtfword café)", "a.rtf"),
        ("contents:\"page with pdfword\"", "a.pdf"),
        ("contents:\"docxwords r&d café\"", "a.docx"),
        ("contents:(docxwords confidential)", "a.docx"),
        ("contents:(ledger xlsxword inlined 471199 \"2024-03-01\")", "a.xlsx"),
        ("contents:(opening pptxword spoken)", "a.pptx"),
        ("contents:\"old docword\"", "a.doc"),
        ("contents:\"old pptword\"", "a.ppt"),
        ("contents:\"odtword one two three\"", "a.odt"),
        ("contents:(\"steering calword\" lee)", "a.ics"),
        ("contents:deepword", "a.eml"),
        ("contents:(zipword table.xlsx notes)", "a.zip"),
        ("contents:nestedword", "nested.zip"),
        ("contents:(hidden OR hyperlink OR relation OR vevent)", ""),
        ("body:pdfword", ""),
    ] {
        let output = run(&setting.data("data"), &["search", "--format", "jsonl", query]);
        let found = stdout(&output);
        let subject = format!("the file {expected}");
        let is_it = found.lines().count() == 1 && found.contains(&subject);
        assert!(if expected.is_empty() { found.is_empty() } else { is_it }, "{query}: {found}");
    }
}

/// Such files were damaged ones, though every viewer makes a new table and shows them.
#[test]
fn pdf_tables_are_mended() {
    let setting = Setting::new();
    let broken = ["moved", "past the end", "shifted", "cut off"];
    for broken in broken {
        setting.attach(&format!("{broken}.pdf"), &pdf_of_broken_table("pageword", broken));
    }
    setting.attach("widths.pdf", &pdf_with_a_range_of_widths("wideword"));
    let summary = setting.index(&[]);
    assert_eq!(summary["attachmentsUnread"], serde_json::json!([]));
    for broken in broken {
        let query = format!("contents:\"page with pageword\" subject:\"{broken}.pdf\"");
        assert_eq!(setting.count(&query), "1", "{broken}");
    }
    assert_eq!(setting.count("contents:wideword"), "1", "letters were taken for words");
}

#[test]
fn words_in_archives_are_found() {
    let setting = Setting::new();
    for (name, pack) in [
        ("7z", seven_zip as fn(&[(&str, &[u8])]) -> Vec<u8>),
        ("rar", rar),
        ("tar", tar),
        ("tar.gz", |files| gzip(&tar(files))),
        ("tar.bz2", |files| bzip2(&tar(files))),
        ("tar.xz", |files| xz(&tar(files))),
    ] {
        let word = format!("{}word", name.replace('.', ""));
        let document = docx(&word);
        setting.attach(
            &format!("a.{name}"),
            &pack(&[("in/deep.docx", &document), ("note.txt", word.as_bytes())]),
        );
    }
    for (name, pack) in [("gz", gzip as fn(&[u8]) -> Vec<u8>), ("bz2", bzip2), ("xz", xz)] {
        setting.attach(&format!("one.{name}"), &pack(format!("single{name}").as_bytes()));
    }
    let summary = setting.index(&[]);
    check(&summary, &[("indexed", 9), ("attachmentsRead", 9)]);
    assert_eq!(summary["attachmentsUnread"], serde_json::json!([]));
    for name in ["7z", "rar", "tar", "targz", "tarbz2", "tarxz"] {
        for query in [
            format!("contents:({name}word {name}words)"),
            format!("contents:(deep.docx {name}word)"),
        ] {
            assert_eq!(setting.count(&query), "1", "{query}");
        }
    }
    for name in ["gz", "bz2", "xz"] {
        assert_eq!(setting.count(&format!("contents:single{name}")), "1", "{name}");
    }
}

#[test]
fn attachments_are_left_alone_when_asked_and_read_once() {
    let setting = Setting::new();
    setting.attach("a.pdf", &pdf("pdfword"));
    setting.attach("a.txt", b"textword");
    check(&setting.index(&["--no-attachment-text"]), &[("indexed", 2), ("attachmentsRead", 0)]);
    assert_eq!(setting.count("contents:(pdfword OR textword)"), "0");
    let status = |form| stdout(&run(&setting.data("data"), &["status", "--format", form]));
    assert!(status("text").contains("attachments were not looked into"), "{}", status("text"));
    // What is there is not read again, whatever is said.
    check(&setting.index(&[]), &[("alreadyThere", 2), ("attachmentsRead", 0)]);
    assert!(status("json").contains(r#""withoutAttachmentText":true"#), "{}", status("json"));
    check(&setting.index(&["--rebuild"]), &[("indexed", 2), ("attachmentsRead", 2)]);
    check(&setting.index(&[]), &[("alreadyThere", 2), ("attachmentsRead", 0)]);
    assert_eq!(setting.count("contents:(pdfword OR textword)"), "2");
    assert!(!status("text").contains("attachments"), "{}", status("text"));
}

#[test]
fn bad_attachments_are_named_and_cost_no_other_anything() {
    let setting = Setting::new();
    let whole = docx("docxword");
    let half = &whole[..whole.len() / 2];
    let partly = zip(&[("bad.pdf", b"%PDF-1.4 nothing".to_vec()), ("good.docx", whole.clone())]);
    let old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0\0".to_vec();
    for (name, content, reason) in [
        ("bomb.zip", zip_bomb(), "5: too large: "),
        ("deep.zip", nested_zips("x", 9), "a.zip: "),
        ("half.docx", half.to_vec(), "damaged: "),
        ("loop.pdf", pdf_in_a_loop(), "damaged: "),
        ("page.pdf", pdf_with_a_bad_page("secondpage"), "damaged: page 1 of 2"),
        ("itself.pdf", pdf_in_itself(), "damaged: its reader died"),
        ("bomb.pdf", pdf_bomb(), "damaged: its reader died"),
        ("locked.pdf", pdf_encrypted(), "encrypted"),
        ("none.pdf", b"%PDF-1.7\n%%EOF".to_vec(), "damaged: "),
        ("old.doc", old, "damaged: "),
        ("rar.rar", b"Rar!\x1a\x07\0".to_vec(), "damaged: "),
        ("seven.7z", b"7z\xbc\xaf\x27\x1c\0\x04".to_vec(), "damaged: "),
        ("half.xz", xz(&[b'x'; 999])[..60].to_vec(), "half: damaged: "),
        ("bomb.bz2", bzip2(&vec![0; 65 << 20]), "bomb: too large: "),
        ("lz.lz", b"LZIP\x01".to_vec(), "not supported: lzip"),
        ("partly.zip", partly, "bad.pdf: damaged: "),
        ("laughs.docx", docx_of_laughs(), ""),
        ("fine.pdf", pdf("pdfword"), ""),
    ] {
        setting.attach(name, &content);
        setting.write(&format!("expected/{name}"), reason);
    }
    let expected: Vec<_> = fs::read_dir(setting.mail().join("expected"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .map(|path| (path.clone(), fs::read_to_string(path).unwrap()))
        .collect();
    fs::remove_dir_all(setting.mail().join("expected")).unwrap();
    let output = setting.start("data", &[]).output().unwrap();
    let summary = summary(&output);
    assert!(output.status.success(), "{summary}");
    check(&summary, &[("indexed", 18)]);
    for (path, reason) in expected {
        let name = path.file_name().unwrap().to_str().unwrap();
        let found = Setting::reason(&summary, name);
        assert!(found.starts_with(&reason), "{name}: {found:?} and not {reason:?}");
        assert_eq!(found.is_empty(), reason.is_empty(), "{name}: {found:?}");
    }
    // What could be read is found.
    for query in ["pdfword", "docxwords", "before", "secondpage"] {
        assert_eq!(setting.count(&format!("contents:{query}")), "1", "{query}");
    }
    assert_eq!(setting.count("file"), "18");
}

#[test]
fn a_reason_is_told_with_its_message() {
    let setting = Setting::new();
    setting.attach("locked.pdf", &pdf_encrypted());
    setting.index(&[]);
    let data = setting.data("data");
    let id = stdout(&run(&data, &["search", "--format", "ids", "file"]));
    let shown = stdout(&run(&data, &["show", id.trim()]));
    assert!(shown.contains("locked.pdf (text not read: encrypted)"), "{shown}");
}

/// The worker processes of a run.
fn workers(of: &Child) -> Vec<String> {
    let tasks = fs::read_dir(format!("/proc/{}/task", of.id())).into_iter().flatten().flatten();
    let children = tasks.map(|task| fs::read_to_string(task.path().join("children")));
    let all: String = children.map(Result::unwrap_or_default).collect();
    all.split_whitespace().map(str::to_owned).collect()
}

#[test]
#[cfg(target_os = "linux")]
fn killed_workers_do_not_hurt_the_run() {
    let setting = Setting::new();
    let count: u64 = 300;
    for number in 0..count {
        setting.attach(&format!("{number}.docx"), &docx(&format!("word{number}")));
    }
    let mut command = setting.start("data", &[]);
    let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut kills = 0;
    while child.try_wait().unwrap().is_none() {
        for worker in workers(&child) {
            kills +=
                u32::from(Command::new("kill").args(["-9", &worker]).status().unwrap().success());
        }
        thread::sleep(Duration::from_millis(15));
    }
    let output = child.wait_with_output().unwrap();
    let summary = summary(&output);
    assert!(output.status.success() && kills > 0, "{kills} kills: {summary}");
    check(&summary, &[("indexed", count)]);
    let unread = summary["attachmentsUnread"].as_array().unwrap().len() as u64;
    check(&summary, &[("attachmentsRead", count - unread)]);
    assert_eq!(setting.count("contents:confidential"), (count - unread).to_string());
}

/// Files that are broken in some hundred ways end in text or a reason.
#[test]
fn mutated_documents_are_no_trouble() {
    let setting = Setting::new();
    let documents = [
        pdf("w"),
        docx("w"),
        xlsx("w"),
        pptx("w"),
        odt("w"),
        rtf("w"),
        simple_doc("w"),
        simple_ppt("w"),
        seven_zip(&[("a", b"w")]),
        rar(&[("a", b"w")]),
        xz(b"w"),
        bzip2(b"w"),
    ];
    let mut seed: usize = 7;
    let mut dice = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    for number in 0..240 {
        let mut bytes = documents[number % documents.len()].clone();
        for _ in 0..=dice(4) {
            let at = dice(bytes.len());
            match dice(3) {
                0 => bytes.truncate(at.max(8)),
                1 => bytes[at] ^= 1 << dice(8),
                _ => drop(bytes.splice(at..at, b"99999999".iter().copied())),
            }
        }
        setting.attach(&format!("{number}.bin"), &bytes);
    }
    let output = setting.start("data", &[]).output().unwrap();
    assert!(output.status.success());
    check(&summary(&output), &[("indexed", 240)]);
}
