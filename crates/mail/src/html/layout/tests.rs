use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(html: &str, expected: &str) {
    assert_eq!(well_nested(html).as_deref(), Some(expected), "{html}");
}

#[test]
fn every_element_is_closed_where_it_ends() {
    check("<p>a<p>b", "<p>a</p><p>b</p>");
    check("<p>a<div>b", "<p>a</p><div>b</div>");
    check(
        "<ul><li>a<li>b<ul><li>c</ul></ul>d",
        "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>d",
    );
    check("<dl><dt>a<dd>b<dt>c</dl>", "<dl><dt>a</dt><dd>b</dd><dt>c</dt></dl>");
    check("<h1>a<h2>b</h1>c", "<h1>a</h1><h2>b</h2>c");
    check("a</p>b</div></b>", "a<p></p>b");
    check("<hr><br/></br><img alt=x src=y>", "<hr><br><br><img alt=\"x\">");
    check("<img src=CID:a@b><img src=c>", "<img src=\"CID:a@b\"><img>");
    check("<ruby>a<rp>(<rt>b<rp>)</ruby>", "<ruby>a<rp>(</rp><rt>b</rt><rp>)</rp></ruby>");
}

#[test]
fn formatting_goes_on_behind_the_end_of_a_block() {
    check("<p><b>a</p> <p>c</b>d", "<p><b>a</b></p> <p><b>c</b>d</p>");
    check("<b>a<i>b</b>c</i>d", "<b>a<i>b</i></b><i>c</i>d");
    check("<a href=x>a<a href=y>b</a>c", "<a href=\"x\">a</a><a href=\"y\">b</a>c");
    // It ends with the block that began in it: the tree of the standard needs what came before.
    check("<b>a<div>b</b>c</div>d", "<b>a<div>bc</div></b>d");
    // Of the same formatting, three are opened again.
    check("<p><b><b><b><b>a</p>b", "<p><b><b><b><b>a</b></b></b></b></p><b><b><b>b</b></b></b>");
    check("<a><form><a>b", "<a></a><a>b</a>");
    check("<font><p>a</font>b</p>c", "<p>ab</p>c");
}

#[test]
fn tables_are_whole() {
    check(
        "<table><td>a<td>b<tr>c",
        "<table><tbody><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></tbody></table>",
    );
    check(
        "<table>x<b>y</b></table>z",
        "<table><tbody><tr><td>x<b>y</b></td></tr></tbody></table>z",
    );
    check(
        "<table><caption>c<col><thead><tr><th>h</table>",
        "<table><caption>c</caption><colgroup><col></colgroup><thead><tr><th>h</th></tr></thead></table>",
    );
    check(
        "<table><table><td>a</table></table>",
        "<table></table><table><tbody><tr><td>a</td></tr></tbody></table>",
    );
    check("<td>a<tr>b", "ab");
    check(
        "<p><b>a<table><td>b</td></table>c",
        "<p><b>a</b></p><table><tbody><tr><td>b</td></tr></tbody></table><b>c</b>",
    );
    check(
        "<table> <tr> <td> a </td> </tr> </table>",
        "<table> <tbody><tr> <td> a </td> </tr> </tbody></table>",
    );
}

#[test]
fn what_is_left_out() {
    check("<html><head><title>t</title><style>p{}</style></head><body bgcolor=red>a", "ta");
    check("<script>'<p>'</script>a<!-- <p> -->b<textarea><i></textarea>c", "ab&lt;i&gt;c");
    check("<form><input><select><option>a<option>b</select></form>", "ab");
    check("<svg><path/><path/><p>a", "<p>a</p>");
    check(
        "<p style=x class=y id=z onclick=f lang=en \"=1>a&amp;b &lt; c",
        "<p lang=\"en\">a&amp;b &lt; c</p>",
    );
    check("<a href='?a&amp;b=\"'>", "<a href=\"?a&amp;b=&quot;\"></a>");
    let attributes: String = (0..40).map(|number| format!("a{number} ")).collect();
    let written = well_nested(&format!("<p {attributes}>")).unwrap();
    assert_eq!(written.matches("=\"\"").count(), MAX_ATTRIBUTES);
}

/// 488 KB of these took 100 seconds and more, or a gigabyte, when a tree was made of them.
#[test]
fn hostile_pages_were_a_hang() {
    let repeated = |html: &str| html.repeat((1 << 20) / html.len());
    for (html, is_written) in [
        ("<div>", false),
        ("<ul><li>", false),
        ("<b><p>", false),
        ("<b id=1><p>", false),
        ("<a><div>", false),
        ("<table><td>", false),
        ("<table><b>", false),
        ("<svg><g>", false),
        ("<o:p>", false),
        ("<font>", false),
        ("<select>", false),
        ("<p>", false),
        ("</p>", false),
        ("<br>", false),
        ("<p>a</p>", false),
        ("<template>", false),
        ("<math><mi>", false),
        ("<i></b>", false),
        ("<frameset><frame>", true),
        ("<option>", true),
        ("</b></i>", true),
        ("<!--", true),
        ("<!-- a -->", true),
        ("&", false),
        ("&lt", false),
        ("&amp;", false),
        ("\0", true),
        ("<![CDATA[", true),
        ("<plaintext>", false),
        ("<textarea>", false),
        ("<", false),
        ("</", true),
        ("<a b=c ", true),
    ] {
        let html = repeated(html);
        let layout = Layout::of(&html);
        assert_eq!(!layout.is_over(), is_written, "{}", html.get(..20).unwrap());
        assert_bounded(&html, &layout);
    }
}

/// Attributes are compared with each other: 3 MB in tags of 8 KiB took seconds.
#[test]
fn many_attributes_in_many_tags_are_not_laid_out() {
    let tag: String = (0..1_500).map(|number| format!("{number:x} ")).collect();
    let html = format!("<p {tag}>").repeat(500);
    let layout = Layout::of(&html);
    assert!(layout.is_over() && layout.comparisons <= MAX_COMPARISONS + 1_500 * 1_500);
}

/// What this costs, and what it costs to make a tree of what was written.
#[track_caller]
fn assert_bounded(html: &str, layout: &Layout) {
    let looks = layout.looks.get();
    assert!(looks <= (html.len() + 1) * 3 * MAX_DEPTH, "{looks} looks for {} bytes", html.len());
    // One chunk of the tokenizer is read behind the end.
    let most = markup::MAX_TAG * (MAX_DEPTH + 8);
    assert!(layout.tags <= MAX_TAGS + most && layout.out.len() <= MAX_HTML + 8 * most);
    if !layout.is_over() {
        assert!(depth(&layout.out) <= MAX_DEPTH);
        assert!(Layout::of(&layout.out).tags <= layout.tags * 2, "it is nested well");
    }
}

/// The depth of HTML in which every element is closed in order, which is what this checks.
#[track_caller]
fn depth(html: &str) -> usize {
    let (mut open, mut deepest) = (Vec::new(), 0);
    for tag in html.split('<').skip(1) {
        let name = tag.split(['>', ' ']).next().unwrap();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "{html}"),
            None if matches!(Kind::of(name), Kind::Void | Kind::Rule | Kind::Column) => {}
            None => open.push(name),
        }
        deepest = deepest.max(open.len());
    }
    assert!(open.is_empty(), "{html}");
    deepest
}

fn piece() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "a",
        "b",
        "i",
        "font",
        "nobr",
        "p",
        "div",
        "center",
        "form",
        "ul",
        "li",
        "dl",
        "dd",
        "h1",
        "h2",
        "table",
        "caption",
        "colgroup",
        "col",
        "tbody",
        "tr",
        "td",
        "th",
        "span",
        "o:p",
        "select",
        "option",
        "pre",
        "br",
        "hr",
        "img",
        "svg",
        "math",
        "template",
        "button",
        "ruby",
        "rt",
        "textarea",
        "style",
        "title",
        "plaintext",
        "frameset",
        "body",
    ]);
    let more = prop::sample::select(vec!["", " x", " href='&quot;'", "/", " a=1 b=2"]);
    prop_oneof![
        6 => (name.clone(), more).prop_map(|(name, more)| format!("<{name}{more}>")),
        4 => name.prop_map(|name| format!("</{name}>")),
        2 => prop::sample::select(vec!["x", " ", "\n", "&amp;", "<!-- x -->", "<!", "&", "\0"])
            .prop_map(str::to_owned),
    ]
}

fn page() -> impl Strategy<Value = String> {
    let pieces = prop::collection::vec(piece(), 0..30).prop_map(|pieces| pieces.concat());
    (pieces, prop::sample::select(vec![1_usize, 2, 50, 400]))
        .prop_map(|(pieces, times)| pieces.repeat(times))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn whatever_is_in_a_page_what_is_written_is_bounded(html in page()) {
        assert_bounded(&html, &Layout::of(&html));
    }
}
