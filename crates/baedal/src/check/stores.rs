//! The stores as customers see them, beside what store's log says of them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Unreadable;
use super::facts::{row, strings};
use super::json::{list, number, text};
use super::lane::{self, Event, KnownLogs, Lane, Stream};
use super::logs::{Context, Logs};
use super::report::Report;

/// A store, folded up to where app has heard.
#[derive(Default)]
struct Front {
    terms: Value,
    on: bool,
    paused_until: Value,
    /// Price, with those of the options, and whether it is sold out.
    menu: BTreeMap<String, (Vec<i64>, bool)>,
}

/// Promise 6, for app's view of the stores.
pub(super) fn check(logs: &Logs, report: &mut Report) -> Result<(), Unreadable> {
    let Some(store) = logs.log(Context::Store) else { return Ok(()) };
    let heard = logs.log(Context::App).map_or(0, |app| app.heard(Context::Store));
    let known = KnownLogs::of(logs);
    let mut statement = lane::prepare(store, "store")?;
    let mut lane = Lane::new(store, "store", &mut statement)?;
    let mut stores = Vec::new();
    while let Some(id) = lane.next_id().map(str::to_owned) {
        let Some(stream) = lane.take(&id, &known, report)? else { break };
        if stream.events.first().is_some_and(|first| first.position <= heard) {
            compare(logs, &id, &Front::fold(&stream, heard), report)?;
            stores.push(id);
        }
    }
    let Some(app) = logs.log(Context::App) else { return Ok(()) };
    if app.has_table("store_front") {
        for key in strings(app, "SELECT key FROM store_front")?.iter().filter(|key| !stores.contains(key)) {
            report.broken(6, "row-too-many", key, "store_front has a row that store's log does not know");
        }
    }
    Ok(())
}

fn compare(logs: &Logs, id: &str, front: &Front, report: &mut Report) -> Result<(), Unreadable> {
    let Some(app) = logs.log(Context::App) else { return Ok(()) };
    match row(app, "store_front", "key", id)? {
        None => report.broken(6, "row-missing", id, "store_front has no row of it"),
        Some((doc, _)) => {
            if let Some(what) = front.differs(&doc) {
                report.broken(6, "row-differs", id, format!("store_front shows {what}"));
            }
        }
    }
    Ok(())
}

impl Front {
    fn fold(stream: &Stream, heard: i64) -> Self {
        let mut front = Self::default();
        for event in stream.events.iter().take_while(|event| event.position <= heard) {
            front.apply(event);
        }
        front
    }

    fn apply(&mut self, Event { name, body, .. }: &Event) {
        match name.as_str() {
            "StoreRegistered" | "StoreTermsChanged" => self.terms = body["terms"].clone(),
            "StoreOpened" => (self.on, self.paused_until) = (true, Value::Null),
            "StoreClosed" => self.on = false,
            "StorePaused" => self.paused_until = body["until"].clone(),
            "MenuItemChanged" => {
                let (id, item) = item_of(&body["item"]);
                self.menu.insert(id, item);
            }
            "MenuItemSoldOut" | "MenuItemBack" => {
                if let Some((_, sold_out)) = self.menu.get_mut(text(body, "menuId")) {
                    *sold_out = name == "MenuItemSoldOut";
                }
            }
            _ => {}
        }
    }

    fn differs(&self, doc: &Value) -> Option<String> {
        let menu: BTreeMap<_, _> = list(doc, "menu").iter().map(|entry| item_of(&entry["item"])).collect();
        let terms = &doc["terms"];
        if doc["switchedOn"] != self.on {
            Some(format!("the switch as {}, store's log says {}", doc["switchedOn"], self.on))
        } else if doc["pausedUntil"] != self.paused_until {
            Some(format!("a pause until {}, store's log says {}", doc["pausedUntil"], self.paused_until))
        } else if terms["minimumAmount"] != self.terms["minimumAmount"] || terms["offers"] != self.terms["offers"] {
            Some("other terms than store's log".to_owned())
        } else if menu != self.menu {
            let wrong = self.menu.iter().find(|(id, item)| menu.get(*id) != Some(item)).map(|(id, _)| id.as_str());
            Some(format!(
                "another price, stock or set of items than store's log (item {})",
                wrong.unwrap_or("too many")
            ))
        } else {
            None
        }
    }
}

fn item_of(item: &Value) -> (String, (Vec<i64>, bool)) {
    let options = list(item, "optionGroups").iter().flat_map(|group| list(group, "options"));
    let prices = std::iter::once(item).chain(options).map(|priced| number(priced, "priceAmount")).collect();
    (text(item, "menuId").to_owned(), (prices, item["soldOut"] == true))
}
