//! Drives of `DataTap` that were synced, browsed at the gateway.

use postern_upstream::fake::{Filed, Misbehaviour};
use serde_json::Value;

use crate::support::{Gateway, KEY, TENANT, get, run, stdout};
use crate::sync::{Setting, finished, summary};

/// An upstream with two drives that were synced, and a gateway.
async fn with_drives() -> (Setting, Gateway) {
    let setting = Setting::new().await;
    let file = |owner: &str, path: String| Filed {
        owner: owner.to_owned(),
        path,
        size: 12,
        modified: "2024-05-06T07:08:09Z".to_owned(),
    };
    let many = (0..25).map(|number| file("ann@x.com", format!("Docs/2024/{number:02}.pdf")));
    let others = [("ann@x.com", "top.txt"), ("ann@x.com", "Old/a.doc"), ("bob@x.com", "b.txt")];
    let others = others.map(|(owner, path)| file(owner, path.to_owned()));
    setting.fake.hold_files(many.chain(others).collect());
    let told = summary(&finished(setting.sync("data", &[])).await);
    assert_eq!((&told["drives"], &told["filesHere"]), (&2.into(), &28.into()), "{told}");
    let gateway = Gateway::start(
        &setting.data("data"),
        &["--premium", &setting.fake.url(), "--tenant", TENANT, "--key", KEY, "--deadline", "2s"],
    );
    (setting, gateway)
}

const DRIVE: &str = "/discovery/blob/source/ann@x.com/items";

/// Drives are browsed as before when upstream is away.
#[tokio::test(flavor = "multi_thread")]
async fn browsing_of_drives_goes_on_when_upstream_is_away() {
    let (setting, gateway) = with_drives().await;
    let asked = [
        "/discovery/onedrive/users?PageSize=100".to_owned(),
        format!("{DRIVE}/-?types=OneDriveFolder&PageSize=100"),
        format!("{DRIVE}/-?types=OneDriveFile"),
        format!("{DRIVE}/folder%2FDocs%2F2024%2F?types=OneDriveFile&PageSize=20"),
    ];
    let ask = async |served: &str| {
        let mut answers = Vec::new();
        for path in &asked {
            let answer = get(&format!("{}/api/{TENANT}{path}", gateway.url)).await;
            let by = (answer.status, answer.header("postern-served-by"));
            assert_eq!(by, (200, served), "{path}: {}", answer.body);
            answers.push(essential(serde_json::from_str(&answer.body).unwrap()));
        }
        answers
    };
    let online = ask("premium").await;
    setting.fake.misbehave(Misbehaviour::Status(503));
    assert_eq!(online, ask("local").await);
    let status = stdout(&run(&setting.data("data"), &["status"]));
    assert!(status.contains("27 files without their content"), "{status}");
    assert!(status.contains("27 of 27  drive of ann@x.com  3 folders, listed"), "{status}");
}

/// Folders come before files, and pages go over from these to those.
#[tokio::test(flavor = "multi_thread")]
async fn a_drive_is_browsed_page_by_page_and_its_files_are_no_mail() {
    let (setting, gateway) = with_drives().await;
    setting.fake.misbehave(Misbehaviour::Status(503));
    let at = |path: String| format!("{}/api/{TENANT}{path}", gateway.url);
    let page = async |marker: &str| {
        let both = format!("{DRIVE}/-?types=OneDriveFolder&types=OneDriveFile&PageSize=2{marker}");
        let page = get(&at(both)).await.json();
        let items = page["Items"].as_array().unwrap();
        let names: Vec<_> = items.iter().map(|one| one["Name"].as_str().unwrap().into()).collect();
        (names, page["Options"]["Marker"].clone())
    };
    let (names, marker): (Vec<String>, _) = page("").await;
    assert_eq!(names, ["Docs", "Old"]);
    let last = page(&format!("&Marker={}", marker.as_str().unwrap())).await;
    assert_eq!(last, (vec!["top.txt".to_owned()], Value::Null));
    for (path, status) in [
        (format!("{DRIVE}/file%2Ftop.txt/download?dataType=email&format=eml"), 400),
        (format!("{DRIVE}/-?types=OneDriveFile&types=MessageItem"), 400),
        (format!("{DRIVE}/nowhere?types=OneDriveFile"), 404),
        ("/discovery/blob/source/zoe@x.com/items/-?types=OneDriveFile".to_owned(), 502),
    ] {
        let answer = get(&at(path.clone())).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
    }
}

/// The entries of a listing in one order, each with what upstream says of it.
pub(crate) fn essential(mut answer: Value) -> Vec<String> {
    let list = match &mut answer {
        Value::Object(page) => ["Items", "Sources"].iter().find_map(|name| page.remove(*name)),
        _ => Some(answer),
    };
    let entries = list.unwrap_or_default();
    let entries = entries.as_array().unwrap().iter().map(|entry| {
        let known = entry.as_object().unwrap().iter().filter(|(_, value)| !value.is_null());
        known.map(|(name, value)| format!("{name}={value} ")).collect::<String>()
    });
    let mut entries: Vec<_> = entries.collect();
    entries.sort();
    assert!(!entries.is_empty());
    entries
}
