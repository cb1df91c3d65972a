//! HTML out of mail, made safe to show.

use ammonia::Builder;

/// Nothing runs, nothing is sent, and nothing is loaded but how our own pages look.
pub(super) const POLICY: [(&str, &str); 2] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'self'; sandbox",
    ),
    ("referrer-policy", "no-referrer"),
];

/// The HTML without scripts, styles, forms, and whatever would be fetched to show it.
pub(super) fn sanitised(html: &str) -> String {
    Builder::default()
        .url_schemes(["http", "https", "mailto"].into())
        .link_rel(Some("noopener noreferrer nofollow"))
        .attribute_filter(|_, attribute, value| {
            let is_fetched =
                matches!(attribute, "src" | "srcset" | "background" | "poster" | "cite");
            (!is_fetched).then(|| value.into())
        })
        .clean(html)
        .to_string()
}

/// Plain text with its line ends.
pub(super) fn of_text(text: &str) -> String {
    format!("<pre>{}</pre>", ammonia::clean_text(text))
}

/// A whole page around a body that is safe.
pub(super) fn page(title: &str, body: &str) -> String {
    let title = ammonia::clean_text(title);
    format!(
        "<!doctype html><html><head><meta charset=\"utf-8\"><title>{title}</title>\
         <link rel=\"stylesheet\" href=\"/assets/mail.css\"></head><body>{body}</body></html>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(html: &str, expected: &str) {
        assert_eq!(sanitised(html), expected, "{html}");
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

    #[test]
    fn text_stays_text() {
        assert!(of_text("<script>").contains("&lt;script&gt;"));
        assert!(page("</title><script>", "").contains("&lt;&#47;title&gt;"));
    }
}
