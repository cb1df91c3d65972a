//! Values as one text, one after the other: texts are what the engine reads back fastest, and what
//! is cut out of one needs no second look.
//!
//! Numbers take six bits a character, the last character below 64. A text is its length plus one,
//! then itself; 0 stands for no text.

/// Writes values.
#[derive(Debug, Default)]
pub(crate) struct Writer(String);

impl Writer {
    /// What was written.
    pub(crate) fn finish(self) -> String {
        self.0
    }

    pub(crate) fn text(&mut self, text: Option<&str>) {
        let Some(text) = text else { return self.count(0) };
        self.count(text.len() as u64 + 1);
        self.0.push_str(text);
    }

    pub(crate) fn texts<const N: usize>(&mut self, texts: [&Option<String>; N]) {
        texts.iter().for_each(|text| self.text(text.as_deref()));
    }

    /// Small numbers of either sign stay short: the sign goes last.
    pub(crate) fn integer(&mut self, number: Option<i64>) {
        let Some(number) = number else { return self.count(0) };
        self.count(1);
        self.count((number.cast_unsigned() << 1) ^ (number >> 63).cast_unsigned());
    }

    pub(crate) fn flag(&mut self, flag: Option<bool>) {
        self.count(flag.map_or(0, |flag| 1 + u64::from(flag)));
    }

    pub(crate) fn list<T>(&mut self, elements: &[T], mut element: impl FnMut(&mut Self, &T)) {
        self.count(elements.len() as u64);
        elements.iter().for_each(|one| element(self, one));
    }

    pub(crate) fn count(&mut self, mut number: u64) {
        while number >= 64 {
            self.0.push(low_bits(number, 64));
            number >>= 6;
        }
        self.0.push(low_bits(number, 0));
    }
}

const fn low_bits(number: u64, mark: u8) -> char {
    ((number & 63) as u8 | mark) as char
}

/// Reads values back; `None` where the text is not what was written.
#[derive(Debug)]
pub(crate) struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// Whether everything was read.
    pub(crate) const fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    #[expect(clippy::option_option, reason = "no text is not the same as an unreadable one")]
    pub(crate) fn text(&mut self) -> Option<Option<String>> {
        Some(self.str()?.map(str::to_owned))
    }

    /// The same where it lies.
    #[expect(clippy::option_option, reason = "no text is not the same as an unreadable one")]
    pub(crate) fn str(&mut self) -> Option<Option<&'a str>> {
        let Some(length) = self.count()?.checked_sub(1) else { return Some(None) };
        let (text, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(Some(text))
    }

    #[expect(clippy::option_option, reason = "no number is not the same as an unreadable one")]
    pub(crate) fn integer(&mut self) -> Option<Option<i64>> {
        match self.count()? {
            0 => Some(None),
            1 => {
                let number = self.count()?;
                Some(Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed()))
            }
            _ => None,
        }
    }

    #[expect(clippy::option_option, reason = "no answer is not the same as an unreadable one")]
    pub(crate) fn flag(&mut self) -> Option<Option<bool>> {
        match self.count()? {
            0 => Some(None),
            1 => Some(Some(false)),
            2 => Some(Some(true)),
            _ => None,
        }
    }

    pub(crate) fn list<T>(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        // Not as many as are promised: a damaged count must not ask for memory.
        (0..self.count()?).map(|_| element(self)).collect()
    }

    pub(crate) fn count(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(6) {
            let (first, rest) = self.0.split_at_checked(1)?;
            let byte = first.bytes().next()?;
            self.0 = rest;
            number |= u64::from(byte & 63) << shift;
            if byte < 64 {
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
            let text = out.finish();
            let mut input = Reader::new(&text);
            prop_assert_eq!(input.list(Reader::text), Some(texts));
            prop_assert_eq!(input.integer(), Some(number));
            prop_assert_eq!(input.flag(), Some(flag));
            prop_assert!(input.is_at_end());
        }

        /// A damaged text is noticed or read as something else; nothing worse.
        #[test]
        fn any_text_may_be_read(text: String) {
            let mut input = Reader::new(&text);
            while input.list(Reader::text).is_some() && input.integer().is_some() {}
        }
    }
}
