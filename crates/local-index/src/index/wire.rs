//! Values as bytes, one after the other.
//!
//! Numbers that are mostly small take seven bits a byte, the last byte below 128. A text is its
//! length plus one and its bytes; 0 stands for no text.

/// Writes values.
#[derive(Debug, Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    /// What was written.
    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }

    pub(super) fn text(&mut self, text: Option<&str>) {
        let Some(text) = text else { return self.0.push(0) };
        self.count(text.len() + 1);
        self.0.extend_from_slice(text.as_bytes());
    }

    pub(super) fn texts<const N: usize>(&mut self, texts: [&Option<String>; N]) {
        texts.iter().for_each(|text| self.text(text.as_deref()));
    }

    pub(super) fn integer(&mut self, number: Option<i64>) {
        self.0.push(u8::from(number.is_some()));
        self.0.extend(number.into_iter().flat_map(i64::to_le_bytes));
    }

    pub(super) fn flag(&mut self, flag: Option<bool>) {
        self.0.push(flag.map_or(0, |flag| 1 + u8::from(flag)));
    }

    pub(super) fn list<T>(&mut self, elements: &[T], mut element: impl FnMut(&mut Self, &T)) {
        self.count(elements.len());
        elements.iter().for_each(|one| element(self, one));
    }

    fn count(&mut self, mut number: usize) {
        while number >= 128 {
            self.0.push(low_bits(number) | 128);
            number >>= 7;
        }
        self.0.push(low_bits(number));
    }
}

#[expect(clippy::cast_possible_truncation, reason = "seven bits fit into a byte")]
const fn low_bits(number: usize) -> u8 {
    (number & 127) as u8
}

/// Reads values back; `None` where the bytes are not what was written.
#[derive(Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether everything was read.
    pub(super) const fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    #[expect(clippy::option_option, reason = "no text is not the same as unreadable bytes")]
    pub(super) fn text(&mut self) -> Option<Option<String>> {
        let Some(length) = self.count()?.checked_sub(1) else { return Some(None) };
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok().map(|text| Some(text.to_owned()))
    }

    #[expect(clippy::option_option, reason = "no number is not the same as unreadable bytes")]
    pub(super) fn integer(&mut self) -> Option<Option<i64>> {
        match self.byte()? {
            0 => Some(None),
            1 => {
                let (number, rest) = self.0.split_first_chunk()?;
                self.0 = rest;
                Some(Some(i64::from_le_bytes(*number)))
            }
            _ => None,
        }
    }

    #[expect(clippy::option_option, reason = "no answer is not the same as unreadable bytes")]
    pub(super) fn flag(&mut self) -> Option<Option<bool>> {
        match self.byte()? {
            0 => Some(None),
            1 => Some(Some(false)),
            2 => Some(Some(true)),
            _ => None,
        }
    }

    pub(super) fn list<T>(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        // Not as many as are promised: a damaged count must not ask for memory.
        (0..self.count()?).map(|_| element(self)).collect()
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn count(&mut self) -> Option<usize> {
        let mut number = 0;
        for shift in (0..usize::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= usize::from(byte & 127) << shift;
            if byte < 128 {
                return Some(number);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn values_read_back(
            texts in proptest::collection::vec(proptest::option::of("\\PC{0,200}"), 0..4),
            number: Option<i64>,
            flag: Option<bool>,
        ) {
            let mut out = Writer::default();
            out.list(&texts, |out, text| out.text(text.as_deref()));
            out.integer(number);
            out.flag(flag);
            let bytes = out.finish();
            let mut input = Reader::new(&bytes);
            prop_assert_eq!(input.list(Reader::text), Some(texts));
            prop_assert_eq!(input.integer(), Some(number));
            prop_assert_eq!(input.flag(), Some(flag));
            prop_assert!(input.is_at_end());
        }

        /// Damaged bytes are noticed or read as something else; nothing worse.
        #[test]
        fn any_bytes_may_be_read(bytes: Vec<u8>) {
            let mut input = Reader::new(&bytes);
            while input.list(Reader::text).is_some() && input.integer().is_some() {}
        }
    }
}
