//! What signed S/MIME content holds: the message inside of a PKCS #7 wrapping (RFC 8551, 3.5.2).

/// `1.2.840.113549.1.7.2`, signed-data (RFC 5652, 5.1).
const SIGNED_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OBJECT: u8 = 0x06;
const OCTETS_IN_PIECES: u8 = 0x24;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const CONTENT: u8 = 0xa0;

/// The content that is signed, where these are the bytes of signed-data that has some: BER, whose lengths
/// may be left open and whose strings may be in pieces (X.690, 8.1.3 and 8.7).
pub(crate) fn content(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut ber = Ber(bytes);
    ber.enter(SEQUENCE)?;
    (ber.value(OBJECT)? == SIGNED_DATA).then_some(())?;
    ber.enter(CONTENT)?;
    ber.enter(SEQUENCE)?;
    ber.value(INTEGER)?;
    ber.skip(SET)?;
    ber.enter(SEQUENCE)?;
    ber.value(OBJECT)?;
    ber.enter(CONTENT)?;
    ber.octets()
}

/// Elements that have not been read yet.
struct Ber<'b>(&'b [u8]);

impl<'b> Ber<'b> {
    /// The type and the length of the next element, which may be left open.
    fn head(&mut self) -> Option<(u8, Option<usize>)> {
        let (kind, rest) = self.0.split_first()?;
        let (first, rest) = rest.split_first()?;
        let count = usize::from(first & 0x7f);
        self.0 = rest;
        if *first < 0x80 {
            return Some((*kind, Some(count)));
        }
        let (digits, rest) = rest.split_at_checked(count).filter(|_| count <= 4)?;
        self.0 = rest;
        let length = digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
        Some((*kind, (count > 0).then_some(length)))
    }

    fn enter(&mut self, expected: u8) -> Option<Option<usize>> {
        let (kind, length) = self.head()?;
        (kind == expected).then_some(length)
    }

    /// The bytes of an element of that type.
    fn value(&mut self, expected: u8) -> Option<&'b [u8]> {
        let length = self.enter(expected)??;
        self.take(length)
    }

    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let (value, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(value)
    }

    /// Goes past an element of that type, and all in it.
    fn skip(&mut self, expected: u8) -> Option<()> {
        let mut open = match self.enter(expected)? {
            Some(length) => return self.take(length).map(drop),
            None => 1_usize,
        };
        while open > 0 {
            match self.head()? {
                (0, Some(0)) => open -= 1,
                (_, Some(length)) => drop(self.take(length)?),
                (_, None) => open += 1,
            }
        }
        Some(())
    }

    /// A string of octets, whole or in pieces; of one that is cut off, what there is.
    fn octets(&mut self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        match self.head()? {
            (OCTETS, Some(length)) => return Some(self.up_to(length).to_vec()),
            (OCTETS_IN_PIECES, Some(length)) => self.0 = self.up_to(length),
            (OCTETS_IN_PIECES, None) => {}
            _ => return None,
        }
        while let Some((kind, length)) = self.head() {
            match (kind, length) {
                (OCTETS, Some(length)) => out.extend_from_slice(self.up_to(length)),
                // A piece in pieces, and the end of one.
                (OCTETS_IN_PIECES, _) | (0, Some(0)) => {}
                _ => break,
            }
        }
        Some(out)
    }

    fn up_to(&mut self, length: usize) -> &'b [u8] {
        let (value, rest) = self.0.split_at_checked(length).unwrap_or((self.0, &[]));
        self.0 = rest;
        value
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn element(kind: u8, value: &[u8]) -> Vec<u8> {
        let length = u8::try_from(value.len()).unwrap();
        if length < 128 {
            return [&[kind, length], value].concat();
        }
        [&[kind, 0x81, length], value].concat()
    }

    fn open(kind: u8, value: &[u8]) -> Vec<u8> {
        [&[kind, 0x80], value, &[0, 0]].concat()
    }

    /// Signed-data around such an element, its lengths told or left open.
    fn wrapped(make: fn(u8, &[u8]) -> Vec<u8>, string: &[u8]) -> Vec<u8> {
        let data = element(OBJECT, b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01");
        let inner = make(SEQUENCE, &[data, make(CONTENT, string)].concat());
        let digests = make(SET, &element(SEQUENCE, b"\x06\x01\x01"));
        let all =
            [element(INTEGER, &[1]), digests, inner, make(0xa0, b""), make(SET, b"")].concat();
        let all = make(CONTENT, &make(SEQUENCE, &all));
        make(SEQUENCE, &[element(OBJECT, SIGNED_DATA), all].concat())
    }

    #[test]
    fn strings_whole_and_in_pieces() {
        let pieces = [element(OCTETS, b"A: 1"), element(OCTETS, b"\n\nx")].concat();
        let nested = element(OCTETS_IN_PIECES, &pieces);
        for make in [element, open] {
            for string in [
                element(OCTETS, b"A: 1\n\nx"),
                element(OCTETS_IN_PIECES, &pieces),
                open(OCTETS_IN_PIECES, &pieces),
                open(OCTETS_IN_PIECES, &nested),
            ] {
                let bytes = wrapped(make, &string);
                assert_eq!(content(&bytes).as_deref(), Some(&b"A: 1\n\nx"[..]), "{bytes:x?}");
            }
            assert_eq!(content(&wrapped(make, b"")), None, "a signature apart from its content");
        }
        assert_eq!(content(b"0\x80\x06\x09*\x86H\x86\xf7\x0d\x01\x07\x03"), None, "enveloped-data");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_bytes_end(at in 0..60_usize, byte in any::<u8>(), tail in prop::collection::vec(any::<u8>(), 0..40)) {
            let mut bytes = wrapped(open, &open(OCTETS_IN_PIECES, &element(OCTETS, b"A: 1")));
            if let Some(found) = bytes.get_mut(at) { *found = byte }
            bytes.extend(tail);
            let length = bytes.len();
            prop_assert!(content(&bytes).is_none_or(|content| content.len() <= length));
        }
    }
}
