//! Answers as the vendor publishes them, and the bodies of new jobs.

use serde_json::json;

use super::*;

/// The example of <https://helpcenter.veeam.com/archive/vbo365/60/rest/get_dataretrievalsessions.html>.
const PUBLISHED: &[u8] = include_bytes!("published.json");

#[test]
fn the_published_sessions_are_read() {
    let asked = Paging::first(30);
    let page = Paged::read(PUBLISHED, &asked, RetrievalSession::read).unwrap();
    assert_eq!((page.results.len(), page.unreadable, page.next), (6, 0, None));
    let [teams, sharepoint, ..] = page.results.as_slice() else { panic!("six") };
    assert_eq!(
        (teams.status.as_str(), teams.progress, teams.objects),
        ("Failed", Some(0), Some(30))
    );
    // A count: of a session that succeeded it says 7, not 100.
    assert_eq!(
        (sharepoint.status.as_str(), sharepoint.progress, sharepoint.objects),
        ("Success", Some(7), Some(86))
    );
    // The link to itself ends in the id of its job.
    assert_eq!(sharepoint.id, "430ed948-17f4-4922-afb1-28d6cab5b075");
    assert_eq!(sharepoint.retrieval, "544f4727-2109-41ac-b907-cb5a447bd810");
    // Seven digits and an offset.
    assert_eq!(sharepoint.ended, "2022-01-28T19:58:59.8036299Z".parse().ok());
}

#[test]
fn a_job_is_read_with_words_that_nobody_knows_yet() {
    let job = json!({
        "id": "j", "name": "Job", "type": "Exchange", "storageType": "AzureArchive",
        "dataState": "Thawing", "lastStatus": "Success", "startTime": "2024-01-01T10:00:00Z",
        "expirationTime": null, "pointInTime": "2023-12-31T22:00:00.0000000+00:00",
    });
    let job = Retrieval::read(&job).unwrap();
    assert_eq!((job.state.as_str(), job.expires), ("Thawing", None));
    assert_eq!(job.point, "2023-12-31T22:00:00Z".parse().ok());
    assert_eq!(Retrieval::read(&json!({"name": "without an id"})), None);
}

#[test]
fn a_new_job_says_only_what_was_told() {
    let known = Mailbox {
        id: "m1".to_owned(),
        name: "Ann".to_owned(),
        email: "ann@contoso.com".to_owned(),
        is_archive: false,
        is_public: false,
    };
    let unknown =
        Mailbox { id: String::new(), email: "bob@contoso.com".to_owned(), ..known.clone() };
    let plain = NewRetrieval {
        name: "postern".to_owned(),
        organization: "o1".to_owned(),
        days: 1,
        what: Retrieved::Mailboxes(vec![known, unknown]),
        ..NewRetrieval::default()
    };
    let expected = json!({
        "name": "postern", "organizationId": "o1", "availabilityPeriodDays": 1,
        "mailboxes": [
            {"id": "m1", "email": "ann@contoso.com", "isArchive": false, "organizationId": "o1"},
            {"email": "bob@contoso.com"},
        ],
    });
    assert_eq!(plain.body(), expected);

    let full = NewRetrieval {
        description: Some("for the audit".to_owned()),
        repository: Some("r1".to_owned()),
        point: "2024-01-31T00:00:00Z".parse().ok(),
        days: 5,
        glacier: Some(GlacierSpeed::Bulk),
        azure: Some(AzureSpeed::High),
        notify_hours: Some(12),
        show_deleted: true,
        show_all_versions: true,
        what: Retrieved::Drives(vec!["d1".to_owned()]),
        ..plain
    };
    let expected = json!({
        "name": "postern", "organizationId": "o1", "description": "for the audit", "repositoryId": "r1",
        "pointInTime": "2024-01-31T00:00:00Z", "availabilityPeriodDays": 5,
        "amazonS3GlacierRetrievalPolicy": "Bulk", "azureArchiveRetrievalPolicy": "HighPriority",
        "enableExpirationNotification": true, "expirationHoursThreshold": 12,
        "showDeleted": true, "showAllVersions": true, "oneDrives": [{"id": "d1"}],
    });
    assert_eq!(full.body(), expected);
}
