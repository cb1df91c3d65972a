//! Numbers out of bytes, the lowest byte first, as all of the format has them.

/// Reads numbers; there is none where the bytes end before it does.
pub(crate) trait Bytes {
    fn part(&self, at: usize, length: usize) -> Option<&[u8]>;

    fn u8_at(&self, at: usize) -> Option<u8> {
        self.part(at, 1)?.first().copied()
    }

    fn u16_at(&self, at: usize) -> Option<u16> {
        self.part(at, 2)?.try_into().ok().map(u16::from_le_bytes)
    }

    fn u32_at(&self, at: usize) -> Option<u32> {
        self.part(at, 4)?.try_into().ok().map(u32::from_le_bytes)
    }

    fn u64_at(&self, at: usize) -> Option<u64> {
        self.part(at, 8)?.try_into().ok().map(u64::from_le_bytes)
    }
}

impl Bytes for [u8] {
    fn part(&self, at: usize, length: usize) -> Option<&[u8]> {
        self.get(at..at.checked_add(length)?)
    }
}
