//! Mail goes into the cluster, and out of it.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn mail_goes_into_a_cluster_once() {
    let setting = Setting::new().await;
    setting.fake.make(ALIAS);
    let path = folder(&setting, "mail", 0..40);
    let first = told(&setting.index("d", "ann", &path, &[]).await);
    assert_eq!((&first["found"], &first["indexed"]), (&json!(40), &json!(40)));
    assert_eq!(setting.fake.documents().len(), 40);
    let second = told(&setting.index("d", "ann", &path, &[]).await);
    assert_eq!((&second["indexed"], &second["alreadyThere"]), (&json!(0), &json!(40)));
    let forgetful = told(&setting.index("other", "ann", &path, &[]).await);
    assert_eq!((&forgetful["indexed"], &forgetful["duplicates"]), (&json!(0), &json!(40)));
    assert_eq!(setting.fake.documents().len(), 40);
}

/// Two machines bring overlapping mail at the same time: as one after the other.
#[tokio::test(flavor = "multi_thread")]
async fn two_machines_at_the_same_time() {
    let together = Setting::new().await;
    together.fake.make(ALIAS);
    let (ann, bob) = (folder(&together, "a", 0..60), folder(&together, "b", 30..90));
    let (one, two) = tokio::join!(
        together.index("d1", "ann", &ann, &[]),
        together.index("d2", "bob", &bob, &[]),
    );
    assert!(one.status.success() && two.status.success(), "{} {}", stderr(&one), stderr(&two));
    let apart = Setting::new().await;
    apart.fake.make(ALIAS);
    apart.index("d2", "bob", &bob, &[]).await;
    apart.index("d1", "ann", &ann, &[]).await;
    assert_eq!(together.mailboxes(), apart.mailboxes());
    let both =
        together.mailboxes().into_iter().filter(|(_, mailboxes)| *mailboxes == ["ann", "bob"]);
    assert_eq!((together.mailboxes().len(), both.count()), (90, 30));
}

/// What the cluster did not acknowledge is sent again by the next run.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_document_is_listed_and_a_missing_index_keeps_nothing() {
    let setting = Setting::new().await;
    let path = folder(&setting, "mail", 0..5);
    let output = setting.index("d", "ann", &path, &[]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("postern cluster init"), "{}", stderr(&output));
    setting.fake.make(ALIAS);
    let told_now = told(&setting.index("d", "ann", &path, &[]).await);
    assert_eq!(told_now["indexed"], 5, "nothing was noted of the run that failed");
    let misfit = setting.fake.documents().into_keys().next().unwrap();
    let again = Setting::new().await;
    again.fake.make(ALIAS);
    again.fake.trouble(Trouble { misfit: Some(misfit), thirds: 2, ..Trouble::default() });
    let output = again.index("d", "ann", &path, &[]).await;
    let summary = told(&output);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!((&summary["indexed"], &summary["unreadableCount"]), (&json!(4), &json!(1)));
    let reason = summary["unreadable"][0]["reason"].as_str().unwrap();
    assert_eq!(reason, "the cluster refuses it: failed to parse field [sentDateTime]");
    assert!(summary["unreadable"][0]["path"].as_str().unwrap().ends_with(".eml"));
}

/// What a file no longer has, and what is gone, loses the place that this machine gave it, and no other.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_on_disk_is_gone_in_the_cluster() {
    let setting = Setting::new().await;
    setting.fake.make(ALIAS);
    let (ann, bob) = (folder(&setting, "a", 0..4), folder(&setting, "b", 2..5));
    setting.index("d1", "ann", &ann, &[]).await;
    setting.index("d2", "bob", &bob, &[]).await;
    // One is another message now, one is gone, and one that both have is gone from one of them.
    fs::write(ann.join("0.eml"), mail("n9")).unwrap();
    fs::remove_file(ann.join("1.eml")).unwrap();
    fs::remove_file(ann.join("2.eml")).unwrap();
    let first = told(&setting.index("d1", "ann", &ann, &[]).await);
    assert_eq!((&first["indexed"], &first["forgotten"]), (&json!(1), &json!(0)));
    let both = ["ann", "bob"].as_slice();
    let expected = |all: &[(&str, &[&str])]| -> Vec<(String, Vec<String>)> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        all.iter().map(|(subject, names)| ((*subject).to_owned(), owned(names))).collect()
    };
    let without_n0 =
        [("n1", &["ann"][..]), ("n2", both), ("n3", both), ("n4", &["bob"]), ("n9", &["ann"])];
    assert_eq!(setting.mailboxes(), expected(&without_n0));
    let second = told(&setting.index("d1", "ann", &ann, &["--prune"]).await);
    assert_eq!(second["forgotten"], 2);
    let pruned = [("n2", &["bob"][..]), ("n3", both), ("n4", &["bob"]), ("n9", &["ann"])];
    assert_eq!(setting.mailboxes(), expected(&pruned));
}

/// Originals are kept beside the index, and go with the message.
#[tokio::test(flavor = "multi_thread")]
async fn originals_are_kept_where_that_is_asked() {
    let setting = Setting::new().await;
    setting.fake.make(ALIAS);
    let path = folder(&setting, "mail", 0..3);
    setting.index("other", "ann", &path, &[]).await;
    let originals = || setting.fake.documents_of("postern-default-originals").len();
    assert_eq!(originals(), 0, "nobody asked for them");
    let config = setting.path("keeping.toml");
    let url = setting.fake.http().url();
    let text =
        format!("[cluster]\nurls = [\"{url}\"]\noriginals = true\n[index]\nto = \"cluster\"\n");
    fs::write(&config, text).unwrap();
    let (data, path_text) = (setting.path("d"), path.to_str().unwrap().to_owned());
    let index = |more: &'static [&'static str]| {
        let (data, config, path) = (data.clone(), config.clone(), path_text.clone());
        tokio::task::spawn_blocking(move || {
            let flags = ["--config", config.to_str().unwrap(), "index", "--mailbox", "ann", &path];
            run(&data, &[&flags, more].concat())
        })
    };
    let output = index(&[]).await.unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(originals(), 3);
    let cluster = Cluster::new(&setting.fake.account()).unwrap();
    let id = setting.fake.documents().into_keys().next().unwrap();
    let read = cluster.original(ALIAS, &id, cluster.deadline()).await.unwrap().unwrap();
    assert_eq!(postern_mail::id_of(&read), id);
    fs::remove_file(path.join("0.eml")).unwrap();
    index(&["--prune"]).await.unwrap();
    assert_eq!(originals(), 3, "another machine still has the message");
    setting.index("other", "ann", &path, &["--prune"]).await;
    assert_eq!(setting.fake.documents().len(), 2);
}

/// Both indexes find what either finds, and what is gone goes from both.
#[tokio::test(flavor = "multi_thread")]
async fn both_indexes_are_written_at_once() {
    let setting = Setting::new().await;
    setting.fake.make(ALIAS);
    let path = folder(&setting, "mail", 0..6);
    let index = |more: &'static str| {
        let text = path.to_str().unwrap().to_owned();
        let setting = &setting;
        async move {
            let flags = ["index", "--to", "both", "--format", "json", "--mailbox", "ann", &text];
            let more: &[&str] = if more.is_empty() { &[] } else { &[more] };
            told(&setting.run("d", &[&flags, more].concat()).await)
        }
    };
    assert_eq!(index("").await["indexed"], 6);
    let here = || stdout(&run(&setting.path("d"), &["count", "from:a@x.com"])).trim().to_owned();
    assert_eq!((here().as_str(), setting.fake.documents().len()), ("6", 6));
    assert_eq!(index("").await["alreadyThere"], 6);
    fs::remove_file(path.join("5.eml")).unwrap();
    assert_eq!(index("--prune").await["forgotten"], 1);
    assert_eq!((here().as_str(), setting.fake.documents().len()), ("5", 5));
}
