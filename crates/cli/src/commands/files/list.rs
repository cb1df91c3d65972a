//! `postern files list`.

use postern_actions::files::{Contents, Files, Placed};
use postern_upstream::veeam::{Document, Drive, DriveFolder};
use serde_json::{Map, Value, json};

use super::{contents, open, server};
use crate::args::{Common, FilesList, TextOrJson};
use crate::exit::Exit;
use crate::{output, terminal};

/// A document, and its versions where they were asked for.
struct Listed {
    document: Placed<Document>,
    versions: Option<Vec<Document>>,
}

pub(super) fn run(common: &Common, arguments: &FilesList) -> anyhow::Result<Exit> {
    let server = server(common, &arguments.backup)?;
    server.run(async {
        let files = open(&server, &arguments.backup).await?;
        match &arguments.owner {
            None => drives(&files, arguments.format).await?,
            Some(owner) => drive(&files, owner, arguments).await?,
        }
        Ok(Exit::Done)
    })
}

async fn drives(files: &Files, format: TextOrJson) -> anyhow::Result<()> {
    let drives = files.drives().await?;
    if format == TextOrJson::Json {
        let drives: Vec<_> = drives.iter().map(|drive| drive_json(files, drive)).collect();
        return output::json(&json!({ "drives": drives }));
    }
    for drive in &drives {
        let parts = [files.owner(drive), &drive.name, &drive.url].map(terminal::safe);
        output::line(parts.join("  "))?;
    }
    Ok(())
}

async fn drive(files: &Files, owner: &str, arguments: &FilesList) -> anyhow::Result<()> {
    let drive = files.drive(owner).await?;
    let path = arguments.path.as_deref().unwrap_or_default();
    let Contents { folders, documents } =
        contents(files, &drive, path, arguments.recursive).await?;
    let mut listed = Vec::new();
    for document in documents {
        let versions = match arguments.versions {
            true => Some(files.versions(&drive, &document.it).await?),
            false => None,
        };
        listed.push(Listed { document, versions });
    }
    match arguments.format {
        TextOrJson::Json => output::json(&json(files, &drive, &folders, &listed)),
        TextOrJson::Text => text(&folders, &listed),
    }
}

fn text(folders: &[Placed<DriveFolder>], documents: &[Listed]) -> anyhow::Result<()> {
    for folder in folders {
        let path = terminal::safe(&folder.path);
        output::line(format!(
            "{:>12}  {:<20}  {:<6}  {path}/",
            "folder",
            time(folder.it.modified),
            ""
        ))?;
    }
    for Listed { document, versions } in documents {
        output::line(row(&document.it, &document.path))?;
        for version in versions.iter().flatten() {
            output::line(row(version, "  (this version)"))?;
        }
    }
    Ok(())
}

fn row(document: &Document, path: &str) -> String {
    let size = document.size.map_or_else(|| "?".to_owned(), |size| size.to_string());
    let version = terminal::safe(document.version.as_deref().unwrap_or_default());
    let (time, path) = (time(document.modified), terminal::safe(path));
    format!("{size:>12}  {time:<20}  {version:<6}  {path}")
}

fn time(time: Option<jiff::Timestamp>) -> String {
    time.map(|time| time.to_string()).unwrap_or_default()
}

fn json(
    files: &Files,
    drive: &Drive,
    folders: &[Placed<DriveFolder>],
    documents: &[Listed],
) -> Value {
    let folder = |one: &Placed<DriveFolder>| json!({"path": one.path, "id": one.it.id, "modified": one.it.modified.map(|at| at.to_string())});
    json!({
        "drive": drive_json(files, drive),
        "folders": folders.iter().map(folder).collect::<Vec<_>>(),
        "documents": documents.iter().map(Listed::json).collect::<Vec<_>>(),
    })
}

fn drive_json(files: &Files, drive: &Drive) -> Value {
    json!({"owner": files.owner(drive), "name": drive.name, "url": drive.url, "id": drive.id})
}

impl Listed {
    fn json(&self) -> Value {
        let mut fields = fields_of(&self.document.it);
        fields.insert("path".to_owned(), self.document.path.as_str().into());
        if let Some(versions) = &self.versions {
            let versions = versions.iter().map(|one| Value::Object(fields_of(one)));
            fields.insert("versions".to_owned(), versions.collect());
        }
        Value::Object(fields)
    }
}

fn fields_of(document: &Document) -> Map<String, Value> {
    let time = |time: Option<jiff::Timestamp>| time.map_or(Value::Null, |at| at.to_string().into());
    [
        ("id", document.id.as_str().into()),
        ("name", document.name.as_str().into()),
        ("size", document.size.into()),
        ("version", document.version.as_deref().into()),
        ("versionId", document.version_id.as_deref().into()),
        ("created", time(document.created)),
        ("modified", time(document.modified)),
        ("modifiedBy", document.modified_by.as_deref().into()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into_iter()
    .collect()
}
