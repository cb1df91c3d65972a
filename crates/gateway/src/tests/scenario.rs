//! The table of scenarios: one file in `scenarios/` for each, with what the upstream does, what is
//! asked, and what is expected. Every file must be a scenario.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::cluster::{holding, say_missing};
use super::*;

/// Scenarios that are played at the same time. Their deadlines are short: on a busy machine all at once would miss
/// them for each other's sake.
static ROOM: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(8);

/// How the names of those begin that are about the index of this machine, or about premium alone.
const OF_OTHERS: [&str; 4] = ["engine-local", "shadow-", "dropin-remembered", "native-remembered"];

/// One file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    /// What it shows.
    what: String,
    /// The configuration; `UPSTREAM` stands for the address of the upstream.
    #[serde(default = "premium")]
    config: String,
    /// How long the local index takes, in milliseconds.
    #[serde(default)]
    local_takes: u64,
    /// There is no local index.
    #[serde(default)]
    no_local: bool,
    /// What the upstream says to `/fields`.
    fields: Option<String>,
    steps: Vec<Step>,
}

/// One request, or several that are the same.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    /// What the upstream does from now on.
    upstream: Option<String>,
    /// For so many requests only.
    times: Option<usize>,
    /// What the upstream says when it does well.
    answer: Option<String>,
    /// Milliseconds to wait before.
    #[serde(default)]
    wait: u64,
    /// `GET /v1/search?q=a`.
    ask: String,
    #[serde(default)]
    body: String,
    /// Bytes to make a body, or a header, of.
    body_of: Option<usize>,
    header_of: Option<usize>,
    #[serde(default = "once")]
    repeat: usize,
    expect: Expect,
}

/// What the client sees, and the upstream.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    status: u16,
    /// `premium` or `local`; nothing for nobody.
    served_by: Option<String>,
    /// How the reason begins.
    reason: Option<String>,
    /// Headers, by their names in lower case.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// How many messages match.
    count: Option<u64>,
    /// The code of a refusal.
    code: Option<String>,
    /// What stands in the body.
    contains: Option<String>,
    /// How many requests the upstream saw for this step.
    asked: Option<usize>,
    /// Lines of `/metrics` that are there a moment later.
    #[serde(default)]
    metrics: Vec<String>,
}

fn premium() -> String {
    "[premium]\nurl = 'UPSTREAM'\ndeadline = '2s'\nprobe = 'never'\n".to_owned()
}

const fn once() -> usize {
    1
}

impl Scenario {
    /// Whether the index of this machine, or that there is none, has a say in it.
    const fn is_of_this_machine(&self) -> bool {
        self.no_local || self.local_takes > 0
    }

    /// The same for a gateway whose only index lies in a cluster.
    fn over_cluster(mut self, cluster: &str) -> Self {
        // What premium leaves of it is enough for several questions on a machine that is busy.
        self.config = self.config.replace("deadline = '2s'", "deadline = '8s'");
        let _ = write!(self.config, "\n[cluster]\nurls = ['{cluster}']\n");
        self.no_local = true;
        let by = self.steps.iter_mut().filter_map(|step| step.expect.served_by.as_mut());
        by.filter(|by| *by == "local").for_each(|by| "cluster".clone_into(by));
        self
    }

    fn config(&self, upstream: &str) -> Config {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("postern.toml");
        std::fs::write(&file, self.config.replace("UPSTREAM", upstream)).unwrap();
        let mut config =
            Config::load(Some(&file), &Overrides::default(), "/nowhere".into()).unwrap();
        let rights = Right::ALL.to_vec();
        config.access = Access::new(vec![Key { rights, ..key("all", KEY, TENANT) }]);
        config
    }

    async fn play(&self) {
        let fake = Fake::start().await.unwrap();
        if let Some(fields) = &self.fields {
            fake.answer_fields(fields.as_str());
        }
        let local = slow_mail(Duration::from_millis(self.local_takes));
        let config = self.config(&fake.url());
        let router = if self.no_local {
            app(State::new(&config, now).unwrap().having_asked())
        } else {
            gateway_over(&config, Local::answering(Arc::new(local)))
        };
        for (number, step) in self.steps.iter().enumerate() {
            step.play(&fake, &router, &format!("{}, step {}", self.what, number + 1)).await;
        }
    }
}

impl Step {
    async fn play(&self, fake: &Fake, router: &Router, what: &str) {
        tokio::time::sleep(Duration::from_millis(self.wait)).await;
        match (&self.upstream, self.times) {
            (Some(how), Some(times)) => fake.misbehave_times(how.parse().unwrap(), times),
            (Some(how), None) => fake.misbehave(how.parse().unwrap()),
            (None, _) => {}
        }
        if let Some(answer) = &self.answer {
            fake.answer(answer.as_str());
        }
        for _ in 0..self.repeat {
            let before = fake.seen().len();
            let seen = exchange(router, self.request()).await;
            self.expect.check(&seen, what);
            let asked = fake.seen().len() - before;
            assert!(self.expect.asked.is_none_or(|expected| expected == asked), "{what}: {asked}");
        }
        self.expect.check_metrics(router, what).await;
    }

    fn request(&self) -> Request<Body> {
        let (method, uri) = self.ask.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(uri).header("x-api-key", KEY);
        if let Some(bytes) = self.header_of {
            request = request.header("x-long", "x".repeat(bytes));
        }
        let body = self.body_of.map_or_else(|| self.body.clone(), |bytes| "x".repeat(bytes));
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        request.body(Body::from(body)).unwrap()
    }
}

impl Expect {
    #[track_caller]
    fn check(&self, seen: &Seen, what: &str) {
        let text = String::from_utf8_lossy(&seen.body);
        assert_eq!(seen.status, self.status, "{what}: {text}");
        assert_eq!(seen.header("postern-served-by"), self.served_by.as_deref(), "{what}: {text}");
        let reason = seen.header("postern-reason").unwrap_or_default();
        let expected = self.reason.as_deref().unwrap_or_default();
        assert!(reason.starts_with(expected), "{what}: {reason}");
        assert_eq!(reason.is_empty(), expected.is_empty(), "{what}: {reason}");
        for (name, value) in &self.headers {
            assert_eq!(seen.header(name), Some(value.as_str()), "{what}: {name}");
        }
        if let Some(count) = self.count {
            let json = seen.json();
            let found =
                if json["Count"].is_null() { &json["count"]["value"] } else { &json["Count"] };
            assert_eq!(found, count, "{what}");
        }
        if let Some(code) = &self.code {
            let json = seen.json();
            let found = if json["code"].is_null() { &json["error"]["code"] } else { &json["code"] };
            assert_eq!(found, code, "{what}");
        }
        let part = self.contains.as_deref().unwrap_or_default();
        assert!(text.contains(part), "{what}: {text}");
    }

    /// What is counted beside the requests may come a moment later.
    async fn check_metrics(&self, router: &Router, what: &str) {
        for line in &self.metrics {
            let mut text = String::new();
            for _ in 0..100 {
                text = String::from_utf8(get(router, "/metrics").await.body).unwrap();
                if text.lines().any(|known| known == line) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            assert!(text.lines().any(|known| known == line), "{what}: no {line} in {text}");
        }
    }
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/scenarios");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Plays them, a few at a time.
async fn play_all(scenarios: Vec<Scenario>) {
    let mut playing = tokio::task::JoinSet::new();
    for scenario in scenarios {
        playing.spawn(async move {
            let _permit = ROOM.acquire().await.unwrap();
            scenario.play().await;
        });
    }
    while let Some(played) = playing.join_next().await {
        played.unwrap();
    }
}

fn read(file: &Path) -> Scenario {
    let text = std::fs::read_to_string(file).unwrap();
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario() {
    let files = files();
    assert!(files.len() > 60, "{}", files.len());
    play_all(files.iter().map(|file| read(file)).collect()).await;
}

/// The same without any local index: the cluster stands in its place.
#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_over_a_cluster() {
    let cluster = holding(mail().messages).await;
    say_missing(&cluster, 1, now()).await;
    cluster.find(|asked, document| {
        let mut words = ["invoice", "nosuchword"].iter().filter(|word| asked.contains(*word));
        words.all(|word| document["subject"].to_string().contains(word))
    });
    let name = |file: &Path| file.file_stem().unwrap().to_string_lossy().into_owned();
    let is_here = |file: &&PathBuf| OF_OTHERS.iter().any(|others| name(file).starts_with(others));
    let files = files();
    let all = files.iter().filter(|file| !is_here(file)).map(|file| read(file));
    let all = all.filter(|scenario| !scenario.is_of_this_machine());
    let url = cluster.http().url();
    let all: Vec<_> = all.map(|scenario| scenario.over_cluster(&url)).collect();
    assert!(all.len() > 60, "{}", all.len());
    play_all(all).await;
}
