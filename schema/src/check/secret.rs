//! Secrets: `text` is for passwords that guard nothing, which are those of pools and of the rigs' own pages.

use super::Check;
use crate::tree::{Id, View};

/// Where `text` may stand: the fields around it, by the end of their pointer.
const GUARDS_NOTHING: [&str; 2] = ["/pools/*/password", "/collectors/rigs/password"];

pub(super) fn check(check: &mut Check<'_>) {
    let tree = check.tree;
    let texts: Vec<Id> = tree
        .all_entries()
        .filter(|(key, value)| tree.scalar_text(*key) == "text" && matches!(tree.view(*value), View::Text(_)))
        .map(|(key, _)| key)
        .collect();
    if texts.is_empty() {
        return;
    }
    let mut pointers = Vec::new();
    for section in ["hubs", "collectors", "alerts", "money"] {
        if let Some((_, value)) = tree.get(check.root, section) {
            secrets_below(check, value, format!("/{section}"), &mut pointers);
        }
    }
    for pointer in pointers {
        let problem = check
            .problem("farm::secret::in_clear", &pointer, "a secret written in clear")
            .label("a secret does not belong here");
        check.push(problem.help("say where it is kept: {env: NAME}, {file: path}, {sops: file#key} or {credential: name}; {text: x} is for passwords that guard nothing"));
    }
}

fn secrets_below(check: &Check<'_>, id: Id, pointer: String, found: &mut Vec<String>) {
    let tree = check.tree;
    match tree.view(id) {
        View::Map if tree.len(id) == 1 && tree.get(id, "text").is_some() => {
            let allowed = GUARDS_NOTHING.iter().any(|end| {
                let parts: Vec<&str> = pointer.rsplit('/').take(end.split('/').count() - 1).collect();
                end.rsplit('/').take(parts.len()).zip(parts).all(|(end, part)| end == "*" || end == part)
            });
            if !allowed {
                found.push(format!("{pointer}/text"));
            }
        }
        View::Map => {
            for (key, value) in tree.entries(id) {
                secrets_below(
                    check,
                    value,
                    format!("{pointer}/{}", crate::tree::escape(tree.scalar_text(key))),
                    found,
                );
            }
        }
        View::List => {
            for (index, item) in tree.items(id).enumerate() {
                secrets_below(check, item, format!("{pointer}/{index}"), found);
            }
        }
        _ => {}
    }
}
