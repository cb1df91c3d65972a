//! The sessions in the README and the guide are real: every command that they show runs here, over the
//! samples, and must print what the page shows. `POSTERN_BLESS=1` writes the pages anew.

mod limits;
mod links;
mod page;
mod picture;
mod problems;
mod session;
mod settings;
mod tried;

use std::fs;
use std::path::Path;

use postern_upstream::fake::{Fake, Filed, Mail, Misbehaviour};

use crate::support::{Gateway, KEY, get, root, samples};
use page::{Part, parts, same};
use session::Session;

#[tokio::test(flavor = "multi_thread")]
async fn the_readme_shows_what_happens() {
    check("README.md").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guide_shows_what_happens() {
    check("docs/guide.md").await;
}

#[test]
fn the_readme_names_its_two_commands() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains(
        "\ncargo run -- --data target/sample index samples/mail && \
         cargo run -- --data target/sample search invoice overdue\n"
    ));
    assert!(readme.contains("\ncargo test --workspace --all-features\n"));
    assert!(readme.lines().count() < 130, "a README is read in one go");
}

async fn check(name: &str) {
    let path = root().join(name);
    let written = fs::read_to_string(&path).unwrap();
    let page = play(&written).await;
    if std::env::var_os("POSTERN_BLESS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap();
    let differs = page.lines().zip(written.lines()).find(|(new, old)| new != old);
    assert!(
        page == written,
        "{name} shows something else than what happens; write it again with\n    \
         POSTERN_BLESS=1 cargo test -p postern-cli --test end-to-end pages\n\
         first difference (what happens, what is shown): {differs:#?}"
    );
}

/// The page with the output of every command as it is now. Where only a time of day or a duration
/// differs, what the page shows is kept.
async fn play(written: &str) -> String {
    let upstream = upstream().await;
    let mut session = Session::start(&upstream.url());
    let mut page = String::new();
    for part in parts(written) {
        match part {
            Part::Text(text) => page.push_str(text),
            Part::Premium(answers) => {
                let how = if answers { Misbehaviour::None } else { Misbehaviour::Status(503) };
                upstream.misbehave(how);
            }
            Part::Command { shown, output } => {
                page.push_str(shown);
                let happened = session.run(shown.trim_start_matches("$ ")).await;
                page.push_str(if same(&happened, output) { output } else { &happened });
            }
        }
    }
    page
}

/// A service that has collected the samples, and finds in them what the local index finds.
async fn upstream() -> Fake {
    let fake = Fake::start().await.unwrap();
    fake.demand_key(KEY);
    let local = Gateway::start(samples(), &[]);
    let found = get(&local.documents("query=invoice+AND+overdue&top=25")).await;
    fake.answer_at("/documents?", found.body);
    fake.hold(collected(&root().join("samples/mail")));
    let files = ["Contracts/Crane foundation.pdf", "Contracts/2023/Quay 3.pdf", "Budget.xlsx"];
    fake.hold_files(files.map(of_a_drive).to_vec());
    fake
}

fn of_a_drive(path: &str) -> Filed {
    Filed {
        owner: "a.user@contoso.com".to_owned(),
        path: path.to_owned(),
        size: 4_096,
        modified: "2024-05-21T09:00:00Z".to_owned(),
    }
}

/// The messages below `mail/<mailbox>/<folder>`.
fn collected(mail: &Path) -> Vec<Mail> {
    let mut all = Vec::new();
    for mailbox in sorted(mail) {
        messages(&mailbox, &mailbox, &mut all);
    }
    all
}

fn messages(mailbox: &Path, folder: &Path, all: &mut Vec<Mail>) {
    for entry in sorted(folder) {
        if entry.is_dir() {
            messages(mailbox, &entry, all);
            continue;
        }
        let folder = folder.strip_prefix(mailbox).unwrap().to_str().unwrap().to_owned();
        all.push(Mail {
            mailbox: mailbox.file_name().unwrap().to_str().unwrap().to_owned(),
            folder,
            id: format!("item-{}", all.len() + 1),
            created: format!("2024-01-01T10:{:02}:{:02}Z", all.len() / 60, all.len() % 60),
            bytes: fs::read(&entry).unwrap(),
            ..Mail::default()
        });
    }
}

fn sorted(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut entries: Vec<_> =
        fs::read_dir(folder).unwrap().map(|one| one.unwrap().path()).collect();
    entries.sort();
    entries
}
