//! The addresses of names, out of a cluster, for premium.

use super::cluster::{holding, say_missing};
use super::*;

/// Premium knows no names of people, so it is asked with the addresses that a name has in the cluster.
#[tokio::test(flavor = "multi_thread")]
async fn premium_is_asked_with_the_addresses_that_a_name_has_in_the_cluster() {
    let message = |id: &str, name: &str, address: &str| Message {
        id: id.into(),
        from_name: Some(name.into()),
        from_address: Some(address.into()),
        ..Message::default()
    };
    let cluster = holding(vec![
        message("m1", "Ann Lee", "a.l@contoso.example"),
        message("m2", "Ann Lee", "second@fabrikam.example"),
        message("m3", "Bob Roe", "bob@contoso.example"),
    ])
    .await;
    say_missing(&cluster, 0, now()).await;
    let premium = Fake::start().await.unwrap();
    let mut config = one_key(Some(&premium));
    let (urls, folder) = (cluster.http().url(), tempfile::tempdir().unwrap());
    let file = folder.path().join("postern.toml");
    std::fs::write(&file, format!("[cluster]\nurls = [\"{urls}\"]\n")).unwrap();
    let named = Config::load(Some(&file), &Overrides::default(), "/nowhere".into()).unwrap();
    config.cluster = named.cluster;
    let router = app(State::new(&config, now).unwrap().having_asked());
    // The book is made beside the requests, once the cluster has said how much it holds.
    let known = async {
        loop {
            get(&router, "/v1/search?q=from:lee").await;
            // Without an address it is the cluster that is asked.
            if let Some(asked) = premium.seen().pop().map(|seen| seen.target)
                && asked.contains("a.l")
            {
                break asked;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let asked = tokio::time::timeout(Duration::from_secs(60), known).await.unwrap();
    assert!(asked.contains("second") && !asked.contains("bob"), "{asked}");
}
