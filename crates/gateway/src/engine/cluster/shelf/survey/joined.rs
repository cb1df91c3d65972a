//! Numbers that are joined into groups.

use std::collections::HashSet;

/// Numbers from 0, each in one group.
#[derive(Debug, Default)]
pub(super) struct Joined {
    /// A number nearer to the one that stands for the group.
    towards: Vec<u32>,
    /// How many numbers a group has, at the one that stands for it.
    sizes: Vec<u32>,
}

impl Joined {
    /// Adds the next number, in a group of its own.
    pub(super) fn add(&mut self) {
        self.towards.push(u32::try_from(self.towards.len()).unwrap_or(u32::MAX));
        self.sizes.push(1);
    }

    pub(super) fn join(&mut self, one: u32, other: u32) {
        let (one, other) = (self.root(one), self.root(other));
        if one == other {
            return;
        }
        // Towards the smaller number: then it does not matter in which order they come.
        let (least, most) = (one.min(other), one.max(other));
        let moved = self.sizes.get(most as usize).copied().unwrap_or_default();
        self.towards.get_mut(most as usize).into_iter().for_each(|root| *root = least);
        self.sizes.get_mut(least as usize).into_iter().for_each(|size| *size += moved);
    }

    /// How many numbers the groups of these have together.
    pub(super) fn size(&mut self, numbers: &[u32]) -> u64 {
        let roots: HashSet<_> = numbers.iter().map(|number| self.root(*number)).collect();
        let sizes = roots.into_iter().filter_map(|root| self.sizes.get(root as usize));
        sizes.map(|size| u64::from(*size)).sum()
    }

    /// The number that stands for the group.
    fn root(&mut self, number: u32) -> u32 {
        let mut at = number;
        while let Some(next) = self.towards.get(at as usize).copied().filter(|next| *next != at) {
            let after = self.towards.get(next as usize).copied().unwrap_or(next);
            // Each look makes the way half as long.
            self.towards.get_mut(at as usize).into_iter().for_each(|here| *here = after);
            at = after;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_grow_whichever_way_they_are_joined() {
        let mut joined = Joined::default();
        (0..7).for_each(|_| joined.add());
        for (one, other) in [(5, 6), (1, 2), (6, 1), (2, 5), (0, 0)] {
            joined.join(one, other);
        }
        // 1, 2, 5 and 6 are one group.
        assert_eq!(joined.size(&[6]), 4);
        assert_eq!(joined.size(&[1, 2, 0]), 5);
        assert_eq!(joined.size(&[3, 4]), 2);
        assert_eq!(joined.size(&[]), 0);
    }
}
