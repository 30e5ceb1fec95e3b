//! What Toss tells unasked. Its webhooks about payments are not signed, so that anybody could send one: the number of
//! the order is taken from it and nothing else, and Toss itself is asked what is true.

use axum::extract::State;
use axum::http::StatusCode;
use platform::extract::Json;
use platform::problem::Problem;
use serde::Deserialize;
use serde_json::Value;

use crate::domain::payment::read_reference;
use crate::service::{LookedUp, PayService};

/// Any webhook of Toss's: most have a type and data, `DEPOSIT_CALLBACK` comes without both.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "TossHookBody")]
pub(super) struct Hook {
    event_type: Option<String>,
    data: Option<Value>,
    order_id: Option<String>,
}

platform::taken!(Hook);

impl Hook {
    /// What it is about, as Toss knows it.
    fn reference(&self) -> Option<&str> {
        let in_data = || self.data.as_ref()?.get("orderId")?.as_str();
        self.order_id.as_deref().or_else(in_data)
    }
}

/// `POST /webhooks/toss`. What is not about an order of ours is none of our business, and heard all the same: any
/// answer but 200 has Toss send it again.
#[utoipa::path(
    post,
    path = "/webhooks/toss",
    operation_id = "hearToss",
    tag = "webhooks",
    summary = "What Toss tells unasked",
    security(()),
    request_body(content = Hook, example = json!({"eventType": "PAYMENT_STATUS_CHANGED", "data": {"orderId": "019aa8dc-4830-7900-a32a-000000000009-1"}})),
    responses(
        (status = 200, description = "Heard."),
        (status = 409, description = "busy"),
    ),
)]
pub(super) async fn toss(State(pay): State<PayService>, hook: Json<Hook>) -> Result<StatusCode, Problem> {
    let hook = hook.value;
    if hook.event_type.is_none() && hook.reference().is_none() {
        return Err(Problem::invalid_field("eventType", "missing, and so is an order's number"));
    }
    let Some((order_id, _)) = hook.reference().and_then(read_reference) else {
        count("not-ours");
        return Ok(StatusCode::OK);
    };
    match pay.told_of(order_id).await {
        LookedUp::Known => {
            count("known");
            Ok(StatusCode::OK)
        }
        LookedUp::NotOurs => {
            count("not-ours");
            Ok(StatusCode::OK)
        }
        LookedUp::NoAnswer => {
            count("no-answer");
            Err(Problem::unavailable("The payment cannot be looked up right now.", 5))
        }
    }
}

fn count(became: &'static str) {
    metrics::counter!("baedal_webhooks_total", "provider" => "toss", "became" => became).increment(1);
}
