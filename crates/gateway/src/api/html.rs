//! HTML out of mail, made safe to show.

use ammonia::Builder;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use postern_mail::{html_of, well_nested};
use postern_query::{Message, Whose};

/// Nothing runs, nothing is sent, and nothing is loaded but how our own pages look.
pub(super) const POLICY: [(&str, &str); 2] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'self'; sandbox",
    ),
    ("referrer-policy", "no-referrer"),
];

/// The same, with the pictures that came with the message.
pub(super) const POLICY_WITH_PICTURES: [(&str, &str); 2] = [
    (
        "content-security-policy",
        "default-src 'none'; img-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'self'; sandbox",
    ),
    ("referrer-policy", "no-referrer"),
];

/// Bytes of plain text that are shown.
const MOST_TEXT: usize = 1 << 20;
/// Characters of a title that are shown.
const MOST_TITLE: usize = 1_000;
/// Said where HTML exceeds what may be laid out.
const TOO_COMPLEX: &str =
    "This message is too complex to be shown as it was laid out; this is its text.";
/// Said where the text is cut.
const TOO_LONG: &str =
    "This message is too long to be shown as a whole; its original has all of it.";

/// A page with what was sent as HTML, else the text that is kept in the index. The pictures that came with it lie
/// below `pictures`, if they are shown.
pub(super) fn view(message: &Message, original: Option<Vec<u8>>, pictures: Option<&str>) -> String {
    let rich = original.and_then(|raw| html_of(&raw));
    let body = match rich {
        None => of_text(message, &[]),
        Some(html) => {
            sanitised(&html, pictures).unwrap_or_else(|| of_text(message, &[TOO_COMPLEX]))
        }
    };
    page(message.subject.as_deref().unwrap_or_default(), &body)
}

/// The HTML without scripts, styles, forms, and whatever would be fetched to show it; nothing where it
/// is too large or too deep to be laid out.
fn sanitised(html: &str, pictures: Option<&str>) -> Option<String> {
    // A tree is made only of what was bounded before: deep or wrong nesting costs the square, and more.
    well_nested(html).map(|html| clean(&html, pictures))
}

fn clean(html: &str, pictures: Option<&str>) -> String {
    let pictures = pictures.map(str::to_owned);
    Builder::default()
        .url_schemes(["http", "https", "mailto", "cid"].into())
        .link_rel(Some("noopener noreferrer nofollow"))
        .attribute_filter(move |element, attribute, value| match (element, attribute) {
            ("img", "src") => Some(picture(value, pictures.as_deref()?)?.into()),
            (_, "src" | "srcset" | "background" | "poster" | "cite") => None,
            _ => content_id(value).is_none().then(|| value.into()),
        })
        .clean(html)
        .to_string()
}

/// The id in a link to a part of the same message.
fn content_id(link: &str) -> Option<&str> {
    let link = link.trim();
    let scheme = link.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("cid:"));
    scheme.and_then(|_| link.get(4..))
}

/// Where a picture lies that came with the message; nothing of any other one.
fn picture(link: &str, pictures: &str) -> Option<String> {
    let id = percent_decode_str(content_id(link)?).decode_utf8_lossy();
    Some(format!("{pictures}/{}", utf8_percent_encode(&id, NON_ALPHANUMERIC)))
}

/// Plain text with its line ends, below what there is to say of it.
fn of_text(message: &Message, notes: &[&str]) -> String {
    let text = message.body.as_deref().unwrap_or_default();
    let end = text.floor_char_boundary(MOST_TEXT);
    let cut = (end < text.len()).then_some(TOO_LONG);
    let notes: String =
        notes.iter().copied().chain(cut).map(|note| format!("<p>{note}</p>")).collect();
    let has_new = message.parts().any(|(_, text, whose)| whose == Whose::New && !is_blank(text));
    let shown = message.parts().take_while(|(start, ..)| *start < end);
    let parts = shown.map(|(start, text, whose)| {
        let text = text.get(..end - start).unwrap_or(text);
        part(text, whose, has_new)
    });
    format!("{notes}{}", parts.collect::<String>())
}

/// What is quoted is folded, unless nothing else is there.
fn part(text: &str, whose: Whose, has_new: bool) -> String {
    let safe = ammonia::clean_text(text);
    match whose {
        Whose::New if is_blank(text) => String::new(),
        Whose::New => format!("<pre>{safe}</pre>"),
        Whose::Signature => format!("<pre class=\"signature\">{safe}</pre>"),
        Whose::Quoted => {
            let (open, lines) = (if has_new { "" } else { " open" }, text.lines().count());
            let lines = if lines == 1 { "1 line".to_owned() } else { format!("{lines} lines") };
            format!("<details{open}><summary>{lines} quoted</summary><pre>{safe}</pre></details>")
        }
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// A whole page around a body that is safe.
fn page(title: &str, body: &str) -> String {
    let title: String = title.chars().take(MOST_TITLE).collect();
    let title = ammonia::clean_text(&title);
    format!(
        "<!doctype html><html><head><meta charset=\"utf-8\"><title>{title}</title>\
         <link rel=\"stylesheet\" href=\"/assets/mail.css\"></head><body>{body}</body></html>"
    )
}

#[cfg(test)]
mod tests {
    use postern_mail::is_shown;
    use postern_query::Passage;

    use super::*;

    #[track_caller]
    fn check(html: &str, expected: &str) {
        assert_eq!(sanitised(html, None).as_deref(), Some(expected), "{html}");
    }

    #[test]
    fn what_is_left_of_html() {
        check("<p onclick=x()>a <b>b</b></p>", "<p>a <b>b</b></p>");
        check("a<script>alert(1)</script><style>p{}</style>", "a");
        check("<img src=http://track/1.gif srcset=x alt=logo>", "<img alt=\"logo\">");
        check("<a href=javascript:x()>a</a>", "<a rel=\"noopener noreferrer nofollow\">a</a>");
        check("<iframe src=//x></iframe><form action=//x><input></form>", "");
        check("<svg onload=x()><p>a", "<p>a</p>");
        check(
            "<table background=http://x><tr><td>1</table>",
            "<table><tbody><tr><td>1</td></tr></tbody></table>",
        );
        check("<base href=//x><meta http-equiv=refresh content=0>a", "a");
    }

    /// Pictures that came with a message were not shown in it. No other one is, and no link leads to a part.
    #[test]
    fn pictures_that_came_with_the_message() {
        for (html, expected) in [
            ("<img src=cid:a@b alt=x>", "<img src=\"/t/a%40b\" alt=\"x\">"),
            ("<img src=' CID:a%40b/../c'>", "<img src=\"/t/a%40b%2F%2E%2E%2Fc\">"),
            ("<img src='cid:\"><script>'>", "<img src=\"/t/%22%3E%3Cscript%3E\">"),
            ("<img src=http://x/cid:a><img src=/t/a><img src=data:image/png,x>", "<img><img><img>"),
            ("<img srcset=cid:a><table background=cid:a></table>", "<img><table></table>"),
            ("<a href=cid:a@b>a</a>", "<a rel=\"noopener noreferrer nofollow\">a</a>"),
        ] {
            assert_eq!(sanitised(html, Some("/t")).as_deref(), Some(expected), "{html}");
        }
        assert_eq!(sanitised("<img src=cid:a>", None).as_deref(), Some("<img>"));
    }

    /// What is written anew before it is sanitised looks the same.
    #[test]
    fn mail_that_is_nested_well_looks_as_it_was_sent() {
        for html in [
            "<html><head><title></title><style>p{}</style></head><body><p>Dear <b>Ann</b>,<p>yours</body></html>",
            "<div dir=ltr><div>a<br></div><blockquote type=cite><p>b &amp; c</p></blockquote></div>",
            "<table border=0 width=600><tr><td align=center><a href='https://x.org/?a=1&amp;b=2'>x</a></td></tr></table>",
            "<ul><li>a<li>b</ul><ol start=3><li>c</ol><dl><dt>d<dd>e</dl><hr>f<h1>g</h1>",
            "<p class=MsoNormal><span lang=EN-US style='color:red'>a<o:p></o:p></span></p>",
            "<font size=2><p>a</font></p><center>b</center>c<pre>\n d\n</pre>&nbsp;é",
            "<table><caption>c</caption><colgroup><col width=1></colgroup><thead><tr><th>h</th></tr></thead></table>",
            "<p><b>a</p><p>b</b></p><i>c<img alt=d src=x></i><form><input><p>e</form>",
        ] {
            assert_eq!(sanitised(html, None), Some(clean(html, None)), "{html}");
        }
    }

    #[test]
    fn every_element_that_may_be_shown_is_known_to_the_layout() {
        let unknown: Vec<_> =
            Builder::default().clone_tags().into_iter().filter(|tag| !is_shown(tag)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }

    #[test]
    fn what_is_quoted_is_folded() {
        let body = "Yes.\n> Shall\n> we?\n-- \nAnn";
        let passages = vec![
            Passage { range: 5..19, whose: Whose::Quoted },
            Passage { range: 19..body.len(), whose: Whose::Signature },
        ];
        let message = Message { body: Some(body.into()), passages, ..Message::default() };
        let page = view(&message, None, None);
        let quoted = "<details><summary>2 lines quoted</summary><pre>&gt;&#32;Shall";
        let signature = "</pre></details><pre class=\"signature\">--&#32;&#10;Ann</pre></body>";
        assert!(page.contains("<body><pre>Yes.&#10;</pre>") && page.contains(quoted), "{page}");
        assert!(page.contains(signature), "{page}");
        let whole = Passage { range: 0..body.len(), whose: Whose::Quoted };
        let forwarded = Message { passages: vec![whole], ..message };
        assert!(
            view(&forwarded, None, None).contains("<body><details open><summary>5 lines quoted")
        );
    }

    /// A message of 488 KB took 100 seconds.
    #[test]
    fn of_html_that_is_too_complex_the_text_is_shown() {
        let html = format!("Content-Type: text/html\n\n{}a", "<div>".repeat(100_000));
        let message = Message { body: Some("a < b".into()), ..Message::default() };
        let page = view(&message, Some(html.into_bytes()), None);
        assert!(
            page.contains(&format!("<body><p>{TOO_COMPLEX}</p><pre>a&#32;&lt;&#32;b</pre>")),
            "{page}"
        );
        let long = Message {
            body: Some("é".repeat(MOST_TEXT)),
            subject: Some("é".repeat(1 << 20)),
            ..Message::default()
        };
        let page = view(&long, None, None);
        assert!(page.contains(&format!("<p>{TOO_LONG}</p>")));
        assert!(page.len() < MOST_TEXT + 10 * MOST_TITLE, "{}", page.len());
    }

    #[test]
    fn text_stays_text() {
        let script = Message { body: Some("<script>".into()), ..Message::default() };
        assert!(of_text(&script, &[]).contains("&lt;script&gt;"));
        assert!(page("</title><script>", "").contains("&lt;&#47;title&gt;"));
    }
}
