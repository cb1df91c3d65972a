//! Each published example of item actions, as it is sent in v4 and in v8.

use serde_json::{Value, json};

use super::{PST, Place, RESTORER, check};

/// A command, its environment, the verb in an Action and in a URL, the arguments in v4 and in v8.
type Row<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str, &'a str, Value, Value);

const ITEM_V4: &str = "/v4/RestoreSessions/s1/organization/mailboxes/m1/items/i1%3D%3D/Action";
const ITEM_V8: &str = "/v8/RestoreSessions/s1/organization/mailboxes/m1/items/i1%3D%3D";

/// Restoring and sending, as the page of item actions of v4 has it, and its form of v8.
#[tokio::test(flavor = "multi_thread")]
async fn the_published_restores_and_sendings() {
    let certificate = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(certificate.path(), "MIIK").unwrap();
    let certificate = certificate.path().to_str().unwrap();
    let application = [
        ("POSTERN_RESTORE_APPLICATION_ID", "app"),
        ("POSTERN_RESTORE_CERTIFICATE_FILE", certificate),
        ("POSTERN_RESTORE_CERTIFICATE_PASSWORD", "xxx"),
    ];
    let user = json!({"userName": "jsmith@west.example", "userPassword": "paSSw0rd"});
    let by_certificate = json!({"applicationId": "app", "applicationCertificate": "MIIK",
                                "applicationCertificatePassword": "xxx"});
    let letter = json!({"from": "j@x.example", "to": "r@x.example", "subject": "Support Tickets",
                        "text": "Please find attached"});
    let sent_to = [
        "send",
        "--to",
        "r@x.example",
        "--from",
        "j@x.example",
        "--subject",
        "Support Tickets",
        "--text",
        "Please find attached",
    ];
    let impersonate = ["restore", "--impersonate", "svc@x.example"];
    let plain = ["restore"];
    let to = ["restore", "--to", "djohnes@west.example"];
    let table: [Row<'_>; 5] = [
        (&plain, &RESTORER, "restoretoOriginallocation", "restore", user.clone(), user.clone()),
        (
            &impersonate,
            &application,
            "restoretoOriginallocation",
            "restore",
            by_certificate.clone(),
            with(&by_certificate, "impersonationAccountName", "svc@x.example"),
        ),
        (
            &to,
            &RESTORER,
            "restoreTo",
            "restoreTo",
            with(&user, "mailbox", "djohnes@west.example"),
            with(&user, "mailbox", "djohnes@west.example"),
        ),
        (&["send"], &[], "sendtoDefaultaddress", "sendToDefaultAddress", Value::Null, Value::Null),
        (&sent_to, &[], "sendtoDifferentaddress", "sendToDifferentAddress", letter.clone(), letter),
    ];
    let (old, new) = (Place::new("v4").await, Place::new("v8").await);
    for (command, variables, in_action, in_url, in_v4, in_v8) in table {
        for (place, target, body) in [
            (&old, ITEM_V4.to_owned(), json!({ in_action: in_v4 })),
            (&new, format!("{ITEM_V8}/{in_url}"), in_v8),
        ] {
            let mark = place.mark();
            let arguments = [command, &["--yes", "--again", "id:i1@x"]].concat();
            check(&place.run_with(variables, &arguments), 0, "done");
            assert_eq!(place.asked(mark), [(target, body)], "{command:?}");
        }
    }
}

fn with(object: &Value, name: &str, value: &str) -> Value {
    let mut object = object.clone();
    object[name] = value.into();
    object
}

/// A person signs in. The server of v4 cannot say so; there the person presses Enter.
#[tokio::test(flavor = "multi_thread")]
async fn the_published_restore_by_device_code() {
    for (version, target, body) in [
        ("v4", ITEM_V4.to_owned(), json!({"restoretoOriginallocation": {"userCode": "C6A9"}})),
        ("v8", format!("{ITEM_V8}/restore"), json!({"userCode": "C6A9"})),
    ] {
        let place = Place::new(version).await;
        let code =
            r#"{"userCode":"C6A9","verificationUrl":"https://x.example/device","expiresIn":60}"#;
        place.fake.answer_at("/restoreDeviceCode", code);
        place.fake.answer_at("/DeviceCode/check", r#"{"authenticated":true}"#);
        let application = [("POSTERN_RESTORE_APPLICATION_ID", "app")];
        let output =
            place.run_with(&application, &["restore", "--device-code", "--yes", "id:i1@x"]);
        check(&output, 0, "open https://x.example/device and enter the code C6A9");
        assert_eq!(place.asked(0), [(target, body)], "{version}");
        assert!(!place.record().contains("C6A9"), "a code is a secret");
    }
}

/// Exports, as the page has them: by keyword of an item up to v5, of its folder or mailbox from v6 on.
#[tokio::test(flavor = "multi_thread")]
async fn the_published_exports() {
    let old = Place::new("v4").await;
    old.fake.answer_file_at("/Action", PST);
    let out = old.data().join("case.pst");
    let out = out.to_str().unwrap();
    let keyword = ["--format", "pst", "--keywords", "support", "--yes", "--force", "--out", out];
    check(&old.run(&[&["export", "id:i1@x"], &keyword[..]].concat()), 0, "bytes in");
    let body = json!({"exportToPst": {"contentKeywords": "support", "enablePstSizeLimit": false}});
    assert_eq!(old.asked(0), [(ITEM_V4.to_owned(), body)]);
    assert_eq!(std::fs::read(out).unwrap(), PST);

    let new = Place::new("v8").await;
    new.fake.answer_file_at("/exportToPst", PST);
    let refused = new.run(&[&["export", "id:i1@x"], &keyword[..]].concat());
    check(&refused, 1, "ask for its folder: mailbox:ann@contoso.com in:\"Inbox\"");
    check(&refused, 1, "or for its mailbox: mailbox:ann@contoso.com");
    assert_eq!(new.asked(0), []);
    let mailbox = "/v8/RestoreSessions/s1/organization/mailboxes/m1";
    for (query, place) in [
        ("mailbox:ann@contoso.com", mailbox.to_owned()),
        ("mailbox:ann@contoso.com in:Inbox", format!("{mailbox}/folders/f1")),
    ] {
        let mark = new.mark();
        check(&new.run(&[&["export", query], &keyword[..]].concat()), 0, "Veeam decides");
        let body = json!({"contentKeyword": "support", "enablePstSizeLimit": false});
        assert_eq!(new.asked(mark), [(format!("{place}/exportToPst"), body)]);
    }
    // By id, with the size limit of the table.
    let mark = new.mark();
    let by_id = [
        "export",
        "mailbox:ann@contoso.com -subject:circular",
        "--format",
        "pst",
        "--pst-size-limit",
        "2G",
        "--yes",
        "--force",
        "--out",
        out,
    ];
    check(&new.run(&by_id), 0, "done");
    let body = json!({"items": [{"id": "i1=="}, {"id": "i2=="}], "enablePstSizeLimit": true,
                      "pstSizeLimitBytes": 2_u64 << 30});
    assert_eq!(new.asked(mark), [(format!("{mailbox}/items/exportToPst"), body)]);
}
