//! The one contract of a call: `POST /payments`, as app makes it and as pay describes it.

use std::sync::{Arc, Mutex};

use app::ports::{PaymentRequest, Payments};
use axum::Router;
use axum::routing::post;
use kernel::Context;
use kernel::money::Amount;
use platform::clock::Clock;
use platform::deadline::Deadline;
use platform::identity::Signer;
use platform::ids::Ids;
use platform::shutdown::Shutdown;
use serde_json::{Value, json};

use super::HttpPayments;
use crate::interfaces::{self, Faults};

fn contract() -> Value {
    serde_json::from_str(include_str!("../../../app/contracts/pay-http.json")).unwrap()
}

fn payment(body: &Value) -> PaymentRequest {
    PaymentRequest {
        order_id: serde_json::from_value(body["orderId"].clone()).unwrap(),
        order_number: serde_json::from_value(body["orderNumber"].clone()).unwrap(),
        attempt: serde_json::from_value(body["attempt"].clone()).unwrap(),
        amount: Amount::new(body["amount"].as_i64().unwrap()),
        currency: serde_json::from_value(body["currency"].clone()).unwrap(),
        method: serde_json::from_value(body["method"].clone()).unwrap(),
        token: body["token"].as_str().unwrap().to_owned(),
        deadline: Deadline::NONE,
        trace: None,
    }
}

#[tokio::test]
async fn app_asks_as_the_contract_says_and_understands_each_answer_in_it() {
    let contract = contract();
    let asked = contract["request"]["body"].clone();
    for answer in contract["answers"].as_array().unwrap() {
        let heard = Arc::new(Mutex::new(Value::Null));
        let (ear, body) = (Arc::clone(&heard), answer["body"].clone());
        let pay = Router::new().route(
            contract["request"]["path"].as_str().unwrap(),
            post(async move |axum::Json(said): axum::Json<Value>| {
                *ear.lock().unwrap() = said;
                axum::Json(body)
            }),
        );
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = Shutdown::new();
        shutdown.spawn("pay", async move { axum::serve(listener, pay).await.unwrap() });
        let signer = Signer::new("app", &Clock::system(), &Ids::seeded(1));
        let pay = HttpPayments::new(vec![format!("http://{address}")], signer, &Ids::seeded(1)).unwrap();
        let understood = pay.request(payment(&asked)).await;
        assert_eq!(format!("{understood:?}"), answer["understood"].as_str().unwrap());
        assert_eq!(*heard.lock().unwrap(), asked);
        shutdown.begin();
    }
}

#[test]
fn pay_takes_what_the_contract_asks_and_may_give_each_answer_in_it_and_no_other() {
    let (contract, described) = (contract(), interfaces::openapi_of(Context::Pay, Faults::Off));
    let shape = |name: &str| {
        let whole = json!({"$ref": format!("#/components/schemas/{name}"), "components": described["components"]});
        jsonschema::validator_for(&whole).unwrap()
    };
    let request = &described["paths"][contract["request"]["path"].as_str().unwrap()]["post"];
    assert_eq!(
        request["requestBody"]["content"]["application/json"]["schema"]["$ref"],
        "#/components/schemas/PaymentRequestBody"
    );
    shape("PaymentRequestBody").validate(&contract["request"]["body"]).unwrap();
    assert_eq!(
        request["responses"]["200"]["content"]["application/json"]["schema"]["$ref"],
        "#/components/schemas/PaymentReply"
    );
    let answers: Vec<_> = contract["answers"].as_array().unwrap().iter().map(|answer| &answer["body"]).collect();
    for answer in &answers {
        shape("PaymentReply").validate(answer).unwrap();
    }
    let kinds = described["components"]["schemas"]["PaymentReply"]["oneOf"].as_array().unwrap().iter();
    let kinds: Vec<_> = kinds.map(|kind| &kind["properties"]["outcome"]["const"]).collect();
    assert_eq!(answers.iter().map(|answer| &answer["outcome"]).collect::<Vec<_>>(), kinds);
}
