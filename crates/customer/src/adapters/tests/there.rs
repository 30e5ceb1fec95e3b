//! What a provider has is never taken for absent: it would be sent again. And what it lists comes to an end.

use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use super::*;

#[tokio::test]
async fn what_is_listed_is_there_though_its_details_are_not() {
    let desk = Desk::open(Provider::Nhn).await;
    let message = message_to("010-1234-5678", 1);
    assert_eq!(desk.outlet.hand_over(&message).await, HandOver::Accepted);
    desk.faults().on("detail", Kind::Code { code: "-1016".to_owned() }, 1);
    assert_eq!(desk.outlet.look_up(&message).await, Found::Unknown);
    assert_eq!(desk.ends(&message).await, Found::Delivered { by: Channel::AlimTalk });
}

#[tokio::test]
async fn a_message_is_found_though_its_template_has_changed_since() {
    for provider in PROVIDERS {
        let desk = Desk::open(provider).await;
        let message = message_to("010-1234-5678", 1);
        assert_eq!(desk.outlet.hand_over(&message).await, HandOver::Accepted);
        let message = Message { whole: None, ..message };
        assert_eq!(desk.ends(&message).await, Found::Delivered { by: Channel::AlimTalk }, "{provider:?}");
    }
}

#[tokio::test]
async fn a_provider_that_lists_templates_without_end_is_not_listened_to_for_ever() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let page = || async {
        let templates = json!({ "templates": [{ "templateCode": "BD_PLACED_KO" }], "totalCount": 1_000_000 });
        let header = json!({ "resultCode": 0, "isSuccessful": true });
        Json(json!({ "header": header, "templateListResponse": templates }))
    };
    let router = Router::new().route("/alimtalk/v2.3/appkeys/app/senders/channel/templates", get(page));
    let shutdown = Shutdown::new();
    let until = shutdown.clone();
    shutdown.spawn("endless", async move {
        tokio::select! {
            () = until.begun() => {}
            _ = axum::serve(listener, router) => {}
        }
    });
    let [appkey, sender_key] = ["app", "channel"].map(str::to_owned);
    let options = NhnOptions { base, appkey, sender_key, secret: Secret::new("secret"), sms_sender: None };
    let nhn = Nhn::new(options, Clock::fake(at("18:42:00")).0).unwrap();
    let copies = tokio::time::timeout(Duration::from_secs(20), nhn.copies()).await;
    assert_eq!(copies.unwrap().map(|copies| copies.len()), Some(20));
    shutdown.begin();
}
