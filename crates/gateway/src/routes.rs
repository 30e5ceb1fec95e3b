//! Which paths are taken at all. Nothing is routed that is not in the table (`kernel::access`); pay's `/payments` is not.

/// Under this the gateway serves the services' paths.
pub const PREFIX: &str = "/api";

/// Whether everybody on the way reads each segment as the same one name: no empty one, no dots that climb, no hidden
/// slash.
pub(crate) fn is_plain(path: &str) -> bool {
    path == "/" || path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(is_plain_segment))
}

fn is_plain_segment(segment: &str) -> bool {
    let hidden = ["%2e", "%2f", "%5c", "%25"];
    let lower = segment.to_ascii_lowercase();
    let control = |at: usize| matches!(lower.as_bytes().get(at + 1), Some(b'0' | b'1'));
    !lower.is_empty()
        && !lower.starts_with('.')
        && !lower.contains('\\')
        && !hidden.iter().any(|code| lower.contains(code))
        && !lower.match_indices('%').any(|(at, _)| control(at))
}

#[cfg(test)]
mod tests;
