//! What the payment provider knows an attempt by: `<orderId>-<n>`.

use kernel::ids::OrderId;

/// The length of an order id's text.
const ID_LENGTH: usize = 36;

/// Attempt n of an order, as the provider names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    /// The order.
    pub order_id: OrderId,
    /// n, from 1.
    pub attempt: u32,
}

impl Reference {
    /// Reads a reference; each has one text only, so that no attempt goes by two names.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, rest) = text.split_at_checked(ID_LENGTH)?;
        let reference = Self { order_id: OrderId::parse(id).ok()?, attempt: rest.strip_prefix('-')?.parse().ok()? };
        (reference.attempt > 0 && reference.to_string() == text).then_some(reference)
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.order_id, self.attempt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "019aa8dc-4866-7569-bce1-0609e9f94ec3";

    #[test]
    fn a_reference_reads_back_as_it_is_written() {
        let text = format!("{ID}-12");
        let reference = Reference::parse(&text).unwrap();
        assert_eq!((reference.attempt, reference.to_string()), (12, text));
    }

    #[test]
    fn what_is_no_reference_is_none() {
        let upper = ID.to_uppercase();
        let plain = ID.replace('-', "");
        for id in [ID, &upper, &plain, "", "주문주문주문주문주문주문주문주문주문주문주문주문"] {
            for attempt in ["", "-", "-0", "-01", "-+1", "--1", "- 1", "-1 ", "-4294967296", "-x", "-1-1", "1"] {
                assert_eq!(Reference::parse(&format!("{id}{attempt}")), None, "{id}{attempt}");
            }
        }
        for id in [&upper, &plain] {
            assert_eq!(Reference::parse(&format!("{id}-1")), None, "{id}");
        }
        assert_eq!(Reference::parse(&format!("{ID}-4294967295")).map(|found| found.attempt), Some(u32::MAX));
    }
}
