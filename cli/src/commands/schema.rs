//! `schema`: the JSON Schema of farm files.

use clap::Args;

use crate::error::{Exit, Failure};
use crate::ui::Ui;

/// Prints the JSON Schema of the farm file: the same one that `validate` uses.
///
/// With `# yaml-language-server: $schema=farm.schema.json` at the top of a farm file, editors check it as you type.
#[derive(Debug, Args)]
pub struct Schema {}

impl Schema {
    pub(crate) fn run(self, ui: &mut Ui) -> Result<Exit, Failure> {
        // JSON whatever the form of other results: that is what editors read.
        let text = serde_json::to_string_pretty(&::schema::json_schema())
            .map_err(|e| Failure::failed(e.to_string()))?;
        ui.line(&text);
        Ok(Exit::Success)
    }
}
