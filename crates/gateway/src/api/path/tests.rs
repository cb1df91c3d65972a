use super::*;

#[track_caller]
fn check_all(paths: &[&str], expected: Result<(), Unsafe>) {
    for path in paths {
        assert_eq!(check(path), expected, "{path}");
    }
}

#[test]
fn what_may_go_on() {
    check_all(
        &[
            "/api/t1/locations",
            "/api/t1/jobs/1/start",
            "/api/t1//jobs/",
            "/api/t1/x/items/folder%2FSent%20Items",
            "/api/t1/x/items/folder%2fSent%20Items%2f",
            "/api/t1/x/items/100%25",
            "/api/t1/x/items/20%25de%20descuento",
            "/api/t1/x/items/a..b",
            "/api/t1/x/items/..a",
            "/api/t1/x/items/a%2F..b",
            "/api/t1/x/items/.htaccess",
            "/api/t1/x/items/a;b=..",
            "/api/t1/x/items/AAMkAD%3D%3D+-_~!$&'()*,:@",
            "/api/t1/x/items/受信／トレイ",
            "/api/t1/x/items/%E5%8F%97%E4%BF%A1",
        ],
        Ok(()),
    );
}

#[test]
fn what_may_not() {
    check_all(
        &["/api/t1/%", "/api/t1/%2", "/api/t1/%u002e%u002e", "/api/t1/%zz"],
        Err(Unsafe::Percent),
    );
    check_all(
        &["/api/%ff", "/api/t1/%c0%ae%c0%ae", "/api/t1/%c0%af", "/api/t1/%e0%80%ae"],
        Err(Unsafe::Utf8),
    );
    check_all(
        &["/api/t1/x\\..\\t2", "/api/t1/x%5cy", "/api/t1/x%5C", "/api/t1/%255c", "/api/t1/%25255C"],
        Err(Unsafe::Backslash),
    );
    check_all(
        &[
            "/api/t1/%00",
            "/api/t1/a%0d%0ab",
            "/api/t1/%09",
            "/api/t1/%7f",
            "/api/t1/%C2%85",
            "/api/t1/%250a",
        ],
        Err(Unsafe::Control),
    );
    check_all(
        &[
            "/api/t1/.",
            "/api/t1/../t2",
            "/api/..",
            "/api/t1/%2e%2E/t2",
            "/api/t1/..;x/t2",
            "/api/t1/..;/t2",
            "/api/t1/.;x",
            "/api/t1/x%2F..%2F..%2Ft2",
            "/api/t1/%252e%252e/t2",
            "/api/t1/x%252f..%252ft2",
            "/api/t1/%25252e%25252e",
            "/api/t1/..%20/t2",
            "/api/t1/%20../t2",
            "/api/t1/.../t2",
            "/api/t1/．．/t2",
            "/api/t1/%EF%BC%8E%EF%BC%8E/t2",
            "/api/t1/x%EF%BC%8F..%EF%BC%8Ft2",
            "/api/t1/‥/t2",
            "/api/t1/..%3Bx/t2",
        ],
        Err(Unsafe::Step),
    );
}

/// Spellings of the characters of a step, of a separator and of what may follow it.
const DOTS: [&str; 8] = [".", "%2e", "%2E", "%252e", "%25252E", "．", "%EF%BC%8E", "%c0%ae"];
const SLASHES: [&str; 9] = ["/", "%2f", "%2F", "%252f", "\\", "%5c", "%5C", "%255C", "%c0%af"];
const TAILS: [&str; 6] = ["", ";", ";x=1", "%3b", "%20", "%253Bx"];

/// Every spelling of a step up, made of these.
pub(crate) fn steps() -> Vec<String> {
    let mut all = Vec::new();
    for first in DOTS {
        for second in DOTS.into_iter().chain([""]) {
            for slash in SLASHES {
                let tails = TAILS.iter();
                all.extend(tails.map(|tail| format!("x{slash}{first}{second}{tail}{slash}t2")));
            }
        }
    }
    all
}

#[test]
fn every_spelling_of_a_step_is_refused() {
    let all = steps();
    assert_eq!(all.len(), 8 * 9 * 9 * 6);
    for step in all {
        assert!(check(&format!("/api/t1/{step}/jobs")).is_err(), "{step}");
    }
}

/// Whatever may go on is the same after a URL parser has read it, and after servers have decoded and
/// normalised it: its tenant stays, and so does the number of steps.
#[test]
fn what_may_go_on_stays_in_its_tenant() {
    let parts = [
        "x", "..", ".", "/", "\\", "%2f", "%5c", "%2e", "%25", "2e", "2f", ";", "%3b", "%20", "é",
        "%", "．", "%c3", "%a9", "\u{7f}",
    ];
    let mut random = fastrand::Rng::with_seed(7);
    let mut admitted = 0;
    for _ in 0..200_000 {
        let rest: String =
            (0..random.usize(1..7)).map(|_| parts[random.usize(..parts.len())]).collect();
        let path = format!("/api/t1/{rest}");
        if check(&path).is_err() {
            continue;
        }
        admitted += 1;
        let url = reqwest::Url::parse(&format!("http://h{path}")).unwrap();
        assert!(url.path().starts_with("/api/t1/"), "{path}: {url}");
        assert_eq!(url.path().split('/').count(), path.split('/').count(), "{path}: {url}");
        let mut text = path.clone();
        for _ in 0..DECODINGS {
            text = percent_decode_str(&text).decode_utf8_lossy().into_owned();
            assert!(sloppily(&text).starts_with("/api/t1"), "{path}: {text}");
        }
    }
    assert!(admitted > 10_000, "{admitted}");
}

/// A path as a careless server resolves it.
fn sloppily(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for part in path.split(['/', '\\']) {
        match part.split(';').next().unwrap().trim() {
            "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(part),
        }
    }
    kept.join("/")
}
