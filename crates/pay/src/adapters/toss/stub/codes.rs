//! The stub's errors, each with the HTTP status that belongs to it.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A call is refused with Toss's code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    code: String,
}

impl Refusal {
    pub(super) fn of(code: impl Into<String>) -> Self {
        Self { code: code.into() }
    }

    pub(super) fn status(&self) -> StatusCode {
        match self.code.as_str() {
            "UNAUTHORIZED_KEY" => StatusCode::UNAUTHORIZED,
            "REJECT_ACCOUNT_PAYMENT"
            | "REJECT_CARD_PAYMENT"
            | "REJECT_CARD_COMPANY"
            | "FORBIDDEN_REQUEST"
            | "REJECT_TOSSPAY_INVALID_ACCOUNT"
            | "EXCEED_MAX_AUTH_COUNT"
            | "EXCEED_MAX_ONE_DAY_AMOUNT"
            | "NOT_AVAILABLE_BANK"
            | "INVALID_PASSWORD"
            | "INCORRECT_BASIC_AUTH_FORMAT"
            | "FDS_ERROR"
            | "NOT_CANCELABLE_AMOUNT"
            | "NOT_CANCELABLE_PAYMENT"
            | "FORBIDDEN_CONSECUTIVE_REQUEST"
            | "EXCEED_MAX_REFUND_DUE"
            | "NOT_ALLOWED_PARTIAL_REFUND"
            | "NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT" => StatusCode::FORBIDDEN,
            "NOT_FOUND_PAYMENT" | "NOT_FOUND_PAYMENT_SESSION" | "NOT_FOUND" => StatusCode::NOT_FOUND,
            "IDEMPOTENT_REQUEST_PROCESSING" => StatusCode::CONFLICT,
            "FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING"
            | "FAILED_INTERNAL_SYSTEM_PROCESSING"
            | "UNKNOWN_PAYMENT_ERROR"
            | "COMMON_ERROR"
            | "FAILED_REFUND_PROCESS"
            | "FAILED_METHOD_HANDLING_CANCEL" => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    pub(super) fn body(&self) -> serde_json::Value {
        json!({ "code": self.code, "message": "스텁이 거절했습니다." })
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status(), Json(self.body())).into_response()
    }
}
