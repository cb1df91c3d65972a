//! What the fake says inside of a restore session.

use std::sync::Arc;

use serde_json::{Value, json};

use super::mail::{self, BackedUp};
use super::world::{Asked, Said, World};
use crate::fake::Reply;
use crate::veeam::Version;

pub(super) fn in_session(world: &mut World, id: &str, asked: &Asked<'_>, rest: &[&str]) -> Said {
    let session = world.sessions.iter().find(|it| it.shown.id == id);
    let mail = session.map(|it| Arc::clone(&it.mail)).unwrap_or_default();
    if let ["mailboxes", mailbox, "items" | "search" | "action", ..] = rest {
        let is_cold = |it: &String| mail::mailbox_id(it) == *mailbox;
        if world.archived.iter().any(is_cold) {
            return Err((409, "The mailbox is in archive storage."));
        }
    }
    if asked.method == "POST" {
        return told(world, asked, rest, &mail);
    }
    let given = |name: &str| asked.given.get(name).map(String::as_str);
    match rest {
        ["mailboxes"] => Ok(asked.page(&mail::mailboxes(&mail), world.page_size, None)),
        // It holds no drives.
        ["onedrives"] => Ok(asked.page(&[], world.page_size, None)),
        ["mailboxes", mailbox, "folders"] => {
            let folders = mail::folders(&mail, mailbox, given("parentId"));
            Ok(asked.page(&folders, world.page_size, None))
        }
        ["mailboxes", mailbox, "items"] => {
            let parameter = if asked.version >= Version::V7 { "parentId" } else { "folderId" };
            let listed = mail.iter().filter(|it| mail::mailbox_id(&it.mailbox) == *mailbox);
            let listed = listed.filter(|it| mail::is_in(it, given(parameter)));
            let listed: Vec<Value> = listed.map(|it| mail::item(it, asked.version)).collect();
            Ok(asked.page(&listed, world.page_size, None))
        }
        ["mailboxes", mailbox, "items", item] => {
            let found = found(&mail, mailbox, item)?;
            Ok(Reply::json(mail::item(found, asked.version).to_string()))
        }
        _ => Err((404, "There is no such resource.")),
    }
}

/// A verb: the end of the path from v6 on, the name in the body before.
fn told(world: &mut World, asked: &Asked<'_>, rest: &[&str], mail: &[BackedUp]) -> Said {
    let (verb, place) = rest.split_last().ok_or((404, "There is no such resource."))?;
    let is_action = *verb == "action";
    if is_action == (asked.version >= Version::V6) {
        return Err((404, "There is no such resource in this version."));
    }
    let (name, arguments) = if is_action {
        let action = asked.body.as_object().and_then(|body| body.iter().next());
        let (name, arguments) = action.ok_or((400, "The body must hold one action."))?;
        (name.to_lowercase(), arguments.clone())
    } else {
        ((*verb).to_owned(), asked.body.clone())
    };
    match (name.as_str(), place) {
        ("search" | "searchexchange", place) => search(world, asked, &arguments, place, mail),
        ("savetomsg" | "save", ["mailboxes", mailbox, "items", item]) => {
            Ok(Reply::file(found(mail, mailbox, item)?.msg.clone()))
        }
        ("savetomsg" | "save", ["mailboxes", mailbox, "items"]) => {
            several(&arguments, mailbox, mail)
        }
        _ => {
            if asked.works {
                world.actions.push((asked.path.join("/"), asked.body.clone()));
            }
            let done = json!({ "createdItemsCount": 1, "failedItemsCount": 0 });
            Ok(if name == "exporttopst" {
                Reply::file(b"!BDN".to_vec())
            } else {
                Reply::json(done.to_string())
            })
        }
    }
}

/// Finds by a part of the subject; `*` finds all.
fn search(
    world: &mut World,
    asked: &Asked<'_>,
    arguments: &Value,
    place: &[&str],
    mail: &[BackedUp],
) -> Said {
    let query = arguments.get("query").and_then(Value::as_str).filter(|text| !text.is_empty());
    let query = query.ok_or((400, "The search query is not valid."))?.to_lowercase();
    let kept = asked.given.get("setId").and_then(|set| set.strip_prefix("set-")?.parse().ok());
    let set = kept.filter(|set| *set < world.sets.len()).unwrap_or_else(|| {
        let is_in = |it: &&BackedUp| match place {
            ["mailboxes", mailbox] => mail::mailbox_id(&it.mailbox) == *mailbox,
            ["mailboxes", mailbox, "folders", folder] => {
                mail::mailbox_id(&it.mailbox) == *mailbox && mail::is_in(it, Some(folder))
            }
            _ => true,
        };
        let found = mail.iter().filter(is_in);
        let found = found.filter(|it| query == "*" || it.subject.to_lowercase().contains(&query));
        world.sets.push(found.map(|it| mail::item(it, asked.version)).collect());
        world.sets.len() - 1
    });
    let found = world.sets.get(set).cloned().unwrap_or_default();
    Ok(asked.page(&found, world.page_size, Some(&format!("set-{set}"))))
}

fn found<'a>(
    mail: &'a [BackedUp],
    mailbox: &str,
    item: &str,
) -> Result<&'a BackedUp, (u16, &'static str)> {
    let mut own = mail.iter().filter(|it| mail::mailbox_id(&it.mailbox) == mailbox);
    own.find(|it| it.id.eq_ignore_ascii_case(item)).ok_or((404, "The item was not found."))
}

/// The saved items of a list: a ZIP of them without compression; one item alone is no ZIP.
fn several(arguments: &Value, mailbox: &str, mail: &[BackedUp]) -> Said {
    let listed = arguments.get("items").and_then(Value::as_array);
    let listed = listed.ok_or((400, "The list of items is required."))?;
    let mut files = Vec::new();
    for one in listed {
        let id = one.get("id").and_then(Value::as_str).unwrap_or_default();
        files.push(found(mail, mailbox, id)?);
    }
    match files.as_slice() {
        [only] => Ok(Reply::file(only.msg.clone())),
        files => Ok(Reply::file(super::zip::of(files))),
    }
}
