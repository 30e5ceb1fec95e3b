//! Any way out, as faults that are asked for make it: some messages are refused and may be tried again.

use std::sync::Arc;

use platform::faults::Faults;

use crate::ports::{Answer, Found, HandOver, HookError, Message, Outlet, Provider, Report};

/// The code of a refusal that was asked for.
const CODE: &str = "ASKED_FOR";

/// An outlet and what its messages meet. It is put around an outlet only where the settings allow faults.
pub struct Faulty {
    outlet: Arc<dyn Outlet>,
    faults: Faults,
}

impl Faulty {
    /// `outlet`, met by `faults`.
    pub fn new(outlet: Arc<dyn Outlet>, faults: Faults) -> Self {
        Self { outlet, faults }
    }
}

impl Outlet for Faulty {
    /// What may fail is more than recording it, as long as it may.
    fn is_immediate(&self) -> bool {
        self.outlet.is_immediate() && !self.faults.messages_may_fail()
    }

    fn hand_over<'a>(&'a self, message: &'a Message) -> Answer<'a, HandOver> {
        if self.faults.message_fails() {
            return Box::pin(std::future::ready(HandOver::Refused { code: CODE.into(), permanent: false }));
        }
        self.outlet.hand_over(message)
    }

    fn look_up<'a>(&'a self, message: &'a Message) -> Answer<'a, Found> {
        self.outlet.look_up(message)
    }

    fn reported<'a>(&'a self, provider: Provider, body: &'a str) -> Answer<'a, Result<Vec<Report>, HookError>> {
        self.outlet.reported(provider, body)
    }
}

#[cfg(test)]
mod tests;
