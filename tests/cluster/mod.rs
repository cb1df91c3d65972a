//! An index in a cluster, with the real binary against a fake one.

mod making;
mod reading;
mod reindex;
mod syncing;
mod writing;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use postern_query::analysis;
use postern_upstream::cluster::fake::{FakeCluster, Trouble};
use postern_upstream::cluster::{Action, Cluster, Outgoing, Pace, Write, Writer};
use postern_upstream::fake::Misbehaviour;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Gateway, TENANT, get_with, postern, run, samples, stderr, stdout};
use crate::sync::{self, finished, summary};

struct Setting {
    fake: FakeCluster,
    folder: TempDir,
}

impl Setting {
    /// A cluster that cuts words as it should.
    async fn new() -> Self {
        let fake = FakeCluster::start().await.unwrap();
        fake.cut(analysis::terms);
        Self { fake, folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn config(&self) -> PathBuf {
        let path = self.path("postern.toml");
        fs::write(&path, format!("[cluster]\nurls = [\"{}\"]\n", self.fake.http().url())).unwrap();
        path
    }

    /// The binary with a data folder of that name.
    async fn run(&self, data: &str, arguments: &[&str]) -> Output {
        let (data, config) = (self.path(data), self.config());
        let arguments: Vec<_> = arguments.iter().map(|one| (*one).to_owned()).collect();
        let running = move || {
            let config = ["--config", config.to_str().unwrap()];
            let all: Vec<_> =
                config.into_iter().chain(arguments.iter().map(String::as_str)).collect();
            run(Path::new(&data), &all)
        };
        tokio::task::spawn_blocking(running).await.unwrap()
    }
}

fn told(output: &Output) -> Value {
    serde_json::from_str(&stdout(output)).unwrap_or_else(|_| panic!("{}", stderr(output)))
}

const ALIAS: &str = "postern-default";

fn mail(subject: &str) -> String {
    format!(
        "From: a@x.com\r\nSubject: {subject}\r\nMessage-ID: <{subject}@x>\r\n\r\nsome words\r\n"
    )
}

/// A folder with the messages of these numbers.
fn folder(setting: &Setting, name: &str, numbers: std::ops::Range<usize>) -> PathBuf {
    let folder = setting.path(name);
    fs::create_dir_all(&folder).unwrap();
    for number in numbers {
        fs::write(folder.join(format!("{number}.eml")), mail(&format!("n{number}"))).unwrap();
    }
    folder
}

impl Setting {
    async fn index(&self, data: &str, mailbox: &str, path: &Path, more: &[&str]) -> Output {
        let path = path.to_str().unwrap();
        let flags = ["index", "--to", "cluster", "--format", "json", "--mailbox", mailbox, path];
        self.run(data, &[&flags, more].concat()).await
    }

    /// The mailboxes of each message by its subject.
    fn mailboxes(&self) -> Vec<(String, Vec<String>)> {
        let mailboxes = |document: &Value| {
            let places = document["places"].as_array().unwrap().iter();
            places.map(|place| place["mailbox"].as_str().unwrap().to_owned()).collect()
        };
        let documents = self.fake.documents().into_values();
        let each =
            documents.map(|one| (one["subject"].as_str().unwrap().to_owned(), mailboxes(&one)));
        let mut all: Vec<_> = each.collect();
        all.sort();
        all
    }
}

/// A document without what tells which machine holds it.
fn without_holders(documents: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    let plain = documents.into_iter().map(|(id, mut document)| {
        document["kept"].as_object_mut().unwrap().remove("holders");
        (id, document)
    });
    plain.collect()
}
