//! What the upstream holds: mail by mailbox and folder, and jobs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::Seen;
use super::http::Reply;

/// A collected message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mail {
    /// The address of its mailbox.
    pub mailbox: String,
    /// The name of its folder.
    pub folder: String,
    /// Its id as an item; the fragment is `fragment-of-` and the id.
    pub id: String,
    /// Its subject.
    pub subject: String,
    /// When it was created, such as `2024-02-03T04:05:06Z`.
    pub created: String,
    /// The message itself.
    pub bytes: Vec<u8>,
}

/// A collected file of a drive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filed {
    /// The address of the owner of the drive.
    pub owner: String,
    /// Where it lies in the drive, such as `Documents/Plan.docx`. A path that ends in `/` is a folder.
    pub path: String,
    /// Its bytes.
    pub size: usize,
    /// When it was last changed, such as `2024-02-03T04:05:06Z`.
    pub modified: String,
}

#[derive(Debug)]
pub(super) struct Holdings {
    pub(super) mail: Vec<Mail>,
    pub(super) files: Vec<Filed>,
    pub(super) shared: Vec<String>,
    /// The owners of live drives.
    pub(super) drives: Vec<String>,
    pub(super) page_size: usize,
    pub(super) job_states: Vec<String>,
    jobs: BTreeMap<String, Job>,
}

/// A job that was made, and its last run.
#[derive(Debug, Default)]
struct Job {
    body: Value,
    starts: usize,
    /// How often the last run was asked about.
    asked: usize,
}

impl Default for Holdings {
    fn default() -> Self {
        Self {
            mail: Vec::new(),
            files: Vec::new(),
            shared: Vec::new(),
            drives: Vec::new(),
            page_size: 100,
            job_states: ["STARTING", "RUNNING", "READY"].map(str::to_owned).to_vec(),
            jobs: BTreeMap::new(),
        }
    }
}

impl Holdings {
    /// The answer to a request, if it is for something that is held here. Nothing changes unless
    /// `works`.
    pub(super) fn reply(&mut self, seen: &Seen, works: bool) -> Option<Reply> {
        let path: Vec<String> = seen.path().split('/').skip(3).map(decoded).collect();
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let given = Given::of(&seen.target);
        let reply = match (seen.method.as_str(), path.as_slice()) {
            ("GET", ["locations"]) => Some(Reply::json(locations())),
            ("GET", ["discovery", "exchange", "users"]) => self.users(&given),
            ("GET", ["discovery", "onedrive", "users"]) => Some(self.owners(&given)),
            ("GET", ["discovery", "blob", "source", source, "items", node])
                if given.get("types").is_some_and(|types| types.starts_with("OneDrive")) =>
            {
                self.in_drive(source, node, &given)
            }
            ("GET", ["discovery", "blob", "source", source, "items", "-"]) => {
                self.folders(source, &given)
            }
            ("GET", ["discovery", "blob", "source", source, "items", folder]) => {
                return Some(self.messages(source, folder, &given));
            }
            ("GET", ["discovery", "blob", "source", source, "items", item, "download"]) => {
                self.download(source, item, &given)
            }
            ("POST", ["jobs", ..]) if !works => Some(Reply::error(500)),
            ("POST", ["jobs"]) => Some(self.create(&seen.body)),
            ("GET", ["monitoring"]) => Some(self.runs(false, &given)),
            ("GET", ["reporting"]) => Some(self.runs(true, &given)),
            ("POST", ["jobs", job, "start"]) => self.start(job),
            ("GET", ["jobs", job, "status", task]) => self.state(job, task),
            ("GET", ["discovery", ..]) => None,
            _ => return None,
        };
        Some(reply.unwrap_or_else(|| Reply::error(404)))
    }

    /// In the order in which they were first named.
    fn mailboxes(&self) -> Vec<&str> {
        in_order(self.mail.iter().map(|mail| mail.mailbox.as_str()))
    }

    fn users(&self, given: &Given) -> Option<Reply> {
        let with_shared = given.get("filter.type") == Some("USERS_AND_SHAREDMAILBOXES");
        let name = given.get("filter.name").unwrap_or_default();
        let entries = self.mailboxes().into_iter().filter_map(|address| {
            let is_shared = self.shared.iter().any(|shared| shared == address);
            let kind = if is_shared { "SharedMailbox" } else { "User" };
            let is_listed = (with_shared || !is_shared) && address.contains(name);
            let user =
                json!({"Id": owner(address), "Name": address, "Email": address, "Type": kind});
            is_listed.then_some(user)
        });
        Some(self.page("Sources", entries.collect(), given))
    }

    /// The folders or the files right in a folder of a drive; nothing where there is no such folder.
    fn in_drive(&self, source: &str, node: &str, given: &Given) -> Option<Reply> {
        let within = if node == "-" { "" } else { node.strip_prefix("folder/")? };
        let of = self.files.iter();
        let of = of.filter(|file| file.owner == source || owner(&file.owner) == source);
        let inside: Vec<_> =
            of.filter_map(|file| Some((file, file.path.strip_prefix(within)?))).collect();
        let entries = if given.get("types") == Some("OneDriveFolder") {
            let names = inside.iter().filter_map(|(_, rest)| Some(rest.split_once('/')?.0));
            let folder = |name: &str| {
                json!({"ItemId": folder_id(&format!("{within}{name}/")), "Name": name,
                    "ReadablePath": format!("/{within}{name}"), "Discriminator": "OneDriveFolder"})
            };
            in_order(names).into_iter().map(folder).collect()
        } else {
            let files = inside.iter().filter(|(_, rest)| !rest.is_empty() && !rest.contains('/'));
            files.map(|(file, name)| file.listed(name)).collect()
        };
        (!inside.is_empty()).then(|| self.page("Items", entries, given))
    }

    fn owners(&self, given: &Given) -> Reply {
        let drives = self.drives.iter().chain(self.files.iter().map(|file| &file.owner));
        let entries = in_order(drives.map(String::as_str)).into_iter().map(|address| {
            json!({"Id": owner(address), "Name": address, "Email": address, "Type": "OneDriveUser"})
        });
        self.page("Sources", entries.collect(), given)
    }

    fn of<'a>(&'a self, source: &'a str) -> impl Iterator<Item = &'a Mail> {
        let is_of = move |mail: &&Mail| mail.mailbox == source || owner(&mail.mailbox) == source;
        self.mail.iter().filter(is_of)
    }

    fn folders(&self, source: &str, given: &Given) -> Option<Reply> {
        let names = in_order(self.of(source).map(|mail| mail.folder.as_str()));
        let entries = names.iter().map(|name| {
            let kind = if *name == "Sent Items" { "SentMailboxFolder" } else { "MailboxFolder" };
            json!({"ItemId": folder_id(name), "Name": name, "Discriminator": kind})
        });
        let is_asked = given.get("types") == Some("MailboxFolder") && !names.is_empty();
        is_asked.then(|| self.page("Items", entries.collect(), given))
    }

    /// Messages are only listed between two full timestamps.
    fn messages(&self, source: &str, folder: &str, given: &Given) -> Reply {
        let bound = |name| given.get(name)?.parse::<Timestamp>().ok();
        let is_asked = given.get("types") == Some("MessageItem");
        let (Some(from), Some(to), true) = (bound("fromDate"), bound("toDate"), is_asked) else {
            return Reply::error(400);
        };
        let entries = self.of(source).filter(|mail| folder_id(&mail.folder) == folder);
        let entries = entries.filter(|mail| {
            mail.created.parse::<Timestamp>().is_ok_and(|created| (from..=to).contains(&created))
        });
        self.page("Items", entries.map(Mail::listed).collect(), given)
    }

    fn download(&self, source: &str, item: &str, given: &Given) -> Option<Reply> {
        let mail = self.of(source).find(|mail| mail.id == item)?;
        let is_asked = given.get("dataType") == Some("email")
            && given.get("format") == Some("eml")
            && given.get("fragmentId") == Some(mail.fragment().as_str());
        is_asked.then(|| Reply::message(mail.bytes.clone()))
    }

    fn page(&self, name: &str, entries: Vec<Value>, given: &Given) -> Reply {
        let asked = given.get("PageSize").and_then(|size| size.parse().ok());
        let size = asked.unwrap_or(self.page_size).min(self.page_size);
        let marker = given.get("Marker").and_then(|marker| marker.strip_prefix("after/"));
        let start: usize = marker.and_then(|start| start.parse().ok()).unwrap_or(0);
        let end = start.saturating_add(size);
        let next = (end < entries.len()).then(|| format!("after/{end}"));
        let shown: Vec<_> = entries.into_iter().skip(start).take(size).collect();
        Reply::json(json!({name: shown, "Options": {"PageSize": size, "Marker": next}}).to_string())
    }

    fn create(&mut self, body: &[u8]) -> Reply {
        let id = format!("job-{}", self.jobs.len() + 1);
        let body = serde_json::from_slice(body).unwrap_or_default();
        self.jobs.insert(id.clone(), Job { body, ..Job::default() });
        Reply::json(json!({"Id": id}).to_string())
    }

    fn start(&mut self, id: &str) -> Option<Reply> {
        let job = self.jobs.get_mut(id)?;
        (job.starts, job.asked) = (job.starts + 1, 0);
        Some(Reply::json(json!({"TaskId": job.task()}).to_string()))
    }

    fn state(&mut self, id: &str, task: &str) -> Option<Reply> {
        let job = self.jobs.get_mut(id)?;
        let state = self.job_states.get(job.asked).or(self.job_states.last())?;
        job.asked += 1;
        (task == job.task()).then(|| Reply::json(json!({"State": state}).to_string()))
    }

    /// The last runs of jobs, those that have ended or the others. Listing them moves none on.
    fn runs(&self, ended: bool, given: &Given) -> Reply {
        let started = self.jobs.iter().filter(|(_, job)| job.starts > 0);
        let entries = started.filter_map(|(id, job)| {
            let last = job.asked.saturating_sub(1);
            let state = self.job_states.get(last).or(self.job_states.last())?;
            let is_meant = |name, value: &str| given.get(name).is_none_or(|given| given == value);
            let kind = job.body.get("type").and_then(Value::as_str).unwrap_or_default();
            let has_ended = matches!(state.as_str(), "READY" | "FAILED");
            let is_listed =
                has_ended == ended && is_meant("jobId", id) && is_meant("jobTypes", kind);
            let name = job.body.get("name");
            is_listed.then(|| {
                json!({"JobId": id, "TaskId": job.task(), "JobName": name, "JobType": kind, "State": state})
            })
        });
        self.page("Items", entries.collect(), given)
    }
}

impl Job {
    fn task(&self) -> String {
        format!("task-{}", self.starts)
    }
}

impl Filed {
    fn listed(&self, name: &str) -> Value {
        json!({
            "ItemId": format!("file/{}", self.path), "Name": name,
            "ReadablePath": format!("/{}", self.path), "Discriminator": "OneDriveFile", "Size": self.size,
            "CreatedDate": "2020-01-01T00:00:00Z", "ModifiedDate": self.modified,
        })
    }
}

impl Mail {
    fn fragment(&self) -> String {
        format!("fragment-of-{}", self.id)
    }

    fn listed(&self) -> Value {
        json!({
            "ItemId": self.id, "FragmentId": self.fragment(), "Name": self.subject,
            "Discriminator": "MessageItem", "CreatedDate": self.created,
        })
    }
}

/// The parameters of a request.
struct Given(Vec<(String, String)>);

impl Given {
    fn of(target: &str) -> Self {
        let (_, query) = target.split_once('?').unwrap_or_default();
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        Self(pairs.map(|(name, value)| (decoded(name), decoded(value))).collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

fn in_order<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut known = Vec::new();
    for name in names {
        if !known.contains(&name) {
            known.push(name);
        }
    }
    known
}

fn owner(address: &str) -> String {
    format!("owner-of-{address}")
}

fn folder_id(name: &str) -> String {
    format!("folder/{name}")
}

fn locations() -> String {
    json!([
        {"Id": "exchange", "Type": "EXCHANGE", "Name": "Exchange"},
        {"Id": "onedrive", "Type": "ONEDRIVE", "Name": "OneDrive"},
        {"Id": "blob", "Type": "BLOB", "Name": "Backup"},
    ])
    .to_string()
}
