use std::sync::Mutex;

use jiff::tz::TimeZone;
use kernel::ids::OrderId;
use platform::testing::World;

use super::*;
use crate::Options;
use crate::domain::order::Stage;
use crate::domain::tests::fixtures::{create, t};
use crate::domain::waits::Waits;
use crate::pages::Window;
use crate::ports::{PaymentAnswer, PaymentRequest, Payments, Reply};

const ID: &str = "019aa8dc-4866-7569-bce1-0609e9f94ec3";

fn read(query: &str) -> Option<Named> {
    Named::read(&Query::read(&format!("/pay/return?{query}").parse().unwrap()))
}

#[test]
fn what_the_window_appends_is_read_in_any_order_and_with_whatever_else() {
    let named = read(&format!("amount=22000&x=%FF&orderId={ID}-2&paymentType=NORMAL&paymentKey=k%2B1")).unwrap();
    assert_eq!((named.reference.attempt, named.key.as_str()), (2, "k+1"));
    assert_eq!((named.amount, named.method), (Amount::new(22_000), PaymentMethod::Card));
    let named = read(&format!("amount=1&amount=1&orderId={ID}-1&paymentKey=k&method=EASY_PAY")).unwrap();
    assert_eq!(named.method, PaymentMethod::EasyPay);
}

#[test]
fn rubbish_names_no_payment() {
    let long = "k".repeat(301);
    for (key, reference, amount) in [
        ("", "R", "1"),
        ("k%00", "R", "1"),
        ("k%0a", "R", "1"),
        (long.as_str(), "R", "1"),
        ("k", "", "1"),
        ("k", "R1%27--", "1"),
        ("k", "%3Cscript%3E", "1"),
        ("k", "R", ""),
        ("k", "R", "-1"),
        ("k", "R", "%2B1"),
        ("k", "R", "1.0"),
        ("k", "R", "1e3"),
        ("k", "R", "0x10"),
        ("k", "R", "99999999999999999999"),
        ("k", "R", "1&amount=2"),
        ("k", "R&orderId=other", "1"),
        ("k&paymentKey=other", "R", "1"),
    ] {
        let reference = reference.replace('R', &format!("{ID}-1"));
        let query = format!("paymentKey={key}&orderId={reference}&amount={amount}");
        assert!(read(&query).is_none(), "{query}");
    }
    for query in ["", "&&=&", "paymentKey&orderId&amount", "%"] {
        assert!(read(query).is_none(), "{query}");
    }
}

#[test]
fn a_load_ahead_is_known_by_any_of_its_marks() {
    let ahead = |name: &'static str, value: &'static str| {
        is_ahead(&HeaderMap::from_iter([(name.parse().unwrap(), HeaderValue::from_static(value))]))
    };
    for (name, value) in [
        ("sec-purpose", "prefetch"),
        ("sec-purpose", "prefetch;prerender"),
        ("sec-purpose", "prefetch;anonymous-client-ip"),
        ("purpose", "Prefetch"),
        ("x-moz", "prefetch"),
    ] {
        assert!(ahead(name, value), "{name}: {value}");
    }
    assert!(!ahead("sec-fetch-dest", "document"));
}

/// Declines everything, and remembers what was asked.
#[derive(Default)]
struct Declining(Mutex<Vec<(u32, String)>>);

impl Payments for Declining {
    fn request(&self, payment: PaymentRequest) -> Reply<'_, PaymentAnswer> {
        self.0.lock().unwrap().push((payment.attempt, payment.token));
        Box::pin(async { PaymentAnswer::Declined { code: kernel::order::PaymentCode::Card } })
    }
}

#[tokio::test]
async fn a_key_whose_attempt_began_since_it_was_looked_at_pays_for_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::at(dir.path(), t(1));
    let payments = Arc::new(Declining::default());
    let options = Options {
        waits: Waits::default(),
        zone: TimeZone::UTC,
        deadline: std::time::Duration::from_secs(5),
        window: Window::Simulated,
    };
    let room = world.room(kernel::Context::App, &crate::TABLES);
    let app = AppService::new(room, Arc::<Declining>::clone(&payments), options);
    let order_id = OrderId::parse(ID).unwrap();
    let asked = Asked::by_link(kernel::testing::actor("customer/minji"), &axum::http::Extensions::new());
    let made = app.command(t(0), create(None));
    app.orders().handle(order_id.uuid(), &asked.cause(app.room()), made).await.unwrap();
    let back = |key: &str| Named {
        reference: Reference { order_id, attempt: 1 },
        key: key.to_owned(),
        amount: Amount::new(48_000),
        method: PaymentMethod::Card,
    };
    begin(&app, &asked, Language::Ko, back("first")).await.unwrap();
    // As if it had been looked at before the first began: by now the next attempt is another.
    begin(&app, &asked, Language::Ko, back("late")).await.unwrap();
    assert_eq!(*payments.0.lock().unwrap(), [(1, "first".to_owned())]);
    let order = app.orders().load(order_id.uuid()).unwrap();
    let known = order.state.as_deref().unwrap();
    assert_eq!((known.attempts, matches!(known.stage, Stage::Unpaid(_))), (1, true));
    drop((app, order));
    world.stop().await;
}
