//! What the customer was told, as customer's log tells it.

use serde_json::Value;

use super::json::text;
use super::lane::Stream;
use super::order::Order;
use super::report::Report;

/// Every notice of an order.
#[derive(Default)]
pub(super) struct Notices {
    pub(super) all: Vec<Notice>,
    /// What is wrong with how they went.
    wrong: Vec<(&'static str, String)>,
}

/// One notice.
pub(super) struct Notice {
    pub(super) id: String,
    pub(super) state: &'static str,
    kind: String,
    text: String,
    /// The position in app's log of what it tells.
    cause: Option<i64>,
}

impl Notices {
    pub(super) fn fold(stream: &Stream) -> Self {
        let mut notices = Self::default();
        for event in &stream.events {
            let id = text(&event.body, "noticeId");
            match event.name.as_str() {
                "NoticeQueued" => notices.all.push(Notice {
                    id: id.to_owned(),
                    state: "QUEUED",
                    kind: text(&event.body, "kind").to_owned(),
                    text: text(&event.body, "text").to_owned(),
                    cause: event.cause(),
                }),
                "NoticeSent" => notices.end(id, "SENT"),
                "NoticeFailed" => notices.end(id, "FAILED"),
                "NoticeSkipped" => notices.end(id, "SKIPPED"),
                _ => {}
            }
        }
        notices
    }

    /// Only the first in line is handed over or given up; whatever is overtaken may be skipped.
    fn end(&mut self, id: &str, state: &'static str) {
        let first = self.all.iter().position(|notice| notice.state == "QUEUED");
        let Some(index) = self.all.iter().position(|notice| notice.id == id) else {
            self.wrong
                .push(("end-without-notice", format!("{state} is said of the notice {id}, which was never queued")));
            return;
        };
        let earlier = self.all[index].state;
        if earlier != "QUEUED" {
            self.wrong.push(("two-ends", format!("the notice {id} is {earlier} and then {state}")));
        } else if state != "SKIPPED" && first != Some(index) {
            self.wrong
                .push(("out-of-turn", format!("the notice {id} is {state} while an earlier one is still queued")));
        }
        self.all[index].state = state;
    }

    pub(super) fn any_queued(&self) -> bool {
        self.all.iter().any(|notice| notice.state == "QUEUED")
    }

    /// Whether each one went its way by itself.
    pub(super) fn check_ends(&self, order: &str, report: &mut Report) {
        for (kind, detail) in &self.wrong {
            report.broken(4, kind, order, detail.clone());
        }
    }

    /// Whether each status change that customer has heard of (app's log up to `heard`) is told once, in order.
    pub(super) fn check_told(&self, id: &str, order: &Order, heard: i64, report: &mut Report) {
        let mut told: Vec<i64> = Vec::with_capacity(self.all.len());
        for notice in self.all.iter().filter(|notice| notice.cause.is_none_or(|cause| cause <= order.last)) {
            let expected = order.notices.iter().find(|expected| Some(expected.position) == notice.cause);
            let Some(expected) = expected else {
                let detail = format!("the notice {} ({}) tells nothing that app's log says", notice.id, notice.kind);
                report.broken(4, "told-without-cause", id, detail);
                continue;
            };
            if expected.kind != notice.kind {
                let detail = format!("app/{} is told as {}, not as {}", expected.position, notice.kind, expected.kind);
                report.broken(4, "told-wrongly", id, detail);
            }
            if told.contains(&expected.position) {
                report.broken(
                    4,
                    "told-twice",
                    id,
                    format!("app/{} ({}) is told twice", expected.position, expected.kind),
                );
            } else if told.last().is_some_and(|last| *last > expected.position) {
                let detail = format!("app/{} ({}) is told after what came later", expected.position, expected.kind);
                report.broken(4, "told-out-of-order", id, detail);
            }
            told.push(expected.position);
        }
        for expected in order.notices.iter().filter(|expected| expected.position <= heard) {
            if !told.contains(&expected.position) {
                report.broken(4, "not-told", id, format!("app/{} ({}) is not told", expected.position, expected.kind));
            }
        }
    }
}

impl Notice {
    /// What in a row of the inbox is not as the log says.
    pub(super) fn differs(&self, doc: &Value, state: &str) -> Option<String> {
        let facts = [
            ("state", text(doc, "state"), self.state),
            ("column state", state, self.state),
            ("kind", text(doc, "kind"), &self.kind),
        ];
        let wrong = facts.into_iter().find(|(_, shown, folded)| shown != folded);
        wrong
            .map(|(what, shown, folded)| {
                format!("the inbox shows {what} {shown} of {}, customer's log says {folded}", self.id)
            })
            .or_else(|| {
                (text(doc, "text") != self.text).then(|| format!("the inbox shows another text of {}", self.id))
            })
    }
}
