//! Packages: what a manifest says, and what is found of one that was changed.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::support::{run, samples, stderr, stdout};

/// What was found, as a package in that format.
fn package(folder: &Path, format: &str, query: &str) -> PathBuf {
    let out = folder.join(format!("package.{format}"));
    let arguments =
        ["export", "--force", "--format", format, "--out", out.to_str().unwrap(), query];
    let done = run(samples(), &arguments);
    assert!(done.status.success(), "{}", stderr(&done));
    out
}

/// What `--verify` says, and how it ends.
pub(crate) fn verify(package: &Path) -> (Option<i32>, String) {
    let done = run(samples(), &["export", "--verify", package.to_str().unwrap()]);
    (done.status.code(), stdout(&done))
}

/// The files of a ZIP in their order, with their bytes.
pub(crate) fn files(package: &Path) -> Vec<(String, Vec<u8>)> {
    let mut zip = ZipArchive::new(fs::File::open(package).unwrap()).unwrap();
    let mut files = Vec::new();
    for number in 0..zip.len() {
        let mut file = zip.by_index(number).unwrap();
        let (name, mut bytes) = (file.name().unwrap().into_owned(), Vec::new());
        file.read_to_end(&mut bytes).unwrap();
        files.push((name, bytes));
    }
    files
}

pub(crate) fn put(package: &Path, files: &[(String, Vec<u8>)]) {
    let mut zip = ZipWriter::new(fs::File::create(package).unwrap());
    for (name, bytes) in files {
        zip.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}

fn count(query: &str) -> usize {
    stdout(&run(samples(), &["search", "--count", query])).trim().parse().unwrap()
}

#[test]
fn a_manifest_names_each_message() {
    let folder = tempfile::tempdir().unwrap();
    let package = package(folder.path(), "zip", "invoice sort:oldest");
    let files = files(&package);
    let (name, manifest) = files.last().unwrap();
    assert_eq!(name, "manifest.json");
    let text = String::from_utf8(manifest.clone()).unwrap();
    assert!(text.ends_with("\"complete\":true}\n"), "the last key");
    let manifest: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(manifest["query"], "invoice sort:oldest");
    assert_eq!(manifest["canonical"], "invoice sort:oldest");
    assert_eq!((&manifest["coverage"]["indexed"], &manifest["zone"]), (&96.into(), &"UTC".into()));
    let items = manifest["items"].as_array().unwrap();
    assert_eq!((items.len(), files.len()), (count("invoice"), items.len() + 1));
    for item in items {
        let bytes =
            &files.iter().find(|(name, _)| name == item["path"].as_str().unwrap()).unwrap().1;
        let id = item["id"].as_str().unwrap();
        // The id of mail from a file is the beginning of the SHA-256 of its bytes.
        assert!(item["sha256"].as_str().unwrap().starts_with(id), "{item}");
        assert_eq!(postern_mail::id_of(bytes), id);
        assert_eq!(item["mih"].as_str().unwrap().len(), 32);
        assert!(item["places"][0]["mailbox"].as_str().unwrap().ends_with("@contoso.com"), "{item}");
    }
    assert_eq!(manifest["counts"]["items"], items.len());
}

#[test]
fn a_zip_that_was_changed_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let package = package(folder.path(), "zip", "invoice");
    let (code, said) = verify(&package);
    assert!(code == Some(0) && said.contains("the package is whole"), "{said}");
    let whole = files(&package);
    let bytes = fs::read(&package).unwrap();
    let check = |what: &str, files: &[(String, Vec<u8>)]| {
        put(&package, files);
        let (code, said) = verify(&package);
        assert!(code == Some(1) && said.contains(what), "{what}: {said}");
    };
    let mut changed = whole.clone();
    changed[1].1[10] ^= 1;
    check(&format!("{} is not what was written", whole[1].0), &changed);
    check(&format!("{} is missing", whole[0].0), &whole[1..]);
    let mut added = whole.clone();
    added.insert(0, ("more.eml".to_owned(), b"x".to_vec()));
    check("more.eml was added", &added);
    check("no manifest", &whole[..whole.len() - 1]);
    let mut cut = whole.clone();
    let manifest = &mut cut.last_mut().unwrap().1;
    manifest.truncate(manifest.len() / 2);
    check("its manifest is not whole", &cut);
    // Programs show one of two files of the same name, and not always the same one.
    let twin = "~".repeat(whole[0].0.len());
    let mut double = whole.clone();
    double.insert(0, (twin.clone(), b"x".to_vec()));
    put(&package, &double);
    let renamed = replaced(&fs::read(&package).unwrap(), twin.as_bytes(), whole[0].0.as_bytes());
    for (bytes, what) in [
        (renamed, "a second file of the same name was added"),
        ([&bytes[..], b"x"].concat(), "something behind its end was added"),
    ] {
        fs::write(&package, bytes).unwrap();
        let (code, said) = verify(&package);
        assert!(code == Some(1) && said.contains(what), "{what}: {said}");
    }
    // A byte of a message in the file itself.
    let first = &whole[0].1;
    let start = bytes.windows(first.len()).position(|window| window == first.as_slice()).unwrap();
    let mut changed = bytes.clone();
    changed[start + first.len() / 2] ^= 1;
    fs::write(&package, &changed).unwrap();
    let (code, said) = verify(&package);
    assert!(code == Some(1) && said.contains(&whole[0].0), "{said}");
    for length in [0, 10, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&package, &bytes[..length]).unwrap();
        assert_eq!(verify(&package).0, Some(1), "{length}");
    }
}

#[test]
fn a_file_with_its_manifest_beside_it_that_was_changed_is_found() {
    for format in ["mbox", "csv", "jsonl"] {
        let folder: TempDir = tempfile::tempdir().unwrap();
        let package = package(folder.path(), format, "invoice");
        assert_eq!(verify(&package).0, Some(0), "{format}");
        let beside = folder.path().join(format!("package.{format}.manifest.json"));
        let manifest = fs::read_to_string(&beside).unwrap();
        assert!(manifest.ends_with("\"complete\":true}\n"));
        let bytes = fs::read(&package).unwrap();
        for at in [0, bytes.len() / 2, bytes.len() - 1] {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            fs::write(&package, &changed).unwrap();
            assert_eq!(verify(&package).0, Some(1), "{format} {at}");
        }
        fs::write(&package, &bytes[..bytes.len() - 1]).unwrap();
        assert_eq!(verify(&package).0, Some(1), "{format}");
        fs::write(&package, &bytes).unwrap();
        assert_eq!(verify(&package).0, Some(0), "{format}");
        fs::write(&beside, &manifest[..manifest.len() - 5]).unwrap();
        assert_eq!(verify(&package).1.trim(), "its manifest is not whole");
        fs::remove_file(&beside).unwrap();
        assert_eq!(verify(&package).1.trim(), "there is no manifest as its last file");
    }
}

#[test]
fn messages_with_one_message_id_are_written_once() {
    let folder = tempfile::tempdir().unwrap();
    let (mail, data) = (folder.path().join("mail"), folder.path().join("data"));
    for (mailbox, text) in [("ann", "first"), ("bob", "second")] {
        let place = mail.join(format!("{mailbox}@x.com/Inbox"));
        fs::create_dir_all(&place).unwrap();
        let raw = format!(
            "Message-ID: <CALckR-a8UDkRjO4xJyjd_s0GPxQWw@mail.gmail.com>\r\nSubject: one\r\n\r\n{text}\r\n"
        );
        fs::write(place.join("1.eml"), raw).unwrap();
    }
    run(&data, &["index", "--quiet", mail.to_str().unwrap()]);
    for (more, expected) in [(&[][..], 2), (&["--dedupe", "message-id"], 1)] {
        let out = folder.path().join(format!("{expected}.zip"));
        let arguments = [&["export", "--out", out.to_str().unwrap()][..], more].concat();
        let done = run(&data, &arguments);
        assert!(done.status.success(), "{}", stderr(&done));
        let files = files(&out);
        assert_eq!(files.len(), expected + 1);
        let manifest: Value = serde_json::from_slice(&files.last().unwrap().1).unwrap();
        let items = manifest["items"].as_array().unwrap();
        assert_eq!(items.len(), 2, "each is named");
        for item in items {
            // The published vector.
            assert_eq!(item["mih"], "1de319c276884bd0c9e2f1621ada26cc");
        }
        let named = items.iter().filter(|item| item["duplicateOf"] == items[0]["id"]).count();
        assert_eq!(
            (named, &manifest["counts"]["duplicates"]),
            (2 - expected, &(2 - expected).into())
        );
        assert_eq!(verify(&out).0, Some(0));
    }
}

/// The bytes with one text in place of another one of the same length.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut all = bytes.to_vec();
    for at in 0..=all.len() - from.len() {
        if all[at..].starts_with(from) {
            all[at..at + to.len()].copy_from_slice(to);
        }
    }
    all
}
