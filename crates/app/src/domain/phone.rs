//! Korean phone numbers.

/// The number as digits with hyphens, `010-1234-5678`; `None` where it is no Korean phone number.
///
/// Taken are mobile numbers (010, 011, 016 to 019), Seoul (02), the other areas (031 to 064), internet
/// telephony (070) and the personal numbers 050x, with or without hyphens, and with +82 for the first 0.
pub fn normalise(text: &str) -> Option<String> {
    let text = text.trim();
    let (country, rest) = match text.strip_prefix("+82") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    if !rest.chars().all(|character| character.is_ascii_digit() || matches!(character, '-' | ' ')) {
        return None;
    }
    let mut digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    if country && !digits.starts_with('0') {
        digits.insert(0, '0');
    }
    let area = area_length(&digits)?;
    let (head, number) = digits.split_at(area);
    if !(7..=8).contains(&number.len()) {
        return None;
    }
    let (middle, last) = number.split_at(number.len() - 4);
    Some(format!("{head}-{middle}-{last}"))
}

fn area_length(digits: &str) -> Option<usize> {
    if digits.starts_with("02") {
        return Some(2);
    }
    if digits.starts_with("050") {
        return Some(4);
    }
    let known = ["010", "011", "016", "017", "018", "019", "070"];
    let three = digits.get(..3)?;
    let area: u32 = three.parse().ok()?;
    (known.contains(&three)
        || (31..=33).contains(&area)
        || (41..=44).contains(&area)
        || (51..=55).contains(&area)
        || (61..=64).contains(&area))
    .then_some(3)
}

#[cfg(test)]
mod tests {
    use super::normalise;

    #[test]
    fn the_usual_ways_of_writing_a_number_are_the_same_number() {
        for text in ["010-1234-5678", "01012345678", "010 1234 5678", "+82 10-1234-5678", "+821012345678"] {
            assert_eq!(normalise(text).as_deref(), Some("010-1234-5678"), "{text}");
        }
        assert_eq!(normalise("02-123-4567").as_deref(), Some("02-123-4567"));
        assert_eq!(normalise("0505-123-4567").as_deref(), Some("0505-123-4567"));
        assert_eq!(normalise("031-123-4567").as_deref(), Some("031-123-4567"));
    }

    #[test]
    fn what_is_no_korean_number_is_refused() {
        for text in ["", "1", "010", "010-1234-56789", "012-1234-5678", "+1 555 0100", "010-1234-567a", "999-1234-5678"]
        {
            assert_eq!(normalise(text), None, "{text}");
        }
    }
}
