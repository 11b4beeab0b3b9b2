//! The rule by which a catalogue chooses a plural form: an expression of C over `n`.

/// A rule. The default is that of the Germanic languages: one, or not one.
#[derive(Debug, Clone)]
pub(super) struct Plural {
    rule: Rule,
    forms: i64,
}

#[derive(Debug, Clone)]
enum Rule {
    Count,
    Number(i64),
    Not(Box<Rule>),
    Binary(Operator, Box<(Rule, Rule)>),
    Choice(Box<(Rule, Rule, Rule)>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Or,
    And,
    Equal,
    Unequal,
    LessOrEqual,
    GreaterOrEqual,
    Less,
    Greater,
    Plus,
    Minus,
    Times,
    Over,
    Modulo,
}

/// The operators by how strongly they bind, the weakest first. Longer ones come before
/// those that they begin with.
const OPERATORS: [&[(&str, Operator)]; 6] = [
    &[("||", Operator::Or)],
    &[("&&", Operator::And)],
    &[("==", Operator::Equal), ("!=", Operator::Unequal)],
    &[
        ("<=", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("<", Operator::Less),
        (">", Operator::Greater),
    ],
    &[("+", Operator::Plus), ("-", Operator::Minus)],
    &[
        ("*", Operator::Times),
        ("/", Operator::Over),
        ("%", Operator::Modulo),
    ],
];

/// How deep parentheses and choices may be nested, and how long a rule may be; as in
/// Python's `gettext`, more is no rule but an attack.
const DEEPEST: usize = 20;
const LONGEST: usize = 1000;

impl Default for Plural {
    fn default() -> Self {
        let operands = Box::new((Rule::Count, Rule::Number(1)));
        Self {
            rule: Rule::Binary(Operator::Unequal, operands),
            forms: 2,
        }
    }
}

impl Plural {
    /// Reads the value of a header `Plural-Forms`: `nplurals=2; plural=(n != 1);`.
    pub(super) fn parse_header(header: &str) -> Result<Self, String> {
        let wrong = || format!("its plural forms are wrong: {header}");
        let field = |name: &str| {
            header.split(';').find_map(|part| {
                let (field, value) = part.split_once('=')?;
                (field.trim() == name).then(|| value.trim())
            })
        };
        let forms = field("nplurals").and_then(|forms| forms.parse().ok());
        let rule = field("plural").filter(|rule| rule.len() <= LONGEST);
        let rule = rule.and_then(parse);
        match (forms, rule) {
            (Some(forms), Some(rule)) if forms > 0 => Ok(Self { rule, forms }),
            // What a new catalogue has before anybody has filled it in.
            _ if header.contains("INTEGER") => Ok(Self::default()),
            _ => Err(wrong()),
        }
    }

    /// The number of the form for a count; the first where the rule gives none.
    pub(super) fn form(&self, count: i64) -> usize {
        let form = self
            .rule
            .value(count)
            .filter(|form| (0..self.forms).contains(form));
        form.and_then(|form| usize::try_from(form).ok())
            .unwrap_or(0)
    }
}

impl Rule {
    /// The value; nothing after a division by zero or an overflow.
    fn value(&self, count: i64) -> Option<i64> {
        match self {
            Self::Count => Some(count),
            Self::Number(number) => Some(*number),
            Self::Not(rule) => Some(i64::from(rule.value(count)? == 0)),
            Self::Choice(parts) => {
                let (condition, yes, no) = &**parts;
                let chosen = if condition.value(count)? != 0 {
                    yes
                } else {
                    no
                };
                chosen.value(count)
            }
            Self::Binary(operator, operands) => {
                let left = operands.0.value(count)?;
                let truth = |truth: bool| Some(i64::from(truth));
                match operator {
                    Operator::Or if left != 0 => return Some(1),
                    Operator::And if left == 0 => return Some(0),
                    _ => {}
                }
                let right = operands.1.value(count)?;
                match operator {
                    Operator::Or | Operator::And => truth(right != 0),
                    Operator::Equal => truth(left == right),
                    Operator::Unequal => truth(left != right),
                    Operator::LessOrEqual => truth(left <= right),
                    Operator::GreaterOrEqual => truth(left >= right),
                    Operator::Less => truth(left < right),
                    Operator::Greater => truth(left > right),
                    Operator::Plus => left.checked_add(right),
                    Operator::Minus => left.checked_sub(right),
                    Operator::Times => left.checked_mul(right),
                    Operator::Over => left.checked_div_euclid(right),
                    Operator::Modulo => left.checked_rem_euclid(right),
                }
            }
        }
    }
}

fn parse(text: &str) -> Option<Rule> {
    let mut parser = Parser {
        rest: text,
        depth: 0,
    };
    let rule = parser.choice()?;
    parser.rest.trim_start().is_empty().then_some(rule)
}

struct Parser<'t> {
    rest: &'t str,
    depth: usize,
}

impl Parser<'_> {
    fn take(&mut self, token: &str) -> bool {
        match self.rest.trim_start().strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn choice(&mut self) -> Option<Rule> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let condition = self.binary(0)?;
        let rule = if self.take("?") {
            let yes = self.choice()?;
            if !self.take(":") {
                return None;
            }
            Rule::Choice(Box::new((condition, yes, self.choice()?)))
        } else {
            condition
        };
        self.depth -= 1;
        Some(rule)
    }

    fn binary(&mut self, level: usize) -> Option<Rule> {
        let Some(operators) = OPERATORS.get(level) else {
            return self.operand();
        };
        let mut left = self.binary(level + 1)?;
        while let Some((_, operator)) = operators.iter().find(|(token, _)| self.take(token)) {
            let right = self.binary(level + 1)?;
            left = Rule::Binary(*operator, Box::new((left, right)));
        }
        Some(left)
    }

    fn operand(&mut self) -> Option<Rule> {
        if self.take("!") {
            self.depth += 1;
            if self.depth > DEEPEST {
                return None;
            }
            let rule = Rule::Not(Box::new(self.operand()?));
            self.depth -= 1;
            return Some(rule);
        }
        if self.take("(") {
            let rule = self.choice()?;
            return self.take(")").then_some(rule);
        }
        if self.take("n") {
            return Some(Rule::Count);
        }
        let text = self.rest.trim_start();
        let digits = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let number = text[..digits].parse().ok()?;
        self.rest = &text[digits..];
        Some(Rule::Number(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, expected: &[(i64, usize)]) {
        let plural = Plural::parse_header(header).expect("the rule is right");
        for (count, form) in expected {
            assert_eq!(plural.form(*count), *form, "{header} {count}");
        }
    }

    #[test]
    fn rules_choose_forms() {
        check(
            "nplurals=2; plural=(n != 1);",
            &[(0, 1), (1, 0), (2, 1), (-1, 1)],
        );
        check("nplurals=1; plural=0", &[(0, 0), (5, 0)]);
        check("nplurals=2; plural=n>1;", &[(0, 0), (1, 0), (2, 1)]);
        check(
            "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && \
             (n%100<12 || n%100>14) ? 1 : 2);",
            &[
                (1, 0),
                (21, 0),
                (11, 2),
                (2, 1),
                (13, 2),
                (24, 1),
                (5, 2),
                (111, 2),
            ],
        );
        check(
            "nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : \
             n%100>=11 && n%100<=99 ? 4 : 5;",
            &[(0, 0), (1, 1), (2, 2), (7, 3), (11, 4), (100, 5)],
        );
        check("nplurals=2; plural=!(n == 1);", &[(1, 0), (2, 1)]);
        check("nplurals=2; plural=1/n;", &[(0, 0), (1, 1)]);
        check(
            "nplurals=2; plural=n*9223372036854775807;",
            &[(2, 0), (7, 0)],
        );
        check("nplurals=INTEGER; plural=EXPRESSION;", &[(1, 0), (2, 1)]);
    }

    #[test]
    fn wrong_rules_are_refused() {
        let deep = format!("nplurals=2; plural={}n{}", "(".repeat(99), ")".repeat(99));
        let nots = format!("nplurals=2; plural={}n", "!".repeat(900));
        let long = format!("nplurals=2; plural=n{}", "+n".repeat(1000));
        let wrong = [
            "",
            "nplurals=2",
            "plural=n",
            "nplurals=0; plural=n",
            "nplurals=2; plural=n n",
        ];
        let wrong = wrong
            .into_iter()
            .chain(["nplurals=2; plural=n?1", "nplurals=2; plural=m"]);
        for header in wrong.chain([deep.as_str(), &nots, &long]) {
            assert!(Plural::parse_header(header).is_err(), "{header}");
        }
    }
}
