//! Whichever filters it passed, nothing that is not marked safe is written unescaped.

use hotplate::{Value, context};
use hotplate_tests::Bench;

/// What stands behind each dangerous character of the data, and behind none of a filter's.
const MARK: char = 'ж';

/// Filters that mark nothing safe of what they are given, as templates have them. `y` is
/// dangerous as well.
const FILTERS: [&str; 72] = [
    "add:y",
    "add:x",
    "addslashes",
    "apnumber",
    "capfirst",
    "center:40",
    "cut:' '",
    "cut:';'",
    "date:y",
    "default:y",
    "default_if_none:y",
    "dictsort:0",
    "dictsortreversed:y",
    "escape",
    "escapejs",
    "escapeseq",
    "filesizeformat",
    "first",
    "floatformat:y",
    "force_escape",
    "intcomma",
    "intword",
    "iriencode",
    "join:y",
    "join:' '",
    "json_script",
    "json_script:y",
    "language_name",
    "last",
    "length",
    "linebreaks",
    "linebreaksbr",
    "linenumbers",
    "ljust:30",
    "localize",
    "lower",
    "make_list",
    "naturalday:y",
    "naturaltime",
    "ordinal",
    "phone2numeric",
    "pluralize:y",
    "pprint",
    "random",
    "rjust:'20'",
    "slice:':9'",
    "slice:'1:'",
    "slice:'::-1'",
    "slugify",
    "stringformat:'s'",
    "stringformat:'-30s'",
    "stringformat:'r'",
    "stringformat:y",
    "striptags",
    "time:y",
    "timesince:y",
    "title",
    "truncatechars:7",
    "truncatechars_html:5",
    "truncatechars_html:500",
    "truncatewords:2",
    "truncatewords_html:2",
    "unlocalize",
    "unordered_list",
    "upper",
    "urlencode",
    "urlize",
    "urlizetrunc:9",
    "utc",
    "wordcount",
    "wordwrap:3",
    "yesno:y",
];

/// Filters that write quotes of their own around what they are given.
/// Django makes a string of the safe list that `escapeseq` gives.
const QUOTING: [&str; 4] = ["pprint", "stringformat:'r'", "json_script", "escapeseq"];

/// Numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit
    }

    fn pick<'p>(&mut self, pieces: &[&'p str]) -> &'p str {
        pieces[self.below(pieces.len())]
    }

    /// Text whose dangerous characters are all followed by the mark.
    fn text(&mut self) -> String {
        const PIECES: [&str; 19] = [
            "<ж",
            "&ж",
            "'ж",
            "\"ж",
            "<жscript>ж",
            "<жa href=\"жx\"ж>",
            "http://a.com/?<жb&жc=\"ж",
            "www.x.org",
            "me@a.com",
            "&жlt;",
            "&ж#60;",
            "\n\n",
            "\n",
            " ",
            "word",
            "12.5",
            ",",
            "\\",
            "%s",
        ];
        let count = 1 + self.below(6);
        (0..count).map(|_| self.pick(&PIECES)).collect()
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 4 } else { 8 }) {
            4 => Value::list([self.value(depth - 1), self.value(depth - 1)]),
            5 => Value::tuple([self.value(depth - 1), Value::from(self.text())]),
            6 => [(self.text(), self.value(depth - 1))].into_iter().collect(),
            7 => Value::from(12.5),
            _ => Value::from(self.text()),
        }
    }
}

/// A dangerous character of the data that stands in the output as it was.
fn leak(output: &str, is_quoting: bool) -> Option<&str> {
    let dangerous: &[char] = if is_quoting {
        &['<', '&']
    } else {
        &['<', '&', '\'', '"']
    };
    output.match_indices([MARK, 'Ж']).find_map(|(place, _)| {
        let before = output[..place].chars().next_back()?;
        dangerous.contains(&before).then(|| &output[..place])
    })
}

#[test]
fn no_chain_of_filters_lets_data_through() {
    let mut numbers = Numbers(7);
    let chains: Vec<String> = (0..300)
        .map(|_| {
            let length = 1 + numbers.below(5);
            let filters = (0..length).map(|_| format!("|{}", numbers.pick(&FILTERS)));
            filters.collect()
        })
        .chain(FILTERS.map(|filter| format!("|{filter}")))
        .collect();
    let bodies = chains.iter().enumerate().map(|(number, chain)| {
        let expression = format!("x{chain}");
        let written = match number % 4 {
            0 => format!("{{% filter lower %}}{{{{ {expression} }}}}{{% endfilter %}}"),
            1 => format!("{{% firstof {expression} %}}"),
            2 => format!("{{% with z={expression} %}}{{{{ z }}}}{{% endwith %}}"),
            _ => format!("{{{{ {expression} }}}}"),
        };
        format!("{{% if number == {number} %}}{written}{{% endif %}}\n")
    });
    let text = format!(
        "{{% load humanize i18n l10n tz %}}{}",
        bodies.collect::<String>()
    );
    let bench = Bench::new("escaping");
    let host = bench.host(&[&bench.templates("site", &[("page.html", &text)])]);
    let page = host.template(&bench.plugin("site"), "page.html").unwrap();
    let mut rendered = 0;
    for (number, chain) in chains.iter().enumerate() {
        let is_quoting = QUOTING.iter().any(|filter| chain.contains(filter));
        for _ in 0..12 {
            let (x, y) = (numbers.value(2), numbers.text());
            let context =
                context! { number: i64::try_from(number).unwrap(), x: x.clone(), y: y.clone() };
            // Many filters raise for most values.
            let Ok(output) = page.render(&context) else {
                continue;
            };
            rendered += 1;
            let leaked = leak(&output, is_quoting);
            assert!(leaked.is_none(), "{chain} of {x:?} and {y:?}: {output}");
        }
    }
    assert!(rendered > chains.len() * 6, "only {rendered} renderings");
}

#[test]
fn what_is_marked_safe_on_purpose_is_written_as_it_is() {
    let bench = Bench::new("escaping_safe");
    let text = "{{ x|safe }}{% autoescape off %}{{ x }}{% endautoescape %}{{ s }}{{ xs|safeseq|join:'' }}{{ x }}";
    let host = bench.host(&[&bench.templates("site", &[("page.html", text)])]);
    let page = host.template(&bench.plugin("site"), "page.html").unwrap();
    let context = context! { x: "<", s: Value::safe("<"), xs: ["<"] };
    assert_eq!(page.render(&context).unwrap(), "<<<<&lt;");
}
