//! git: what was committed, by whom, and whether the tree was clean.
