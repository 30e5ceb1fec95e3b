//! What Toss's error codes mean, one table for each call. It is decided by the code and not by the HTTP status.
//!
//! From <https://docs.tosspayments.com/reference/error-codes>, read in November 2026. A code that is not listed never
//! counts as a refusal: what it means has to be found out.

use kernel::order::PaymentCode;

/// Another request with the same key is still running.
pub(super) const STILL_RUNNING: &str = "IDEMPOTENT_REQUEST_PROCESSING";

/// What a code says of a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OfCharge {
    /// It is refused, and was not charged.
    Declined(PaymentCode),
    /// The fault is ours; nothing was done.
    OurFault,
    /// It may be charged.
    Unknown,
    /// Nobody here knows the code.
    Unlisted,
}

/// What a code says of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OfRefund {
    /// It is refused, and will always be.
    ForGood,
    /// It may be given later.
    Again,
    /// All is back already; perhaps by this refund.
    AllBack,
    /// The fault is ours; nothing was done.
    OurFault,
    /// Nobody here knows the code.
    Unlisted,
}

/// What a code says of a look-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OfLookUp {
    /// There is no such payment.
    NotFound,
    /// The fault is ours.
    OurFault,
    /// It is not said.
    Unknown,
}

/// The answer to a charge.
pub(super) fn of_charge(code: &str) -> OfCharge {
    use PaymentCode::{Aborted, Balance, Card, Limit, Other};
    let declined = match code {
        "EXCEED_MAX_DAILY_PAYMENT_COUNT"
        | "EXCEED_MAX_PAYMENT_AMOUNT"
        | "EXCEED_MAX_ONE_DAY_WITHDRAW_AMOUNT"
        | "EXCEED_MAX_ONE_TIME_WITHDRAW_AMOUNT"
        | "EXCEED_MAX_AMOUNT"
        | "EXCEED_MAX_MONTHLY_PAYMENT_AMOUNT"
        | "EXCEED_MAX_ONE_DAY_AMOUNT"
        // The limit is exceeded or the balance too low; the limit is what a card mostly lacks.
        | "REJECT_CARD_PAYMENT" => Limit,
        "REJECT_ACCOUNT_PAYMENT" => Balance,
        "EXCEED_MAX_CARD_INSTALLMENT_PLAN"
        | "INVALID_REJECT_CARD"
        | "INVALID_CARD_EXPIRATION"
        | "INVALID_STOPPED_CARD"
        | "NOT_SUPPORTED_INSTALLMENT_PLAN_CARD_OR_MERCHANT"
        | "INVALID_CARD_INSTALLMENT_PLAN"
        | "NOT_SUPPORTED_MONTHLY_INSTALLMENT_PLAN"
        | "INVALID_CARD_LOST_OR_STOLEN"
        | "INVALID_CARD_NUMBER"
        | "INVALID_PASSWORD"
        | "EXCEED_MAX_AUTH_COUNT"
        | "REJECT_CARD_COMPANY" => Card,
        "NOT_FOUND_PAYMENT_SESSION" | "PAY_PROCESS_CANCELED" | "PAY_PROCESS_ABORTED" => Aborted,
        "INVALID_REQUEST"
        | "NOT_ALLOWED_POINT_USE"
        | "BELOW_MINIMUM_AMOUNT"
        | "NOT_FOUND_TERMINAL_ID"
        | "INVALID_AUTHORIZE_AUTH"
        | "RESTRICTED_TRANSFER_ACCOUNT"
        | "INVALID_UNREGISTERED_SUBMALL"
        | "NOT_REGISTERED_BUSINESS"
        | "INVALID_ACCOUNT_INFO_RE_REGISTER"
        | "NOT_AVAILABLE_PAYMENT"
        | "UNAPPROVED_ORDER_ID"
        | "FORBIDDEN_REQUEST"
        | "REJECT_TOSSPAY_INVALID_ACCOUNT"
        | "NOT_AVAILABLE_BANK"
        | "FDS_ERROR"
        | "NOT_FOUND_PAYMENT" => Other,
        // An error at the card's company, or an order that Toss has charged before, says nothing of this charge.
        "ALREADY_PROCESSED_PAYMENT" | "DUPLICATED_ORDER_ID" | "CARD_PROCESSING_ERROR" => return OfCharge::Unknown,
        code if is_outage(code) => return OfCharge::Unknown,
        code if is_our_fault(code) => return OfCharge::OurFault,
        _ => return OfCharge::Unlisted,
    };
    OfCharge::Declined(declined)
}

/// The answer to a refund.
pub(super) fn of_refund(code: &str) -> OfRefund {
    match code {
        "INVALID_REQUEST"
        | "INVALID_REFUND_ACCOUNT_INFO"
        | "REFUND_REJECTED"
        | "FORBIDDEN_BANK_REFUND_REQUEST"
        | "NOT_CANCELABLE_AMOUNT"
        | "NOT_CANCELABLE_PAYMENT"
        | "EXCEED_MAX_REFUND_DUE"
        | "NOT_ALLOWED_PARTIAL_REFUND"
        | "NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT"
        | "FORBIDDEN_REQUEST"
        | "NOT_FOUND_PAYMENT" => OfRefund::ForGood,
        "ALREADY_CANCELED_PAYMENT" | "ALREADY_REFUND_PAYMENT" => OfRefund::AllBack,
        // Another refund of the same payment came in between, came too soon before, or the bank is closed.
        "NOT_MATCHES_REFUNDABLE_AMOUNT"
        | "FORBIDDEN_CONSECUTIVE_REQUEST"
        | "NOT_AVAILABLE_BANK"
        | "FAILED_REFUND_PROCESS"
        | "FAILED_METHOD_HANDLING_CANCEL" => OfRefund::Again,
        code if is_outage(code) => OfRefund::Again,
        code if is_our_fault(code) => OfRefund::OurFault,
        _ => OfRefund::Unlisted,
    }
}

/// The answer to a look-up.
pub(super) fn of_look_up(code: &str) -> OfLookUp {
    match code {
        "NOT_FOUND_PAYMENT" => OfLookUp::NotFound,
        code if is_our_fault(code) => OfLookUp::OurFault,
        _ => OfLookUp::Unknown,
    }
}

fn is_outage(code: &str) -> bool {
    matches!(
        code,
        STILL_RUNNING
            | "PROVIDER_ERROR"
            | "FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING"
            | "FAILED_INTERNAL_SYSTEM_PROCESSING"
            | "UNKNOWN_PAYMENT_ERROR"
            | "COMMON_ERROR"
    )
}

/// Our key is wrong, or the way we send it: every call will fail until somebody mends it.
fn is_our_fault(code: &str) -> bool {
    matches!(code, "UNAUTHORIZED_KEY" | "INVALID_API_KEY" | "INCORRECT_BASIC_AUTH_FORMAT" | "INVALID_IDEMPOTENCY_KEY")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definite_refusal_of_a_charge_says_why() {
        let cases = [
            ("REJECT_CARD_PAYMENT", PaymentCode::Limit),
            ("EXCEED_MAX_ONE_DAY_AMOUNT", PaymentCode::Limit),
            ("REJECT_ACCOUNT_PAYMENT", PaymentCode::Balance),
            ("INVALID_CARD_EXPIRATION", PaymentCode::Card),
            ("REJECT_CARD_COMPANY", PaymentCode::Card),
            ("NOT_FOUND_PAYMENT_SESSION", PaymentCode::Aborted),
            ("BELOW_MINIMUM_AMOUNT", PaymentCode::Other),
            ("NOT_FOUND_PAYMENT", PaymentCode::Other),
        ];
        for (code, expected) in cases {
            assert_eq!(of_charge(code), OfCharge::Declined(expected), "{code}");
        }
    }

    #[test]
    fn what_may_have_been_charged_is_never_a_refusal() {
        let unknown = [
            "ALREADY_PROCESSED_PAYMENT",
            "DUPLICATED_ORDER_ID",
            "PROVIDER_ERROR",
            "CARD_PROCESSING_ERROR",
            "IDEMPOTENT_REQUEST_PROCESSING",
            "FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING",
            "FAILED_INTERNAL_SYSTEM_PROCESSING",
            "UNKNOWN_PAYMENT_ERROR",
            "COMMON_ERROR",
        ];
        for code in unknown {
            assert_eq!(of_charge(code), OfCharge::Unknown, "{code}");
        }
        for code in ["", "A_CODE_OF_NEXT_YEAR", "reject_card_payment"] {
            assert_eq!(of_charge(code), OfCharge::Unlisted, "{code}");
            assert_eq!(of_refund(code), OfRefund::Unlisted, "{code}");
        }
    }

    #[test]
    fn a_wrong_key_is_nobodys_refusal() {
        for code in ["UNAUTHORIZED_KEY", "INVALID_API_KEY", "INCORRECT_BASIC_AUTH_FORMAT", "INVALID_IDEMPOTENCY_KEY"] {
            assert_eq!(of_charge(code), OfCharge::OurFault, "{code}");
            assert_eq!(of_refund(code), OfRefund::OurFault, "{code}");
            assert_eq!(of_look_up(code), OfLookUp::OurFault, "{code}");
        }
    }

    #[test]
    fn a_refund_is_refused_for_good_tried_again_or_looked_at() {
        for code in ["REFUND_REJECTED", "NOT_CANCELABLE_AMOUNT", "EXCEED_MAX_REFUND_DUE", "NOT_FOUND_PAYMENT"] {
            assert_eq!(of_refund(code), OfRefund::ForGood, "{code}");
        }
        for code in ["PROVIDER_ERROR", "FORBIDDEN_CONSECUTIVE_REQUEST", "FAILED_REFUND_PROCESS", STILL_RUNNING] {
            assert_eq!(of_refund(code), OfRefund::Again, "{code}");
        }
        for code in ["ALREADY_CANCELED_PAYMENT", "ALREADY_REFUND_PAYMENT"] {
            assert_eq!(of_refund(code), OfRefund::AllBack, "{code}");
        }
    }

    #[test]
    fn only_one_code_says_that_there_is_no_payment() {
        assert_eq!(of_look_up("NOT_FOUND_PAYMENT"), OfLookUp::NotFound);
        for code in ["NOT_FOUND", "FORBIDDEN_REQUEST", "PROVIDER_ERROR", "INVALID_REQUEST"] {
            assert_eq!(of_look_up(code), OfLookUp::Unknown, "{code}");
        }
    }
}
