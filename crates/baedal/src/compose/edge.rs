//! The gateway and what stands at each service's port.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use anyhow::Context as _;
use axum::Router;
use gateway::Upstream;
use gateway::accounts::Accounts;
use kernel::Context;
use platform::identity::{Gate, Keys, Signer};

use super::{Composer, DEMO_DATA, Parts, Roles};

/// What the gateway is, if it runs here.
#[derive(Clone)]
pub struct Edge {
    /// Who there is.
    pub accounts: Accounts,
    /// Signs who a request comes from.
    pub signer: Signer,
}

impl Composer<'_> {
    /// Who there is, and those who speak for others or for themselves.
    pub(super) async fn open_edge(&mut self, roles: &Roles) -> anyhow::Result<()> {
        let Parts { clock, ids, shutdown, .. } = &self.parts;
        if roles.contexts.contains(&Context::App) {
            self.app = Some(Signer::new(Context::App.name(), clock, ids));
        }
        if roles.gateway {
            let accounts = Accounts::open(&self.settings.data_dir, clock, ids, shutdown)?;
            if self.settings.demo_data {
                accounts.make_demo_people(&store::demo_store_ids(DEMO_DATA)?).await?;
            }
            self.edge = Some(Edge { accounts, signer: Signer::new("gateway", clock, ids) });
        }
        Ok(())
    }

    /// What stands at the port of `context`: it believes the gateway, and pay believes app.
    pub(super) fn gate(&self, context: Context) -> anyhow::Result<Gate> {
        let clock = &self.parts.clock;
        let mut issuers = vec![match &self.edge {
            Some(edge) => Keys::here(edge.signer.clone()),
            None => Keys::there("gateway", &self.settings.gateways(), clock)?,
        }];
        if context == Context::Pay {
            issuers.push(match &self.app {
                Some(signer) => Keys::here(signer.clone()),
                None => Keys::there(Context::App.name(), &[self.settings.upstream(Context::App)], clock)?,
            });
        }
        Ok(Gate::new(context, issuers, clock))
    }

    pub(super) fn gateway(&self, own: SocketAddr, addresses: &[(&'static str, SocketAddr)]) -> anyhow::Result<Router> {
        let Edge { accounts, signer } = self.edge.clone().context("the gateway runs without its accounts")?;
        let mut upstreams = BTreeMap::new();
        let mut shown = BTreeMap::new();
        for context in Context::ALL {
            let here = addresses.iter().find(|(name, _)| *name == context.name());
            let (upstream, address) = if let Some((_, address)) = here {
                (Upstream::Local(self.whole(context)), format!("http://{address}"))
            } else {
                let address = self.settings.upstream(context);
                (Upstream::Remote(address.clone()), address)
            };
            upstreams.insert(context, upstream);
            shown.insert(context, address);
        }
        let options = gateway::Options {
            accounts,
            signer,
            shutdown: self.parts.shutdown.clone(),
            readiness: self.readiness.clone(),
            metrics: self.parts.metrics.clone(),
            address: format!("http://{own}"),
            addresses: shown,
            documents: Vec::new(),
            patience: gateway::Patience::default(),
            faults: self.settings.faults,
        };
        Ok(gateway::router(upstreams, options))
    }
}
