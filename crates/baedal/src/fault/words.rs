//! What is in force, in sentences.

use kernel::Context;
use platform::faults::{AskedFaults, EventFaults, PaymentFaults, PaymentMode};

use super::calls::Overview;

/// What is in force now, a line each.
pub(super) fn told(now: &Overview) -> Vec<String> {
    let in_force: Vec<_> = now.faults.iter().flat_map(|(context, faults)| of_context(*context, faults)).collect();
    let mut lines = if in_force.is_empty() {
        vec!["Nothing is broken on purpose.".to_owned()]
    } else {
        let heading = "Broken on purpose now (`baedal fault clear` mends all of it):".to_owned();
        std::iter::once(heading).chain(in_force.into_iter().map(|line| format!("  {line}"))).collect()
    };
    lines.extend(now.off.iter().map(|context| format!("{context} runs without --faults and takes none.")));
    lines.extend(
        now.missing.iter().map(|context| format!("{context} does not answer: what is in force there is not known.")),
    );
    lines
}

fn of_context(context: Context, faults: &AskedFaults) -> Vec<String> {
    let AskedFaults { payment, messages, paused, events } = faults;
    let mut lines = Vec::new();
    if *paused {
        lines.push(format!(
            "{context} is paused: it takes nothing up and answers 503; it catches up when it is resumed."
        ));
    }
    lines.extend(of_payment(payment));
    if messages.failing_percent > 0 {
        lines.push(format!(
            "{} of a hundred messages to customers fail, and are tried again.",
            messages.failing_percent
        ));
    }
    lines.extend(of_events(context, events));
    lines
}

fn of_payment(payment: &PaymentFaults) -> Vec<String> {
    let PaymentFaults { delay_ms, jitter_ms, failing_percent, mode } = *payment;
    let mut lines = Vec::new();
    if delay_ms > 0 {
        let jitter = if jitter_ms > 0 { format!(", give or take {jitter_ms} ms") } else { String::new() };
        lines.push(format!("Each call to the payment provider begins {delay_ms} ms late{jitter}."));
    }
    if failing_percent > 0 && matches!(mode, PaymentMode::None | PaymentMode::Losing) {
        lines.push(format!(
            "{failing_percent} of a hundred calls to the payment provider fail without a usable answer."
        ));
    }
    lines.extend(match mode {
        PaymentMode::None => None,
        PaymentMode::Down => Some("The payment provider cannot be reached.".to_owned()),
        PaymentMode::Hanging => Some("The payment provider never answers, and does nothing.".to_owned()),
        PaymentMode::Losing => {
            Some("The payment provider does what it is asked to, and its answers never arrive.".to_owned())
        }
    });
    lines
}

fn of_events(context: Context, events: &EventFaults) -> Option<String> {
    let late = (events.delay_ms > 0).then(|| format!("{} ms late", events.delay_ms));
    let again = events.duplicated.then(|| "more than once".to_owned());
    let how: Vec<_> = late.into_iter().chain(again).collect();
    (!how.is_empty()).then(|| format!("Events reach {context} {}.", how.join(" and ")))
}
