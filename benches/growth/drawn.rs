//! Draws from what was counted.

use fastrand::Rng;

/// How much of all there is falls to the first of them: ranks, and the share of all up to there. Behind the last rank
/// there is no end; the share beyond a rank falls as its power of `tail`.
#[derive(Debug)]
pub(crate) struct Shares {
    known: &'static [(f64, f64)],
    tail: f64,
}

/// Words of a text. The number of different ones grows as the power 0.68 of that of all.
pub(crate) const WORDS: Shares = Shares {
    known: &[(1.0, 0.032), (10.0, 0.172), (100.0, 0.432), (1_000.0, 0.738), (10_000.0, 0.929)],
    tail: 0.46,
};

/// Messages of a sender.
pub(crate) const SENDERS: Shares =
    Shares { known: &[(1.0, 0.038), (10.0, 0.175), (100.0, 0.419), (1_000.0, 0.769)], tail: 0.6 };

/// No rank is beyond this.
const MOST: f64 = 1e9;

impl Shares {
    /// A rank, from 0.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is at most MOST"
    )]
    pub(crate) fn draw(&self, random: &mut Rng) -> u64 {
        let drawn = random.f64();
        let (mut from, mut before) = (1.0, 0.0);
        for (rank, share) in self.known {
            if drawn < *share {
                let part = (drawn - before) / (share - before);
                return (from * (rank / from).powf(part)) as u64 - 1;
            }
            (from, before) = (*rank, *share);
        }
        let beyond = (1.0 - drawn) / (1.0 - before);
        (from * beyond.powf(-1.0 / self.tail)).min(MOST) as u64
    }
}

/// How many words a text has: half have fewer than 251, one in twenty more than 962.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is at most 20,000")]
pub(crate) fn length(random: &mut Rng) -> usize {
    // Box and Muller: two even draws make a normal one.
    let normal =
        (-2.0 * (1.0 - random.f64()).ln()).sqrt() * (std::f64::consts::TAU * random.f64()).cos();
    (5.525 + 0.817 * normal).exp().min(20_000.0) as usize
}

/// The word of a rank: syllables, the fewer the oftener it comes.
pub(crate) fn add_word(rank: u64, out: &mut String) {
    const SYLLABLES: u64 = 80;
    let (mut rest, mut first) = (rank, true);
    while first || rest > 0 {
        first = false;
        let (syllable, above) = (rest % SYLLABLES, rest / SYLLABLES);
        out.push(letter(b"bdfghklmnprstvwz", syllable / 5));
        out.push(letter(b"aeiou", syllable % 5));
        rest = above;
    }
}

fn letter(letters: &[u8], number: u64) -> char {
    let found = usize::try_from(number).ok().and_then(|number| letters.get(number));
    found.map_or('x', |letter| char::from(*letter))
}
