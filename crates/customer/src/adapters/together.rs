//! What became of a notice that a provider has several messages of.

use crate::ports::Found;

/// What became of a notice with several messages: the best that is said of any.
pub(super) fn together(all: impl IntoIterator<Item = Found>) -> Found {
    let mut best = Found::NotFound;
    let mut failures = 0;
    for found in all {
        failures += u32::from(matches!(found, Found::Failed { .. }));
        if rank(&found) > rank(&best) {
            best = found;
        }
    }
    match best {
        Found::Failed { code, permanent, .. } => Found::Failed { code, permanent, times: failures },
        best => best,
    }
}

const fn rank(found: &Found) -> u8 {
    match found {
        Found::NotFound => 0,
        Found::Failed { permanent: false, .. } => 1,
        Found::Failed { permanent: true, .. } => 2,
        Found::Unknown => 3,
        Found::Pending => 4,
        Found::Delivered { .. } => 5,
    }
}

#[cfg(test)]
mod tests {
    use kernel::events::customer::Channel;

    use super::*;

    fn failed(permanent: bool) -> Found {
        Found::Failed { code: "1001".into(), permanent, times: 1 }
    }

    #[test]
    fn of_several_messages_the_best_counts_and_the_failed_ones_are_counted() {
        assert_eq!(together([]), Found::NotFound);
        let again = [failed(false), failed(false)];
        assert_eq!(together(again.clone()), Found::Failed { code: "1001".into(), permanent: false, times: 2 });
        assert_eq!(together(again.clone().into_iter().chain([Found::Pending])), Found::Pending);
        let by = Channel::AlimTalk;
        assert_eq!(together([Found::Delivered { by }, failed(true)]), Found::Delivered { by });
    }
}
