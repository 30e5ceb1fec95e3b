//! What customers send.

use kernel::ids::{LineId, MenuId, OptionId, StoreId};
use kernel::lang::Language;
use kernel::money::Amount;
use kernel::order::{DeliveryBy, PaymentMethod};
use kernel::personal::{Address, PersonalData, Requests};
use platform::ids::Ids;
use platform::problem::{FieldProblem, Problem};
use serde::Deserialize;

use crate::domain::phone;
use crate::domain::pricing::{Basket, BasketItem};

/// The longest address, request or reason, in characters.
const LONGEST_TEXT: usize = 200;
/// The longest payment token, in characters.
const LONGEST_TOKEN: usize = 300;

/// The body of `POST /orders` and `POST /quotes`.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderBody {
    pub store_id: StoreId,
    #[schemars(length(min = 1, max = 50))]
    pub items: Vec<ItemBody>,
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub address: Option<String>,
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub address_detail: Option<String>,
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub zip: Option<String>,
    #[serde(default)]
    #[schemars(range(min = -90.0, max = 90.0))]
    pub lat: Option<f64>,
    #[serde(default)]
    #[schemars(range(min = -180.0, max = 180.0))]
    pub lng: Option<f64>,
    /// A Korean phone number, with or without hyphens.
    #[serde(default)]
    #[schemars(extend("examples" = ["010-1234-5678"]))]
    pub phone: Option<String>,
    #[serde(default)]
    pub requests: Option<Requests>,
    #[serde(default)]
    pub language: Option<Language>,
    #[serde(default)]
    pub delivery_by: DeliveryBy,
    #[serde(default)]
    pub expected_total: Option<Amount>,
    #[serde(default)]
    pub payment: Option<PaymentBody>,
}

/// One thing that a customer wants.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ItemBody {
    pub menu_id: MenuId,
    #[schemars(range(min = 1, max = 100))]
    pub quantity: u32,
    #[serde(default)]
    pub options: Vec<OptionId>,
}

/// How an order is paid: the body of `POST /orders/{id}/payment`.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
pub struct PaymentBody {
    #[serde(default)]
    pub method: PaymentMethod,
    #[schemars(length(min = 1, max = 300))]
    pub token: String,
}

/// The body of `POST /orders/{id}/cancel`.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
pub struct CancelBody {
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub reason: Option<String>,
}

platform::taken!(OrderBody, PaymentBody, CancelBody);

impl OrderBody {
    /// The basket in it, with a new id for each line.
    pub fn basket(&self, ids: &Ids) -> Basket {
        let items = self.items.iter().map(|item| BasketItem {
            line_id: LineId::from(ids.uuid()),
            menu_id: item.menu_id,
            quantity: item.quantity,
            options: item.options.clone(),
        });
        Basket { items: items.collect(), delivery_by: self.delivery_by, expected_total: self.expected_total }
    }

    /// Whose the order is and where it goes; 422 where something is missing or cannot be.
    pub fn personal(&self, link_token: String) -> Result<PersonalData, Problem> {
        let mut wrong = Vec::new();
        let phone = match self.phone.as_deref().map(phone::normalise) {
            Some(Some(phone)) => Some(phone),
            Some(None) => {
                wrong.push(FieldProblem::new("phone", "not a Korean phone number, like 010-1234-5678"));
                None
            }
            None => {
                wrong.push(FieldProblem::new("phone", "is needed to tell you about the order"));
                None
            }
        };
        self.check_texts(&mut wrong);
        if !wrong.is_empty() {
            return Err(Problem::invalid_fields(wrong));
        }
        let address = self.address.as_deref().map(str::trim).filter(|road| !road.is_empty()).map(|road| Address {
            road: road.to_owned(),
            detail: self.address_detail.clone(),
            zip: self.zip.clone(),
            lat: self.lat,
            lng: self.lng,
        });
        Ok(PersonalData { phone, address, requests: self.requests.clone(), link_token: Some(link_token), words: None })
    }

    fn check_texts(&self, wrong: &mut Vec<FieldProblem>) {
        let blank = self.address.as_deref().is_none_or(|road| road.trim().is_empty());
        if blank && self.delivery_by != DeliveryBy::Pickup {
            wrong.push(FieldProblem::new("address", "is needed to bring the food"));
        }
        let requests = self.requests.as_ref();
        let texts = [
            ("address", self.address.as_deref()),
            ("addressDetail", self.address_detail.as_deref()),
            ("zip", self.zip.as_deref()),
            ("requests.store", requests.and_then(|requests| requests.store.as_deref())),
            ("requests.rider", requests.and_then(|requests| requests.rider.as_deref())),
        ];
        for (field, text) in texts {
            wrong.extend(text.and_then(|text| too_long(field, text, LONGEST_TEXT)));
        }
        for (field, degrees, most) in [("lat", self.lat, 90.0), ("lng", self.lng, 180.0)] {
            if degrees.is_some_and(|degrees| degrees.abs() > most) {
                wrong.push(FieldProblem::new(field, format!("degrees from -{most} to {most}")));
            }
        }
        if let Some(payment) = &self.payment {
            wrong.extend(payment.wrong_token("payment.token"));
        }
    }
}

impl CancelBody {
    /// The customer's words; 422 where they are too many.
    pub fn words(self) -> Result<Option<String>, Problem> {
        match self.reason.as_deref().and_then(|text| too_long("reason", text, LONGEST_TEXT)) {
            Some(problem) => Err(Problem::invalid_fields(vec![problem])),
            None => Ok(self.reason.filter(|text| !text.trim().is_empty())),
        }
    }
}

impl PaymentBody {
    /// 422 where the token is none, or too long.
    pub fn check(&self) -> Result<(), Problem> {
        match self.wrong_token("token") {
            Some(problem) => Err(Problem::invalid_fields(vec![problem])),
            None => Ok(()),
        }
    }

    /// pay takes no empty token: sent all the same, its refusal would read as doubt.
    fn wrong_token(&self, field: &str) -> Option<FieldProblem> {
        if self.token.is_empty() {
            return Some(FieldProblem::new(field, "is needed to pay"));
        }
        too_long(field, &self.token, LONGEST_TOKEN)
    }
}

fn too_long(field: &str, text: &str, most: usize) -> Option<FieldProblem> {
    (text.chars().count() > most).then(|| FieldProblem::new(field, format!("at most {most} characters")))
}
