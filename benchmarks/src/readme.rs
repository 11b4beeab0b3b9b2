//! The README's table, made from the rows that a run of `reload` wrote.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::Fault;

const BEGIN: &str = "<!-- made by `cargo xtask bench readme` from the rows of `bench reload` -->";
const END: &str = "<!-- end of the table -->";

/// The workloads in the table's order, and what they are.
const WORKLOADS: &[(&str, &str)] = &[
    ("tiny", "a template of three lines"),
    ("tiny-rustc", "the same generated text, rustc alone"),
    ("page", "a page of 44 KB"),
    ("page-10x", "a template ten times as long"),
    ("base-1", "a block of a base that one template extends"),
    ("base-500", "a block of a base that 500 templates extend"),
    ("partial-500", "a partial that 500 templates include"),
    ("set-10", "one template of 10"),
    ("set-100", "one template of 100"),
    ("set-1000", "one template of 1,000"),
    ("set-2000", "one template of 2,000"),
    ("rust-fn", "one Rust function of 20"),
    ("undo", "taking an edit back"),
    ("first-1000", "the first build of 1,000 templates"),
    ("restart-1000", "a restart on 1,000 templates"),
];

/// Replaces the table in a README by one of the rows in a JSON file.
///
/// # Errors
///
/// If a file cannot be read or written, the JSON holds no rows of `reload`, or the README
/// lacks the two marks that the table stands between.
pub fn update(json: &Path, readme: &Path) -> Result<(), Fault> {
    let rows: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(json)?)?;
    let text = std::fs::read_to_string(readme)?;
    let text = splice(&text, &table(&rows)?)?;
    std::fs::write(readme, text)?;
    Ok(())
}

fn table(rows: &[Value]) -> Result<String, Fault> {
    let mut text = String::from(
        "| edit | subject | median | 9 of 10 below | rounds |\n|---|---|--:|--:|--:|\n",
    );
    let mut found = false;
    for (workload, what) in WORKLOADS {
        let of_workload = rows
            .iter()
            .filter(|row| row["bench"] == "reload" && row["workload"] == *workload);
        for row in of_workload {
            found = true;
            let subject = row["subject"].as_str().unwrap_or_default();
            let milliseconds = |figure: &str| row[figure].as_f64().unwrap_or(f64::NAN);
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "| {what} | {subject} | {:.0} ms | {:.0} ms | {} |",
                milliseconds("median"),
                milliseconds("p90"),
                row["rounds"]
            );
        }
    }
    if found {
        Ok(text)
    } else {
        Err("the file has no rows of `bench reload`".into())
    }
}

fn splice(text: &str, table: &str) -> Result<String, Fault> {
    let begin = text.find(BEGIN).map(|place| place + BEGIN.len());
    let end = text.find(END);
    match (begin, end) {
        (Some(begin), Some(end)) if begin <= end => {
            Ok(format!("{}\n\n{table}\n{}", &text[..begin], &text[end..]))
        }
        _ => {
            Err(format!("the README has no place for the table: it lacks {BEGIN} or {END}").into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(workload: &str, median: f64) -> Value {
        serde_json::json!({
            "bench": "reload", "workload": workload, "subject": "hotplate", "unit": "ms",
            "median": median, "p10": 1.0, "p90": 2.4, "p99": 3.0, "rounds": 5,
        })
    }

    #[test]
    fn the_table_takes_the_place_of_the_old_one() {
        let readme = format!("before\n{BEGIN}\nold\n{END}\nafter");
        let rows = [row("undo", 5.6), row("unknown", 1.0), row("tiny", 110.2)];
        let text = splice(&readme, &table(&rows).unwrap()).unwrap();
        let expected = format!(
            "before\n{BEGIN}\n\n\
             | edit | subject | median | 9 of 10 below | rounds |\n|---|---|--:|--:|--:|\n\
             | a template of three lines | hotplate | 110 ms | 2 ms | 5 |\n\
             | taking an edit back | hotplate | 6 ms | 2 ms | 5 |\n\n\
             {END}\nafter"
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn no_rows_and_no_marks_are_errors() {
        assert!(table(&[row("unknown", 1.0)]).is_err());
        assert!(splice("no marks", "").is_err());
    }
}
