use kernel::events::customer::NoticeKind;
use kernel::lang::Language;
use kernel::order::{
    AdjustReason, CancelReason, DelayCause, DeliveryBy, PaymentCode, PaymentMethod, RefuseReason, RejectReason,
};
use kernel::personal::Handover;

use super::listing::{self, Registered};
use super::registry::{BrokenRegistry, Form, Registry};
use super::rules::{Broken, Unfit, broken_rules, bytes_in_short_message, fit, personal_variables};
use super::values::{Values, Variable, fitted};
use super::{PAGE, SOURCE, at_page, format, read_back, registry, render};
use crate::domain::samples::{at, seoul};
use crate::domain::words::{self, Words};

const LANGUAGES: [Language; 2] = [Language::Ko, Language::En];

#[test]
fn every_template_keeps_every_rule() {
    for template in registry().templates() {
        assert_eq!(broken_rules(registry(), template), [], "{}", template.code);
    }
    assert_eq!(personal_variables(registry()), []);
}

#[test]
fn a_registry_that_is_not_fit_is_refused_with_the_name_of_its_template() {
    assert!(fit(SOURCE).is_ok());
    let told = |source: &str| fit(source).unwrap_err().to_string();
    let long = SOURCE.replacen("- Items: ", &"long ".repeat(200), 1);
    assert_eq!(
        told(&long),
        "the message template BD_PLACED_EN cannot be sent: its text may have over 1,000 characters"
    );
    assert!(told(&SOURCE.replacen("BD_PLACED_EN", "BD_PLACED_KO", 1)).contains("BD_PLACED_KO"));
    assert!(told(&SOURCE.replace("가게명", "배달주소")).contains("storeName"));
    assert!(matches!(fit("rubbish"), Err(Unfit::Registry(_))));
}

#[test]
fn what_is_to_be_registered_has_its_places_open_and_leads_to_our_page() {
    let all: Vec<Registered> = listing::of(registry(), "https://order.example.kr");
    assert_eq!(all.len(), registry().templates().count());
    let placed = all.iter().find(|it| it.code == "BD_PLACED_KO").unwrap();
    assert!(placed.text.contains("▶ 결제금액: #{결제금액}원 (#{결제수단})"));
    assert_eq!(placed.button_url, "https://order.example.kr/o/#{주문링크}");
    assert_eq!(placed.sms, "[배달] #{주문번호} 결제완료 #{결제금액}원. 가게 확인 중입니다.");
    let written = listing::toml(&all).unwrap();
    let read: toml::Table = written.parse().unwrap();
    assert_eq!(read["template"].as_array().unwrap().len(), all.len());
    assert_eq!(read["template"][0]["code"].as_str(), Some("BD_PLACED_KO"));
    assert_eq!(at_page(&format!("{PAGE}/o/x"), "https://a"), "https://a/o/x");
}

#[test]
fn a_message_carries_the_values_of_its_places_by_their_names_in_its_language() {
    for (language, name) in [(Language::Ko, "가게명"), (Language::En, "storeName")] {
        let values = registry().examples(language);
        let rendered = render(NoticeKind::Accepted, Form::Usual, language, &values);
        let value = rendered.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        assert_eq!(value, values.get(Variable::StoreName));
        let listed = listing::of(registry(), PAGE).into_iter().find(|it| it.code == rendered.code).unwrap();
        let filled = rendered
            .variables
            .iter()
            .fold(listed.text, |text, (name, value)| text.replace(&format!("#{{{name}}}"), value));
        assert_eq!(filled, rendered.text);
    }
}

#[test]
fn no_two_templates_share_a_code() {
    let mut codes: Vec<&str> = registry().templates().map(|template| template.code.as_str()).collect();
    let all = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), all);
}

/// What is broken once `from` of the placed order's English template says `to` instead.
fn broken_with(from: &str, to: &str) -> Vec<Broken> {
    let placed = SOURCE.find("code = \"BD_PLACED_EN\"").unwrap();
    let (before, after) = SOURCE.split_at(placed);
    assert!(after.contains(from), "nothing to change");
    let registry = Registry::parse(&format!("{before}{}", after.replacen(from, to, 1))).unwrap();
    broken_rules(&registry, registry.template(NoticeKind::Placed, Form::Usual, Language::En))
}

#[test]
fn a_message_of_over_a_thousand_characters_breaks_a_rule() {
    assert_eq!(broken_with("- Items: ", &"long ".repeat(200)), [Broken::BodyTooLong]);
}

#[test]
fn a_code_of_over_twenty_characters_breaks_a_rule() {
    assert_eq!(broken_with("BD_PLACED_EN", "BD_THE_ORDER_PLACED_EN"), [Broken::CodeTooLong]);
}

#[test]
fn a_title_of_over_fifty_characters_breaks_a_rule() {
    let title = format!("title = \"{}\"", "Order paid ".repeat(5));
    assert_eq!(broken_with("title = \"Order paid\"", &title), [Broken::TitleTooLong]);
}

#[test]
fn a_short_text_of_over_ninety_bytes_breaks_a_rule() {
    assert_eq!(
        broken_with("Waiting for the store.\"", "Waiting for the store, which has known of it for a while by now.\""),
        [Broken::SmsTooLong]
    );
    assert_eq!(bytes_in_short_message("[배달] 1122-K7Q3"), 16);
}

#[test]
fn a_sign_that_short_messages_lack_breaks_a_rule() {
    for sign in ['₩', '“', '—', '…'] {
        assert_eq!(broken_with("Waiting for the store.\"", &format!("{sign}\"")), [Broken::SmsUnshowable]);
    }
}

#[test]
fn a_particle_after_a_value_breaks_a_rule() {
    assert_eq!(broken_with("#{storeName}\n", "#{storeName}에서\n"), []);
    for particle in ["이", "가", "을", "를", "은", "는", "으로", "로"] {
        assert_eq!(broken_with("#{storeName}\n", &format!("#{{storeName}}{particle}\n")), [Broken::ParticleAfterValue]);
    }
}

#[test]
fn a_text_that_is_nothing_but_a_value_breaks_a_rule() {
    let only = "subtitle = \"#{storeName}.\"";
    assert_eq!(broken_with("subtitle = \"The store is checking it\"", only), [Broken::NothingButValue]);
}

#[test]
fn a_message_without_the_senders_name_breaks_a_rule() {
    assert_eq!(broken_with("[Baedal] Your payment", "Your payment"), [Broken::NoSender]);
}

#[test]
fn a_button_that_leads_elsewhere_breaks_a_rule() {
    for url in ["https://elsewhere.example/o/#{link}", "https://baedal.example/o/#{orderNo}", "#{link}"] {
        assert_eq!(broken_with("https://baedal.example/o/#{link}", url), [Broken::ForeignButton]);
    }
}

#[test]
fn a_link_in_the_text_breaks_a_rule() {
    assert_eq!(broken_with("- Items: ", "- See: #{link} "), [Broken::LinkInText]);
}

#[test]
fn a_value_that_the_message_lacks_breaks_a_rule() {
    assert_eq!(broken_with("The store is checking it", "Arrives #{eta}"), [Broken::ValueOutsideBody]);
}

#[test]
fn advertising_and_wrong_words_break_a_rule() {
    assert_eq!(broken_with("- Items: ", "- Coupon: "), [Broken::Advertising]);
    assert_eq!(broken_with("- Items: ", "- 배송: "), [Broken::WrongWord]);
}

#[test]
fn an_unknown_variable_is_refused() {
    let source = SOURCE.replacen("#{storeName}", "#{phone}", 1);
    assert!(matches!(Registry::parse(&source), Err(BrokenRegistry::UnknownVariable { name, .. }) if name == "phone"));
    let korean_name_in_english = SOURCE.replacen("#{storeName}", "#{가게명}", 1);
    assert!(matches!(Registry::parse(&korean_name_in_english), Err(BrokenRegistry::UnknownVariable { .. })));
}

#[test]
fn a_variable_for_what_must_not_reach_a_wrong_number_breaks_a_rule() {
    let registry = Registry::parse(&SOURCE.replace("가게명", "배달주소")).unwrap();
    assert_eq!(personal_variables(&registry), [Variable::StoreName]);
}

#[test]
fn a_kind_without_words_or_with_two_of_the_same_is_refused() {
    let missing = SOURCE.replacen("kind = \"TROUBLE\"", "kind = \"TROUBLE\"\nform = \"NO_REFUND\"", 1);
    assert!(matches!(
        Registry::parse(&missing),
        Err(BrokenRegistry::Missing { kind: NoticeKind::Trouble, language: Language::Ko })
    ));
    let twice = SOURCE.replacen("kind = \"TROUBLE\"", "kind = \"PLACED\"", 1);
    assert!(matches!(Registry::parse(&twice), Err(BrokenRegistry::Twice { code }) if code == "BD_TROUBLE_KO"));
}

#[test]
fn a_form_that_a_kind_lacks_falls_back_to_the_usual_words() {
    let template = registry().template(NoticeKind::Expired, Form::NoArrival, Language::Ko);
    assert_eq!(template.code, "BD_EXPIRED_KO");
    let template = registry().template(NoticeKind::Cooking, Form::NoArrival, Language::Ko);
    assert_eq!(template.code, "BD_COOKING_PU_KO");
}

#[test]
fn a_whole_message_is_read_back_from_its_text() {
    for language in LANGUAGES {
        let values = registry().examples(language);
        for template in NoticeKind::ALL.into_iter().flat_map(|kind| registry().forms(kind, language)) {
            let rendered = template.fill(&values);
            let token = values.get(Variable::Link);
            assert_eq!(read_back(template.kind, language, &rendered.text, token), Some(rendered), "{}", template.code);
        }
    }
}

#[test]
fn a_text_of_no_template_of_today_is_not_read_back() {
    let mut text = render(NoticeKind::Placed, Form::Usual, Language::Ko, &registry().examples(Language::Ko)).text;
    text.push_str(" 감사합니다.");
    assert_eq!(read_back(NoticeKind::Placed, Language::Ko, &text, None), None);
}

#[test]
fn a_placed_order_reads_like_this_in_korean() {
    let rendered = render(NoticeKind::Placed, Form::Usual, Language::Ko, &registry().examples(Language::Ko));
    assert_eq!(
        rendered.text,
        "[배달] 결제가 완료되어 가게에 주문을 전달합니다.\n\n▶ 주문번호: 1122-K7Q3\n▶ 가게: 윤슬골목치킨\n\
         ▶ 주문내역: 반반치킨 외 2건\n▶ 결제금액: 31,500원 (카카오페이)\n▶ 주문일시: 11월 22일(일) 오후 6:42\n\n\
         가게에서 접수하면 도착 예정 시각을 알려 드립니다. 가게에서 접수하지 않으면 주문은 취소되고 전액 환불됩니다.\n\n\
         ※ 주문하신 고객님께 진행 상황을 알려 드리는 메시지입니다."
    );
    assert_eq!(rendered.sms, "[배달] 1122-K7Q3 결제완료 31,500원. 가게 확인 중입니다.");
    assert_eq!((rendered.code.as_str(), rendered.title.as_str()), ("BD_PLACED_KO", "주문 완료"));
    let button = rendered.button.unwrap();
    assert_eq!((button.name.as_str(), button.url.as_str()), ("주문 상세 보기", "https://baedal.example/o/Zk3vQ9tXb1"));
}

#[test]
fn an_order_on_its_way_reads_like_this_in_english() {
    let rendered = render(NoticeKind::OnTheWay, Form::Usual, Language::En, &registry().examples(Language::En));
    assert_eq!(
        rendered.text,
        "[Baedal] Your food has left the store.\n\n- Order no.: 1122-K7Q3\n- Store: Yunseul Alley Chicken\n\
         - Delivered by: Rider\n- Hand-over: Leave at the door\n- Arrives: about 7:25 pm\n\n\
         For safety, the rider may not answer the phone while riding.\n\n\
         * Sent to tell you about the order you placed."
    );
    assert_eq!(rendered.subtitle, "Arrives about 7:25 pm");
    assert_eq!(rendered.sms, "[Baedal] 1122-K7Q3 is on its way. Arrives about 7:25 pm.");
}

#[test]
fn a_message_without_a_token_has_no_button() {
    let values = Values::default().with(Variable::OrderNo, "1122-K7Q3");
    assert_eq!(render(NoticeKind::Expired, Form::Usual, Language::En, &values).button, None);
}

#[test]
fn values_are_cut_to_their_length_and_kept_on_one_line() {
    assert_eq!(fitted("윤슬골목치킨", 6), "윤슬골목치킨");
    assert_eq!(fitted("윤슬골목치킨", 5), "윤슬골..");
    assert_eq!(fitted("Cheese Balls", 9), "Cheese..");
    assert_eq!(fitted("치킨\n▶ 가게", 20), "치킨 ▶ 가게");
    let values = Values::default().with(Variable::StoreName, &"가".repeat(31)).with(Variable::Link, &"a".repeat(40));
    assert_eq!(values.get(Variable::StoreName).unwrap().chars().count(), 30);
    assert_eq!(values.get(Variable::Link).unwrap().len(), 40);
}

#[test]
fn times_are_written_as_people_of_the_place_say_them() {
    let zone = seoul();
    for (clock, ko, en) in [
        ("00:05:00", "오전 12:05", "12:05 am"),
        ("09:30:00", "오전 9:30", "9:30 am"),
        ("12:00:00", "오후 12:00", "12:00 pm"),
        ("19:25:59", "오후 7:25", "7:25 pm"),
    ] {
        assert_eq!(format::clock(at(clock), &zone, Language::Ko), ko);
        assert_eq!(format::clock(at(clock), &zone, Language::En), en);
    }
    assert_eq!(format::date_and_clock(at("18:42:00"), &zone, Language::Ko), "11월 22일(일) 오후 6:42");
    assert_eq!(format::date_and_clock(at("18:42:00"), &zone, Language::En), "Sun 22 Nov, 6:42 pm");
}

#[test]
fn an_order_is_summed_up_by_its_first_dish() {
    let (ko, en) = (Language::Ko, Language::En);
    assert_eq!(format::summary([("반반치킨", 1), ("콜라", 2), ("무", 1)], ko, 40), "반반치킨 외 2건");
    assert_eq!(format::summary([("Half & Half Chicken", 1), ("Cola", 2)], en, 40), "Half & Half Chicken and 1 more");
    assert_eq!(format::summary([("반반치킨", 0), ("콜라", 1)], ko, 40), "콜라");
    assert_eq!(format::summary([("콜라", 3)], ko, 40), "콜라 3개");
    assert_eq!(format::summary([("Cola", 3)], en, 40), "Cola x 3");
    assert_eq!(format::summary([("Half & Half Chicken", 1), ("Cola", 2)], en, 20), "Half &.. and 1 more");
    assert_eq!(format::summary([], en, 40), "");
}

#[test]
fn every_reason_fits_its_place() {
    fn fits<T: Copy>(variable: Variable, words: fn(T) -> Words, all: &[T]) {
        let at_most = registry().at_most(variable).unwrap();
        for words in all.iter().map(|one| words(*one)) {
            assert!(words.ko.chars().count() <= at_most && words.en.chars().count() <= at_most, "{words:?}");
        }
    }
    use {AdjustReason as A, CancelReason as C, DelayCause as D, PaymentCode as P, RejectReason as R};
    let rejections = [R::SoldOut, R::TooBusy, R::Closing, R::OutOfArea, R::StoreReasons, R::Silent];
    let own = [C::Customer, C::Unreachable, C::LatePayment, C::Undeliverable, C::NoContact, C::Support];
    let cancels: Vec<C> = own.into_iter().chain(rejections.map(C::from)).collect();
    fits(Variable::RejectReason, words::reject_reason, &rejections);
    fits(Variable::RejectReason, words::cancel_reason, &cancels);
    fits(Variable::CancelReason, words::undelivered_reason, &cancels);
    fits(Variable::DelayReason, words::delay_reason, &[D::ManyOrders, D::Kitchen, D::NoRider, D::Traffic, D::Trouble]);
    let refusals = [RefuseReason::Accepted, RefuseReason::CookingStarted, RefuseReason::OnItsWay];
    fits(Variable::RefuseReason, words::refuse_reason, &refusals);
    let adjustments = [A::Missing, A::WrongItem, A::Damaged, A::SoldOut, A::Late, A::Support];
    fits(Variable::RefundReason, words::adjust_reason, &adjustments);
    fits(Variable::FailReason, words::payment_code, &[P::Limit, P::Balance, P::Card, P::Aborted, P::Other]);
    let methods = [PaymentMethod::Card, PaymentMethod::EasyPay, PaymentMethod::Transfer, PaymentMethod::Phone];
    fits(Variable::PayMethod, words::payment_method, &methods);
    let ways = [Handover::LeaveAtDoor, Handover::HandToMe, Handover::Guard, Handover::Lobby];
    fits(Variable::Handover, words::handover, &ways);
    fits(Variable::DeliveryBy, words::delivery_by, &[DeliveryBy::Rider, DeliveryBy::Store, DeliveryBy::Pickup]);
}
