//! `man`: the manual pages, one for the program and one for each command.

use std::path::PathBuf;

use clap::Args;

use crate::error::{EXIT_CODES, Exit, Failure};
use crate::ui::Ui;

/// Prints the manual page, or writes all manual pages into a folder.
#[derive(Debug, Args)]
pub struct Man {
    /// Writes one page per command into this folder
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

impl Man {
    pub(crate) fn run(self, ui: &mut Ui) -> Result<Exit, Failure> {
        let pages = pages()?;
        match self.out {
            None => ui.text(&pages[0].1),
            Some(folder) => {
                std::fs::create_dir_all(&folder)?;
                for (name, text) in &pages {
                    std::fs::write(folder.join(name), text)?;
                }
                ui.note(&format!("wrote {} pages to {}", pages.len(), folder.display()));
            }
        }
        Ok(Exit::Success)
    }
}

/// All pages: file name and text, the program's own first.
pub fn pages() -> std::io::Result<Vec<(String, String)>> {
    let mut command = crate::args::command().disable_help_subcommand(true);
    command.build();
    let mut pages = vec![("stratumctl.1".to_owned(), page(command.clone(), true)?)];
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        let name = format!("stratumctl-{}", sub.get_name());
        pages.push((format!("{name}.1"), page(sub.clone().name(name), false)?));
    }
    Ok(pages)
}

fn page(command: clap::Command, whole: bool) -> std::io::Result<String> {
    let mut out = Vec::new();
    let man =
        clap_mangen::Man::new(command).date("").source(concat!("stratumctl ", env!("CARGO_PKG_VERSION")));
    man.render(&mut out)?;
    if whole {
        out.extend(b".SH \"EXIT CODES\"\n");
        for (exit, meaning) in EXIT_CODES {
            out.extend(format!(".TP\n\\fB{}\\fR\n{}\n", exit.code(), meaning.replace('-', "\\-")).bytes());
        }
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}
