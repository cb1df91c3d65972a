//! `export --resume`: after a kill at any moment, the same package as without one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::packages::{files, verify};
use crate::support::{postern, root, run, stderr};

const FORMATS: [&str; 6] = ["zip", "mbox", "csv", "jsonl", "dat", "html"];

/// Mail that can go, the index of it, and a place for packages. Nothing is audited, so that a file that may not grow
/// is one of the export.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::write(place.path("postern.toml"), "audit = \"off\"\n").unwrap();
        copy(&root().join("samples/mail"), &place.path("mail"));
        place.index(&[]);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn index(&self, more: &[&str]) {
        let mail = self.path("mail");
        let arguments = [&["index", "--quiet", mail.to_str().unwrap()], more].concat();
        let done = self.command(&arguments).output().unwrap();
        assert!(done.status.success(), "{}", stderr(&done));
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = postern(&self.path("data"));
        command.arg("--config").arg(self.path("postern.toml")).args(arguments);
        command.stdin(Stdio::null());
        command
    }

    /// Exports, and is killed by the system as soon as a file has so many blocks.
    fn killed(&self, out: &Path, format: &str, blocks: usize) -> Output {
        let command = self.command(&["export", "--format", format, "--out", out.to_str().unwrap()]);
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit -c 0; ulimit -f {blocks}; exec \"$0\" \"$@\"")]);
        shell.arg(command.get_program()).args(command.get_args()).stdin(Stdio::null());
        shell.env("TMPDIR", self.0.path());
        shell.output().unwrap()
    }

    fn resumed(&self, out: &Path) -> Output {
        self.command(&["export", "--resume", "--out", out.to_str().unwrap()]).output().unwrap()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn beside(out: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}{ending}", out.display()))
}

/// The bytes of a package, and of a manifest beside it.
fn bytes(out: &Path) -> (Vec<u8>, Option<Vec<u8>>) {
    (fs::read(out).unwrap(), fs::read(beside(out, ".manifest.json")).ok())
}

#[test]
fn after_a_kill_it_is_the_same_package() {
    let place = Place::new();
    for format in FORMATS {
        let mut resumed = 0;
        for blocks in [1, 16, 24, 32, 64, 128, 256] {
            let (out, whole) = (place.path("out"), place.path("whole"));
            let killed = place.killed(&out, format, blocks);
            if killed.status.success() {
                assert!(!beside(&out, ".plan").exists(), "{format} {blocks}");
            } else if beside(&out, ".plan").exists() {
                assert!(!out.exists(), "{format} {blocks}: a part has not the name of the whole");
                // Nobody writes over the plan by chance.
                let again = place.killed(&out, format, 0);
                assert!(beside(&out, ".plan").exists() && !again.status.success());
                // The same plan without a kill.
                fs::copy(beside(&out, ".plan"), beside(&whole, ".plan")).unwrap();
                for path in [&out, &whole] {
                    let done = place.resumed(path);
                    assert_eq!(done.status.code(), Some(0), "{format} {blocks}: {}", stderr(&done));
                    assert_eq!(verify(path).0, Some(0), "{format} {blocks}");
                    assert!(!beside(path, ".plan").exists() && !beside(path, ".part").exists());
                }
                assert!(bytes(&out) == bytes(&whole), "{format} {blocks}");
                resumed += 1;
            } else {
                let done = place.resumed(&out);
                assert!(stderr(&done).contains("was broken off"), "{}", stderr(&done));
            }
            for path in [&out, &whole] {
                for ending in ["", ".plan", ".part", ".manifest.json"] {
                    fs::remove_file(beside(path, ending)).ok();
                }
            }
        }
        assert!(resumed >= 2, "{format}: it was killed at work {resumed} times only");
    }
}

fn manifest(out: &Path) -> Value {
    serde_json::from_slice(&files(out).last().unwrap().1).unwrap()
}

#[test]
fn what_is_gone_since_is_an_exception() {
    let place = Place::new();
    let (out, before) = (place.path("out.zip"), place.path("before.zip"));
    assert!(!place.killed(&out, "zip", 64).status.success());
    fs::copy(beside(&out, ".plan"), beside(&before, ".plan")).unwrap();
    assert_eq!(place.resumed(&before).status.code(), Some(0));
    let before = manifest(&before);
    let items = before["items"].as_array().unwrap();
    assert_eq!(items.len(), 96);
    // One file goes, one message goes from the index too, and one arrives.
    let single = items.iter().filter(|item| item["places"].as_array().unwrap().len() == 1);
    let ids = single.map(|item| item["id"].as_str().unwrap());
    let mut ids = ids.filter(|id| find(&place.path("mail"), id).is_some());
    let [lost, gone] = [3, 7].map(|skipped| ids.nth(skipped).unwrap().to_owned());
    let mail = |id: &str| find(&place.path("mail"), id).unwrap();
    fs::remove_file(mail(&gone)).unwrap();
    fs::write(place.path("mail/new.eml"), "Subject: new\r\n\r\nnew\r\n").unwrap();
    place.index(&["--prune"]);
    fs::remove_file(mail(&lost)).unwrap();
    let done = place.resumed(&out);
    assert_eq!(done.status.code(), Some(3), "{}", stderr(&done));
    assert_eq!(verify(&out).0, Some(0));
    let after = manifest(&out);
    for key in ["query", "canonical", "time", "zone", "coverage", "by"] {
        assert_eq!(after[key], before[key], "{key}: as it was when it began");
    }
    assert_eq!(after["exceptions"]["lost"], 2);
    for (item, former) in after["items"].as_array().unwrap().iter().zip(items) {
        assert_eq!(item["id"], former["id"]);
        match item["id"].as_str().unwrap() {
            id if id == lost || id == gone => assert_eq!(item["exception"], "lost"),
            _ => assert_eq!(item, former),
        }
    }
    assert_eq!(after["items"].as_array().unwrap().len(), 96);
}

/// The messages of another data folder are others: each would seem to be gone.
#[test]
fn a_package_is_not_resumed_from_another_data_folder() {
    let (place, other) = (Place::new(), Place::new());
    let out = place.path("out.zip");
    assert!(!place.killed(&out, "zip", 64).status.success());
    let refused = other.resumed(&out);
    assert_eq!(refused.status.code(), Some(1));
    let said = stderr(&refused);
    let begun = fs::canonicalize(place.path("data")).unwrap();
    assert!(said.contains(&format!("give `--data {}`", begun.display())), "{said}");
    assert!(beside(&out, ".plan").exists() && !out.exists());
    // By another name it is the same.
    std::os::unix::fs::symlink(place.path("data"), other.path("linked")).unwrap();
    let mut command = postern(&other.path("linked"));
    command.args(["export", "--resume", "--quiet", "--out", out.to_str().unwrap()]);
    let done = command.stdin(Stdio::null()).output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
    assert_eq!(verify(&out).0, Some(0));
}

/// The file of a message.
fn find(folder: &Path, id: &str) -> Option<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).find_map(|path| {
        if path.is_dir() {
            return find(&path, id);
        }
        (postern_mail::id_of(&fs::read(&path).unwrap()) == id).then_some(path)
    })
}

#[test]
fn nothing_is_resumed_that_was_not_begun() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.zip");
    let resume = |more: &[&str]| {
        let arguments = [&["export", "--resume", "--out", out.to_str().unwrap()], more].concat();
        run(crate::support::samples(), &arguments)
    };
    let done = resume(&[]);
    assert_eq!(done.status.code(), Some(1));
    assert!(stderr(&done).contains("begin one without --resume"), "{}", stderr(&done));
    assert_eq!(resume(&["invoice"]).status.code(), Some(2), "the plan has the query");
    fs::write(beside(&out, ".plan"), "{\"format\":\"zip\"").unwrap();
    let done = resume(&[]);
    assert!(stderr(&done).contains("begin it anew with --force"), "{}", stderr(&done));
}
