//! The panel that shows what was rejected while the last good page stays.

use crate::problem::Problem;
use crate::serve::html::escape;

const STYLE: &str = include_str!("overlay.css");

/// More problems than this are counted and not shown.
const SHOWN: usize = 12;

/// A refused change, from the host or from the site's own files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The stage in one word.
    pub(crate) stage: String,
    pub(crate) plugin: Option<String>,
    pub(crate) problems: Vec<Problem>,
    /// The generation that goes on serving.
    pub(crate) serving: u64,
}

impl From<&hotplate::Rejection> for Refusal {
    fn from(rejection: &hotplate::Rejection) -> Self {
        Self {
            stage: rejection.stage.as_str().to_owned(),
            plugin: rejection.plugin.clone(),
            problems: rejection.diagnostics.iter().map(Problem::from).collect(),
            serving: rejection.serving,
        }
    }
}

/// The panel's inside, for a shadow root of its own, so that the page's style and the
/// panel's don't meet.
pub(crate) fn render(refusals: &[&Refusal]) -> String {
    let mut html = format!(
        "<style>{STYLE}</style>\n<section role=\"alert\" aria-labelledby=\"title\">\n<header>\n\
         <h1 id=\"title\">The last change was rejected</h1>\n\
         <a href=\"/_hotplate\">Dashboard</a>\n<button type=\"button\" title=\"Dismiss (Escape)\">Dismiss</button>\n</header>\n"
    );
    for refusal in refusals {
        html.push_str(&format!(
            "<p class=\"stage\">Stage <strong>{}</strong>",
            escape(&refusal.stage)
        ));
        if let Some(plugin) = &refusal.plugin {
            html.push_str(&format!(", plugin <strong>{}</strong>", escape(plugin)));
        }
        html.push_str(&format!(
            ". This page is generation {}, the last good one.</p>\n",
            refusal.serving
        ));
        for problem in refusal.problems.iter().take(SHOWN) {
            html.push_str("<article>\n");
            if let Some(place) = problem.place() {
                html.push_str(&format!("<h2>{}</h2>\n", escape(&place)));
            }
            let rendered = problem.rendered.trim_end();
            if !rendered.contains(&problem.message) {
                html.push_str(&format!("<p>{}</p>\n", escape(&problem.message)));
            }
            html.push_str(&format!(
                "<pre tabindex=\"0\">{}</pre>\n</article>\n",
                escape(rendered)
            ));
        }
        if let Some(more) = refusal
            .problems
            .len()
            .checked_sub(SHOWN)
            .filter(|more| *more > 0)
        {
            html.push_str(&format!("<p class=\"stage\">… and {more} more.</p>\n"));
        }
    }
    html.push_str("</section>\n");
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(problems: usize) -> Refusal {
        Refusal {
            stage: "template".to_owned(),
            plugin: Some("site".to_owned()),
            problems: vec![
                Problem::at("index.html", "a\n{% if <b> %}", 2..13, "never closed");
                problems
            ],
            serving: 7,
        }
    }

    #[test]
    fn shows_stage_place_line_and_marker() {
        let html = render(&[&refusal(1)]);
        for part in [
            "<strong>template</strong>",
            "<strong>site</strong>",
            "generation 7",
            "index.html:2:1",
            "never closed",
            "2 | {% if &lt;b&gt; %}",
            "  | ^^^^^^^^^^^",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
        assert!(!html.contains("<b>"));
    }

    #[test]
    fn counts_what_it_does_not_show() {
        assert!(!render(&[&refusal(SHOWN)]).contains("more."));
        assert!(render(&[&refusal(SHOWN + 3)]).contains("… and 3 more."));
    }
}
