//! HTML out of mail, made safe to show.

use ammonia::Builder;
use percent_encoding::percent_decode_str;
use postern_query::{Message, Whose};

use super::layout::well_nested;

/// Bytes of plain text that are shown.
const MOST_TEXT: usize = 1 << 20;
/// Said where HTML exceeds what may be laid out.
const TOO_COMPLEX: &str =
    "This message is too complex to be shown as it was laid out; this is its text.";
/// Said where the text is cut.
const TOO_LONG: &str =
    "This message is too long to be shown as a whole; its original has all of it.";

/// How a message is shown.
pub trait Showing: Send + Sync + 'static {
    /// Whether what is quoted is folded.
    const FOLDS: bool;

    /// Where the picture lies that the message calls `cid:` and this id; nothing where it is not shown.
    fn picture(&self, id: &str) -> Option<String>;

    /// Whether a link can be followed.
    fn keeps(&self, link: &str) -> bool;
}

/// The body of a page with what was sent as HTML, else the text that is kept in the index. It has no scripts, styles
/// and forms, and nothing that would be fetched to show it but the pictures that `showing` knows.
///
/// ```
/// use postern_mail::{Showing, shown};
/// use postern_query::Message;
///
/// struct Plainly;
/// impl Showing for Plainly {
///     const FOLDS: bool = false;
///     fn picture(&self, _: &str) -> Option<String> {
///         None
///     }
///     fn keeps(&self, _: &str) -> bool {
///         false
///     }
/// }
///
/// let html = Some("<p onclick=x()>a<script>x()</script><img src=//x>");
/// assert_eq!(shown(&Message::default(), html, Plainly), "<p>a<img></p>");
/// ```
#[must_use]
pub fn shown<S: Showing>(message: &Message, html: Option<&str>, showing: S) -> String {
    match html.map(well_nested) {
        // A tree is made only of what was bounded before: deep or wrong nesting costs the square, and more.
        Some(Some(html)) => clean(&html, showing),
        Some(None) => of_text(message, &[TOO_COMPLEX], S::FOLDS),
        None => of_text(message, &[], S::FOLDS),
    }
}

/// Text as HTML that shows it.
#[must_use]
pub fn escaped(text: &str) -> String {
    ammonia::clean_text(text)
}

/// The media type of a picture that may be shown, by how it begins. An SVG is a program, and never one.
///
/// ```
/// use postern_mail::picture_type;
///
/// assert_eq!(picture_type(b"GIF89a..."), Some("image/gif"));
/// assert_eq!(picture_type(b"<svg>"), None);
/// ```
#[must_use]
pub fn picture_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

fn clean(html: &str, showing: impl Showing) -> String {
    Builder::default()
        .url_schemes(["http", "https", "mailto", "cid"].into())
        .link_rel(Some("noopener noreferrer nofollow"))
        .attribute_filter(move |element, attribute, value| match (element, attribute) {
            ("img", "src") => Some(showing.picture(&picture(value)?)?.into()),
            (_, "src" | "srcset" | "background" | "poster" | "cite") => None,
            (_, "href") => {
                (content_id(value).is_none() && showing.keeps(value)).then(|| value.into())
            }
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

/// The id of a picture that came with the message; nothing of any other one.
fn picture(link: &str) -> Option<String> {
    Some(percent_decode_str(content_id(link)?).decode_utf8_lossy().into_owned())
}

/// Plain text with its line ends, below what there is to say of it.
fn of_text(message: &Message, notes: &[&str], folds: bool) -> String {
    let text = message.body.as_deref().unwrap_or_default();
    let end = text.floor_char_boundary(MOST_TEXT);
    let cut = (end < text.len()).then_some(TOO_LONG);
    let notes: String =
        notes.iter().copied().chain(cut).map(|note| format!("<p>{note}</p>")).collect();
    let folds =
        folds && message.parts().any(|(_, text, whose)| whose == Whose::New && !is_blank(text));
    let shown = message.parts().take_while(|(start, ..)| *start < end);
    let parts = shown.map(|(start, text, whose)| {
        let text = text.get(..end - start).unwrap_or(text);
        part(text, whose, folds)
    });
    format!("{notes}{}", parts.collect::<String>())
}

/// What is quoted is folded if it may be, and open where nothing else is there.
fn part(text: &str, whose: Whose, folds: bool) -> String {
    let safe = escaped(text);
    match whose {
        Whose::New if is_blank(text) => String::new(),
        Whose::New => format!("<pre>{safe}</pre>"),
        Whose::Signature => format!("<pre class=\"signature\">{safe}</pre>"),
        Whose::Quoted => {
            let (open, lines) = (if folds { "" } else { " open" }, text.lines().count());
            let lines = if lines == 1 { "1 line".to_owned() } else { format!("{lines} lines") };
            format!("<details{open}><summary>{lines} quoted</summary><pre>{safe}</pre></details>")
        }
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use postern_query::Passage;

    use super::super::layout::is_shown;
    use super::*;

    /// Pictures below a path, if there is one.
    struct Below(Option<&'static str>);

    impl Showing for Below {
        const FOLDS: bool = true;

        fn picture(&self, id: &str) -> Option<String> {
            Some(format!("{}/{}", self.0?, utf8_percent_encode(id, NON_ALPHANUMERIC)))
        }

        fn keeps(&self, link: &str) -> bool {
            link != "https://gone.org"
        }
    }

    fn sanitised(html: &str, pictures: Option<&'static str>) -> Option<String> {
        well_nested(html).map(|html| clean(&html, Below(pictures)))
    }

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
        check(
            "<a href=https://gone.org title=b>a</a>",
            "<a rel=\"noopener noreferrer nofollow\" title=\"b\">a</a>",
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
            assert_eq!(sanitised(html, None), Some(clean(html, Below(None))), "{html}");
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
        let page = shown(&message, None, Below(None));
        let quoted = "<details><summary>2 lines quoted</summary><pre>&gt;&#32;Shall";
        let signature = "</pre></details><pre class=\"signature\">--&#32;&#10;Ann</pre>";
        assert!(page.starts_with("<pre>Yes.&#10;</pre>") && page.contains(quoted), "{page}");
        assert!(page.ends_with(signature), "{page}");
        let whole = Passage { range: 0..body.len(), whose: Whose::Quoted };
        let forwarded = Message { passages: vec![whole], ..message };
        let page = shown(&forwarded, None, Below(None));
        assert!(page.starts_with("<details open><summary>5 lines quoted"), "{page}");
    }

    /// A message of 488 KB took 100 seconds.
    #[test]
    fn of_html_that_is_too_complex_the_text_is_shown() {
        let html = format!("{}a", "<div>".repeat(100_000));
        let message = Message { body: Some("a < b".into()), ..Message::default() };
        let page = shown(&message, Some(&html), Below(None));
        assert_eq!(page, format!("<p>{TOO_COMPLEX}</p><pre>a&#32;&lt;&#32;b</pre>"));
        let long = Message { body: Some("é".repeat(MOST_TEXT)), ..Message::default() };
        let page = shown(&long, None, Below(None));
        assert!(page.contains(&format!("<p>{TOO_LONG}</p>")));
        assert!(page.len() < MOST_TEXT + 1_000, "{}", page.len());
    }

    #[test]
    fn text_stays_text() {
        let script = Message { body: Some("<script>".into()), ..Message::default() };
        assert!(of_text(&script, &[], true).contains("&lt;script&gt;"));
    }

    #[test]
    fn a_picture_is_known_by_its_content() {
        for (bytes, expected) in [
            (&b"\x89PNG\r\n\x1a\nrest"[..], Some("image/png")),
            (b"\xff\xd8\xff\xe0", Some("image/jpeg")),
            (b"GIF89a", Some("image/gif")),
            (b"GIF88a", None),
            (b"RIFF\x01\x02\x03\x04WEBPVP8 ", Some("image/webp")),
            (b"RIFF\x01\x02\x03\x04WAVE", None),
            (b"<svg xmlns='http://www.w3.org/2000/svg'>", None),
            (b"<html>", None),
            (b"", None),
        ] {
            assert_eq!(picture_type(bytes), expected, "{bytes:?}");
        }
    }
}
