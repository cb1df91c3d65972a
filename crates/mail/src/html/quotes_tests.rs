//! Whose words the lines of pages are, as the programs of senders write them.

use postern_query::{Place, Whose};
use proptest::prelude::*;

use crate::parse;

/// Each line of `marked` begins with whose it is: `n`ew, `q`uoted, or of a `s`ignature; blank ones may be either.
#[track_caller]
fn check_html(html: &str, marked: &str) {
    let raw = format!("Content-Type: text/html; charset=utf-8\n\n{html}");
    let message = parse(raw.as_bytes(), &Place::default());
    let body = message.body.unwrap_or_default();
    assert_eq!(shown(&body, &message.passages), marked, "{html}");
}

fn shown(text: &str, passages: &[postern_query::Passage]) -> String {
    let mut at = 0;
    let mut out = Vec::new();
    for line in text.split_inclusive('\n') {
        let here = passages.iter().find(|passage| passage.range.contains(&at));
        at += line.len();
        out.push(match here.map_or(Whose::New, |passage| passage.whose) {
            _ if line.trim().is_empty() => String::new(),
            Whose::New => format!("n {}", line.trim_end_matches('\n')),
            Whose::Quoted => format!("q {}", line.trim_end_matches('\n')),
            Whose::Signature => format!("s {}", line.trim_end_matches('\n')),
        });
    }
    out.join("\n").trim_end().to_owned()
}

#[track_caller]
fn check_pages(pages: &[(&str, &str)]) {
    pages.iter().for_each(|(html, marked)| check_html(html, marked));
}

#[test]
fn pages_of_any_program() {
    check_pages(&[
        (
            "<p>Yes.<blockquote type=cite>Shall we?</blockquote>When?",
            "n Yes.\nq Shall we?\nn When?",
        ),
        ("<p>Yes.</p><blockquote>Shall we?</blockquote>", "n Yes.\nq Shall we?"),
        ("<blockquote>Special offer</blockquote>", "n Special offer"),
    ]);
}

#[test]
fn pages_of_gmail() {
    check_pages(&[
        (
            "<div>Yes.</div><br><div class=\"gmail_quote gmail_quote_container\"><div dir=ltr class=gmail_attr>On Mon, 5 May 2025, Ann wrote:<br></div>\
          <blockquote class=gmail_quote>Shall we?</blockquote></div>",
            "n Yes.\nq On Mon, 5 May 2025, Ann wrote:\nq Shall we?",
        ),
        (
            "<div class=gmail_quote>2025/5/5 Ann <span>&lt;ann@x.org&gt;</span><br><blockquote class=gmail_quote>Shall we?</blockquote>\
          <div>Yes.</div><blockquote class=gmail_quote>When?</blockquote><div>At ten.</div></div>",
            "q 2025/5/5 Ann <ann@x.org>\nq Shall we?\nn Yes.\nq When?\nn At ten.",
        ),
        (
            "<div>Look.</div><div class=gmail_quote><div class=gmail_attr>---------- Forwarded message ---------<br>From: <b>Ann</b><br>\
          Date: Mon<br>Subject: Lunch<br>To: Bob<br></div><br><br>Shall we?</div>",
            "n Look.\nq ---------- Forwarded message ---------\nq From: Ann\nq Date: Mon\nq Subject: Lunch\nq To: Bob\nq Shall we?",
        ),
        ("<div>Yes.</div><div class=gmail_signature data-smartmail=x>Bob</div>", "n Yes.\ns Bob"),
    ]);
}

#[test]
fn pages_of_outlook() {
    check_pages(&[
        (
            "<p>Yes.</p><div style='border:none;border-top:solid'><p><b>From:</b> Ann &lt;ann@x.org&gt;<br><b>Sent:</b> Monday<br>\
          <b>To:</b> Bob<br><b>Subject:</b> Lunch</p></div><p>Shall we?</p>",
            "n Yes.\nq From: Ann <ann@x.org>\nq Sent: Monday\nq To: Bob\nq Subject: Lunch\nq Shall we?",
        ),
        (
            "<div>Yes.</div><div id=appendonsend></div><hr><div id=divRplyFwdMsg dir=ltr><font><b>From:</b> Ann</font></div><div>Shall we?</div>",
            "n Yes.\nq From: Ann\nq Shall we?",
        ),
        (
            "<div>Yes.</div><div id=x_divRplyFwdMsg>Ann</div><div>Shall we?</div>",
            "n Yes.\nq Ann\nq Shall we?",
        ),
        (
            "<div>Yes.</div><div id=ms-outlook-mobile-signature>Get it</div><div id=mail-editor-reference-message-container>\
          <div class=ms-outlook-mobile-reference-message><div>From: Ann</div><div>Shall we?</div></div></div>",
            "n Yes.\ns Get it\nq From: Ann\nq Shall we?",
        ),
        ("<div>Yes.</div><div id=Signature><p>Bob</p></div>", "n Yes.\ns Bob"),
        (
            "<div>Yes.</div><hr id=stopSpelling>From: ann@x.org<br>Shall we?",
            "n Yes.\nq From: ann@x.org\nq Shall we?",
        ),
        (
            "<p>Yes.<div id=OLK_SRC_BODY_SECTION><div>Ann</div>Shall we?</div>",
            "n Yes.\nq Ann\nq Shall we?",
        ),
    ]);
}

#[test]
fn pages_of_apple_thunderbird_yahoo_proton_roundcube_and_hotmail() {
    check_pages(&[
        (
            "Yes.<br><div><br><blockquote type=cite><div>On 5 May 2025, at 10:00, Ann wrote:</div><div>Shall we?</div></blockquote></div>",
            "n Yes.\nq On 5 May 2025, at 10:00, Ann wrote:\nq Shall we?",
        ),
        (
            "<p>Yes.</p><div class=moz-cite-prefix>On 5/5/25 10:00, Ann wrote:<br></div><blockquote type=cite cite='mid:1@x'>Shall we?</blockquote>\
          <div class=moz-signature>-- <br>Bob</div>",
            "n Yes.\nq On 5/5/25 10:00, Ann wrote:\nq Shall we?\ns --\ns Bob",
        ),
        (
            "<div class=moz-forward-container>-------- Forwarded Message --------<table><tr><th>Subject:</th><td>Lunch</td></tr></table>Shall we?</div>",
            "q -------- Forwarded Message --------\nq Subject: Lunch\nq Shall we?",
        ),
        (
            "<div>Yes.</div><div id=yahoo_quoted_1 class=yahoo_quoted><div>On Monday, Ann wrote:</div><div>Shall we?</div></div>",
            "n Yes.\nq On Monday, Ann wrote:\nq Shall we?",
        ),
        (
            "<div>Yes.</div><div class=protonmail_signature_block>Bob</div><div class=protonmail_quote>On Monday, Ann wrote:<br>\
          <blockquote class=protonmail_quote type=cite>Shall we?</blockquote></div>",
            "n Yes.\ns Bob\nq On Monday, Ann wrote:\nq Shall we?",
        ),
        (
            "<p id=reply-intro>Am 05.05.2025 10:00, schrieb Ann:</p><blockquote type=cite>Sollen wir?</blockquote><p>Ja.</p>",
            "q Am 05.05.2025 10:00, schrieb Ann:\nq Sollen wir?\nn Ja.",
        ),
        (
            "<div>Yes.</div><div class=ecxgmail_quote>On Monday, Ann wrote:<blockquote class=ecxgmail_quote>Shall we?</blockquote></div>",
            "n Yes.\nq On Monday, Ann wrote:\nq Shall we?",
        ),
    ]);
}

#[test]
fn pages_that_are_not_closed() {
    check_pages(&[
        ("<p>Yes.<blockquote>Shall we?<blockquote>We should.", "n Yes.\nq Shall we?\nq We should."),
        (
            "<p>Yes.</blockquote></div><blockquote>Shall we?</blockquote></blockquote>When?",
            "n Yes.\nq Shall we?\nn When?",
        ),
        (
            "<p>Yes.<blockquote>a<blockquote>b</blockquote>c</blockquote>d",
            "n Yes.\nq a\nq b\nq c\nn d",
        ),
    ]);
}

/// Letters in pieces become one, which moves what stands behind them.
#[test]
fn passages_of_a_body_that_is_seen_otherwise() {
    check_html(
        "Ja\u{308}.<br><blockquote type=cite>Pru\u{308}\u{ad}fen</blockquote>u\u{308}",
        "n Jä.\nq Prüfen\nn ü",
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    /// The passages of a page are whole lines, and what the body is does not depend on them.
    #[test]
    fn passages_of_pages(tags in prop::collection::vec(hostile_tag(), 0..30)) {
        let page = tags.concat();
        let raw = format!("Content-Type: text/html; charset=utf-8\n\n{page}");
        let message = parse(raw.as_bytes(), &Place::default());
        let body = message.body.clone().unwrap_or_default();
        let parts: String = message.parts().map(|(_, text, _)| text).collect();
        prop_assert_eq!(&parts, &body);
        for passage in &message.passages {
            prop_assert!(begins_line(&body, passage.range.start));
        }
    }
}

fn begins_line(text: &str, at: usize) -> bool {
    text.get(..at).is_some_and(|before| before.is_empty() || before.ends_with('\n'))
}

fn hostile_tag() -> impl Strategy<Value = String> {
    prop_oneof![
        "</?(blockquote|div|p|hr|span)( class=(gmail_quote|gmail_attr|x)| id=(divRplyFwdMsg|Signature|x))?>",
        "[a-zu\u{308} \u{ad}]{0,6}",
        Just("<br>".to_owned()),
    ]
}
