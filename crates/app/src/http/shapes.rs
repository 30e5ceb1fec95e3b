//! Orders and stores as the interface shows them.

use std::borrow::Cow;

use kernel::Time;
use kernel::events::app::Trouble;
use kernel::events::store::{Offer, OptionGroup};
use kernel::hours::Hours;
use kernel::ids::{LineId, MenuId, OptionId, OrderId, StoreId};
use kernel::lang::Language;
use kernel::money::{Amount, Currency};
use kernel::order::{ChargeKind, DeliveryBy, Line, OrderStatus, RefundStatus};
use platform::paging::Page;
use serde::Serialize;

use crate::domain::pricing::Quote;
use crate::domain::storefront::{MenuEntry, StoreFrontRow};
use crate::domain::views::{OrderRow, PaymentDue};
use crate::domain::waits::WaitingFor;

#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Order")]
pub struct OrderJson<'a> {
    order_id: OrderId,
    order_number: &'a str,
    store_id: StoreId,
    store_name: &'a str,
    status: OrderStatus,
    refund: RefundStatus,
    refunded_amount: Amount,
    items: Vec<ItemJson<'a>>,
    items_amount: Amount,
    charges: Vec<ChargeJson>,
    delivery_amount: Amount,
    total_amount: Amount,
    vat_amount: Amount,
    currency: Currency,
    delivery_by: DeliveryBy,
    address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address_detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    eta: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<Trouble>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hold_ends_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<PaymentDue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting_for: Option<WaitingFor>,
    created_at: Time,
    version: u64,
}

#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "OrderItem")]
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
#[schemars(rename = "OrderedOption")]
struct ChosenJson<'a> {
    option_id: OptionId,
    group: &'a str,
    name: &'a str,
    price_amount: Amount,
}

#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "OrderCharge")]
struct ChargeJson {
    kind: ChargeKind,
    amount: Amount,
}

/// An order in `language`.
pub fn order(row: &OrderRow, language: Language) -> OrderJson<'_> {
    let known = &row.order;
    let details = &known.details;
    let address = known.private.as_ref().and_then(|private| private.address.as_ref());
    OrderJson {
        order_id: row.order_id,
        order_number: details.order_number.as_str(),
        store_id: details.store_id,
        store_name: details.store_name.get(language),
        status: row.status(),
        refund: row.refund(),
        refunded_amount: known.refunded_amount(),
        items: details.lines.iter().map(|line| item(line, language)).collect(),
        items_amount: known.items_amount(),
        charges: details.charges.iter().map(|charge| ChargeJson { kind: charge.kind, amount: charge.amount }).collect(),
        delivery_amount: row.delivery_amount(),
        total_amount: known.total_amount(),
        vat_amount: known.total_amount().vat_included(),
        currency: details.currency,
        delivery_by: details.delivery_by,
        address: address.map(|address| address.road.as_str()),
        address_detail: address.and_then(|address| address.detail.as_deref()),
        eta: known.eta(),
        trouble: row.trouble(),
        hold_ends_at: row.hold_ends_at(),
        payment: row.payment_due(),
        waiting_for: row.waiting_for(),
        created_at: known.created_at,
        version: row.version,
    }
}

fn item(line: &Line, language: Language) -> ItemJson<'_> {
    ItemJson {
        line_id: line.line_id,
        menu_id: line.menu_id,
        name: line.name.get(language),
        quantity: line.quantity,
        unit_amount: line.unit_amount,
        options: line
            .options
            .iter()
            .map(|option| ChosenJson {
                option_id: option.option_id,
                group: option.group.get(language),
                name: option.name.get(language),
                price_amount: option.price_amount,
            })
            .collect(),
        amount: line.amount().unwrap_or_default(),
    }
}

#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Quote")]
pub struct QuoteJson<'a> {
    store_id: StoreId,
    store_name: &'a str,
    items: Vec<ItemJson<'a>>,
    items_amount: Amount,
    charges: Vec<ChargeJson>,
    delivery_amount: Amount,
    total_amount: Amount,
    vat_amount: Amount,
    currency: Currency,
    delivery_by: DeliveryBy,
    prep_minutes: u32,
}

/// A quote at the store `store_id` in `language`.
pub fn quote(quote: &Quote, store_id: StoreId, language: Language) -> QuoteJson<'_> {
    let delivery = quote.charges.iter().filter(|charge| charge.kind == ChargeKind::Delivery);
    QuoteJson {
        store_id,
        store_name: quote.store_name.get(language),
        items: quote.lines.iter().map(|line| item(line, language)).collect(),
        items_amount: quote.items_amount,
        charges: quote.charges.iter().map(|charge| ChargeJson { kind: charge.kind, amount: charge.amount }).collect(),
        delivery_amount: delivery.fold(Amount::ZERO, |sum, charge| sum.saturating_plus(charge.amount)),
        total_amount: quote.total_amount,
        vat_amount: quote.vat_amount,
        currency: quote.currency,
        delivery_by: quote.delivery_by,
        prep_minutes: quote.prep_minutes,
    }
}

#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Store")]
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
    address: &'a str,
    phone: &'a str,
    lat: f64,
    lng: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    menu: Option<Vec<MenuJson<'a>>>,
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
    name: Cow<'a, str>,
    price_amount: Amount,
}

/// A store in `language` as it is at `at`, with its menu or without.
pub fn store(front: &StoreFrontRow, language: Language, at: Time, menu: Menu) -> StoreJson<'_> {
    let terms = &front.terms;
    StoreJson {
        store_id: front.store_id,
        name: terms.name.get(language),
        category: CategoryJson { slug: &terms.category.slug, name: terms.category.name.get(language) },
        open: front.open_at(at).is_ok(),
        paused_until: front.paused_until.filter(|until| at < *until),
        minimum_amount: terms.minimum_amount,
        delivery_amount: front.offer(DeliveryBy::Rider).map(|offer| offer.fee_amount),
        offers: &terms.offers,
        currency: terms.currency,
        prep_minutes: terms.prep_minutes,
        hours: &terms.hours,
        address: &terms.address,
        phone: &terms.phone,
        lat: terms.lat,
        lng: terms.lng,
        menu: match menu {
            Menu::With => Some(front.menu.iter().map(|entry| menu_item(entry, language)).collect()),
            Menu::Without => None,
        },
    }
}

/// Whether a store is shown with its menu.
#[derive(Clone, Copy)]
pub enum Menu {
    With,
    Without,
}

fn menu_item(entry: &MenuEntry, language: Language) -> MenuJson<'_> {
    let item = &entry.item;
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
        name: option.name.get(language).into(),
        price_amount: option.price_amount,
    });
    GroupJson { name: group.name.get(language), min: group.min, max: group.max, options: options.collect() }
}

/// A page of orders.
pub type OrderPage = Page<OrderJson<'static>>;
/// A page of stores.
pub type StorePage = Page<StoreJson<'static>>;

platform::written!(OrderJson<'_>, QuoteJson<'_>, StoreJson<'_>);
