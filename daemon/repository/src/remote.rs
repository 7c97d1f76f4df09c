//! The address of the remote repository, safe to keep and to show.

use git2::{ErrorCode, Repository};

/// The remote of the branch, else `origin`, else the only one there is.
pub(crate) fn address(git: &Repository, branch: Option<&str>) -> Result<Option<String>, git2::Error> {
    let of_branch = branch
        .and_then(|branch| git.branch_upstream_remote(&format!("refs/heads/{branch}")).ok())
        .and_then(|name| name.as_str().ok().map(str::to_owned));
    let names = git.remotes()?;
    let only = (names.len() == 1).then(|| names.get(0).ok().flatten().map(str::to_owned)).flatten();
    for name in [of_branch, Some("origin".to_owned()), only].into_iter().flatten() {
        match git.find_remote(&name) {
            Ok(remote) => return Ok(Some(without_credentials(&String::from_utf8_lossy(remote.url_bytes())))),
            Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::InvalidSpec) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// The address without passwords and tokens. The user of an ssh address stays: it is part of the address, and
/// everybody's is `git`.
fn without_credentials(url: &str) -> String {
    let url: String = url.chars().filter(|c| !c.is_control()).collect();
    let Some((scheme, rest)) = url.split_once("://") else {
        // `git@host:path`, or a path.
        return url;
    };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, ""),
    };
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let user = match user.split(':').next() {
        Some(user) if scheme.ends_with("ssh") && !user.is_empty() => format!("{user}@"),
        _ => String::new(),
    };
    format!("{scheme}://{user}{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_and_tokens_are_left_out() {
        let table = [
            ("https://host.example/a/b.git", "https://host.example/a/b.git"),
            ("https://ann:secret@host.example/a/b.git", "https://host.example/a/b.git"),
            ("https://ghp_secret@host.example:8443/a", "https://host.example:8443/a"),
            ("https://x:p@ss@host.example/a@b", "https://host.example/a@b"),
            ("https://host.example/a?token=secret#secret", "https://host.example/a"),
            ("ssh://git:secret@host.example:22/a", "ssh://git@host.example:22/a"),
            ("git@host.example:a/b.git", "git@host.example:a/b.git"),
            ("../sibling", "../sibling"),
            ("https://secret@host.example", "https://host.example"),
            ("https://host.example/\u{1b}[31m", "https://host.example/[31m"),
        ];
        for (url, shown) in table {
            assert_eq!(without_credentials(url), shown, "{url}");
        }
    }
}
