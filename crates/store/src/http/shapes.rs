//! Tickets and stores as the interface shows them.

use kernel::Time;
use kernel::events::store::{AutoCooking, MenuItem, Offer, OptionGroup, StoreTerms, TicketStatus};
use kernel::hours::Hours;
use kernel::ids::{LineId, MenuId, OptionId, OrderId, StoreId};
use kernel::lang::Language;
use kernel::money::{Amount, Currency};
use kernel::order::{CancelReason, DeliveryBy, Line};
use platform::paging::Page;
use platform::streams::Loaded;
use serde::Serialize;

use crate::domain::store::{Registered, Store, Switch};
use crate::domain::views::KitchenRow;

#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Ticket")]
pub struct TicketJson<'a> {
    order_id: OrderId,
    order_number: &'a str,
    store_id: StoreId,
    status: TicketStatus,
    items: Vec<ItemJson<'a>>,
    note: Option<&'a str>,
    cutlery: Option<bool>,
    delivery_by: DeliveryBy,
    #[serde(skip_serializing_if = "Option::is_none")]
    prep_minutes: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ready_by: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer_by: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    late_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    late_since: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uncollected_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<CancelReason>,
    placed_at: Time,
    version: u64,
}

#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "TicketItem")]
struct ItemJson<'a> {
    line_id: LineId,
    menu_id: MenuId,
    name: &'a str,
    quantity: u32,
    unit_amount: Amount,
    options: Vec<ChosenJson<'a>>,
    amount: Amount,
}

#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "TicketOption")]
struct ChosenJson<'a> {
    option_id: OptionId,
    group: &'a str,
    name: &'a str,
    price_amount: Amount,
}

/// A ticket in `language`.
pub fn ticket(row: &KitchenRow, language: Language) -> TicketJson<'_> {
    TicketJson {
        order_id: row.order_id,
        order_number: row.order_number.as_str(),
        store_id: row.store_id,
        status: row.status,
        items: row.lines.iter().map(|line| item(line, language)).collect(),
        note: row.note(),
        cutlery: row.requests().and_then(|requests| requests.cutlery),
        delivery_by: row.delivery_by,
        prep_minutes: row.prep_minutes,
        ready_by: row.ready_by,
        answer_by: row.answer_by,
        late_at: row.late_at,
        late_since: row.late_since,
        uncollected_at: row.uncollected_at,
        reason: row.reason,
        placed_at: row.placed_at,
        version: row.version,
    }
}

fn item(line: &Line, language: Language) -> ItemJson<'_> {
    let options = line.options.iter().map(|option| ChosenJson {
        option_id: option.option_id,
        group: option.group.get(language),
        name: option.name.get(language),
        price_amount: option.price_amount,
    });
    ItemJson {
        line_id: line.line_id,
        menu_id: line.menu_id,
        name: line.name.get(language),
        quantity: line.quantity,
        unit_amount: line.unit_amount,
        options: options.collect(),
        amount: line.amount().unwrap_or_default(),
    }
}

#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "KeptStore")]
pub struct StoreJson<'a> {
    store_id: StoreId,
    name: &'a str,
    category: CategoryJson<'a>,
    open: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    paused_until: Option<Time>,
    minimum_amount: Amount,
    delivery_amount: Option<Amount>,
    offers: &'a [Offer],
    currency: Currency,
    prep_minutes: u32,
    hours: &'a Hours,
    auto_cooking: AutoCooking,
    address: &'a str,
    phone: &'a str,
    lat: f64,
    lng: f64,
    menu: Vec<MenuJson<'a>>,
    version: u64,
}

#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "StoreCategory")]
struct CategoryJson<'a> {
    slug: &'a str,
    name: &'a str,
}

#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "MenuEntry")]
struct MenuJson<'a> {
    menu_id: MenuId,
    name: &'a str,
    description: &'a str,
    price_amount: Amount,
    sold_out: bool,
    option_groups: Vec<GroupJson<'a>>,
}

#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "MenuGroup")]
struct GroupJson<'a> {
    name: &'a str,
    min: u32,
    max: u32,
    options: Vec<OptionJson<'a>>,
}

#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "MenuChoice")]
struct OptionJson<'a> {
    option_id: OptionId,
    name: &'a str,
    price_amount: Amount,
}

/// A store in `language` as it is at `at`, with its menu.
pub fn store(id: StoreId, store: &Registered, version: u64, language: Language, at: Time) -> StoreJson<'_> {
    let terms = &store.terms;
    let rider = terms.offers.iter().find(|offer| offer.delivery_by == DeliveryBy::Rider);
    StoreJson {
        store_id: id,
        name: terms.name.get(language),
        category: CategoryJson { slug: &terms.category.slug, name: terms.category.name.get(language) },
        open: store.takes_orders_at(at),
        paused_until: paused_until(store, at),
        minimum_amount: terms.minimum_amount,
        delivery_amount: rider.map(|offer| offer.fee_amount),
        offers: &terms.offers,
        currency: terms.currency,
        prep_minutes: terms.prep_minutes,
        hours: &terms.hours,
        auto_cooking: terms.auto_cooking,
        address: &terms.address,
        phone: &terms.phone,
        lat: terms.lat,
        lng: terms.lng,
        menu: store.menu.iter().map(|item| menu_item(item, language)).collect(),
        version,
    }
}

fn paused_until(store: &Registered, at: Time) -> Option<Time> {
    match store.switch {
        Switch::Paused { until } if at < until => Some(until),
        Switch::Off | Switch::On | Switch::Paused { .. } => None,
    }
}

fn menu_item(item: &MenuItem, language: Language) -> MenuJson<'_> {
    MenuJson {
        menu_id: item.menu_id,
        name: item.name.get(language),
        description: item.description.get(language),
        price_amount: item.price_amount,
        sold_out: item.sold_out,
        option_groups: item.option_groups.iter().map(|group| option_group(group, language)).collect(),
    }
}

fn option_group(group: &OptionGroup, language: Language) -> GroupJson<'_> {
    let options = group.options.iter().map(|option| OptionJson {
        option_id: option.option_id,
        name: option.name.get(language),
        price_amount: option.price_amount,
    });
    GroupJson { name: group.name.get(language), min: group.min, max: group.max, options: options.collect() }
}

/// A store as those see it who change it: names in both languages, as a PUT takes them.
#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "OwnStore")]
pub struct OwnStoreJson<'a> {
    store_id: StoreId,
    #[serde(flatten)]
    terms: &'a StoreTerms,
    open: bool,
    switched_on: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    paused_until: Option<Time>,
    menu: &'a [MenuItem],
    version: u64,
}

/// A store as it is at `at`; nothing where none is registered.
pub fn own_store(id: StoreId, store: &Loaded<Store>, at: Time) -> Option<OwnStoreJson<'_>> {
    let known = store.state.registered()?;
    Some(OwnStoreJson {
        store_id: id,
        terms: &known.terms,
        open: known.takes_orders_at(at),
        switched_on: known.switch != Switch::Off,
        paused_until: paused_until(known, at),
        menu: &known.menu,
        version: store.version,
    })
}

/// A page of tickets.
pub type TicketPage = Page<TicketJson<'static>>;

platform::written!(TicketJson<'_>, StoreJson<'_>, OwnStoreJson<'_>);
