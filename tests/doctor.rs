//! `postern doctor`: what is wrong, what to type, and that `/v1/status` says the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, Instant};

use postern_upstream::fake::{Fake, Mail, Misbehaviour};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Gateway, KEY, TENANT, get, root, run, stderr, stdout};

/// A data folder, and a configuration beside it.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// With some of the samples.
    fn indexed() -> Self {
        let place = Self::new();
        let mail = root().join("samples/mail/a.user@contoso.com");
        let done = place.run(&["index", "--quiet", mail.to_str().unwrap()]);
        assert!(done.status.success(), "{}", stderr(&done));
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn data(&self) -> PathBuf {
        self.path("data")
    }

    fn run(&self, arguments: &[&str]) -> Output {
        run(&self.data(), arguments)
    }

    /// What is found, and the exit code, with the configuration where there is one.
    fn doctor(&self, arguments: &[&str]) -> (Vec<Value>, i32) {
        let file = self.path("postern.toml");
        let config = ["--config", file.to_str().unwrap()];
        let config = if file.exists() { &config[..] } else { &[] };
        let told = self.run(&[config, &["doctor", "--format", "json"], arguments].concat());
        let found: Value =
            serde_json::from_str(&stdout(&told)).unwrap_or_else(|_| panic!("{}", stderr(&told)));
        let all = found["findings"].as_array().unwrap().clone();
        let faults = all.iter().filter(|one| one["severity"] == "fault").count();
        assert_eq!(found["faults"], faults, "{found}");
        // How full the disk of the tests is is no matter of theirs.
        let all = all.into_iter().filter(|one| one["about"] != "disk").collect();
        (all, told.status.code().unwrap())
    }
}

/// A line of each finding, without the folder that the test is in.
fn lines(found: &[Value], folder: &Path) -> Vec<String> {
    let line = |one: &Value| {
        let text = |name: &str| one[name].as_str().unwrap().to_owned();
        let line =
            format!("{} {}: {} | {}", text("severity"), text("about"), text("what"), text("do"));
        line.replace(folder.to_str().unwrap(), "")
    };
    found.iter().map(line).collect()
}

#[test]
fn a_sound_installation_has_nothing_wrong() {
    let place = Place::indexed();
    assert_eq!(place.doctor(&[]), (Vec::new(), 0));
    fs::write(place.path("postern.toml"), "[sync]\nevery = \"never\"\n").unwrap();
    assert_eq!(place.doctor(&[]), (Vec::new(), 0));
}

/// Changes the first byte that is found behind so many of a file.
fn flip(file: &Path, at: usize) {
    let mut bytes = fs::read(file).unwrap();
    bytes[at] ^= 1;
    fs::write(file, bytes).unwrap();
}

fn largest_of_index(place: &Place) -> PathBuf {
    let files = fs::read_dir(place.data().join("index/tantivy")).unwrap();
    let files = files.map(|file| file.unwrap().path());
    files.max_by_key(|file| fs::metadata(file).unwrap().len()).unwrap()
}

#[cfg(unix)]
fn open_to_all(file: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
}

/// What is done to a sound installation, the exit code, and how the only finding begins and ends.
type Row = (fn(&Place), i32, &'static str, &'static str);

#[cfg(unix)]
const ROWS: &[Row] = &[
    (
        |it| fs::remove_dir_all(it.data().join("index")).unwrap(),
        0,
        "advice index: there is no index here | ",
        "`postern index PATH`",
    ),
    (
        |it| fs::write(it.data().join("index/version.json"), "{\"format\":1}").unwrap(),
        1,
        "fault index: the index has the format of another version | ",
        "`postern sync --rebuild`",
    ),
    (
        |it| flip(&largest_of_index(it), 100),
        1,
        "fault index: the file ",
        "`postern check` says what to do about each file",
    ),
    (
        |it| fs::write(it.data().join("sets.sqlite"), "garbage ".repeat(1_000)).unwrap(),
        1,
        "fault books: the frozen sets cannot be read | ",
        "`postern check` says what to do about each file",
    ),
    (
        |it| {
            fs::create_dir_all(it.data().join("sync")).unwrap();
            fs::write(it.data().join("sync/book.sqlite"), "garbage ".repeat(1_000)).unwrap();
        },
        1,
        "fault books: the books of what was synced cannot be read | ",
        "`postern check` says what to do about each file",
    ),
    (
        |it| fs::remove_file(it.data().join("audit/key")).unwrap(),
        1,
        "fault audit: there is an audit log, and no key in the data folder/audit/key | ",
        "or move the folder of the log away to begin another one",
    ),
    (
        |it| {
            let segment = it.data().join("audit/000001.jsonl");
            let mut text = fs::read(&segment).unwrap();
            text.extend_from_slice(b"{\"seq\":99}\n");
            fs::write(segment, text).unwrap();
        },
        0,
        "advice audit: the audit log ends in lines that its key neither signed nor sealed | ",
        "the next entry sets them aside",
    ),
    (
        |it| fs::create_dir(it.path(".postern-restore-half")).unwrap(),
        0,
        "advice books: `/.postern-restore-half` is half of a backup: it is being restored, or that was killed | ",
        "`rm --recursive '/.postern-restore-half'`",
    ),
    (
        |it| fs::write(it.path("postern.toml"), "[sync]\nevry = \"1h\"\n").unwrap(),
        1,
        "fault configuration: the configuration /postern.toml is not valid: unknown field `evry`",
        "`postern config check`",
    ),
    (
        |it| {
            let key = format!(
                "[[keys]]\nname = \"app\"\nsha256 = \"{}\"\ntenant = \"t1\"\nupstream_key_file = \"{}\"\n",
                "ab".repeat(32),
                it.path("premium.key").display()
            );
            fs::write(it.path("postern.toml"), key).unwrap();
        },
        1,
        "fault configuration: `/premium.key`, which the configuration names, cannot be read: No such file",
        "it has to be the user of the gateway",
    ),
    (
        |it| {
            let file = it.path("audit.key");
            fs::copy(it.data().join("audit/key"), &file).unwrap();
            open_to_all(&file);
            fs::write(
                it.path("postern.toml"),
                format!("audit_key_file = \"{}\"\n", file.display()),
            )
            .unwrap();
        },
        1,
        "fault permissions: other users of this machine can read `/audit.key`, which holds a key | ",
        "`chmod o-rwx '/audit.key'`",
    ),
    (
        |it| {
            let file = it.path("ca.pem");
            fs::write(&file, ENDED).unwrap();
            let text = format!(
                "[premium]\nurl = \"http://127.0.0.1:9\"\ncertificates = \"{}\"\n",
                file.display()
            );
            fs::write(it.path("postern.toml"), text).unwrap();
        },
        1,
        "fault certificates: the certificate of `/ca.pem` ended at 2021-01-01T00:00:00Z | ",
        "put a new certificate in its place",
    ),
];

/// Made by `openssl ca -enddate 20210101000000Z`.
const ENDED: &str = "-----BEGIN CERTIFICATE-----\n\
    MIIBTjCB9aADAgECAgECMAoGCCqGSM49BAMCMBcxFTATBgNVBAMMDHNlcnZpY2Uu\n\
    dGVzdDAeFw0yMDAxMDEwMDAwMDBaFw0yMTAxMDEwMDAwMDBaMBcxFTATBgNVBAMM\n\
    DHNlcnZpY2UudGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABEiXU3mujKT2\n\
    BzsMv+V93crA6AqkGeVx0zt7+UnqA4T3b4BUG4UYax4pfU/xS7FI0kFJbN9NPZ8I\n\
    T0nD0jTeItWjMjAwMA8GA1UdEwEB/wQFMAMBAf8wHQYDVR0OBBYEFKKM154mL1Z/\n\
    evaR9ZpZCOx52PLMMAoGCCqGSM49BAMCA0gAMEUCIBJA3OsIAGbxae2jtlIERgmo\n\
    KE0Vx/WXRos5qT2rSqC8AiEArbOjb7Scrx6WxEosinSeBdALegI+Djoj9Gt1NcAM\n\
    KYE=\n\
    -----END CERTIFICATE-----\n";

#[cfg(unix)]
#[test]
fn each_trouble_is_told_with_what_to_do() {
    for (change, code, begins, ends) in ROWS {
        let place = Place::indexed();
        change(&place);
        let (found, exit) = place.doctor(&["--offline"]);
        let lines = lines(&found, place.0.path());
        let [line] = lines.as_slice() else { panic!("{begins}: {lines:?}") };
        assert!(line.starts_with(begins) && line.ends_with(ends), "{line}");
        assert_eq!(exit, *code, "{line}");
        let text = place.run(&["doctor", "--offline"]);
        assert!(!stdout(&text).contains("s3cret"), "{}", stdout(&text));
    }
}

/// What `doctor` says of a service that it asks with a key.
async fn asked(fake: &Fake, url: &str) -> (Vec<Value>, i32) {
    let place = Place::indexed();
    fs::write(place.path("premium.key"), format!("{KEY}\n")).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::Permissions::from_mode(0o600);
        fs::set_permissions(place.path("premium.key"), mode).unwrap();
    }
    let text = format!(
        "[premium]\nurl = \"{url}\"\n[[keys]]\nname = \"app\"\nsha256 = \"{}\"\ntenant = \"{TENANT}\"\nupstream_key_file = \"{}\"\n",
        "ab".repeat(32),
        place.path("premium.key").display()
    );
    fs::write(place.path("postern.toml"), text).unwrap();
    let before = fake.seen().len();
    assert_eq!(place.doctor(&["--offline"]), (Vec::new(), 0));
    assert_eq!(fake.seen().len(), before, "--offline asks nobody");
    let (found, exit) = tokio::task::spawn_blocking(move || place.doctor(&[])).await.unwrap();
    assert!(!Value::from(found.clone()).to_string().contains(KEY), "{found:?}");
    (found, exit)
}

#[tokio::test(flavor = "multi_thread")]
async fn services_are_asked_and_what_is_wrong_with_them_is_told() {
    // What is done to the service, or another address, the exit code and how the finding begins.
    type Row = (fn(&Fake), Option<&'static str>, i32, &'static str);
    let nobody = "http://127.0.0.1:9";
    let wrong: [Row; 6] = [
        (|fake| fake.demand_key(KEY), None, 0, ""),
        (
            |fake| fake.demand_key("another"),
            None,
            1,
            "fault upstreams: DataTap does not accept the key that it is asked with for `app`",
        ),
        (
            |fake| fake.answer_header("Date", "Sun, 06 Nov 1994 08:49:37 GMT"),
            None,
            1,
            "fault clocks: the clock of this machine is ",
        ),
        (
            |fake| fake.misbehave_at("/fields", Misbehaviour::Status(404)),
            None,
            0,
            "advice upstreams: DataTap has no premium search for the tenant",
        ),
        (
            |fake| fake.misbehave_at("/fields", Misbehaviour::Hang),
            None,
            1,
            "fault upstreams: DataTap",
        ),
        (
            |_| {},
            Some(nobody),
            1,
            "fault upstreams: DataTap at http://127.0.0.1:9 cannot be reached: no connection",
        ),
    ];
    for (set, url, code, begins) in wrong {
        let fake = Fake::start().await.unwrap();
        set(&fake);
        let url = url.map_or_else(|| fake.url(), str::to_owned);
        let (found, exit) = asked(&fake, &url).await;
        let lines = lines(&found, Path::new("/no/folder"));
        let is_told = lines.iter().all(|line| line.starts_with(begins));
        assert!(is_told && lines.len() == usize::from(!begins.is_empty()), "{begins}: {lines:?}");
        assert_eq!(exit, code, "{lines:?}");
    }
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

/// Runs a sync, and says its exit code.
fn sync(place: &Place, fake: &Fake, flags: &[&str]) -> Option<i32> {
    let url = fake.url();
    let sync = ["sync", "--premium", &url, "--tenant", TENANT, "--key", KEY];
    tokio::task::block_in_place(|| place.run(&[&sync[..], flags].concat()).status.code())
}

/// What the page for operators says to do about books that cannot be read.
#[tokio::test(flavor = "multi_thread")]
async fn broken_books_are_removed_and_made_anew_by_a_sync() {
    let (place, fake) = (Place::new(), upstream().await);
    assert_eq!(sync(&place, &fake, &[]), Some(0));
    assert_eq!(place.doctor(&[]), (Vec::new(), 0));
    let book = place.data().join("sync/book.sqlite");
    fs::write(&book, "garbage ".repeat(1_000)).unwrap();
    let (found, exit) = place.doctor(&[]);
    assert_eq!((found.len(), exit), (1, 1), "{found:?}");
    let checked = place.run(&["check"]);
    assert!(stdout(&checked).contains("sync/book.sqlite"), "{}", stdout(&checked));
    for end in ["", "-wal", "-shm"] {
        let file = place.data().join(format!("sync/book.sqlite{end}"));
        fs::remove_file(file).unwrap_or_default();
    }
    assert_eq!(sync(&place, &fake, &[]), Some(0));
    assert_eq!(place.doctor(&[]), (Vec::new(), 0));
    assert_eq!(stdout(&place.run(&["search", "--count", "words"])).trim(), "1");
}

/// The findings of a gateway over the folder, once they are those: it verifies its files beside the requests.
async fn of_gateway(gateway: &Gateway, expected: &[Value]) -> Vec<Value> {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let status = get(&format!("{}/v1/status", gateway.url)).await.json();
        let found = status["findings"].as_array().cloned().unwrap_or_default();
        let found: Vec<_> = found.into_iter().filter(|one| one["about"] != "disk").collect();
        if found == expected || Instant::now() > deadline {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn status_and_doctor_say_the_same() {
    // What is done to the folder, and how many findings that makes.
    type State = (fn(&Place), usize);
    let states: [State; 5] = [
        (|_| {}, 0),
        (|it| fs::remove_dir_all(it.data().join("index")).unwrap(), 1),
        (|it| fs::write(it.data().join("index/version.json"), "{\"format\":1}").unwrap(), 1),
        (|it| flip(&largest_of_index(it), 100), 1),
        (|it| fs::write(it.data().join("saved.sqlite"), "garbage ".repeat(1_000)).unwrap(), 1),
    ];
    for (at, (change, count)) in states.into_iter().enumerate() {
        let place = Place::indexed();
        change(&place);
        let (expected, _) = place.doctor(&[]);
        assert_eq!(expected.len(), count, "state {at}: {expected:?}");
        let gateway = Gateway::start(&place.data(), &[]);
        assert_eq!(of_gateway(&gateway, &expected).await, expected, "state {at}");
    }
    let place = Place::new();
    let fake = upstream().await;
    assert_eq!(sync(&place, &fake, &[]), Some(0));
    // A run that ends early, and says why.
    assert_eq!(sync(&place, &fake, &["--mailbox", "nobody@x.com"]), Some(1));
    let (expected, exit) = place.doctor(&[]);
    assert!(expected[0]["what"].as_str().unwrap().contains("nobody@x.com"), "{expected:?}");
    assert_eq!((expected.len(), exit), (1, 1));
    let gateway = Gateway::start(&place.data(), &[]);
    assert_eq!(of_gateway(&gateway, &expected).await, expected);
}
