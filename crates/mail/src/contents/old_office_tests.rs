//! Word and PowerPoint of before 2007.

#[path = "../../tests/office/mod.rs"]
mod office;

use std::panic::catch_unwind;

use office::{
    WORD_97, Word, atom, compound, container, doc, ppt, simple_doc, simple_ppt, slide, wide,
};

use super::text::Text;
use super::{Reading, compound as reader};

fn read(bytes: &[u8]) -> Reading {
    let mut out = Text::new(1_000);
    let outcome = reader::read(bytes, &mut out);
    out.finish(outcome)
}

#[track_caller]
fn check(bytes: &[u8], text: &str, reason: &str) {
    let found = read(bytes);
    assert_eq!(found.text.unwrap_or_default(), text, "{:?}", found.unread);
    let unread = found.unread.unwrap_or_default();
    assert!(unread.starts_with(reason) && unread.is_empty() == reason.is_empty(), "{unread}");
}

#[test]
fn words_of_one_byte_and_of_two() {
    check(
        &doc(WORD_97, &[b"caf\xe9 ", &wide("Größe 漢"), b"\x80"], &[false, true, false]),
        "café Größe 漢€",
        "",
    );
    check(&doc(WORD_97, &[], &[]), "", "");
}

#[test]
fn words_as_they_are_shown() {
    for (text, expected) in [
        ("one\rtwo\u{b}three\u{c}four", "one\ntwo\nthree\nfour"),
        ("a\u{7}b\u{7}", "a\tb"),
        ("e\u{1e}mail soft\u{1f}ware\u{2}\u{5}", "e-mail software"),
        ("\u{13}HYPERLINK \"http://x\"\u{14}shown\u{15} after", "shown after"),
        ("\u{13}PAGE\u{15}7", "7"),
        ("\u{13}IF \u{13}DATE\u{14}now\u{15} x\u{14}a\u{13}B\u{14}c\u{15}d\u{15}e", "acde"),
        ("\u{13}never ends\rnext", "next"),
        ("\u{15}\u{14}x", "x"),
    ] {
        check(&simple_doc(text), expected, "");
    }
}

#[test]
fn words_of_other_versions() {
    let word_95 = Word { version: 104, flags: 0 };
    let russian = b"\xcf\xf0\xe8\xe2\xe5\xf2 \xe4\xf0\xf3\xe7\xfc\xff"; // windows-1251
    check(&doc(word_95, &[russian], &[false]), "Привет друзья", "");
    let in_haste = Word { version: 101, flags: 4 };
    check(&doc(in_haste, &[b"first ", b"second"], &[false, false]), "first second", "");
    check(&doc(Word { flags: 0x0300, ..WORD_97 }, &[b"x"], &[false]), "", "encrypted");
}

#[test]
fn broken_documents() {
    check(&compound(&[("/WordDocument", b"short")]), "", "damaged: ");
    check(&compound(&[("/WordDocument", vec![0; 600])]), "", "not supported: ");
    check(
        &compound(&[("/WordDocument", [b"\xec\xa5\xc1\0".as_slice(), &[0; 600]].concat())]),
        "",
        "damaged: ",
    );
    let no_table = Word { flags: 0, ..WORD_97 };
    check(&doc(no_table, &[b"x"], &[false]), "", "damaged: ");
    check(&compound(&[("/Other", b"x")]), "", "not supported: ");
}

#[test]
fn slides_notes_and_comments() {
    let outline = |instance, text: &[u8]| container(0x0ff0, instance, &[atom(0x0fa8, text)]);
    let string = |text: &str| atom(0x0fba, &wide(text));
    let document = container(
        0x03e8,
        0,
        &[
            outline(0, b"title\rcaf\xe9"),
            outline(1, b"click to edit"),
            container(0x0fd9, 0, &[string("foot")]),
            string("a name of the program"),
        ],
    );
    let notes = container(0x03f0, 0, &[atom(0x0fa0, &wide("spoken"))]);
    let master = container(0x03f8, 0, &[atom(0x0fa0, &wide("master"))]);
    let comment = container(0x2ee0, 0, &[string("ann"), string("why?")]);
    let commented = container(0x03ee, 0, &[comment]);
    let file = ppt(&[&[
        (9, document),
        (1, notes),
        (2, master),
        (3, slide("body\u{b}next")),
        (4, commented),
    ]]);
    check(&file, "title\ncafé\nfoot\nspoken\nbody\nnext\nann\nwhy?", "");
}

#[test]
fn only_the_newest_edit_of_a_slide_counts() {
    let edits: [&[_]; 2] = [&[(1, slide("old")), (2, slide("kept"))], &[(1, slide("new"))]];
    check(&ppt(&edits), "kept\nnew", "");
}

#[test]
fn presentations_without_a_list() {
    let stream = [slide("one"), slide("two")].concat();
    check(&compound(&[("/PowerPoint Document", stream)]), "one\ntwo", "");
    let user = atom(0x0ff6, &[0x14, 0xf3d1_c4df, 0].map(u32::to_le_bytes).concat());
    check(
        &compound(&[("/Current User", user), ("/PowerPoint Document", slide("x"))]),
        "",
        "encrypted",
    );
}

/// Records and pieces that share their bytes are not read for ever.
#[test]
fn shared_bytes_are_read_once_or_twice() {
    let objects: Vec<_> = (1..4_000).map(|number| (number, Vec::new())).collect();
    let last = [&objects[..], &[(4_000, slide(&"x".repeat(100_000)))]].concat();
    assert!(read(&ppt(&[&last])).text.is_some());
    let deep = (0..10_000).fold(atom(0x0fa0, b"x\0"), |inner, _| container(0xf004, 0, &[inner]));
    check(&ppt(&[&[(1, container(0x03ee, 0, &[deep]))]]), "", "");
}

/// Files that are broken in any way end in text or a reason, not in a panic of ours.
#[test]
fn mutated_old_documents() {
    let whole = [
        simple_doc("\u{13}A\u{14}b\u{15}"),
        doc(WORD_97, &[b"ab", b"c"], &[false, false]),
        simple_ppt("text"),
    ];
    let mut seed: usize = 7;
    let mut dice = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    for number in 0..3_000 {
        let mut bytes = whole[number % whole.len()].clone();
        for _ in 0..=dice(4) {
            let at = dice(bytes.len());
            match dice(8) {
                0 => bytes.truncate(at.max(8)),
                1..4 => bytes[at] ^= 1 << dice(8),
                4 => bytes[at] = 0xff,
                // Where our heads lie.
                _ => {
                    let at = (bytes.len() / 3 + dice(1_500)).min(bytes.len() - 1);
                    bytes[at] = u8::try_from(dice(256)).unwrap();
                }
            }
        }
        assert!(catch_unwind(|| read(&bytes)).is_ok(), "{number}");
    }
}
