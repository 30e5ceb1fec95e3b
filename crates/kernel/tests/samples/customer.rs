use kernel::events::customer::*;
use kernel::ids::NoticeId;
use kernel::lang::Language;

use super::{at, id, number, person, private};

pub fn events() -> Vec<CustomerEvent> {
    let notice_id = id!(NoticeId, "000000000005");
    vec![
        NoticeQueued {
            order_number: number(),
            notice_id,
            customer_id: person("hana"),
            kind: NoticeKind::OnTheWay,
            language: Language::Ko,
            text: "음식이 출발했어요.".to_owned(),
            queued_at: at(30),
            give_up_at: at(35),
            private: private(),
        }
        .into(),
        NoticeSent { notice_id, sent_at: at(31), channel: None }.into(),
        NoticeFailed { notice_id, failed_at: at(35), code: None }.into(),
        NoticeSkipped { notice_id, skipped_at: at(32) }.into(),
    ]
}
