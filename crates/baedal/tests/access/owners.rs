//! Owners of several stores: all of theirs and nothing of others', in lists, pages, streams and commands.

use gateway::accounts::Account;
use kernel::ids::StoreId;
use kernel::people::{PersonId, Role};
use reqwest::Method;
use serde_json::{Value, json};

use crate::calls::{start, text};
use crate::subjects::{self, Kitchen};
use crate::support::{BITES, CAULDRON, GUKBAP, TestApp};

/// Somebody who runs several stores.
struct Chain<'a> {
    app: &'a TestApp,
    token: String,
}

impl<'a> Chain<'a> {
    async fn of(app: &'a TestApp, name: &str, stores: &[&str]) -> Self {
        let stores = stores.iter().map(|store| StoreId::parse(store).unwrap()).collect();
        let account = Account { id: PersonId::parse(name).unwrap(), role: Role::Owner, stores };
        let token = app.edge().accounts.sign_in_as(account).await.unwrap().token;
        Self { app, token }
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let request = self.app.http.request(method, format!("{}{path}", self.app.gateway())).bearer_auth(&self.token);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.call(Method::GET, path, None).await
    }

    /// The orders of every page of a list, in the order in which they come.
    async fn pages(&self, list: &str) -> Vec<String> {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let (status, page) = self.get(&format!("{list}limit=3{cursor}")).await;
            assert_eq!(status, 200, "{page}");
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= 3 && (items.len() == 3 || page["next"].is_null()), "{page}");
            found.extend(items.iter().map(|item| item["orderId"].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return found,
            }
        }
    }

    /// Reads a stream until it has said `last`.
    async fn watches(&self, path: &str, last: &str) -> String {
        let request = self.app.http.get(format!("{}{path}", self.app.gateway())).bearer_auth(&self.token);
        text(request.send().await.unwrap(), last).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_of_two_stores_runs_both_and_does_not_find_a_third() {
    let app = start().await;
    let two = Chain::of(&app, "two", &[GUKBAP, CAULDRON]).await;
    let one = subjects::placed(&app).await.order;
    let other = subjects::brought_by_the_store(&app, Kitchen::Open).await.order;
    let stranger = Chain::of(&app, "stranger", &[BITES]).await;
    for (order, store) in [(&one, GUKBAP), (&other, CAULDRON)] {
        assert_eq!(stranger.get(&format!("/tickets/{order}")).await.0, 404);
        let accept = format!("/tickets/{order}/accept");
        let minutes = || Some(json!({ "prepMinutes": 20 }));
        assert_eq!(stranger.call(Method::POST, &accept, minutes()).await.0, 404);
        assert_eq!(two.call(Method::POST, &accept, minutes()).await.0, 200);
        let (_, list) = two.get(&format!("/tickets?storeId={store}")).await;
        assert_eq!(list["items"].as_array().unwrap().len(), 1, "{list}");
        for what in ["tickets", "tickets/stream"] {
            assert_eq!(stranger.get(&format!("/{what}?storeId={store}")).await.0, 404, "{what}");
        }
    }
    app.rest().await;
    assert_eq!(two.pages("/tickets?").await, [one.clone(), other.clone()]);
    assert_eq!(two.pages("/deliveries?").await, [one.clone(), other.clone()]);
    for list in ["/tickets?", "/deliveries?"] {
        assert_eq!(stranger.pages(list).await, Vec::<String>::new(), "{list}");
    }
    for what in ["tickets", "tickets/stream"] {
        assert_eq!(two.get(&format!("/{what}?storeId={BITES}")).await.0, 404, "{what}");
    }
    for what in ["open", "close"] {
        for store in [GUKBAP, CAULDRON] {
            assert_eq!(two.call(Method::POST, &format!("/stores/{store}/{what}"), None).await.0, 200, "{what}");
        }
        assert_eq!(two.call(Method::POST, &format!("/stores/{BITES}/{what}"), None).await.0, 404, "{what}");
    }
    assert_eq!(two.get(&format!("/operations/store/stores/{BITES}")).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_streams_over_several_stores_are_whole_and_in_order() {
    let app = start().await;
    let (two, one) = (Chain::of(&app, "two", &[GUKBAP, CAULDRON]).await, Chain::of(&app, "one", &[CAULDRON]).await);
    let (mut all, mut open, mut of_cauldron) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..14 {
        let until = if round % 3 == 0 { Kitchen::Accepted } else { Kitchen::Open };
        let made = if round % 4 < 2 {
            subjects::ticket(&app, until).await
        } else {
            let made = subjects::brought_by_the_store(&app, until).await;
            of_cauldron.push(made.order.clone());
            made
        };
        if until == Kitchen::Open {
            open.push(made.order.clone());
        }
        all.push(made.order);
    }
    let accepted: Vec<_> = all.iter().filter(|order| !open.contains(order)).cloned().collect();
    assert_eq!(two.pages("/tickets?").await, all);
    assert_eq!(two.pages("/tickets?status=OPEN&").await, open);
    assert_eq!(two.pages(&format!("/tickets?storeId={CAULDRON}&")).await, of_cauldron);
    assert_eq!(one.pages("/tickets?").await, of_cauldron);
    assert_eq!(two.pages("/deliveries?").await, accepted);
    assert_eq!(two.pages("/deliveries?status=WAITING&").await, accepted);
    let last = &all[all.len() - 1];
    let seen = two.watches("/tickets/stream", last).await;
    assert!(all.iter().all(|order| seen.contains(order.as_str())), "{seen}");
    let seen = one.watches("/tickets/stream", &of_cauldron[of_cauldron.len() - 1]).await;
    assert!(all.iter().all(|order| seen.contains(order.as_str()) == of_cauldron.contains(order)), "{seen}");
}

/// Who somebody is travels in a header between processes, and so do all of their stores.
#[tokio::test(flavor = "multi_thread")]
async fn an_owner_of_very_many_stores_is_known_in_another_process_too() {
    use kernel::Context::{App, Customer, Delivery, Pay, Store};
    let app = TestApp::start_apart(&[&[App, Pay, Customer, Delivery], &[Store]]).await;
    let many: Vec<_> =
        (0..400).map(|number: u128| uuid::Uuid::from_u128(number << 64 | 7 << 76 | 1 << 63).to_string()).collect();
    let many: Vec<_> = many.iter().map(String::as_str).chain([GUKBAP]).collect();
    let chain = Chain::of(&app, "chain", &many).await;
    app.rest().await;
    let order = subjects::placed(&app).await.order;
    assert_eq!(chain.pages("/tickets?").await, [order]);
}
