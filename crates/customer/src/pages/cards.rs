//! What the phone shows of each message.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use kernel::events::customer::Channel;

use crate::domain::templates::{Button, PAGE, format, read_back};
use crate::domain::views::{InboxRow, NoticeState};
use crate::domain::words::Words;

/// The most customers that are listed.
const MOST_PEOPLE: usize = 30;

/// A message.
pub(super) struct Card {
    /// The day, where it is another than that of the message above.
    pub(super) day: Option<String>,
    /// The language, as HTML names it.
    pub(super) language: &'static str,
    /// The state, as a class.
    pub(super) state: &'static str,
    pub(super) title: String,
    pub(super) subtitle: String,
    pub(super) text: String,
    pub(super) button: Option<Button>,
    /// What is to be said of how it went, if anything.
    pub(super) note: Option<String>,
    pub(super) at: String,
    pub(super) clock: String,
}

/// A customer who was told something.
pub(super) struct Told {
    pub(super) person: String,
    pub(super) link: String,
    pub(super) title: String,
    pub(super) language: &'static str,
    pub(super) at: String,
    pub(super) clock: String,
}

/// The messages of a phone, oldest first, each with the token of its order's page.
pub(super) fn cards(rows: Vec<(InboxRow, Option<String>)>, zone: &TimeZone) -> Vec<Card> {
    let mut last: Option<Date> = None;
    rows.into_iter()
        .map(|(row, token)| {
            let date = zone.to_datetime(row.queued_at).date();
            let day = (last != Some(date)).then(|| format::day(date, row.language));
            last = Some(date);
            card(row, token.as_deref(), day, zone)
        })
        .collect()
}

fn card(row: InboxRow, token: Option<&str>, day: Option<String>, zone: &TimeZone) -> Card {
    let whole = read_back(row.kind, row.language, &row.text, token);
    let (subtitle, button) = whole.map(|whole| (whole.subtitle, whole.button.map(here))).unwrap_or_default();
    Card {
        day,
        language: row.language.code(),
        state: match row.state {
            NoticeState::Queued => "queued",
            NoticeState::Sent => "sent",
            NoticeState::Failed => "failed",
            NoticeState::Skipped => "skipped",
        },
        title: row.title(),
        subtitle,
        note: note(&row),
        at: row.queued_at.to_string(),
        clock: format::clock(row.queued_at, zone, row.language),
        text: row.text,
        button,
    }
}

/// The button leads to the order's page at the address of whoever shows the phone.
fn here(button: Button) -> Button {
    Button { url: button.url.strip_prefix(PAGE).unwrap_or_default().to_owned(), ..button }
}

fn note(row: &InboxRow) -> Option<String> {
    let words = |ko, en| Words { ko, en }.get(row.language).to_owned();
    match (row.state, row.channel) {
        (NoticeState::Sent, Some(Channel::Sms)) => Some(words("문자로 보냄", "Sent as a text message")),
        (NoticeState::Sent, Some(Channel::AlimTalk) | None) => None,
        (NoticeState::Queued, _) => Some(words("보내는 중", "On its way")),
        (NoticeState::Skipped, _) => {
            Some(words("주문이 먼저 진행되어 보내지 않음", "Left out: the order had moved on"))
        }
        (NoticeState::Failed, _) => {
            let failed = words("보내지 못함", "Not delivered");
            Some(row.code.as_ref().map_or(failed.clone(), |code| format!("{failed} ({code})")))
        }
    }
}

/// Those who were told something, the last first; `rows` are the latest messages, the last first.
pub(super) fn people(rows: impl IntoIterator<Item = InboxRow>, zone: &TimeZone) -> Vec<Told> {
    let mut people: Vec<Told> = Vec::new();
    for row in rows {
        let person = row.customer_id.as_str();
        if people.len() == MOST_PEOPLE || people.iter().any(|told| told.person == person) {
            continue;
        }
        people.push(Told {
            person: person.to_owned(),
            link: format!("phone?customer={person}"),
            title: row.title(),
            language: row.language.code(),
            at: row.queued_at.to_string(),
            clock: format::date_and_clock(row.queued_at, zone, row.language),
        });
    }
    people
}
