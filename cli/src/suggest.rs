//! Names that somebody may have meant.

/// `; did you mean a or b?` for the names nearest to `wanted`, or nothing.
pub(crate) fn did_you_mean<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let mut near: Vec<(usize, &str)> = names
        .into_iter()
        .map(|name| (distance(wanted, name), name))
        .filter(|(distance, name)| *distance <= wanted.chars().count().max(name.len()) / 3)
        .collect();
    near.sort_unstable();
    near.dedup();
    near.truncate(3);
    match near.as_slice() {
        [] => String::new(),
        [(_, name)] => format!("; did you mean {name}?"),
        [rest @ .., (_, last)] => {
            let rest: Vec<&str> = rest.iter().map(|(_, name)| *name).collect();
            format!("; did you mean {} or {last}?", rest.join(", "))
        }
    }
}

/// How many characters have to be inserted, deleted, replaced or swapped with their
/// neighbour.
fn distance(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.chars().collect();
    let to: Vec<char> = to.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (row, &left) in from.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, &right) in to.iter().enumerate() {
            let mut best = (last[column] + usize::from(left != right))
                .min(last[column + 1] + 1)
                .min(current[column] + 1);
            if row > 0 && column > 0 && left == to[column - 1] && from[row - 1] == right {
                best = best.min(before_last[column - 1] + 1);
            }
            current.push(best);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_edits() {
        let cases = [
            ("", "", 0),
            ("a", "", 1),
            ("index.html", "indx.html", 1),
            ("index.html", "idnex.html", 1),
            ("about", "abuot!", 2),
        ];
        for (from, to, expected) in cases {
            assert_eq!(distance(from, to), expected, "{from} {to}");
            assert_eq!(distance(to, from), expected, "{to} {from}");
        }
    }

    #[test]
    fn suggests_what_is_near() {
        let names = ["index.html", "about.html", "article.html"];
        let cases = [
            ("indx.html", "; did you mean index.html?"),
            ("abut.html", "; did you mean about.html?"),
            ("zzz", ""),
        ];
        for (wanted, expected) in cases {
            assert_eq!(did_you_mean(wanted, names), expected, "{wanted}");
        }
        assert_eq!(did_you_mean("b", ["ab", "bb"]), "");
        assert_eq!(
            did_you_mean("part1", ["part3", "part2"]),
            "; did you mean part2 or part3?"
        );
    }
}
