//! `latchkey token grant` and `withdraw`: the modules of a token.

use axum::http::HeaderMap;
use clap::Args;
use latchkey_shared::ModuleId;

use super::keys::{Maker, Told, caller_for, module};
use crate::{catalogue::Catalogue, http::Error, store::TokenRow, tokens::permissions};

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

/// What is not held cannot be withdrawn.
fn check_are_held(catalogue: &Catalogue, row: &TokenRow, named: &[ModuleId]) -> Result<(), Error> {
    let (id, held) = (&row.token.id, &row.modules);
    let Some(module) = named.iter().find(|module| !held.contains(module)) else { return Ok(()) };
    let name = catalogue.module(module).map_or(module.as_str(), |module| &module.name);
    // A module that is not held is opened by All alone.
    Err(Error::Malformed(match catalogue.opens(held, module) {
        true => format!("{id} holds All, which includes {name}: withdraw All, and grant what it needs"),
        false => format!("{id} does not hold {name}"),
    }))
}

impl Permit {
    /// Changes what the token holds, and prints it.
    pub async fn run(self, verb: Verb) -> Result<(), String> {
        let app = self.maker.app().await?;
        let caller = caller_for(&app, &self.id).await?;
        let catalogue = app.catalogue();
        let named: Vec<ModuleId> =
            self.modules.iter().map(|wanted| module(&catalogue, wanted)).collect::<Result<_, _>>()?;
        let no_headers = HeaderMap::new();
        let row = permissions::change(&app, &caller, &self.id, &no_headers, None, |row| {
            if verb == Verb::Withdraw {
                check_are_held(&catalogue, row, &named)?;
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
