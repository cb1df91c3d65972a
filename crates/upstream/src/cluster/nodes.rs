//! Which node is asked next.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::Url;

/// For how long a node that failed is asked after the others.
const SHUNNED: Duration = Duration::from_secs(30);

/// The nodes of a cluster, asked in turn. One that failed comes last for a while.
#[derive(Debug)]
pub(super) struct Nodes {
    nodes: Vec<Node>,
    next: AtomicUsize,
    began: Instant,
}

#[derive(Debug)]
struct Node {
    base: Url,
    /// Milliseconds since the beginning until which it comes last.
    shunned_until: AtomicU64,
}

impl Nodes {
    pub(super) fn new(bases: Vec<Url>) -> Self {
        let node = |base| Node { base, shunned_until: AtomicU64::new(0) };
        let nodes = bases.into_iter().map(node).collect();
        Self { nodes, next: AtomicUsize::new(0), began: Instant::now() }
    }

    /// All nodes, each with its number, in the order in which one request asks them.
    pub(super) fn in_turn(&self) -> Vec<(usize, &Url)> {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let now = self.now();
        let count = self.nodes.len().max(1);
        let mut order: Vec<_> =
            (0..self.nodes.len()).map(|at| (first.wrapping_add(at)) % count).collect();
        let is_shunned = |at: usize| {
            self.nodes.get(at).is_some_and(|one| one.shunned_until.load(Ordering::Relaxed) > now)
        };
        order.sort_by_key(|at| is_shunned(*at));
        order.into_iter().filter_map(|at| Some((at, &self.nodes.get(at)?.base))).collect()
    }

    /// That node failed.
    pub(super) fn shun(&self, at: usize) {
        let until =
            self.now().saturating_add(u64::try_from(SHUNNED.as_millis()).unwrap_or(u64::MAX));
        if let Some(node) = self.nodes.get(at) {
            node.shunned_until.store(until, Ordering::Relaxed);
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_take_turns_and_one_that_failed_comes_last() {
        let base = |port: u16| Url::parse(&format!("http://h:{port}")).unwrap();
        let nodes = Nodes::new(vec![base(1), base(2), base(3)]);
        let order = || nodes.in_turn().into_iter().map(|(at, _)| at).collect::<Vec<_>>();
        assert_eq!([order(), order()], [[0, 1, 2], [1, 2, 0]]);
        nodes.shun(2);
        assert_eq!(order(), [0, 1, 2]);
        assert_eq!(order(), [0, 1, 2], "it is node 0's turn and 2 waits: 3 % 3 = 0");
        assert_eq!(order(), [1, 0, 2]);
    }
}
