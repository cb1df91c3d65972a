//! The configuration file and the flags.

use super::*;
use crate::config::EngineName;

fn load(text: &str, flags: &Overrides) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("postern.toml");
    std::fs::write(&file, text).unwrap();
    Config::load(Some(&file), flags, "data".into()).map_err(|error| error.to_string())
}

#[track_caller]
fn check(text: &str, flags: &Overrides, expected: &str) {
    let error = load(text, flags).unwrap_err();
    assert!(error.contains(expected), "{error}");
    assert!(!error.contains("s3cret"), "{error}");
}

fn key_with(rest: &str) -> String {
    format!("[[keys]]\nname='k'\nsha256='{}'\ntenant='t1'\n{rest}", "a".repeat(64))
}

#[test]
fn every_error_says_what_to_do() {
    let none = &Overrides::default();
    check("lisen = 'x'", none, "unknown field `lisen`");
    check("listen = 'here'", none, "write one such as 127.0.0.1:7700");
    check("listen = '192.0.2.1:80'", none, "give --tenant and --key-file");
    check("[premium]\nurl = 'nowhere'", none, "give it as https://HOST");
    check("[premium]\nurl = 'https://me:s3cret@h'", none, "no name and no password");
    check("[premium]\nurl = 'http://h'\nindx = 'x'", none, "(line 3)");
    check("[premium]\nurl = 'http://h'\ndeadline = 'soon'", none, "write 5s or 800ms");
    check("[premium]\nurl = 'http://h'\ndeadline = '0s'", none, "write 5s or 800ms");
    check(&key_with("mailboxes = []"), none, "leave `mailboxes` out for all");
    check(&key_with("upstream_kye = 's3cret'"), none, "unknown field `upstream_kye`");
    check(&key_with("").replace("aaaa", "s3cret"), none, "sha256sum");
    check(&(key_with("") + &key_with("")), none, "are the same; remove one");
    let key = Overrides { key: Some("s3cret".into()), ..Overrides::default() };
    check("", &key, "give --tenant ID");
    let tenant = Overrides { tenant: Some("t".into()), ..Overrides::default() };
    check("", &tenant, "give --key-file or POSTERN_KEY");
}

#[test]
fn flags_go_over_the_file() {
    let text = "listen = '127.0.0.1:1'\n[premium]\nurl='http://a'\nindex='mail'\ndeadline='2s'\n";
    let flags = Overrides {
        premium: Some("http://b".into()),
        tenant: Some("t1".into()),
        key: Some("s3cret".into()),
        deadline: Some("9s".into()),
        ..Overrides::default()
    };
    let config = load(text, &flags).unwrap();
    let premium = config.premium.as_ref().unwrap();
    assert_eq!((premium.url.as_str(), premium.index.as_str()), ("http://b", "mail"));
    assert_eq!((config.listen.port(), config.deadline().as_secs()), (1, 9));
    assert!(config.access.caller(Some("s3cret"), Some("t1")).is_ok());
    assert!(!format!("{config:?}").contains("s3cret"), "secrets are masked");
}

#[test]
fn the_deadline_counts_without_premium_too() {
    let flags = Overrides { deadline: Some("800ms".into()), ..Overrides::default() };
    assert_eq!(load("", &flags).unwrap().deadline(), Duration::from_millis(800));
}

/// Each tenant has an order of its own or that of the gateway.
#[test]
fn the_order_of_engines() {
    use EngineName::{Local, Premium, Veeam};
    let tenant = "[[tenants]]\nid = 't1'\ndata = 'd'\n";
    let premium = "[premium]\nurl = 'http://h'\n";
    let table = [
        // the file, the engines of t1, those of another
        (String::new(), vec![Premium, Local], vec![Premium, Local]),
        ("engines = ['local']\n".to_owned(), vec![Local], vec![Local]),
        (
            format!("engines = ['local', 'premium']\n{premium}"),
            vec![Local, Premium],
            vec![Local, Premium],
        ),
        (format!("{tenant}engines = ['local']"), vec![Local], vec![Premium, Local]),
        (
            format!("engines = ['premium']\n{premium}{tenant}engines = ['local', 'premium']"),
            vec![Local, Premium],
            vec![Premium],
        ),
        (of_veeam(""), vec![Veeam, Local], vec![Premium, Local]),
        (of_veeam("premium = true"), vec![Veeam, Local], vec![Premium, Local]),
        (premium.to_owned() + &of_veeam(""), vec![Veeam, Local], vec![Premium, Local]),
        (
            premium.to_owned() + &of_veeam("premium = true"),
            vec![Local, Premium, Veeam],
            vec![Premium, Local],
        ),
        (
            "engines = ['local', 'veeam']\n".to_owned() + &of_veeam(""),
            vec![Local, Veeam],
            vec![Local, Veeam],
        ),
    ];
    for (text, own, others) in table {
        let config = load(&text, &Overrides::default()).unwrap();
        let both = |config: &Config| (config.order_of(Some("t1")), config.order_of(Some("t2")));
        assert_eq!(both(&config), (own.clone(), others.clone()), "{text}");
        let again = load(&config.shown(), &Overrides::default()).unwrap();
        assert_eq!(both(&again), (own, others), "{text}");
    }
}

fn of_veeam(rest: &str) -> String {
    format!(
        "[[tenants]]\nid = 't1'\ndata = 'd'\n[tenants.veeam]\nurl = 'https://h:4443'\nuser = 'u'\n{rest}"
    )
}

#[test]
fn a_server_of_veeam() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, "s3cret of the file\r\n").unwrap();
    let from_file = format!("password_file = '{}'\n", file.display());
    let flags = Overrides { veeam_password: Some("s3cret".into()), ..Overrides::default() };
    for (rest, given, password) in [
        ("", &Overrides::default(), None),
        ("", &flags, Some("s3cret")),
        (from_file.as_str(), &flags, Some("s3cret of the file")),
    ] {
        let config = load(&of_veeam(rest), given).unwrap();
        let server = config.veeam(Some("t1")).unwrap();
        assert_eq!(server.password.as_ref().map(postern_upstream::Secret::expose), password);
        assert_eq!(config.veeam(None).unwrap().user, "u", "the only tenant");
        assert!(config.veeam(Some("t2")).is_none());
        match config.veeam_client(Some("t1")) {
            Ok(client) => assert!(client.is_some() && password.is_some()),
            Err(error) => assert!(error.to_string().contains("set POSTERN_VEEAM_PASSWORD")),
        }
        let shown = format!("{} {config:?}", config.shown());
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}

#[test]
fn a_server_of_veeam_reads_back() {
    let digest = "0A:".repeat(31) + "0b";
    let rest = format!(
        "version = 'v6'\norganization = 'o'\ncertificate_sha256 = '{digest}'\nsessions = 2\n\
         source = 'backup'\npremium = true\nfresh = '6h'\n"
    );
    let none = &Overrides::default();
    let again = load(&load(&of_veeam(&rest), none).unwrap().shown(), none).unwrap();
    let server = again.veeam(None).unwrap();
    let mut pinned = [10; 32];
    pinned[31] = 11;
    assert_eq!(server.trust, crate::config::VeeamTrust::Sha256(pinned));
    assert_eq!(
        (server.version, server.sessions, server.premium),
        (Some(postern_upstream::veeam::Version::V6), 2, true)
    );
    assert_eq!((server.source.as_str(), server.fresh.as_secs()), ("backup", 21_600));
    assert_eq!(server.organization.as_deref(), Some("o"));
}

#[test]
fn servers_of_veeam_that_cannot_be() {
    let none = &Overrides::default();
    let check_url = |url: &str, expected: &str| {
        check(&of_veeam("").replace("https://h:4443", url), none, expected);
    };
    let check = |rest: &str, expected: &str| check(&of_veeam(rest), none, expected);
    check_url("https://me:s3cret@h", "give `user`");
    check_url("s3cret", "write https://HOST:4443");
    check("version = 'v3'", "is auto, v4, v5, v6, v7 or v8");
    check("sessions = 0", "a number from 1 to 16");
    check("sessions = 17", "a number from 1 to 16");
    check("fresh = 'soon'", "such as 15m or 6h");
    check("certificate_sha256 = 's3cret'", "is not 64 hex digits");
    check("password = 's3cret'", "unknown field `password`");
    check("password_file = '/nowhere'", "cannot be read");
    check("organization = ' '", "`organization` of [tenants.veeam] is empty");
    let both = format!("certificates = 'a'\ncertificate_sha256 = '{}'", "a".repeat(64));
    check(&both, "has both `certificates` and `certificate_sha256`");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "s3cret\ns3cret").unwrap();
    check(&format!("password_file = '{}'", file.path().display()), "no file with one line");
}

#[test]
fn a_file_that_is_not_there() {
    let path = "/nowhere/postern.toml".as_ref();
    let error = Config::load(Some(path), &Overrides::default(), "data".into()).unwrap_err();
    assert!(error.to_string().contains("/nowhere/postern.toml cannot be read"), "{error}");
}

/// What is shown is a configuration that says the same, but for its secrets.
#[test]
fn what_is_shown_reads_back_without_secrets() {
    let text = "listen = '127.0.0.1:1'\n[limits]\nrate = 5\ntime = '3s'\n[cors]\norigins = ['https://a.example']\n\
                [premium]\nurl = 'http://h'\nhedge = true\nshadow = 0.25\nprobe = 'never'\n[premium.breaker]\nrest = '2s'\n"
        .to_owned()
        + &key_with("upstream_key = 's3cret'\nmailboxes = ['me']");
    let shown = load(&text, &Overrides::default()).unwrap().shown();
    assert!(!shown.contains("s3cret") && !shown.contains(&"a".repeat(64)), "{shown}");
    let again = shown.replacen("***", &"b".repeat(64), 1);
    let again = load(&again, &Overrides::default()).unwrap();
    let premium = again.premium.as_ref().unwrap();
    assert_eq!((premium.hedge, premium.shadow, premium.probe), (true, 0.25, None));
    assert_eq!((premium.breaker.rest.as_secs(), again.limits.time.as_secs()), (2, 3));
    assert_eq!(again.limits.rate.map(std::num::NonZeroU32::get), Some(5));
    assert_eq!(again.origins, ["https://a.example"]);
    assert_eq!(again.access.keys()[0].mailboxes, ["me"]);
}

#[test]
fn values_that_cannot_be() {
    let none = &Overrides::default();
    check("[cors]\norigins = ['*']", none, "write one such as https://mail.example");
    check("[limits]\nrate = 0", none, "expected a whole number from 1 (`rate`, line 2)");
    check("[limits]\nsize = 1", none, "unknown field `size`");
    check("[premium]\nurl = 'http://h'\nshadow = 2.0", none, "a number from 0 to 1");
    check("[premium]\nurl = 'http://h'\nprobe = 'often'", none, "write 5s or 800ms");
    check("[premium]\nurl = 'http://h'\ncertificates = '/nowhere'", none, "cannot be read");
    check(
        "[premium]\nurl = 'http://h'\n[premium.breaker]\nfailure_rate = 0.0",
        none,
        "at least 0.01",
    );
    check("engines = []", none, "write premium, veeam, cluster, local");
    check(
        "engines = ['local', 'datatap']",
        none,
        "number 2 of `engines` is none; there are premium, veeam, cluster, local",
    );
    check("engines = ['veeam']", none, "there is no [tenants.veeam]");
    check("engines = ['local', 'local']", none, "names local twice");
    check("engines = ['premium']", none, "there is no [premium]");
    let tenant = "[[tenants]]\nid = 't1'\ndata = 'd'\n";
    check(&format!("{tenant}engines = ['premium']"), none, "there is no [premium]");
    check(&format!("{tenant}engines = ['s3cret']"), none, "number 1 of `engines` is none");
    let twice = key_with("") + &key_with("").replace("aaaa", "bbbb");
    check(&twice, none, "give each its own name");
}

/// A value of each type of TOML that holds a secret, and the secret in it.
const SECRETS: [(&str, &str); 10] = [
    ("'Zs3cretZ'", "s3cret"),
    ("\"\"\"Zs3cretZ\n, expected `x`, expected s3cret\"\"\"", "s3cret"),
    ("'5s3cret'", "s3cret"),
    ("5318008531", "5318008531"),
    ("-5318008531", "5318008531"),
    ("5318008.5310", "5318008.531"),
    ("5318-08-08T05:31:08Z", "5318-08-08"),
    ("['Zs3cretZ']", "s3cret"),
    ("[['Zs3cretZ'], 5318008531]", "s3cret"),
    ("{ a = 'Zs3cretZ' }", "s3cret"),
];

/// Every key of a configuration, below its header and what else that needs.
const KEYS: [(&str, &str); 10] = [
    ("", "listen data deadline engines premium keys tenants limits cors sync"),
    (
        "[premium]\nurl = 'http://h'\n",
        "index deadline recheck syntax mode search_functions lower_case_addresses url_budget fields probe breaker hedge shadow certificates",
    ),
    ("[premium]\n", "url"),
    ("[premium]\nurl = 'http://h'\n[premium.breaker]\n", "window minimum failure_rate rest"),
    ("[limits]\n", "body uri headers concurrency connections exports rate burst time"),
    ("[cors]\n", "origins"),
    ("[sync]\n", "every jobs answer_time"),
    ("[[tenants]]\n", "id data engines veeam"),
    (
        "[[tenants]]\nid = 't'\ndata = 'd'\n[tenants.veeam]\nurl = 'http://h'\nuser = 'u'\n",
        "version organization password_file certificates certificate_sha256 sessions source premium fresh drives restore",
    ),
    (
        "[[tenants]]\nid = 't'\ndata = 'd'\n[tenants.veeam]\nurl = 'http://h'\nuser = 'u'\n[tenants.veeam.restore]\n",
        "user password_file application_id certificate_file certificate_password_file impersonation_account",
    ),
];

/// A value may be a secret in the wrong place. An error repeats none but names and paths; the values of
/// `sha256` and `upstream_key` are not shown by anything.
#[test]
fn no_error_repeats_a_value() {
    let none = &Overrides::default();
    let of_keys = ["name", "sha256", "tenant", "upstream_key", "mailboxes", "actions"].map(|key| {
        let given = [
            ("name", "'n'".to_owned()),
            ("sha256", format!("'{}'", "a".repeat(64))),
            ("tenant", "'t'".to_owned()),
        ];
        let others = given.iter().filter(|(name, _)| *name != key);
        let others: String = others.map(|(name, value)| format!("{name} = {value}\n")).collect();
        (format!("[[keys]]\n{others}"), key)
    });
    let others = KEYS
        .iter()
        .flat_map(|(header, keys)| keys.split(' ').map(|key| ((*header).to_owned(), key)));
    let mut tried = 0;
    for ((header, key), (value, secret)) in
        others.chain(of_keys).flat_map(|place| SECRETS.map(|value| (place.clone(), value)))
    {
        let text = format!("{header}{key} = {value}\n");
        let is_name = ["name", "tenant", "id", "data", "fields", "certificates", "password_file"]
            .contains(&key);
        match load(&text, none) {
            Err(error) => assert!(is_name || !error.contains(secret), "{text}: {error}"),
            Ok(config) => {
                let shown = format!("{} {config:?}", config.shown());
                let is_hidden = !["sha256", "upstream_key"].contains(&key);
                assert!(is_hidden || !shown.contains(secret), "{text}: {shown}");
            }
        }
        tried += 1;
    }
    assert_eq!(tried, (10 + 14 + 1 + 4 + 9 + 1 + 3 + 4 + 11 + 7 + 5) * SECRETS.len());
}

/// Text that is no TOML at all is not repeated either.
#[test]
fn broken_files_are_not_repeated() {
    for text in [
        "s3cret",
        "= 's3cret'",
        "a = s3cret",
        "a = 's3cret",
        "a = \"\\s3cret\"",
        "[s3cret",
        "a = {s3cret",
        "a = 's3cret' s3cret",
    ] {
        check(text, &Overrides::default(), "line 1)");
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), b"a = 's3cret\xff'").unwrap();
    let error = Config::load(Some(file.path()), &Overrides::default(), "data".into()).unwrap_err();
    assert!(!error.to_string().contains("s3cret"), "{error}");
}

/// Of several tenants each has an index of its own in the cluster.
#[test]
fn indexes_of_a_cluster() {
    let tenants = |ids: &[&str]| {
        let each = ids.iter().map(|id| format!("[[tenants]]\nid = \"{id}\"\ndata = \"{id}\"\n"));
        each.collect::<String>()
    };
    let urls = "[cluster]\nurls = [\"https://a.example:9200\"]\n";
    for (cluster, ids, expected) in [
        (urls.to_owned(), &["Contoso"][..], Ok("postern-contoso")),
        (urls.to_owned(), &[], Ok("postern-default")),
        (format!("{urls}index = \"mail\"\n"), &["a"], Ok("mail")),
        (format!("{urls}index = \"mail\"\n"), &["a", "b"], Err("write {tenant}")),
        (urls.to_owned(), &["a", "A"], Err("would share the index `postern-a`")),
        (urls.to_owned(), &["a/b"], Err("gives the name `postern-a/b`")),
        (format!("{urls}index = \"_x-{{tenant}}\"\n"), &["a"], Err("gives the name `_x-a`")),
        ("[cluster]\nurls = []\n".to_owned(), &["a"], Err("`urls` of [cluster] is empty")),
        (
            "[cluster]\nurls = [\"https://u:s3cret@h\"]\n".to_owned(),
            &["a"],
            Err("holds a name or a password"),
        ),
        (format!("{urls}user = \"u\"\napi_key_file = \"k\"\n"), &["a"], Err("remove one")),
        (format!("{urls}shards = 0\n"), &["a"], Err("`shards`")),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("postern.toml");
        std::fs::write(&file, format!("{cluster}{}", tenants(ids))).unwrap();
        let read = Config::load(Some(&file), &Overrides::default(), "data".into());
        let name = read.and_then(|config| config.cluster_index(None));
        match (name, expected) {
            (Ok(name), Ok(expected)) => assert_eq!(name.as_deref(), Some(expected)),
            (Err(error), Err(part)) => {
                let error = error.to_string();
                assert!(error.contains(part) && !error.contains("s3cret"), "{error}");
            }
            other => panic!("{cluster} {ids:?}: {other:?}"),
        }
    }
}

#[test]
fn the_password_of_a_cluster_comes_from_outside() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("postern.toml");
    std::fs::write(&file, "[cluster]\nurls = [\"http://127.0.0.1:9200\"]\nuser = \"u\"\n").unwrap();
    let load = |cluster_password| {
        let flags = Overrides { cluster_password, ..Overrides::default() };
        Config::load(Some(&file), &flags, "data".into()).unwrap()
    };
    let error = load(None).cluster_client().unwrap_err().to_string();
    assert!(error.contains("set POSTERN_CLUSTER_PASSWORD"), "{error}");
    let config = load(Some("s3cret".into()));
    assert!(config.cluster_client().unwrap().is_some());
    assert!(!format!("{config:?}{}", config.shown()).contains("s3cret"));
}
