//! Signed notes, as [C2SP](https://c2sp.org/signed-note) describes them: a text, an empty line, and lines with
//! signatures. Keys are written as Go's `sumdb/note` writes them, so that other programs read them.
//!
//! The same key seals entries, with HMAC-SHA-256 under a secret that is made of it: only who has it can check a seal.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac::{self, HMAC_SHA256};
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use subtle::ConstantTimeEq as _;

use crate::head::{digest, hex, unhex};

/// The type of signature: Ed25519.
const TYPE: u8 = 1;
const PRIVATE: &str = "PRIVATE+KEY+";
/// Bytes of a key, private and public.
const LENGTH: usize = 32;
/// Signatures of a note that are looked at: as many as the description asks for.
const MOST_SIGNATURES: usize = 16;

/// What the secret of seals is made for.
const SEALS: &[u8] = b"postern-audit/v1 seal";
/// Bytes of a seal: half of the code is enough (RFC 2104, section 5), and each line has one.
const SEAL: usize = 16;

/// What signs notes and seals entries. Its secret is hidden from `Debug`.
pub struct Signer {
    pair: Ed25519KeyPair,
    seals: hmac::Key,
    verifier: Verifier,
}

/// What checks the signatures of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    id: [u8; 4],
    public: [u8; LENGTH],
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}

impl Signer {
    /// A new key with its text, if the system has randomness.
    pub(crate) fn generate(name: &str) -> Option<(Self, String)> {
        let mut seed = [0; LENGTH];
        SystemRandom::new().fill(&mut seed).ok()?;
        let signer = Self::of(name, &seed)?;
        let text = format!("{PRIVATE}{name}+{}+{}", hex(&signer.verifier.id), encode(&seed));
        Some((signer, text))
    }

    /// The key of a text as it stands in a key file.
    ///
    /// ```
    /// use postern_audit::Signer;
    ///
    /// let text = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    /// let note = "If you think cryptography is the answer to your problem,\n\
    ///             then you don't know what your problem is.\n";
    /// let signed = Signer::parse(text).unwrap().sign(note);
    /// assert!(signed.ends_with("— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"));
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix(PRIVATE)?.splitn(3, '+');
        let (name, id, seed) = (parts.next()?, parts.next()?, decode(parts.next()?)?);
        let signer = Self::of(name, &seed)?;
        (unhex::<4>(id)? == signer.verifier.id).then_some(signer)
    }

    fn of(name: &str, seed: &[u8; LENGTH]) -> Option<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
        let public = pair.public_key().as_ref().try_into().ok()?;
        let verifier = Verifier::of(name, public)?;
        let seals = hmac::sign(&hmac::Key::new(HMAC_SHA256, seed), SEALS);
        let seals = hmac::Key::new(HMAC_SHA256, seals.as_ref());
        Some(Self { pair, seals, verifier })
    }

    /// The seal of an entry of that log.
    pub(crate) fn seal(&self, log: &str, entry: &[u8]) -> String {
        let code = self.code(log, entry);
        hex(code.as_ref().first_chunk::<SEAL>().unwrap_or(&[0; SEAL]))
    }

    /// Whether that is the seal of an entry of that log.
    pub(crate) fn has_sealed(&self, log: &str, entry: &[u8], seal: &str) -> bool {
        let found = self.seal(log, entry);
        found.as_bytes().ct_eq(seal.as_bytes()).into()
    }

    fn code(&self, log: &str, entry: &[u8]) -> hmac::Tag {
        let mut code = hmac::Context::with_key(&self.seals);
        code.update(log.as_bytes());
        code.update(b"\n");
        code.update(entry);
        code.sign()
    }

    /// The note of a text, which ends in a line feed.
    #[must_use]
    pub fn sign(&self, text: &str) -> String {
        let signature = self.pair.sign(text.as_bytes());
        let Verifier { name, id, .. } = &self.verifier;
        let signature = STANDARD.encode([id.as_slice(), signature.as_ref()].concat());
        format!("{text}\n— {name} {signature}\n")
    }

    /// What checks its signatures.
    #[must_use]
    pub const fn verifier(&self) -> &Verifier {
        &self.verifier
    }
}

impl Verifier {
    fn of(name: &str, public: [u8; LENGTH]) -> Option<Self> {
        let is_name = !name.is_empty() && !name.contains(|c: char| c == '+' || c.is_whitespace());
        let hashed = [name.as_bytes(), b"\n", &[TYPE], &public].concat();
        let id = digest(&hashed).0.first_chunk().copied()?;
        is_name.then(|| Self { name: name.to_owned(), id, public })
    }

    /// The key of its text, `name+id+key`.
    ///
    /// ```
    /// use postern_audit::Verifier;
    ///
    /// let text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    /// assert_eq!(Verifier::parse(text).unwrap().to_string(), text);
    /// assert!(Verifier::parse(&text.replace("c74f", "c74e")).is_none());
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '+');
        let (name, id, public) = (parts.next()?, parts.next()?, decode(parts.next()?)?);
        Self::of(name, public).filter(|key| unhex(id) == Some(key.id))
    }

    /// The text of a note that this key signed. A note with a wrong signature of this key is none.
    #[must_use]
    pub fn open<'n>(&self, note: &'n str) -> Option<&'n str> {
        let (text, signatures) = note.rsplit_once("\n\n")?;
        let text = note.get(..=text.len())?;
        let is_text = !note.contains(|c: char| c < ' ' && c != '\n') && note.ends_with('\n');
        let own = signatures.lines().take(MOST_SIGNATURES).filter_map(|line| self.own(line));
        let mut checked = own.map(|signature| {
            let key = UnparsedPublicKey::new(&ED25519, self.public);
            key.verify(text.as_bytes(), &signature).is_ok()
        });
        let is_signed = checked.next()? && checked.all(|is_right| is_right);
        (is_text && is_signed).then_some(text)
    }

    /// The signature of a line that says that it is of this key.
    fn own(&self, line: &str) -> Option<Vec<u8>> {
        let (name, signature) = line.strip_prefix("— ")?.split_once(' ')?;
        let bytes = STANDARD.decode(signature).ok()?;
        let (id, signature) = bytes.split_first_chunk()?;
        (name == self.name && *id == self.id).then(|| signature.to_vec())
    }
}

impl std::fmt::Display for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}+{}+{}", self.name, hex(&self.id), encode(&self.public))
    }
}

fn encode(key: &[u8; LENGTH]) -> String {
    STANDARD.encode([&[TYPE], key.as_slice()].concat())
}

fn decode(text: &str) -> Option<[u8; LENGTH]> {
    let bytes = STANDARD.decode(text).ok()?;
    let (kind, key) = bytes.split_first()?;
    (*kind == TYPE).then(|| key.try_into().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Go's package `golang.org/x/mod/sumdb/note`.
    #[test]
    fn the_published_example() {
        let key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let text = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n";
        let line = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        let (key, note) = (Verifier::parse(key).unwrap(), format!("{text}\n{line}"));
        assert_eq!(key.open(&note), Some(text));
        let other = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";
        // Signatures of others are passed over.
        assert_eq!(key.open(&format!("{text}\n{other}{line}")), Some(text));
        for bad in [
            format!("{text}\n{other}"),
            note.replace("answer", "ansver"),
            note.replace("x08go/ZJ", "x08go/ZK"),
            format!("{text}\n{line}{}", line.replace("ZJkuBS", "ZJkuBT")),
            note.replace("\n\n", "\n"),
            note.replace("PeterNeumann", "PeterNewmann"),
            String::new(),
            text.to_owned(),
        ] {
            assert_eq!(key.open(&bad), None, "{bad}");
        }
    }

    #[test]
    fn a_key_is_written_and_read_again() {
        let (signer, text) = Signer::generate("x").unwrap();
        let again = Signer::parse(&text).unwrap();
        assert_eq!(again.verifier(), signer.verifier());
        assert_eq!(signer.verifier().open(&again.sign("a\n\nb\n")), Some("a\n\nb\n"));
        // PRIVATE+KEY+name+id+secret, and there may be a + in the secret.
        let secret = text.splitn(5, '+').last().unwrap();
        assert!(secret.len() >= 44 && !format!("{signer:?}").contains(secret));
        let (other, _) = Signer::generate("x").unwrap();
        assert_eq!(other.verifier().open(&signer.sign("a\n")), None);
        for bad in ["", "PRIVATE+KEY+", "PRIVATE+KEY+x+00000000+AA==", &text.replace("+x+", "+y+")]
        {
            assert!(Signer::parse(bad).is_none(), "{bad}");
        }
    }
}
