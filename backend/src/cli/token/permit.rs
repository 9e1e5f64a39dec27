//! `latchkey token grant` and `withdraw`: the modules of a token.

use axum::http::HeaderMap;
use clap::Args;
use latchkey_shared::ModuleId;

use super::keys::{Maker, Told, find, module};
use crate::{
    http::{Caller, Error},
    tokens::permissions,
};

/// The modules to grant or to withdraw.
#[derive(Debug, Args)]
pub struct Permit {
    #[command(flatten)]
    maker: Maker,

    /// The token.
    #[arg(value_name = "SU-ddd-ddd-ddd")]
    id: String,

    /// The modules, by id or by name.
    #[arg(value_name = "MODULE", required = true)]
    modules: Vec<String>,
}

/// What becomes of the modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// The token holds them.
    Grant,
    /// The token does not hold them.
    Withdraw,
}

impl Permit {
    /// Changes what the token holds, and prints it.
    pub async fn run(self, verb: Verb) -> Result<(), String> {
        let app = self.maker.app().await?;
        let account = find(&app.store, &self.id).await?.token.account_id;
        let account = app.store.account(&account).await?.ok_or_else(|| format!("there is no account {account}"))?;
        let catalogue = app.catalogue();
        let named: Vec<ModuleId> =
            self.modules.iter().map(|wanted| module(&catalogue, wanted)).collect::<Result<_, _>>()?;
        let (caller, no_headers) = (Caller::operator(account), HeaderMap::new());
        let row = permissions::change(&app, &caller, &self.id, &no_headers, None, |row| {
            let not_held = named.iter().find(|id| verb == Verb::Withdraw && !row.modules.contains(id));
            if let Some(id) = not_held {
                let name = catalogue.module(id).map_or(id.as_str(), |module| &module.name);
                let by_all = row.modules.iter().any(ModuleId::is_all) && catalogue.opens(&row.modules, id);
                return Err(Error::field(
                    "",
                    match by_all {
                        true => format!(
                            "{} holds All, which includes {name}: withdraw All, and grant what it needs",
                            self.id
                        ),
                        false => format!("{} does not hold {name}", self.id),
                    },
                ));
            }
            let mut modules: Vec<ModuleId> = row.modules.iter().filter(|held| !named.contains(held)).cloned().collect();
            if verb == Verb::Grant {
                modules.extend(named);
            }
            modules.sort();
            modules.dedup();
            Ok(modules)
        });
        let row = row.await?;
        self.maker.settle().await?;
        self.maker.print(&Told::token(&row, app.clock.now()))
    }
}
