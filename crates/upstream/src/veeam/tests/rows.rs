//! The rows of the table of differences between versions that no other test is about.

use super::*;
use crate::fake::Misbehaviour;
use crate::veeam::RetrievalChange;

/// An ended session is told in the words of the server, whatever stands beside them.
#[tokio::test]
async fn the_error_of_each_version_is_read_for_its_message() {
    for version in ALL {
        let stage = Stage::new(version).await;
        let session = stage.session().await;
        let problem = session.search(&Scope::Mailboxes, "", &PAGE).await.unwrap_err();
        let said = "Veeam refuses (status 400): The search query is not valid.";
        assert_eq!(problem.to_string(), said, "{version}");
    }
}

#[tokio::test]
async fn there_is_no_item_search_in_v2() {
    let fake = FakeVeeam::start(&[Version::V2]).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let account = Account { version: Some(Version::V2), ..fake.account() };
    let sessions = Sessions::open(client(account), folder.path()).unwrap();
    let session = sessions.session(Kind::Exchange, None).await.unwrap();
    let said = session.search(&Scope::Mailboxes, "a", &PAGE).await.unwrap_err().to_string();
    assert_eq!(said, "item search exists from v4 on, and v2 is spoken");
}

#[tokio::test]
async fn a_retrieval_job_is_changed_from_v6_on_and_removed_in_v6_and_v7() {
    let refused = "exists in v6 and v7, and v8 is spoken; let its data expire";
    let table = [
        (Version::V5, "data retrieval exists from v6 on", "data retrieval exists from v6 on"),
        (Version::V6, "PUT /v6/DataRetrievals/j1", "DELETE /v6/DataRetrievals/j1"),
        (Version::V7, "PUT /v7/DataRetrievals/j1", "DELETE /v7/DataRetrievals/j1"),
        (Version::V8, "PUT /v8/DataRetrievals/j1", refused),
    ];
    for (version, changed, removed) in table {
        let stage = Stage::new(version).await;
        stage.fake.http().answer_at("/DataRetrievals/j1", "");
        let client = stage.sessions.client();
        let change = RetrievalChange { days: Some(3), ..RetrievalChange::default() };
        let done = client.change_retrieval("j1", &change).await;
        let told = done.map_or_else(|refused| refused.to_string(), |()| stage.last().0);
        assert!(told.contains(changed), "{told}");
        if version > Version::V5 {
            assert_eq!(stage.last().1, r#"{"availabilityPeriodDays":3}"#);
        }
        let done = client.remove_retrieval("j1").await;
        let told = done.map_or_else(|refused| refused.to_string(), |()| stage.last().0);
        assert!(told.contains(removed), "{told}");
    }
}

#[tokio::test]
async fn a_change_whose_answer_is_lost_is_not_repeated() {
    let stage = Stage::new(Version::V7).await;
    stage.fake.http().misbehave_at("/DataRetrievals", Misbehaviour::Reset);
    let client = stage.sessions.client();
    is_fault(client.remove_retrieval("j1").await, Fault::CutOff);
    assert_eq!(stage.count("DELETE"), 1);
}

#[tokio::test]
async fn what_happened_in_a_run_has_other_names_in_v8() {
    let time = r#""creationTime":"2022-01-28T21:03:52.2663895+01:00""#;
    for (version, name) in [(Version::V7, "title"), (Version::V8, "message")] {
        let stage = Stage::new(version).await;
        let line = format!(r#"{{"results":[{{"id":"1","{name}":"Done",{time}}}]}}"#);
        stage.fake.http().answer_at("/LogItems", line);
        let log = stage.sessions.client().retrieval_log("r1", &PAGE).await.unwrap().results;
        assert_eq!(log[0].text, "Done");
        assert_eq!(log[0].created, "2022-01-28T20:03:52.2663895Z".parse().ok());
    }
}
