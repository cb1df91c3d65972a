//! What the fake holds and knows, and what it says to a request.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::mail::BackedUp;
use super::{FakeSession, USER, answers};
use crate::answer::read;
use crate::fake::{Reply, Seen};
use crate::veeam::Version;

#[derive(Debug)]
pub(super) struct World {
    versions: Vec<Version>,
    pub(super) mail: Arc<Vec<BackedUp>>,
    pub(super) archived: Vec<String>,
    pub(super) sessions: Vec<OpenSession>,
    /// Access tokens that are good, and refresh tokens.
    pub(super) tokens: Vec<String>,
    refreshing: Vec<String>,
    given: usize,
    pub(super) last_backup: Timestamp,
    pub(super) ended_status: u16,
    pub(super) page_size: usize,
    pub(super) sets: Vec<Vec<Value>>,
    pub(super) actions: Vec<(String, Value)>,
}

/// A session and the mail that it shows.
#[derive(Debug)]
pub(super) struct OpenSession {
    pub(super) shown: FakeSession,
    created: Timestamp,
    pub(super) mail: Arc<Vec<BackedUp>>,
}

/// A request, read.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) version: Version,
    pub(super) method: &'a str,
    /// The path below the version, decoded.
    pub(super) path: Vec<String>,
    pub(super) given: BTreeMap<String, String>,
    pub(super) body: Value,
    pub(super) works: bool,
}

/// What is answered: JSON, bytes, or an error with its words.
pub(super) type Said = Result<Reply, (u16, &'static str)>;

impl World {
    pub(super) fn new(versions: Vec<Version>) -> Self {
        Self {
            versions,
            mail: Arc::default(),
            archived: Vec::new(),
            sessions: Vec::new(),
            tokens: Vec::new(),
            refreshing: Vec::new(),
            given: 0,
            last_backup: Timestamp::UNIX_EPOCH,
            ended_status: 500,
            page_size: 1_000,
            sets: Vec::new(),
            actions: Vec::new(),
        }
    }

    pub(super) fn hold(&mut self, item: BackedUp) {
        self.remove(&item.id);
        Arc::make_mut(&mut self.mail).push(item);
    }

    pub(super) fn remove(&mut self, id: &str) {
        Arc::make_mut(&mut self.mail).retain(|item| item.id != id);
    }

    pub(super) fn open(&mut self, kind: &str, user: &str, created: Timestamp) -> String {
        let id = format!("s{}", self.sessions.len() + 1);
        let (kind, user) = (kind.to_owned(), user.to_owned());
        let shown = FakeSession { id: id.clone(), kind, user, is_working: true };
        self.sessions.push(OpenSession { shown, created, mail: Arc::clone(&self.mail) });
        id
    }

    pub(super) fn stop_all(&mut self) {
        for session in &mut self.sessions {
            session.shown.is_working = false;
        }
    }

    pub(super) fn restart(&mut self) {
        self.tokens.clear();
        self.refreshing.clear();
        self.stop_all();
    }

    pub(super) fn reply(&mut self, seen: &Seen, works: bool) -> Reply {
        let Some(asked) = Asked::read(seen, works) else { return Reply::error(404) };
        if !self.versions.contains(&asked.version) {
            return Reply::error(404);
        }
        let version = asked.version;
        if asked.is("POST", &["token"]) {
            return self.token(&seen.body, works);
        }
        let bearer = seen.header("authorization").and_then(|it| it.strip_prefix("Bearer "));
        if !bearer.is_some_and(|token| self.tokens.iter().any(|good| good == token)) {
            return error(version, 401, "Authorization has been denied for this request.");
        }
        let said = self.answer(&asked);
        said.unwrap_or_else(|(status, words)| error(version, status, words))
    }

    fn token(&mut self, body: &[u8], works: bool) -> Reply {
        let form = pairs(&String::from_utf8_lossy(body));
        let said = |name: &str| form.get(name).map_or("", String::as_str);
        let is_right = match said("grant_type") {
            "password" => (said("username"), said("password")) == USER,
            _ => self.refreshing.iter().any(|good| good == said("refresh_token")),
        };
        if !is_right {
            let body = r#"{"error":"invalid_grant","error_description":"They are not correct."}"#;
            return Reply { status: 400, ..Reply::json(body) };
        }
        if works {
            self.refreshing.retain(|good| good != said("refresh_token"));
        }
        self.given += 1;
        let (access, refresh) =
            (format!("access-{}", self.given), format!("refresh-{}", self.given));
        self.tokens.push(access.clone());
        self.refreshing.push(refresh.clone());
        let pair = json!({ "access_token": access, "refresh_token": refresh, "expires_in": 3_600,
            "token_type": "bearer", "userName": USER.0 });
        Reply::json(pair.to_string())
    }

    fn answer(&mut self, asked: &Asked<'_>) -> Said {
        let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
        let own_urls = asked.version >= Version::V6;
        match (asked.method, path.as_slice()) {
            ("GET", ["serviceinstance"]) => Ok(Reply::json(r#"{"version":"1"}"#)),
            ("GET", ["organizations"]) => Ok(asked.list(&[self.organization()], usize::MAX)),
            ("POST", ["organizations", _, "explore"]) if own_urls => self.explore(asked, None),
            ("POST", ["organizations", _, "action"]) if !own_urls => {
                self.explore(asked, Some("explore"))
            }
            ("GET", ["restoresessions"]) => {
                let listed: Vec<Value> = self.sessions.iter().map(OpenSession::listed).collect();
                Ok(asked.page(&listed, self.page_size, None))
            }
            ("GET", ["restoresessions", id]) => {
                let found = self.sessions.iter().find(|it| it.shown.id == *id);
                let found = found.ok_or((404, "The session was not found."))?;
                Ok(Reply::json(found.listed().to_string()))
            }
            ("POST", ["restoresessions", id, "stop"]) if own_urls => self.stop(id, asked.works),
            ("POST", ["restoresessions", id, "action"]) if !own_urls => self.stop(id, asked.works),
            (_, ["restoresessions", id, "organization", rest @ ..]) => {
                self.working(id)?;
                answers::in_session(self, id, asked, rest)
            }
            _ => Err((404, "There is no such resource.")),
        }
    }

    fn organization(&self) -> Value {
        json!({ "id": "o1", "name": "contoso", "officeName": "contoso.onmicrosoft.com",
            "firstBackuptime": "2020-01-01T00:00:00Z", "lastBackuptime": self.last_backup.to_string() })
    }

    fn explore(&mut self, asked: &Asked<'_>, wrapped: Option<&str>) -> Said {
        let arguments = wrapped.map_or(Some(&asked.body), |name| asked.body.get(name));
        let kind = arguments.and_then(|it| it.get("type")).and_then(Value::as_str);
        let kind = kind.ok_or((400, "The type is missing."))?;
        let id = self.open(kind, USER.0, now());
        let session = self.sessions.last().map(OpenSession::listed).unwrap_or_default();
        if !asked.works {
            self.sessions.retain(|session| session.shown.id != id);
        }
        let status = if matches!(asked.version, Version::V6 | Version::V7) { 200 } else { 201 };
        Ok(Reply { status, ..Reply::json(session.to_string()) })
    }

    fn stop(&mut self, id: &str, works: bool) -> Said {
        self.working(id)?;
        for session in self.sessions.iter_mut().filter(|it| works && it.shown.id == id) {
            session.shown.is_working = false;
        }
        Ok(Reply { status: 204, ..Reply::json("") })
    }

    fn working(&self, id: &str) -> Result<(), (u16, &'static str)> {
        let found = self.sessions.iter().find(|it| it.shown.id == id);
        let found = found.ok_or((404, "The session was not found."))?;
        let ended = (self.ended_status, "The restore session has expired.");
        if found.shown.is_working { Ok(()) } else { Err(ended) }
    }
}

impl OpenSession {
    fn listed(&self) -> Value {
        let state = if self.shown.is_working { "Working" } else { "Stopped" };
        json!({ "id": self.shown.id, "type": self.shown.kind, "state": state,
            "initiatedBy": self.shown.user, "creationTime": self.created.to_string() })
    }
}

impl<'a> Asked<'a> {
    fn read(seen: &'a Seen, works: bool) -> Option<Self> {
        let mut parts = seen.path().split('/').skip(1);
        let version = parts.next()?.parse().ok()?;
        let decoded = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
        let ids = ["m-", "f-"];
        // Ids are kept as they are; names of the API are in any casing.
        let path = parts.map(decoded).map(|part| {
            if ids.iter().any(|id| part.starts_with(id)) { part } else { part.to_lowercase() }
        });
        let given = pairs(seen.target.split_once('?').map_or("", |(_, query)| query));
        let body = read(&seen.body).unwrap_or(Value::Null);
        let method = seen.method.as_str();
        Some(Self { version, method, path: path.collect(), given, body, works })
    }

    fn is(&self, method: &str, path: &[&str]) -> bool {
        self.method == method && self.path == path
    }

    /// A bare list, from v8 on a page.
    fn list(&self, all: &[Value], size: usize) -> Reply {
        if self.version >= Version::V8 {
            return self.page(all, size, None);
        }
        Reply::json(Value::from(all.to_vec()).to_string())
    }

    /// A page of a list, with links in the form of the version.
    pub(super) fn page(&self, all: &[Value], most: usize, set: Option<&str>) -> Reply {
        let number = |name: &str| self.given.get(name).and_then(|text| text.parse().ok());
        let (offset, limit) = (number("offset").unwrap_or(0), number("limit").unwrap_or(30));
        let limit = limit.min(most);
        let part: Vec<&Value> = all.iter().skip(offset).take(limit).collect();
        let host = if self.version < Version::V6 { "https://inside.example:4443" } else { "" };
        let at = |offset: usize| {
            let set = set.map(|set| format!("&setId={set}")).unwrap_or_default();
            let path = self.path.join("/");
            let query = format!("offset={offset}&limit={limit}{set}");
            json!({ "href": format!("{host}/{}/{path}?{query}", self.version) })
        };
        let mut links = json!({ "self": at(offset) });
        if let (true, Value::Object(links)) = (offset + limit < all.len(), &mut links) {
            links.insert("next".to_owned(), at(offset + limit));
        }
        let set = set.unwrap_or("00000000-0000-0000-0000-000000000000");
        let page = json!({ "offset": offset, "limit": limit, "_links": links, "results": part,
            "setId": set });
        Reply::json(page.to_string())
    }
}

/// An error in the shape of its version.
fn error(version: Version, status: u16, words: &str) -> Reply {
    let body = match version {
        Version::V8 => {
            json!({ "message": words, "errorCode": "HttpError", "stackTrace": "at X.Y()" })
        }
        Version::V7 => json!({ "message": words, "errorCode": null }),
        Version::V2 | Version::V4 | Version::V5 | Version::V6 => json!({ "message": words }),
    };
    Reply { status, ..Reply::json(body.to_string()) }
}

/// The pairs of a form or a query.
fn pairs(text: &str) -> BTreeMap<String, String> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

fn now() -> Timestamp {
    Timestamp::try_from(SystemTime::now()).unwrap_or_default()
}
