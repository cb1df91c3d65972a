//! `--format dat`: the load file, read as other programs read it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::packages::{files, put, verify};
use crate::support::{run, samples, stderr};

type Row = BTreeMap<String, String>;

/// A load file by its format alone: rows end in CRLF, U+0014 stands between fields, U+00FE around them, and U+00AE
/// for the end of a line.
fn rows(bytes: &[u8]) -> Vec<Row> {
    let text = std::str::from_utf8(bytes).unwrap().strip_prefix('\u{feff}').expect("a BOM");
    let mut lines = text.strip_suffix("\r\n").unwrap().split("\r\n").map(|line| {
        let fields = line.split('\u{14}');
        let fields = fields.map(|field| {
            let field = field.strip_prefix('\u{fe}').unwrap().strip_suffix('\u{fe}').unwrap();
            assert!(!field.contains(['\u{fe}', '\r', '\n']), "{field:?}");
            field.replace('\u{ae}', "\n")
        });
        fields.collect::<Vec<_>>()
    });
    let names = lines.next().unwrap();
    let row = |fields: Vec<String>| {
        assert_eq!(fields.len(), names.len());
        names.iter().cloned().zip(fields).collect()
    };
    lines.map(row).collect()
}

/// An export of a folder of mail.
struct Package {
    rows: Vec<Row>,
    files: BTreeMap<String, Vec<u8>>,
    manifest: Value,
}

impl Package {
    fn of(data: &Path, out: &Path, query: &str, code: i32) -> Self {
        let arguments =
            ["export", "--force", "--format", "dat", "--out", out.to_str().unwrap(), query];
        let done = run(data, &arguments);
        assert_eq!(done.status.code(), Some(code), "{}", stderr(&done));
        assert_eq!(verify(out).0, Some(0));
        let all = files(out);
        let (last, manifest) = all.last().unwrap();
        assert_eq!(
            (last.as_str(), all[all.len() - 2].0.as_str()),
            ("manifest.json", "loadfile.dat")
        );
        let manifest = serde_json::from_slice(manifest).unwrap();
        let files: BTreeMap<_, _> = all.into_iter().collect();
        Self { rows: rows(&files["loadfile.dat"]), files, manifest }
    }

    /// The bytes that a row names.
    fn file(&self, row: &Row, field: &str) -> Option<&[u8]> {
        let path = row[field].replace('\\', "/");
        (!path.is_empty()).then(|| self.files[&path].as_slice())
    }
}

/// A header in base64, which takes any text.
fn encoded(text: &str) -> String {
    format!("=?utf-8?B?{}?=", base64(text.as_bytes()))
}

fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |three: &[u8]| {
        let bits = (0..3).fold(0, |bits, at| bits << 8 | u32::from(*three.get(at).unwrap_or(&0)));
        let sign = |at: usize| match at <= three.len() {
            true => char::from(SIGNS[(bits >> (18 - 6 * at) & 63) as usize]),
            false => '=',
        };
        (0..4).map(sign).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

/// A message with these attachments.
fn mail(subject: &str, attached: &[(&str, &str)]) -> String {
    let raw = format!(
        "Message-ID: <CALckR-a8UDkRjO4xJyjd_s0GPxQWw@mail.gmail.com>\r\n\
         From: {} <ann@x.com>\r\nTo: bob@x.com, \"Lee; C\" <lee@x.com>\r\n\
         Date: Fri, 3 May 2024 10:20:30 +0200\r\nSubject: {}\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nThe body \u{fe} \u{ae}\r\n",
        encoded("Ann \u{fe}\u{14}\u{fe} Lee"),
        encoded(subject)
    );
    let parts = attached.iter().map(|(name, text)| {
        format!(
            "--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=\"{}\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            encoded(name),
            base64(text.as_bytes())
        )
    });
    let parts: Vec<_> = parts.collect();
    raw + &parts.concat() + "--b--\r\n"
}

fn indexed(folder: &Path, mails: &[String]) -> std::path::PathBuf {
    let (place, data) = (folder.join("mail/ann@x.com/Inbox"), folder.join("data"));
    fs::create_dir_all(&place).unwrap();
    for (number, raw) in mails.iter().enumerate() {
        fs::write(place.join(format!("{number}.eml")), raw).unwrap();
    }
    let done = run(&data, &["index", "--quiet", folder.join("mail").to_str().unwrap()]);
    assert!(done.status.success(), "{}", stderr(&done));
    data
}

#[test]
fn hostile_texts_stay_in_their_fields() {
    let folder = tempfile::tempdir().unwrap();
    let long = format!("{}.pdf", "long name ".repeat(60));
    let attached = [
        ("../../etc/passwd", "one"),
        ("same.txt", "two"),
        ("same.txt", "three"),
        ("C:\\x\\\u{fe}\u{14}\u{fe}.txt", "four"),
        (long.as_str(), "five"),
        ("\"quoted\"; a,b.txt", "six"),
    ];
    let subject = "a\u{fe}\u{14}\u{fe}b \u{ae} \"c\" 日本";
    let raw = mail(subject, &attached);
    let data = indexed(folder.path(), std::slice::from_ref(&raw));
    let package = Package::of(&data, &folder.path().join("out.zip"), "", 0);
    assert_eq!(package.rows.len(), 7);
    let (first, others) = package.rows.split_first().unwrap();
    assert_eq!(first["SUBJECT"], "a\u{de} \u{de}b (R) \"c\" 日本");
    assert_eq!(first["FROM"], "Ann \u{de} \u{de} Lee <ann@x.com>");
    assert_eq!(first["TO"], "bob@x.com; Lee; C <lee@x.com>");
    // The sender's clock was two hours ahead of UTC.
    assert_eq!(
        (&*first["DATESENT"], &*first["TIMESENT"], &*first["TIMEZONE"]),
        ("20240503", "08:20:30", "UTC")
    );
    assert_eq!((&*first["CUSTODIAN"], &*first["FOLDER"]), ("ann@x.com", "Inbox"));
    // The published vector.
    assert_eq!(first["MIH"], "1de319c276884bd0c9e2f1621ada26cc");
    assert_eq!(package.file(first, "NATIVEPATH"), Some(raw.as_bytes()));
    let text = std::str::from_utf8(package.file(first, "TEXTPATH").unwrap()).unwrap();
    assert!(text.contains("\r\n\r\nThe body \u{fe} \u{ae}"), "texts are exact: {text:?}");
    assert_eq!(
        (&*first["ATTACHCOUNT"], &*first["PARENTDOC"], &*first["RECORDTYPE"]),
        ("6", "", "email")
    );
    for (row, (name, bytes)) in others.iter().zip(attached) {
        let name = name.replace("\u{fe}\u{14}\u{fe}", "\u{de} \u{de}");
        assert_eq!(row["FILENAME"], name);
        assert_eq!(package.file(row, "NATIVEPATH"), Some(bytes.as_bytes()), "{name}");
        let text = std::str::from_utf8(package.file(row, "TEXTPATH").unwrap()).unwrap();
        assert_eq!(text.trim(), bytes, "{name}");
        assert_eq!((&row["PARENTDOC"], &row["BEGATTACH"]), (&first["BEGDOC"], &first["BEGDOC"]));
        assert_eq!(row["ENDATTACH"], package.rows[6]["ENDDOC"]);
        assert_eq!((&*row["SUBJECT"], row["FILESIZE"].parse()), ("", Ok(bytes.len())));
    }
    // As md5sum and sha256sum say of `one`.
    assert_eq!(others[0]["MD5"], "f97c5d29941bfb1b2fdab0874906ab82");
    let sha256 = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed";
    assert_eq!(others[0]["SHA256"], sha256);
    for path in package.files.keys() {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.');
        assert!(path.chars().all(is_plain) && !path.contains(".."), "{path}");
    }
}

#[test]
fn each_message_of_the_samples_is_a_family() {
    let folder = tempfile::tempdir().unwrap();
    let package = Package::of(samples(), &folder.path().join("out.zip"), "", 0);
    let numbers: Vec<_> =
        (1..=package.rows.len()).map(|number| format!("DOC{number:08}")).collect();
    let begins: Vec<_> = package.rows.iter().map(|row| row["BEGDOC"].clone()).collect();
    assert_eq!(begins, numbers, "each document has the next number");
    let parents: Vec<_> = package.rows.iter().filter(|row| row["PARENTDOC"].is_empty()).collect();
    let items = package.manifest["items"].as_array().unwrap();
    assert_eq!((items.len(), parents.len()), (96, 96));
    for (parent, item) in parents.iter().zip(items) {
        assert_eq!(item["id"], parent["POSTERNID"].as_str());
        assert_eq!(
            (item["sha256"].as_str(), item["mih"].as_str().unwrap_or_default()),
            (Some(&*parent["SHA256"]), &*parent["MIH"])
        );
        assert_eq!(item["path"], parent["NATIVEPATH"].replace('\\', "/"));
        let family = package.rows.iter().filter(|row| row["BEGATTACH"] == parent["BEGDOC"]);
        let count: usize = parent["ATTACHCOUNT"].parse().unwrap();
        assert_eq!(family.count(), count + 1);
        let raw = package.file(parent, "NATIVEPATH").unwrap();
        assert!(
            parent["SHA256"].starts_with(&postern_mail::id_of(raw)),
            "the id is a hash of the bytes"
        );
    }
    // Everything in the package is named by a row, and nothing else is.
    let named = package.rows.iter().flat_map(|row| [&row["NATIVEPATH"], &row["TEXTPATH"]]);
    let mut named: Vec<_> =
        named.filter(|path| !path.is_empty()).map(|path| path.replace('\\', "/")).collect();
    named.extend(["loadfile.dat", "manifest.json"].map(str::to_owned));
    named.sort();
    assert_eq!(named, package.files.keys().cloned().collect::<Vec<_>>());
}

#[test]
fn an_original_that_is_gone_leaves_its_text() {
    let folder = tempfile::tempdir().unwrap();
    let data = indexed(folder.path(), &[mail("kept", &[]), mail("lost", &[("a.txt", "inside")])]);
    fs::remove_file(folder.path().join("mail/ann@x.com/Inbox/1.eml")).unwrap();
    let package = Package::of(&data, &folder.path().join("out.zip"), "", 3);
    assert_eq!(package.manifest["exceptions"]["lost"], 1);
    let lost: Vec<_> = package.rows.iter().filter(|row| row["EXCEPTION"] == "lost").collect();
    assert_eq!((lost.len(), &*lost[0]["SUBJECT"], &*lost[1]["FILENAME"]), (2, "lost", "a.txt"));
    for row in &lost {
        assert_eq!((package.file(row, "NATIVEPATH"), &*row["SHA256"]), (None, ""));
    }
    // An index keeps the text of the message; that of an attachment is read from its bytes.
    let text = std::str::from_utf8(package.file(lost[0], "TEXTPATH").unwrap()).unwrap();
    assert!(text.contains("The body"), "{text}");
    assert_eq!(package.file(lost[1], "TEXTPATH"), None);
}

#[test]
fn a_load_file_that_was_changed_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.zip");
    Package::of(samples(), &out, "has:attachment", 0);
    let whole = files(&out);
    let check = |what: &str, files: &[(String, Vec<u8>)]| {
        put(&out, files);
        let (code, said) = verify(&out);
        assert!(code == Some(1) && said.contains(what), "{what}: {said}");
    };
    for folder in ["NATIVES", "TEXT", "loadfile"] {
        let at = whole.iter().rposition(|(name, _)| name.starts_with(folder)).unwrap();
        let name = &whole[at].0;
        let mut changed = whole.clone();
        changed[at].1[0] ^= 1;
        check(&format!("{name} is not what was written"), &changed);
        let mut missing = whole.clone();
        missing.remove(at);
        check(&format!("{name} is missing"), &missing);
    }
    let mut added = whole.clone();
    added.insert(0, ("TEXT/0001/more.txt".to_owned(), b"x".to_vec()));
    check("TEXT/0001/more.txt was added", &added);
    put(&out, &whole);
    let bytes = fs::read(&out).unwrap();
    fs::write(&out, &bytes[..bytes.len() - 10]).unwrap();
    assert_eq!(verify(&out).0, Some(1));
}
