//! `--format html`: pages that are by themselves, whatever the mail in them is.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::packages::{files, put, verify};
use crate::support::{run, samples, stderr};

/// A tag as a browser reads it: its name, and its attributes.
type Tag = (String, Vec<(String, String)>);

/// The tags of a page. All text of it is escaped, so that a `<` begins one.
fn tags(page: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some((_, begun)) = rest.split_once('<') {
        let mut quote = None;
        let end = begun.char_indices().find(|(_, c)| match quote {
            None if *c == '"' || *c == '\'' => {
                quote = Some(*c);
                false
            }
            None => *c == '>',
            Some(open) => {
                quote = Some(open).filter(|open| open != c);
                false
            }
        });
        let (end, _) = end.expect("a tag ends");
        tags.push(tag(&begun[..end]));
        rest = &begun[end + 1..];
    }
    tags
}

fn tag(text: &str) -> Tag {
    let (name, mut rest) = text.split_once(' ').unwrap_or((text, ""));
    let mut attributes = Vec::new();
    while let Some((name, begun)) = rest.split_once('=') {
        let (value, after) = begun.strip_prefix('"').unwrap().split_once('"').unwrap();
        attributes.push((name.trim().to_lowercase(), value.to_owned()));
        rest = after;
    }
    (name.to_lowercase(), attributes)
}

const PICTURE: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/// Mail of somebody who wants to run or load something.
fn hostile(html: &str) -> String {
    format!(
        "From: \"<script>alert(1)</script>\" <ann@x.com>\r\nTo: bob@x.com\r\n\
         Subject: </title><script src=//evil.example/1.js></script>\r\n\
         X-Note: </pre><img src=x onerror=alert(1)>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/related; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n\
         --b\r\nContent-Type: image/png\r\nContent-ID: <logo@x>\r\nContent-Transfer-Encoding: base64\r\n\r\n{PICTURE}\r\n\
         --b\r\nContent-Type: image/png\r\nContent-ID: <svg@x>\r\n\r\n<svg onload=alert(1)>\r\n\
         --b\r\nContent-Type: text/plain\r\n\
         Content-Disposition: attachment; filename=\"><img src=x onerror=alert(1)>.txt\"\r\n\r\nx\r\n--b--\r\n"
    )
}

const HOSTILE: &[&str] = &[
    "<script>alert(1)</script><script src=https://evil.example/x.js></script>",
    "<img src=https://evil.example/1.gif srcset='//evil.example/2.gif 2x'><img src=cid:logo@x><img src=cid:svg@x>",
    "<body onload=alert(1) background=https://evil.example/b.png><p onclick=alert(1) style='background:url(//evil.example)'>a",
    "<iframe src=https://evil.example></iframe><object data=//evil.example></object><embed src=//evil.example>",
    "<link rel=stylesheet href=https://evil.example/x.css><style>@import '//evil.example/y.css'; body{background:url(//evil.example)}</style>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'><base href=https://evil.example/>",
    "<form action=https://evil.example><input autofocus onfocus=alert(1)><button formaction=javascript:alert(1)>x</button></form>",
    "<a href=javascript:alert(1)>a</a><a href='https://evil.example/\"><script>' ping=//evil.example>b</a><a href=data:text/html,x>c</a>",
    "<svg><script>alert(1)</script><image href=//evil.example/x.svg /></svg><math><mtext><script>alert(1)</script></math>",
    "<video poster=//evil.example src=//evil.example autoplay></video><audio src=//evil.example></audio>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "</div></body></html><script>alert(1)</script><!-- <img src=x onerror=alert(1)> --!><textarea></textarea><img src=x onerror=alert(1)>",
    "<table background=//evil.example><td background=//evil.example><blockquote cite=https://evil.example>q</blockquote></table>",
    "<!-- never ended <img src=x onerror=alert(1)>",
    "plain < text & more",
];

/// An index of such mail, and what was exported of it.
fn exported(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let place = folder.join("mail/ann@x.com/Inbox");
    fs::create_dir_all(&place).unwrap();
    for (number, html) in HOSTILE.iter().enumerate() {
        fs::write(place.join(format!("{number}.eml")), hostile(html)).unwrap();
    }
    let data = folder.join("data");
    run(&data, &["index", "--quiet", folder.join("mail").to_str().unwrap()]);
    files(&package(&data, folder, "", 0))
}

fn package(data: &Path, folder: &Path, query: &str, code: i32) -> PathBuf {
    let out = folder.join("out.zip");
    let arguments =
        ["export", "--force", "--format", "html", "--out", out.to_str().unwrap(), query];
    let done = run(data, &arguments);
    assert_eq!(done.status.code(), Some(code), "{}", stderr(&done));
    assert_eq!(verify(&out).0, Some(0));
    out
}

#[test]
fn nothing_of_hostile_mail_runs_or_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let files = exported(folder.path());
    let (last, pages) = files.split_last().unwrap();
    assert_eq!((last.0.as_str(), pages.len()), ("manifest.json", HOSTILE.len() + 1));
    for (name, bytes) in pages {
        let page = std::str::from_utf8(bytes).unwrap();
        let tags = tags(page);
        let count = |name: &str| tags.iter().filter(|tag| tag.0 == name).count();
        assert_eq!(
            (count("style"), count("meta"), count("title"), count("body")),
            (1, 5, 1, 1),
            "{name}"
        );
        for (tag, attributes) in &tags {
            let runs = [
                "script", "iframe", "object", "embed", "base", "link", "form", "input", "button",
                "svg", "math", "video", "audio", "textarea", "noscript", "image",
            ];
            assert!(!runs.contains(&tag.as_str()), "{name}: {tag}");
            for (attribute, value) in attributes {
                let is_ours = value == "../../index.html"
                    || name == "index.html" && value.starts_with("messages/");
                let is_safe = match attribute.as_str() {
                    "src" => value.starts_with("data:image/png;base64,"),
                    "href" => is_ours,
                    "style" | "srcset" | "background" | "poster" | "cite" | "action"
                    | "formaction" | "data" | "ping" => false,
                    other => !other.starts_with("on"),
                };
                assert!(is_safe, "{name}: <{tag} {attribute}={value}>");
            }
        }
        let policy = "default-src 'none'; style-src 'sha256-";
        let is_policy = |tag: &Tag| {
            tag.1.iter().any(|(name, value)| name == "content" && value.starts_with(policy))
        };
        assert!(
            tags.iter().take(5).any(is_policy),
            "{name}: the policy comes before anything else"
        );
    }
    let whole: String =
        pages.iter().map(|(_, bytes)| std::str::from_utf8(bytes).unwrap()).collect();
    // Of all pictures, the one that came with the message and is one; the links as text.
    assert_eq!(whole.matches(&format!("src=\"data:image/png;base64,{PICTURE}\"")).count(), 1);
    assert_eq!(
        whole.matches("<h2>Links</h2><ol><li><bdi>https:&#47;&#47;evil.example&#47;").count(),
        1
    );
}

#[test]
fn a_page_says_what_a_message_is() {
    let folder = tempfile::tempdir().unwrap();
    let out = package(samples(), folder.path(), "has:attachment", 0);
    let files = files(&out);
    let manifest: Value = serde_json::from_slice(&files.last().unwrap().1).unwrap();
    let items = manifest["items"].as_array().unwrap();
    assert_eq!((files.len(), files[files.len() - 2].0.as_str()), (items.len() + 2, "index.html"));
    let text = |name: &str| {
        let bytes = &files.iter().find(|(other, _)| other == name).unwrap().1;
        // As a browser reads what is escaped.
        let text = std::str::from_utf8(bytes).unwrap().replace("&#32;", " ").replace("&#47;", "/");
        text.replace("&lt;", "<").replace("&gt;", ">").replace("&#10;", "\n").replace("&#13;", "\r")
    };
    let index = text("index.html");
    for item in items {
        let [id, path] = ["id", "path"].map(|key| item[key].as_str().unwrap());
        let original = item["original"].as_str().unwrap();
        // The id of mail from a file is the beginning of the SHA-256 of its bytes.
        assert!(original.starts_with(id), "{item}");
        let page = text(path);
        for told in [
            id,
            original,
            item["mih"].as_str().unwrap_or_default(),
            item["places"][0]["mailbox"].as_str().unwrap(),
        ] {
            assert!(page.contains(told), "{path}: {told}");
        }
        assert!(
            page.contains("<h2>Attachments</h2>") && page.contains("<h2>Headers</h2>"),
            "{path}"
        );
        assert!(
            page.contains("\r\nSubject: ") || page.contains("\nSubject: "),
            "{path}: its headers as sent"
        );
        assert_eq!(index.matches(&format!("href=\"{path}\"")).count(), 1);
    }
}

#[test]
fn pages_that_were_changed_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let out = package(samples(), folder.path(), "invoice", 0);
    let whole = files(&out);
    let check = |what: &str, files: &[(String, Vec<u8>)]| {
        put(&out, files);
        let (code, said) = verify(&out);
        assert!(code == Some(1) && said.contains(what), "{what}: {said}");
    };
    for at in [0, whole.len() - 2] {
        let mut changed = whole.clone();
        let middle = changed[at].1.len() / 2;
        changed[at].1[middle] ^= 1;
        check(&format!("{} is not what was written", whole[at].0), &changed);
        let mut missing = whole.clone();
        missing.remove(at);
        check(&format!("{} is missing", whole[at].0), &missing);
    }
    let mut added = whole.clone();
    added.insert(0, ("messages/0001/more.html".to_owned(), b"x".to_vec()));
    check("messages/0001/more.html was added", &added);
    check("no manifest", &whole[..whole.len() - 1]);
}
