//! Did you mean: the nearest of many names.

/// The name that is nearest, if one is near enough to be meant.
pub fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = match wanted.chars().count() {
        0..=4 => 1,
        5..=8 => 2,
        _ => 3,
    };
    let wanted: Vec<char> = wanted.to_lowercase().chars().collect();
    let mut best: Option<((usize, bool), &str)> = None;
    for name in names {
        // Names whose lengths differ more cannot be near.
        if name.chars().count().abs_diff(wanted.len()) > most {
            continue;
        }
        let letters: Vec<char> = name.to_lowercase().chars().collect();
        let found = distance(&wanted, &letters);
        // Of two as near as each other, the one of which letters were left out is meant rather than one with others.
        let rank = (found, !is_part(&wanted, &letters));
        if found <= most && best.is_none_or(|(least, _)| rank < least) {
            best = Some((rank, name));
        }
    }
    best.map(|(_, name)| name)
}

/// All letters of `a` are in `b`, in their order.
fn is_part(a: &[char], b: &[char]) -> bool {
    let mut rest = b.iter();
    a.iter().all(|letter| rest.any(|other| other == letter))
}

/// Letters to change, add, drop or swap with a neighbour.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut rows: [Vec<usize>; 3] = [vec![0; b.len() + 1], (0..=b.len()).collect(), vec![0; b.len() + 1]];
    for i in 1..=a.len() {
        rows[2][0] = i;
        for j in 1..=b.len() {
            let same = usize::from(a[i - 1] != b[j - 1]);
            let mut least = (rows[1][j] + 1).min(rows[2][j - 1] + 1).min(rows[1][j - 1] + same);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[0][j - 2] + 1);
            }
            rows[2][j] = least;
        }
        rows.rotate_left(1);
    }
    rows[1][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_understood_and_another_word_is_not() {
        let pools = ["braiins", "f2pool", "viabtc"];
        assert_eq!(nearest("brains", pools), Some("braiins"));
        assert_eq!(nearest("f2pol", pools), Some("f2pool"));
        assert_eq!(nearest("vaibtc", pools), Some("viabtc"));
        assert_eq!(nearest("Braiins", pools), Some("braiins"));
        assert_eq!(nearest("rig-ofline", ["rig-online", "rig-offline"]), Some("rig-offline"));
        assert_eq!(nearest("antpool", pools), None);
        assert_eq!(nearest("", pools), None);
    }
}
