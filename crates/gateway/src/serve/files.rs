//! How many files this process may have open; each connection is one.

use tracing::warn;

/// As many connections as were asked for, or as the system allows: a quarter of its files is kept for the
/// index and for connections to the service.
#[cfg(unix)]
pub(super) fn enough_for(connections: usize) -> usize {
    let files = raised_limit();
    let most = connections.min(files - files / 4);
    if most < connections {
        warn!(
            connections = most,
            files, "few connections at a time: raise the limit of open files (`ulimit -Hn`)"
        );
    }
    most
}

/// As many as were asked for.
#[cfg(not(unix))]
pub(super) const fn enough_for(connections: usize) -> usize {
    connections
}

/// The limit of this process, raised to what it may raise it to.
#[cfg(unix)]
fn raised_limit() -> usize {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Where that is refused the limit stays as it is, and counts.
    let _ = setrlimit(Resource::Nofile, limit);
    let current = getrlimit(Resource::Nofile).current;
    current.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX))
}
