use postern_query::Whose;
use proptest::prelude::*;

use super::passages;

/// Each line of `marked` begins with whose it is: `n`ew, `q`uoted, or of a `s`ignature; blank ones may be either.
#[track_caller]
fn check(marked: &str) {
    let text: String =
        marked.lines().map(|line| line.get(2..).unwrap_or("").to_owned() + "\n").collect();
    assert_eq!(shown(&text, &passages(&text, &[])), marked.trim_end(), "\n{text}");
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

#[test]
fn marked_lines_and_who_wrote_them() {
    check("q On Mon, 5 May 2025 at 10:00, Ann Lee <ann@x.org> wrote:\nq > Shall we?\n\nn Yes.");
    check(
        "n Yes.\n\nq On Monday, 5 May 2025 at 10:00 Ann Lee wrote:\n\nq > Shall we?\nq >> We should.",
    );
    check(
        "n Yes.\n\nq On Mon, 5 May 2025 at 10:00, Ann Lee from the office\nq <ann.lee@example.org> wrote:\nq > Shall we?",
    );
    check("q Ann Lee writes:\nq > Shall we?\nn Yes.\nq > When?\nn At ten.");
    check("q In article <1@x.org>, ann@x.org (Ann) writes:\nq > Shall we?\nn Yes.");
    check("q According to Ann Lee:\nq > Shall we?\nn Yes.");
    check("q Quoting Ann Lee <ann@x.org>:\nq > Shall we?\nn Yes.");
    check("q Am 05.05.2025 um 10:00 schrieb Ann Lee:\nq > Sollen wir?\nn Ja.");
    check("q Le lun. 5 mai 2025 à 10:00, Ann Lee <ann@x.org> a écrit :\nq > On y va ?\nn Oui.");
    check("q El lun, 5 may 2025 a las 10:00, Ann (<ann@x.org>) escribió:\nq > ¿Vamos?\nn Sí.");
    check("q Il giorno lun 5 mag 2025 Ann Lee <ann@x.org>\nq ha scritto:\nq > Andiamo?\nn Sì.");
    check("q Op ma 5 mei 2025 om 10:00 schreef Ann Lee <ann@x.org>:\nq > Zullen we?\nn Ja.");
    check("q Em seg., 5 de mai. de 2025 às 10:00, Ann <ann@x.org> escreveu:\nq > Vamos?\nn Sim.");
    check("q Den mån 5 maj 2025 kl 10:00 skrev Ann <ann@x.org>:\nq > Ska vi?\nn Ja.");
    check("q W dniu 5.05.2025 o 10:00, Ann Lee pisze:\nq > Idziemy?\nn Tak.");
    check("q 5 мая 2025 г., в 10:00, Анна написал:\nq > Идём?\nn Да.");
    check(
        "q >>>>> \"AL\" == Ann Lee <ann@x.org> writes:\n\nq     AL> Shall we?\nq     AL> Soon.\n\nn Yes.",
    );
    check("q AL> Shall we?\nq AL> Soon.\nn Yes.");
    check("q On 5 May 2025 at 10:00, Ann Lee wrote:\nq | Shall we?\nn Yes.\nq | When?\nn At ten.");
    check("q Ann Lee wrote:\n\nq     Shall we?\nq     Soon.\n\nn Yes.");
    check(
        "q > a line of words that the program of somebody broke in two because it is\nq too long\nq > and on\nn Yes.",
    );
}

#[test]
fn lines_that_only_look_quoted() {
    check("n I typed\nn > x <- c(1, 2)\nn > mean(x)\nn [1] 1.5\nn and it worked.");
    check("n > version\nn platform i386\nn What is wrong?");
    check("n >From here on it is mine.\nn And so on.");
    check("n SQL> select 1 from dual;\nn SQL> exit");
    check("n C:\\>dir\nn C:\\>exit");
    check("n | a | b |\nn | 1 | 2 |");
    check("n She wrote a book:\nn it is long.");
    check("n To: the president\nn From: the people\n\nn Help us.");
}

#[test]
fn originals_below_an_answer() {
    check(
        "n Yes.\n\nq -----Original Message-----\nq From: Ann [mailto:ann@x.org]\nq Sent: Monday, May 5, 2025 10:00 AM\nq To: Bob\nq Subject: Lunch\n\nq Shall we?\n\nq Ann",
    );
    check(
        "n Yes.\n\nq ________________________________\nq From: Ann <ann@x.org>\nq Sent: Monday, May 5, 2025 10:00 AM\nq To: Bob <bob@x.org>\nq Subject: Lunch\n\nq Shall we?",
    );
    check(
        "n Ja.\n\nq Von: Ann <ann@x.org>\nq Gesendet: Montag, 5. Mai 2025 10:00\nq An: Bob <bob@x.org>\nq Betreff: Essen\n\nq Sollen wir?",
    );
    check(
        "n Oui.\n\nq De : Ann <ann@x.org>\nq Envoyé : lundi 5 mai 2025 10:00\nq À : Bob <bob@x.org>\nq Objet : Repas\n\nq On y va ?",
    );
    check(
        "n Sí.\n\nq De: Ann <ann@x.org>\nq Enviado: lunes, 5 de mayo de 2025 10:00\nq Para: Bob\nq Asunto: Comida\n\nq ¿Vamos?",
    );
    check(
        "n Sì.\n\nq Da: Ann <ann@x.org>\nq Inviato: lunedì 5 maggio 2025 10:00\nq A: Bob\nq Oggetto: Pranzo\n\nq Andiamo?",
    );
    check(
        "n Ja.\n\nq Van: Ann <ann@x.org>\nq Verzonden: maandag 5 mei 2025 10:00\nq Aan: Bob\nq Onderwerp: Eten\n\nq Zullen we?",
    );
    check(
        "n 好。\n\nq 发件人: 安 <ann@x.org>\nq 发送时间: 2025年5月5日 10:00\nq 收件人: Bob\nq 主题: 午饭\n\nq 去吗？",
    );
    check(
        "n Yes.\n\nq *From:* Ann <ann@x.org>\nq *Sent:* Monday, May 5, 2025\nq *To:* Bob\nq *Subject:* Lunch\n\nq Shall we?",
    );
    check(
        "q ----- Original Message -----\nq From: <ann@x.org>\nq To: <bob@x.org>\nq Sent: Monday, May 5, 2025\nq Subject: Lunch\n\nq > Shall we?\nn Yes.",
    );
    check(
        "n Look.\n\nq ---------- Forwarded message ---------\nq From: Ann <ann@x.org>\nq Date: Mon, 5 May 2025\nq Subject: Lunch\nq To: Bob\n\nq Shall we?",
    );
    check(
        "n Look.\n\nq Begin forwarded message:\n\nq From: Ann <ann@x.org>\nq Subject: Lunch\nq Date: 5 May 2025\nq To: Bob\n\nq Shall we?",
    );
    check(
        "n Schau.\n\nq -------- Weitergeleitete Nachricht --------\nq Betreff: Essen\nq Datum: 5. Mai 2025\nq Von: Ann\nq An: Bob\n\nq Sollen wir?",
    );
    check(
        "q ------- Forwarded Message\nq From: ann@x.org\n\nq Shall we?\n\nq ------- End of Forwarded Message\n\nn That was it.",
    );
    check(
        "n Yes.\n\nq On 5/5/25, 10:00 AM, \"Ann\" <ann@x.org> wrote:\n\nq     Shall we?\n\nq     Ann",
    );
}

#[test]
fn signatures_and_footers() {
    check("n Yes.\n\ns -- \ns Bob\ns 555-0100");
    check("n Yes.\n\ns -- \ns Bob\n\nq > Shall we?");
    check("n Yes.\n\ns --\ns Bob");
    check("n Yes.\n\ns Sent from my iPhone");
    check(
        "n Yes.\n\ns _______________________________________________\ns Users mailing list\ns https://x.org/listinfo/users",
    );
    check("n Yes.\n\ns ----------------------\ns Bob Miller, bob@x.org\ns ----------------------");
    check(
        "s -----BEGIN PGP SIGNED MESSAGE-----\ns Hash: SHA1\n\nn Yes.\n\ns -----BEGIN PGP SIGNATURE-----\ns iQCV\ns -----END PGP SIGNATURE-----",
    );
    check("n Cheers, Bob");
    check("n One.\nn ----------\nn Two.");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    /// Whatever the text is, its passages are whole lines in their order.
    #[test]
    fn passages_are_whole_lines(lines in prop::collection::vec(hostile(), 0..40)) {
        let text = lines.join("\n");
        let mut end = 0;
        for passage in passages(&text, &[]) {
            prop_assert!(end <= passage.range.start && passage.range.start < passage.range.end);
            prop_assert!(begins_line(&text, passage.range.start));
            prop_assert!(passage.range.end == text.len() || begins_line(&text, passage.range.end));
            end = passage.range.end;
        }
        prop_assert!(end <= text.len());
    }
}

fn begins_line(text: &str, at: usize) -> bool {
    text.get(..at).is_some_and(|before| before.is_empty() || before.ends_with('\n'))
}

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        "[> |:A-Z-]{0,6}[a-z é]{0,9}",
        "(On|Am|Le|In article) .{0,20}(wrote|schrieb|a écrit|writes):?",
        "-{0,6}(Original Message|Forwarded message|)-{0,6}",
        "\\*?(From|Sent|To|Subject|Date|Von|发件人)[:：] ?.{0,9}",
        "(-- |--|_{6}|-----BEGIN PGP SIGNATURE-----|>From |\u{a0}|\r)",
        "\\PC{0,12}",
    ]
}

/// A text of nothing but one kind of line takes no longer than any other of its length.
#[test]
fn hostile_texts_are_cut_too() {
    for line in [
        "\n",
        "> a\n",
        "On 1 May 2025, Ann\n",
        "From: a\n",
        "-- \n",
        "wrote:\n",
        "a\n> \n",
        ":\n",
        "    a\n",
        "-----\n",
    ] {
        let text = line.repeat(100_000);
        let end = passages(&text, &[]).last().map_or(0, |last| last.range.end);
        assert!(end <= text.len(), "{line:?}");
    }
}
