//! A backup at Veeam whose mail is here too, in whole or in part, alone and beside DataTap.

use std::io::{Cursor, Write as _};
use std::time::SystemTime;

use postern_sync::{Progress, SyncOptions, run};
use postern_upstream::veeam::Version;
use postern_upstream::veeam::fake::{BackedUp, FakeVeeam};
use serde_json::json;

use super::veeam::a_server;
use super::*;
use crate::config::{Tenant, Veeam};
use crate::source::Wanted;

/// A backup of two mailboxes, and a tenant that has it.
struct AtHome {
    vault: FakeVeeam,
    config: Config,
    _data: tempfile::TempDir,
}

/// A `.msg` file that has a subject, a text with its layout, and a file (MS-OXMSG).
fn msg(subject: &str) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let attached = "/__attach_version1.0_#00000000";
    file.create_storage(attached).unwrap();
    for (path, bytes) in [
        ("/__properties_version1.0", vec![0; 32]),
        ("/__substg1.0_0037001F", wide(subject)),
        ("/__substg1.0_001A001F", wide("IPM.Note")),
        ("/__substg1.0_1013001F", wide("<p><b>laid</b> out</p>")),
        ("/__attach_version1.0_#00000000/__properties_version1.0", vec![0; 8]),
        ("/__attach_version1.0_#00000000/__substg1.0_3707001F", wide("plan.txt")),
        ("/__attach_version1.0_#00000000/__substg1.0_37010102", b"the plan".to_vec()),
    ] {
        file.create_stream(path).unwrap().write_all(&bytes).unwrap();
    }
    // The same bytes whenever it is made.
    file.set_created_time(attached, SystemTime::UNIX_EPOCH).unwrap();
    file.set_modified_time(attached, SystemTime::UNIX_EPOCH).unwrap();
    file.flush().unwrap();
    file.into_inner().into_inner()
}

fn item(mailbox: &str, id: &str, subject: &str) -> BackedUp {
    let (subject, msg) = (subject.to_owned(), msg(subject));
    BackedUp { subject, msg, ..BackedUp::new(mailbox, "Inbox", id) }
}

impl AtHome {
    async fn new(premium: Option<&Fake>) -> Self {
        let vault = FakeVeeam::start(&[Version::V8]).await.unwrap();
        vault.hold([item("ann@x.com", "i", "invoice one"), item("bob@x.com", "ii", "invoice two")]);
        vault.back_up(now());
        let (account, data) = (vault.account(), tempfile::tempdir().unwrap());
        let veeam = Veeam {
            url: account.url,
            user: account.user,
            password: Some(account.password),
            premium: premium.is_some(),
            source: "backup".into(),
            ..a_server()
        };
        let (id, at) = (TENANT.to_owned(), data.path().to_owned());
        let tenant = Tenant { id, data: at, veeam: Some(veeam), ..Tenant::default() };
        let deadline = Duration::from_secs(20);
        let config = Config { tenants: vec![tenant], deadline, ..one_key(premium) };
        Self { vault, config, _data: data }
    }

    /// Brings these mailboxes here; without any all.
    async fn sync(&self, mailboxes: &[&str]) {
        let sessions = |of: &Tenant| self.config.veeam_sessions(Some(&of.id));
        let wanted = Wanted { tenant: None, at: None, sessions: &sessions };
        let mailboxes = mailboxes.iter().map(|name| (*name).to_owned()).collect();
        let options = SyncOptions { mailboxes, ..SyncOptions::default() };
        for source in self.config.sources(&wanted).unwrap() {
            let Some(sessions) = source.sessions else { continue };
            let archive = postern_archive::Archive::below(&source.data);
            let progress = Arc::new(Progress::default());
            let done = run(source.collection, TENANT, &archive, options.clone(), now, progress);
            let done = done.await.unwrap();
            assert!(done.failures == 0 && done.ended.is_none(), "{done:?}");
            sessions.stop_all().await;
        }
    }

    fn router(&self, clock: fn() -> Timestamp) -> Router {
        app(State::new(&self.config, clock).unwrap().having_asked())
    }
}

fn searches(vault: &FakeVeeam) -> usize {
    let seen = vault.http().seen();
    seen.iter().filter(|seen| seen.path().to_lowercase().ends_with("/search")).count()
}

/// Who answers, and the sources that were not asked.
async fn told(router: &Router, query: &str) -> (String, Value) {
    let json = get(router, &format!("/v1/search?q={query}")).await.json();
    let engine = json["servedBy"]["engine"].as_str().unwrap_or_else(|| panic!("{json}"));
    (engine.to_owned(), json["coverage"]["notAsked"].clone())
}

/// The local index comes first for a mailbox that is whole here, as long as its listing is young enough.
#[tokio::test(flavor = "multi_thread")]
async fn the_local_index_answers_first_where_it_is_whole() {
    let home = AtHome::new(None).await;
    let later: fn() -> Timestamp = || now() + Duration::from_secs(3_601);
    let (nobody, veeam, local) = (Value::Null, "veeam".to_owned(), "local".to_owned());
    assert_eq!(told(&home.router(now), "invoice").await, (veeam.clone(), nobody.clone()));
    home.sync(&["ann@x.com"]).await;
    let router = home.router(now);
    let asked = searches(&home.vault);
    let json = get(&router, "/v1/search?q=invoice+mailbox:ann@x.com").await.json();
    assert_eq!(json["servedBy"]["engine"], "local", "{json}");
    let reason = json["servedBy"]["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("the local index has all mail of the mailboxes asked for"),
        "{reason}"
    );
    assert_eq!(
        (&json["count"]["exact"], &json["query"]["fidelity"]),
        (&json!(true), &json!("exact"))
    );
    assert_eq!(searches(&home.vault), asked, "Veeam is not asked");
    for query in
        ["invoice", "invoice+mailbox:bob@x.com", "in:inbox+invoice", "-mailbox:zoe@x.com+invoice"]
    {
        assert_eq!(told(&router, query).await.0, veeam, "{query}: Bob is not whole here");
    }
    home.sync(&[]).await;
    let router = home.router(now);
    for query in ["invoice", "*", "invoice+mailbox:bob@x.com"] {
        assert_eq!(told(&router, query).await, (local.clone(), nobody.clone()), "{query}");
    }
    let wanted = told(&router, "invoice&engine=veeam").await;
    assert_eq!(wanted.0, veeam, "whoever asks for it gets it");
    let old = home.router(later);
    assert_eq!(told(&old, "invoice").await.0, veeam, "the listing is older than an hour");
}

/// A hit of Veeam leads to the message here where it is here, else to its file at the server.
#[tokio::test(flavor = "multi_thread")]
async fn a_hit_leads_home_where_it_is_at_home() {
    let home = AtHome::new(None).await;
    home.sync(&["ann@x.com"]).await;
    let router = home.router(now);
    let json = get(&router, "/v1/search?q=invoice&engine=veeam").await.json();
    let ids: Vec<_> =
        json["results"].as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap()).collect();
    let [here, there] = ids[..] else { panic!("{json}") };
    assert_eq!(there, "veeam-m-bob@x%2Ecom.ii");
    assert_eq!(here, postern_archive::id_of(&msg("invoice one")));
    let saves =
        || home.vault.http().seen().iter().filter(|one| one.path().ends_with("/save")).count();
    let before = saves();
    for (id, bytes, asked) in [(here, "invoice one", 0), (there, "invoice two", 1)] {
        let uri = format!("/v1/messages/{}/original", id.replace('%', "%25"));
        let original = get(&router, &uri).await;
        assert!(original.status == 200 && original.body == msg(bytes), "{id}: {}", original.status);
        assert_eq!(saves() - before, asked, "{id}");
    }
}

/// A file of Outlook is laid out as its sender did, and its files are there.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_outlook_is_shown_as_it_was_laid_out() {
    let home = AtHome::new(None).await;
    home.sync(&["ann@x.com"]).await;
    let router = home.router(now);
    let uri = format!("/v1/messages/{}", postern_archive::id_of(&msg("invoice one")));
    let page = get(&router, &format!("{uri}?format=html")).await;
    let page = String::from_utf8_lossy(&page.body).into_owned();
    assert!(page.contains("<body><p><b>laid</b> out</p></body>"), "{page}");
    let message = get(&router, &uri).await.json();
    assert_eq!(message["attachments"][0]["name"], "plan.txt", "{message}");
    let file = get(&router, &format!("{uri}/attachments/0")).await;
    assert_eq!(String::from_utf8_lossy(&file.body), "the plan");
}

/// Nothing that premium says is of the backup, and the other way round. The local index says something of what
/// was brought here.
#[tokio::test(flavor = "multi_thread")]
async fn the_other_source_is_known_and_was_not_asked() {
    let premium = Fake::start().await.unwrap();
    let home = AtHome::new(Some(&premium)).await;
    let router = home.router(now);
    let table = [
        // the query, who answers, what was not asked
        ("invoice", "premium", json!(["backup"])),
        ("invoice&engine=veeam", "veeam", json!(["datatap"])),
        ("invoice+source:backup&engine=veeam", "veeam", json!(null)),
        ("invoice+-source:datatap&engine=veeam", "veeam", json!(null)),
        ("invoice+source:files&engine=veeam", "veeam", json!(null)),
    ];
    for (query, engine, not_asked) in table {
        assert_eq!(told(&router, query).await, (engine.to_owned(), not_asked), "{query}");
    }
    home.sync(&[]).await;
    let router = home.router(now);
    let table = [
        ("invoice", "local", json!(["datatap"])),
        ("invoice+source:backup", "local", json!(null)),
        ("invoice&engine=premium", "premium", json!(["backup"])),
    ];
    for (query, engine, not_asked) in table {
        assert_eq!(told(&router, query).await, (engine.to_owned(), not_asked), "{query}");
    }
}
