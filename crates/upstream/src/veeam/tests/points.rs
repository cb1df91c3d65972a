//! Restore points.

use super::*;

#[tokio::test]
async fn restore_points_are_listed_from_v6_on() {
    let point = r#"{"id":"p1","backupTime":"2024-02-29T22:00:00Z","isExchange":true,"isOneDrive":false,"isLongTermCopy":true,"retrievalId":null}"#;
    let table = [
        (Version::V5, String::new(), None),
        (Version::V6, format!("[{point}]"), Some("?organizationId=o1")),
        (
            Version::V7,
            format!(r#"{{"results":[{point}]}}"#),
            Some("?organizationId=o1&offset=0&limit=100"),
        ),
    ];
    for (version, answer, asked) in table {
        let stage = Stage::new(version).await;
        stage.fake.http().answer_at("/RestorePoints", answer);
        let listed = stage.sessions.client().restore_points(&PAGE).await;
        let Some(asked) = asked else {
            let said = listed.unwrap_err().to_string();
            assert_eq!(said, "the list of restore points exists from v6 on, and v5 is spoken");
            continue;
        };
        let listed = listed.unwrap().results;
        assert_eq!(listed[0].time.to_string(), "2024-02-29T22:00:00Z");
        assert_eq!(
            (&listed[0].kinds[..], listed[0].is_long_term_copy),
            (&[Kind::Exchange][..], true)
        );
        assert_eq!(stage.last().0, format!("GET /{version}/RestorePoints{asked}"));
    }
}
