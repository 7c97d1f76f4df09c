//! Texts with a little language of their own: alert conditions, user templates, include patterns.
//! Here they are only bounded and checked for what needs no evaluator.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::text::{Text, TextError, text_value};

macro_rules! plain {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text as written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        text_value!($name);
    };
}

plain! {
    /// A condition over one thing of the farm: `rack.intake_max > 38.0`.
    Expression
}

/// Longest condition, in bytes.
const EXPRESSION_LEN_MAX: usize = 2048;
/// Deepest nesting of brackets in a condition.
const EXPRESSION_DEPTH_MAX: usize = 32;

impl Expression {
    /// Every `name == "text"` in it.
    pub(crate) fn equalities(&self) -> Vec<(&str, &str)> {
        let mut found = Vec::new();
        for (at, _) in self.0.match_indices("==") {
            let before = self.0[..at].trim_end();
            let start =
                before.rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).map_or(0, |i| i + 1);
            let after = self.0[at + 2..].trim_start();
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
            if let Some(quote) = quote
                && let Some((text, _)) = after[1..].split_once(quote)
                && before.is_char_boundary(start)
            {
                found.push((&before[start..], text));
            }
        }
        found
    }
}

impl FromStr for Expression {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let error = |reason: &'static str| TextError::of::<Expression>(reason);
        if text.trim().is_empty() || text.len() > EXPRESSION_LEN_MAX {
            return Err(error("it is empty, or longer than 2048 bytes"));
        }
        let (mut open, mut quote) = (Vec::new(), None);
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match (quote, c) {
                (Some(_), '\\') => drop(chars.next()),
                (Some(q), _) if q == c => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'') => quote = Some(c),
                (None, '(' | '[' | '{') => open.push(c),
                (None, ')' | ']' | '}') => {
                    let pair =
                        matches!((open.pop(), c), (Some('('), ')') | (Some('['), ']') | (Some('{'), '}'));
                    if !pair {
                        return Err(error("its brackets do not match"));
                    }
                }
                _ => {}
            }
            if open.len() > EXPRESSION_DEPTH_MAX {
                return Err(error("it is nested deeper than 32 brackets"));
            }
        }
        if quote.is_some() || !open.is_empty() {
            return Err(error("a bracket or a quote is not closed"));
        }
        Ok(Expression(text.into()))
    }
}

impl Text for Expression {
    const FORMAT: &'static str = "farm-expression";
    const WHAT: &'static str = "a condition";
    const EXPECTED: &'static str = "a condition such as `rack.intake_max > 38.0`";
    const PATTERN: &'static str = r"[^\s]";
    const EXAMPLES: &'static [&'static str] = &["rack.intake_max > 38.0", "severity == \"critical\""];
}

plain! {
    /// The user sent to a pool; `$rig` is the rig's name and `$$` a dollar sign.
    UserTemplate
}

impl UserTemplate {
    /// The user for one rig.
    pub fn render(&self, rig: &str) -> String {
        let mut user = String::with_capacity(self.0.len() + rig.len());
        let mut rest = &*self.0;
        while let Some((before, after)) = rest.split_once('$') {
            user.push_str(before);
            rest = if let Some(after) = after.strip_prefix("rig") {
                user.push_str(rig);
                after
            } else {
                user.push('$');
                after.strip_prefix('$').unwrap_or(after)
            };
        }
        user.push_str(rest);
        user
    }

    /// Does every rig have a user of its own?
    pub fn names_rig(&self) -> bool {
        self.render("a") != self.render("b")
    }
}

impl FromStr for UserTemplate {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let error = |reason: &'static str| TextError::of::<UserTemplate>(reason);
        if text.is_empty() || text.len() > 256 || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(error("it is empty, too long, or has spaces"));
        }
        let mut rest = text;
        while let Some((_, after)) = rest.split_once('$') {
            let Some(after) = after.strip_prefix("rig").or_else(|| after.strip_prefix('$')) else {
                return Err(error("only `$rig` and `$$` follow a dollar sign"));
            };
            if after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') && !rest.contains("$$") {
                return Err(error("`$rig` is followed by letters; put a dot or a dash between"));
            }
            rest = after;
        }
        Ok(UserTemplate(text.into()))
    }
}

impl Text for UserTemplate {
    const FORMAT: &'static str = "farm-user";
    const WHAT: &'static str = "a user";
    const EXPECTED: &'static str = "the pool's user, `$rig` where the rig's name goes, such as `alice.$rig`";
    const PATTERN: &'static str = r"^\S{1,256}$";
    const EXAMPLES: &'static [&'static str] = &["alice.$rig", "northridge.house"];
}

plain! {
    /// A file to include, or a pattern: `rigs/*.yaml`. Relative to the file that says it.
    IncludePattern
}

impl FromStr for IncludePattern {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let error = |reason: &'static str| TextError::of::<IncludePattern>(reason);
        if text.is_empty() || text.len() > 512 || text.chars().any(char::is_control) {
            return Err(error("it is empty or too long"));
        }
        if text.starts_with('/') || text.contains('\\') || text.contains(':') {
            return Err(error("it is not relative to this file"));
        }
        Ok(IncludePattern(text.into()))
    }
}

impl Text for IncludePattern {
    const FORMAT: &'static str = "farm-include";
    const WHAT: &'static str = "a file to include";
    const EXPECTED: &'static str =
        "a path relative to this file, where `*` and `?` match within a name, such as `rigs/*.yaml`";
    const PATTERN: &'static str = r"^[^/\\:][^\\:]*$";
    const EXAMPLES: &'static [&'static str] = &["rigs/*.yaml"];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_know_one_word() {
        let user: UserTemplate = "alice.$rig".parse().unwrap();
        assert_eq!(user.render("a-001"), "alice.a-001");
        assert!(user.names_rig());
        assert_eq!("cost$$5".parse::<UserTemplate>().unwrap().render("r"), "cost$5");
        for bad in ["", "a b", "$worker", "$", "alice.$rigs"] {
            assert!(bad.parse::<UserTemplate>().is_err(), "{bad}");
        }
    }

    #[test]
    fn conditions_close_what_they_open() {
        for bad in ["", "a > (b", "a)", "a == \"x", "(]", &"(".repeat(40)] {
            assert!(bad.parse::<Expression>().is_err(), "{bad}");
        }
        let when: Expression = "severity == \"critical\" && rig.name != ')'".parse().unwrap();
        assert_eq!(when.equalities(), [("severity", "critical")]);
    }
}
