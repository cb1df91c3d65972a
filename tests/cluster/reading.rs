//! A gateway over a cluster.

use super::*;

/// A gateway without any local index, and one that has one behind the cluster.
#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_asks_the_cluster_first() {
    let setting = Setting::new().await;
    setting.fake.make(ALIAS);
    setting.index("d", "ann", &folder(&setting, "mail", 0..3), &[]).await;
    let config = setting.config();
    let gateway = |data: &Path| Gateway::start(data, &["--config", config.to_str().unwrap()]);
    let alone = gateway(&setting.path("none"));
    let found = get_with(&format!("{}/v1/search?q=words&facets=sender", alone.url), None).await;
    let answer = found.json();
    assert_eq!((found.status, &answer["count"]), (200, &json!({"value": 3, "exact": true})));
    assert_eq!(answer["servedBy"]["engine"], "cluster");
    assert_eq!(answer["results"][0]["mailbox"], "ann");
    assert_eq!(
        (&answer["facetsBy"], &answer["coverage"]["indexed"]),
        (&json!("cluster"), &json!(3))
    );
    assert_eq!(answer["facets"]["sender"]["values"], json!([{"value": "a@x.com", "count": 3}]));

    setting.fake.trouble(Trouble { silent_shards: 1, ..Trouble::default() });
    let refused = get_with(&format!("{}/v1/search?q=words", alone.url), None).await;
    assert_eq!(refused.status, 503, "{}", refused.body);
    assert!(
        refused.body.contains("1 of 3 shards of the cluster did not answer"),
        "{}",
        refused.body
    );
    let behind = gateway(samples());
    let other = get_with(&format!("{}/v1/search?q=subject:a*", behind.url), None).await;
    assert_eq!((other.status, &other.json()["servedBy"]["engine"]), (200, &json!("local")));

    setting.fake.trouble(Trouble { too_many_clauses: true, ..Trouble::default() });
    let fresh = gateway(&setting.path("none"));
    for _ in 0..20 {
        let many = get_with(&format!("{}/v1/search?q=words&engine=cluster", fresh.url), None).await;
        assert_eq!(many.status, 400, "{}", many.body);
    }
    setting.fake.trouble(Trouble::default());
    let well = get_with(&format!("{}/v1/search?q=words&engine=cluster", fresh.url), None).await;
    assert_eq!(well.status, 200, "no breaker opens for what a client asks: {}", well.body);
}

/// Sets and holds over an index that lies in a cluster alone: what is held stays there and here.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_stays_in_the_cluster() {
    let setting = Setting::new().await;
    setting.fake.make(ALIAS);
    let (mail, data, config) =
        (folder(&setting, "mail", 1..3), setting.path("d"), setting.path("keeping.toml"));
    let url = setting.fake.http().url();
    let text =
        format!("[cluster]\nurls = [\"{url}\"]\noriginals = true\n[index]\nto = \"cluster\"\n");
    fs::write(&config, text).unwrap();
    let index = |more: &'static [&'static str]| {
        let (data, config, mail) = (data.clone(), config.clone(), mail.clone());
        tokio::task::spawn_blocking(move || {
            let [config, mail] = [&config, &mail].map(|path| path.to_str().unwrap());
            let flags = ["--config", config, "index", "--mailbox", "ann", mail];
            let output = run(&data, &[&flags, more].concat());
            assert!(output.status.success(), "{}", stderr(&output));
        })
    };
    index(&[]).await.unwrap();
    let gateway = Gateway::start(&data, &["--config", config.to_str().unwrap()]);
    let send = async |method: &str, path: &str, body: Value| {
        let client = postern_upstream::http().no_proxy().build().unwrap();
        let url = format!("{}/v1/sets/{path}", gateway.url);
        let request = client.request(method.parse().unwrap(), url);
        let request = request.header("Content-Type", "application/json").body(body.to_string());
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
        assert_eq!(status, 200, "{text}");
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let made = send("PUT", "two", json!({"q": "words"})).await;
    let [count, here] = ["count", "here"].map(|name| made[name].as_u64());
    assert_eq!((count, here, made["coverage"]["indexed"].as_u64()), (Some(2), Some(2), Some(2)));
    folder(&setting, "mail", 0..1);
    index(&[]).await.unwrap();
    let held = send("POST", "two/hold", json!({})).await;
    assert_eq!(held, json!({"held": 2, "notHeld": []}));
    let found = get_with(&format!("{}/v1/search?q=set:two", gateway.url), None).await.json();
    assert_eq!(
        (&found["count"]["value"], &found["servedBy"]["engine"]),
        (&json!(2), &json!("cluster"))
    );
    let subjects =
        || setting.mailboxes().into_iter().map(|(subject, _)| subject).collect::<Vec<_>>();
    assert_eq!(subjects(), ["n0", "n1", "n2"]);
    for number in 0..3 {
        fs::remove_file(mail.join(format!("{number}.eml"))).unwrap();
    }
    index(&["--prune"]).await.unwrap();
    assert_eq!(subjects(), ["n1", "n2"], "what is held stays");
    send("POST", "two/release", json!({})).await;
    assert_eq!(subjects(), Vec::<String>::new());
    assert!(!data.join("index").exists(), "no index was made here");
}

/// What is new in a saved search is told where mail goes into a cluster alone.
#[tokio::test(flavor = "multi_thread")]
async fn new_hits_are_told_of_a_cluster() {
    let setting = Setting::new().await;
    setting.fake.make(ALIAS);
    let watch = async |arguments: &[&str]| {
        let config = setting.path("keeping.toml");
        let url = setting.fake.http().url();
        fs::write(&config, format!("[cluster]\nurls = [\"{url}\"]\n[index]\nto = \"cluster\"\n"))
            .unwrap();
        let flags = ["--config", config.to_str().unwrap()];
        let all: Vec<_> = flags.iter().chain(arguments).map(|one| (*one).to_owned()).collect();
        let data = setting.path("d");
        let running = move || run(&data, &all.iter().map(String::as_str).collect::<Vec<_>>());
        let output = tokio::task::spawn_blocking(running).await.unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        output
    };
    let mail = folder(&setting, "mail", 0..2);
    let mail = mail.to_str().unwrap();
    watch(&["index", mail]).await;
    watch(&["watch", "add", "all", "words"]).await;
    folder(&setting, "mail", 2..5);
    let brought = watch(&["index", mail]).await;
    assert!(stderr(&brought).contains("new in `all`: 3"), "{}", stderr(&brought));
    let again = watch(&["index", mail]).await;
    assert!(!stderr(&again).contains("new in"), "{}", stderr(&again));
    let listed = told(&watch(&["watch", "list", "--format", "json"]).await);
    assert_eq!(listed["count"], 3, "{listed}");
}

/// A report of the cluster has the numbers of one that is made here, and says who counted.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_of_the_cluster_is_that_of_this_machine() {
    let setting = Setting::new().await;
    setting.fake.make(ALIAS);
    let mail = folder(&setting, "mail", 0..3);
    let flags = ["index", "--to", "both", "--mailbox", "ann", mail.to_str().unwrap()];
    let indexed = setting.run("d", &flags).await;
    assert!(indexed.status.success(), "{}", stderr(&indexed));
    // The fake finds by these words of subjects only.
    setting.fake.find(|asked, document| {
        let mut words = ["n0", "n1"].iter().filter(|word| asked.contains(*word));
        words.all(|word| document["subject"] == **word)
    });
    let terms = setting.path("terms");
    fs::write(&terms, "subject:n0\nn0's\tsubject:n0\nfrom:a@x.com\nform:x\nsubject:n1\n").unwrap();
    let report = async |engine: &str| {
        let flags = ["report", terms.to_str().unwrap(), "--format", "json", "--engine", engine];
        let output = setting.run("d", &flags).await;
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        told(&output)
    };
    let (mut there, mut here) = (report("cluster").await, report("local").await);
    let numbers = |line: &Value| ["matches", "unique"].map(|name| line[name].clone());
    // Each message is found by `from:`; n0 by two lines more, n1 by one more, and n2 by no other.
    let expected = [[1, 0], [1, 0], [3, 1], [0, 0], [1, 0]];
    for (line, expected) in there["lines"].as_array().unwrap().iter().zip(expected) {
        if line["errors"].is_null() {
            assert_eq!(numbers(line), expected.map(Value::from), "{line}");
            assert_eq!(line["servedBy"]["engine"], "cluster");
        }
    }
    for line in
        [&mut there, &mut here].into_iter().flat_map(|one| one["lines"].as_array_mut().unwrap())
    {
        line.as_object_mut().unwrap().retain(|name, _| name != "servedBy" && name != "coverage");
    }
    for same in ["lines", "totals", "unsearchable"] {
        assert_eq!(there[same], here[same], "{same}");
    }
}
