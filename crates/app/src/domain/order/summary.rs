//! What an adjustment takes out, said in a few words.

use kernel::lang::Localized;
use kernel::order::{Line, LineLeft};

/// The longest that a message has room for, in characters.
const LONGEST: usize = 40;

/// The first line that loses something, and how many more do.
pub(super) fn of(lines: &[Line], left: &[LineLeft]) -> Localized {
    let taken: Vec<(&Line, u32)> = left
        .iter()
        .filter_map(|cut| {
            let line = lines.iter().find(|line| line.line_id == cut.line_id)?;
            let taken = line.quantity.saturating_sub(cut.quantity);
            (taken > 0).then_some((line, taken))
        })
        .collect();
    let Some((line, count)) = taken.first() else {
        return Localized::default();
    };
    let (more_ko, more_en) = match taken.len() - 1 {
        0 => (String::new(), String::new()),
        more => (format!(" 외 {more}건"), format!(" and {more} more")),
    };
    Localized {
        ko: fitting(&line.name.ko, &format!(" {count}개{more_ko}")),
        en: fitting(&line.name.en, &format!(" x {count}{more_en}")),
    }
}

/// `name` and `rest`, the name shortened where both together are too long.
fn fitting(name: &str, rest: &str) -> String {
    let room = LONGEST.saturating_sub(rest.chars().count());
    if name.chars().count() <= room {
        return format!("{name}{rest}");
    }
    let short: String = name.chars().take(room.saturating_sub(1)).collect();
    format!("{}…{rest}", short.trim_end())
}

#[cfg(test)]
mod tests {
    use super::fitting;

    #[test]
    fn a_name_that_is_too_long_is_shortened_and_the_count_stays() {
        let text = fitting(&"치즈볼 ".repeat(20), " 12개 외 3건");
        assert!(text.chars().count() <= 40, "{text}");
        assert!(text.ends_with("… 12개 외 3건"), "{text}");
    }

    #[test]
    fn a_name_that_fits_is_not_touched() {
        assert_eq!(fitting("Cheese Balls", " x 1"), "Cheese Balls x 1");
    }
}
