//! What a provider has is never taken for absent: it would be sent again.

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
