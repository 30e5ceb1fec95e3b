//! How many files, and with them connections, this process may have open.

use rlimit::Resource;

/// Files that are not connections from outside: databases, logs, connections to others.
const KEPT_BACK: u64 = 256;

/// Lets this process open as many files as it is allowed to, and says how many that are; `None` where it cannot be known.
pub fn raise() -> Option<u64> {
    let raised = rlimit::increase_nofile_limit(u64::MAX);
    raised.or_else(|_| rlimit::getrlimit(Resource::NOFILE).map(|(soft, _)| soft)).ok()
}

/// How many of `wanted` connections there can be where `files` may be open.
pub fn connections_within(files: u64, wanted: usize) -> usize {
    let room = files.saturating_sub(KEPT_BACK.min(files / 2)).max(1);
    wanted.min(usize::try_from(room).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_what_else_is_open() {
        assert_eq!(connections_within(1_048_576, 10_000), 10_000);
        assert_eq!(connections_within(1_024, 10_000), 768);
        assert_eq!(connections_within(64, 10_000), 32);
        assert_eq!(connections_within(0, 10_000), 1);
    }

    #[test]
    fn the_limit_is_as_high_as_it_may_be() {
        let limit = raise().unwrap();
        assert_eq!(rlimit::getrlimit(Resource::NOFILE).unwrap().0, limit);
        assert_eq!(raise(), Some(limit));
    }
}
