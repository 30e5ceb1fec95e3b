//! The stub's payments in Toss's words: the object that calls answer with, and the webhook about it.

use axum::http::{HeaderMap, HeaderValue};
use kernel::Time;
use kernel::money::Amount;
use serde_json::{Value, json};

use super::super::times;
use super::book::{CancelOnFile, PaymentOnFile, Transaction};

/// The shop that the stub knows.
const SHOP: &str = "tvivarepublica";

/// The object `Payment`.
pub(super) fn object(payment: &PaymentOnFile) -> Value {
    let balance = payment.balance();
    let (approved_at, last_key) = match &payment.charged {
        Some((at, key)) => (Some(times::full(*at)), Some(key)),
        None => (None, None),
    };
    let last_key = payment.cancels.last().map(|cancel| &cancel.transaction_key).or(last_key);
    let cancels: Vec<Value> = payment.cancels.iter().map(cancel).collect();
    let is_charged = payment.charged.is_some();
    json!({
        "version": "2022-11-16",
        "mId": SHOP,
        "paymentKey": payment.payment_key,
        "type": "NORMAL",
        "orderId": payment.order_id,
        "orderName": "배달 주문",
        "currency": "KRW",
        "method": is_charged.then_some("카드"),
        "totalAmount": payment.amount,
        "balanceAmount": balance,
        "status": payment.status.text(),
        "requestedAt": times::full(payment.requested_at),
        "approvedAt": approved_at,
        "useEscrow": false,
        "lastTransactionKey": last_key,
        "suppliedAmount": balance.saturating_minus(vat(balance)),
        "vat": vat(balance),
        "cultureExpense": false,
        "taxFreeAmount": 0,
        "taxExemptionAmount": 0,
        "cancels": if cancels.is_empty() { Value::Null } else { Value::Array(cancels) },
        "isPartialCancelable": true,
        "card": is_charged.then(|| card(payment)),
        "virtualAccount": null,
        "secret": format!("ps_{}", payment.payment_key),
        "mobilePhone": null,
        "giftCertificate": null,
        "transfer": null,
        "metadata": null,
        "receipt": { "url": "https://dashboard.tosspayments.com/receipt" },
        "checkout": { "url": "https://api.tosspayments.com/v1/payments/checkout" },
        "easyPay": null,
        "country": "KR",
        "failure": null,
        "cashReceipt": null,
        "cashReceipts": null,
        "discount": null,
    })
}

/// An item of the list of transactions.
pub(super) fn transaction(transaction: &Transaction) -> Value {
    json!({
        "mId": SHOP,
        "transactionKey": transaction.key,
        "paymentKey": transaction.payment_key,
        "orderId": transaction.order_id,
        "method": "카드",
        "customerKey": null,
        "useEscrow": false,
        "receiptUrl": "https://dashboard.tosspayments.com/receipt",
        "status": transaction.status.text(),
        "transactionAt": times::full(transaction.at),
        "currency": "KRW",
        "amount": transaction.amount,
    })
}

/// The webhook `PAYMENT_STATUS_CHANGED`: its headers and its body.
pub(super) fn webhook(payment: &PaymentOnFile, id: &str, now: Time) -> (HeaderMap, String) {
    let headers = [
        ("tosspayments-webhook-transmission-time", times::full(now)),
        ("tosspayments-webhook-transmission-retried-count", "0".to_owned()),
        ("tosspayments-webhook-transmission-id", id.to_owned()),
    ];
    let headers = headers.into_iter().filter_map(|(name, value)| Some((name, HeaderValue::from_str(&value).ok()?)));
    let headers = headers.map(|(name, value)| (axum::http::HeaderName::from_static(name), value)).collect();
    let body = json!({
        "eventType": "PAYMENT_STATUS_CHANGED",
        "createdAt": times::fine(now),
        "data": object(payment),
    });
    (headers, body.to_string())
}

fn cancel(cancel: &CancelOnFile) -> Value {
    json!({
        "cancelAmount": cancel.amount,
        "cancelReason": cancel.reason,
        "taxFreeAmount": 0,
        "taxExemptionAmount": 0,
        "refundableAmount": cancel.left,
        "easyPayDiscountAmount": 0,
        "canceledAt": times::full(cancel.at),
        "transactionKey": cancel.transaction_key,
        "receiptKey": null,
        "cancelStatus": "DONE",
        "cancelRequestId": null,
    })
}

fn card(payment: &PaymentOnFile) -> Value {
    json!({
        "amount": payment.amount,
        "issuerCode": "11",
        "acquirerCode": "11",
        "number": "12345678****000*",
        "installmentPlanMonths": 0,
        "approveNo": "00000000",
        "useCardPoint": false,
        "cardType": "신용",
        "ownerType": "개인",
        "acquireStatus": "READY",
        "isInterestFree": false,
        "interestPayer": null,
    })
}

/// An eleventh of it, to the nearest won.
const fn vat(amount: Amount) -> Amount {
    Amount::new((2 * amount.minor() + 11) / 22)
}
