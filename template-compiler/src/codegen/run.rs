//! What the runtime does without being called for each step: outputs, texts and what they
//! depend on, one after the other.

use std::collections::BTreeMap;

use super::quote::{quote, quote_list};
use super::spot::{PrintedSpot, default_argument, padded_text, text_before, words};
use super::statement::named_template;
use super::{Function, expression, split};
use crate::ast::Operator;
use crate::ir::{
    Compared, Condition, Expression, For, Literal, Local, LoopId, LoopParent, Node, Operand, Scope,
    SiteId, ValueId,
};

/// How many fields of a local have places of their own.
const MOST_FIELDS: usize = 16;

/// The locals of a function that know the places of their fields.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    rows: BTreeMap<ValueId, KnownRow>,
    /// The variable that knows where a loop is.
    loops: BTreeMap<LoopId, ValueId>,
    /// The loop in which a run is, if the units that it calls see that.
    seen: Option<SeenLoop>,
}

/// A loop of a run whose names are in the scope.
#[derive(Debug, Clone)]
struct SeenLoop {
    id: LoopId,
    value: ValueId,
    /// That of the loop and that of its variable.
    names: [String; 2],
}

#[derive(Debug, Clone, Default)]
struct KnownRow {
    /// The fields that have places.
    names: Vec<String>,
    /// Whether it is a parameter of the function.
    is_parameter: bool,
}

impl Rows {
    /// The fields of a local that have places.
    pub(super) fn names(&self, id: ValueId) -> &[String] {
        self.rows.get(&id).map_or(&[], |row| &row.names)
    }

    /// The variable that knows where a loop is.
    pub(super) fn of_loop(&self, id: LoopId) -> Option<ValueId> {
        self.loops.get(&id).copied()
    }

    /// Whether a local is known.
    pub(super) fn has(&self, id: ValueId) -> bool {
        self.rows.contains_key(&id)
    }

    /// What a function knows that is called with these locals.
    pub(super) fn passed(&self, mut is_passed: impl FnMut(ValueId) -> bool) -> Self {
        let mut rows = self.rows.clone();
        rows.retain(|&id, _| is_passed(id));
        rows.values_mut().for_each(|row| row.is_parameter = true);
        let mut loops = self.loops.clone();
        loops.retain(|_, row| rows.contains_key(row));
        let seen = None;
        Self { rows, loops, seen }
    }

    /// Makes the variables of a loop known. What has one variable has the same for all of
    /// its items.
    pub(super) fn enter(&mut self, each: &For) {
        self.seen = None;
        for &(_, id) in &each.variables {
            let mut names = Vec::new();
            if each.variables.len() == 1 {
                names = split::fields(&each.body, id);
                names.truncate(MOST_FIELDS);
            }
            let is_parameter = false;
            self.rows.insert(
                id,
                KnownRow {
                    names,
                    is_parameter,
                },
            );
            self.loops.entry(each.id).or_insert(id);
        }
    }
}

impl Rows {
    /// The same for a loop of a run.
    fn enter_run(&mut self, each: &For) {
        let outer = self.seen.take();
        self.enter(each);
        self.seen = match each.variables.as_slice() {
            [(name, value)] if each.is_seen => Some(SeenLoop {
                id: each.id,
                value: *value,
                names: ["forloop".to_owned(), name.clone()],
            }),
            _ => outer,
        };
    }
}

/// Spots that are still to be printed, to be run one after the other.
#[derive(Default)]
pub(super) struct Run {
    spots: Vec<Step>,
    /// The local that they use.
    row: Option<ValueId>,
}

struct Step {
    spot: PrintedSpot,
    /// How many steps behind it are passed over.
    skip: usize,
    /// How it is done on its own.
    alone: Option<String>,
}

impl Step {
    fn new(site: Option<SiteId>, text: String) -> Self {
        let spot = PrintedSpot { site, text };
        let (skip, alone) = (0, None);
        Self { spot, skip, alone }
    }
}

/// A call of another unit, with the scope that a run is in: what it does, what it calls, and
/// where it stands.
fn unit_call(node: &Node, seen: Option<&SeenLoop>) -> Option<(&'static str, String, SiteId)> {
    match node {
        Node::Include {
            name,
            bindings,
            scope,
            only: false,
            site,
        } if bindings.is_empty() && is_scope_of(seen, scope) => {
            let link = format!("to_template({})", quote(named_template(name)?));
            Some(("include", link, *site))
        }
        Node::Block { name, scope, site } if is_scope_of(seen, scope) => {
            Some(("block", format!("to_block(T, {})", quote(name)), *site))
        }
        _ => None,
    }
}

/// Whether the units that are called see a loop's names and nothing else; nothing at all, if
/// there is no such loop.
fn is_scope_of(seen: Option<&SeenLoop>, scope: &Scope) -> bool {
    match (seen, scope.0.as_slice()) {
        (None, []) => true,
        (Some(seen), [(first, Local::Loop(id)), (second, Local::Value(value))]) => {
            let names = [first, second];
            *id == seen.id && *value == seen.value && names.into_iter().eq(&seen.names)
        }
        _ => false,
    }
}

/// A whole number, if that is what is compared to.
fn number(side: &Compared) -> Option<i64> {
    match side {
        Compared::Value(Expression {
            operand: Operand::Literal(Literal::Int(number)),
            filters,
            ..
        }) if filters.is_empty() => Some(*number),
        _ => None,
    }
}

/// Whether an operator compares by order.
fn is_order(operator: Operator) -> bool {
    use Operator::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};
    matches!(
        operator,
        Equal | NotEqual | Greater | GreaterEqual | Less | LessEqual
    )
}

/// What a spot says of the text that is written where there is no value.
fn default_text(value: &Expression) -> String {
    match default_argument(&value.filters) {
        Some(text) => format!(".choose(&[{}, rt::Padded::EMPTY])", padded_text(text)),
        None => String::new(),
    }
}

/// The text of nodes that are nothing else.
fn plain_text(nodes: &[Node]) -> Option<String> {
    match leading_text(nodes) {
        (text, []) => Some(text),
        _ => None,
    }
}

/// The text that nodes begin with, and the other nodes.
fn leading_text(nodes: &[Node]) -> (String, &[Node]) {
    let is_text = |node: &Node| matches!(node, Node::Text(_));
    let count = nodes.iter().take_while(|node| is_text(node)).count();
    let (texts, rest) = nodes.split_at(count);
    let texts = texts.iter().filter_map(|node| match node {
        Node::Text(text) => Some(text.as_str()),
        _ => None,
    });
    (texts.collect(), rest)
}

/// The local that two things need, if one is enough.
fn both(first: Option<ValueId>, second: Option<ValueId>) -> Option<Option<ValueId>> {
    match (first, second) {
        (Some(first), Some(second)) if first != second => None,
        (first, second) => Some(first.or(second)),
    }
}

impl<'t> Function<'_, 't> {
    /// A reference to a local, as text.
    pub(super) fn row(&self, id: Option<ValueId>) -> String {
        let Some(id) = id else {
            return "&rt::NO_ROW".to_owned();
        };
        let number = id.0;
        match self.rows.rows.get(&id) {
            Some(row) if row.is_parameter => format!("row{number}"),
            Some(_) => format!("&row{number}"),
            None => format!("&rt::Row::of(value{number})"),
        }
    }

    /// The local that a node needs, if it can be a part of a run.
    fn run_local(&mut self, node: &Node) -> Option<Option<ValueId>> {
        match node {
            Node::Text(_) => Some(None),
            Node::Include { .. } | Node::Block { .. } => {
                unit_call(node, self.rows.seen.as_ref()).map(|_| None)
            }
            Node::For(each) => self.loop_local(each),
            Node::Output(value, _) => self.spot_local(value),
            Node::If {
                branches,
                otherwise,
            } => {
                let mut row = self.list_local(otherwise)?;
                for (condition, body) in branches {
                    row = both(row, self.condition_local(condition)?)?;
                    row = both(row, self.list_local(body)?)?;
                }
                Some(row)
            }
            _ => None,
        }
    }

    fn list_local(&mut self, nodes: &[Node]) -> Option<Option<ValueId>> {
        let mut row = None;
        for node in nodes {
            row = both(row, self.run_local(node)?)?;
        }
        Some(row)
    }

    fn condition_local(&self, condition: &Condition) -> Option<Option<ValueId>> {
        match condition {
            Condition::Truth(value, _) => self.spot_local(value),
            Condition::Not(inner) => match &**inner {
                Condition::Truth(value, _) => self.spot_local(value),
                _ => None,
            },
            Condition::Compare { left, right, .. } => {
                let (left, right) = self.are_compared(left, right)?;
                both(self.spot_local(left)?, self.spot_local(right)?)
            }
            Condition::And(left, right) => {
                both(self.condition_local(left)?, self.condition_local(right)?)
            }
            Condition::Or(..) => None,
        }
    }

    /// Whether all of these nodes can be one run, which needs no local.
    pub(super) fn is_run(&mut self, nodes: &[Node]) -> bool {
        self.list_local(nodes) == Some(None)
    }

    /// Makes a run of nodes that can be one, and gives its number.
    pub(super) fn add_whole(&mut self, nodes: &[Node]) -> usize {
        self.add_list(nodes);
        self.add_rest();
        self.end_run().0
    }

    /// Adds a node to the run, if it can be a part of it or of a new one.
    pub(super) fn add_to_run(&mut self, node: &Node) -> bool {
        let Some(row) = self.run_local(node) else {
            return false;
        };
        match both(self.run.row, row) {
            Some(row) => self.run.row = row,
            None => {
                self.print_run();
                self.run.row = row;
            }
        }
        self.add(node);
        true
    }

    fn add_list(&mut self, nodes: &[Node]) {
        nodes.iter().for_each(|node| self.add(node));
    }

    fn add(&mut self, node: &Node) {
        match node {
            Node::Text(text) => self.before.push_str(text),
            Node::For(each) => self.add_loop(each),
            Node::Output(value, site) => {
                self.add_spot(value, *site, &default_text(value));
            }
            Node::If {
                branches,
                otherwise,
            } => {
                let mut ends = Vec::new();
                for (place, (condition, body)) in branches.iter().enumerate() {
                    let is_last = place + 1 == branches.len();
                    if is_last && self.add_choice(condition, body, otherwise) {
                        self.end_branches(ends);
                        return;
                    }
                    let mut tests = Vec::new();
                    self.add_test(condition, "If", &mut tests);
                    self.add_list(body);
                    if !is_last || !otherwise.is_empty() {
                        self.add_words();
                        ends.push(self.run.spots.len() - 1);
                    } else {
                        self.add_rest();
                    }
                    let end = self.run.spots.len();
                    for test in tests {
                        self.run.spots[test].skip = end - test - 1;
                    }
                }
                self.add_list(otherwise);
                self.end_branches(ends);
            }
            node => self.add_call(node),
        }
    }

    fn add_call(&mut self, node: &Node) {
        let Some((act, link, site)) = unit_call(node, self.rows.seen.as_ref()) else {
            return;
        };
        let number = self.links.len();
        self.links
            .push(format!("static L{number}: rt::Link = rt::Link::{link};"));
        let before = std::mem::take(&mut self.before);
        let at = site.0;
        let mut step = Step::new(
            Some(site),
            format!(
                "rt::Spot::{act}(&L{number}, U, {at}){}",
                text_before(&before)
            ),
        );
        if before.is_empty() {
            step.alone = Some(format!("rt::{act}(&L{number}, s, f, U, {at})?;"));
        }
        self.run.spots.push(step);
    }

    /// Lets those that end a branch skip what has been added since.
    fn end_branches(&mut self, ends: Vec<usize>) {
        // What they skip may not be a part of what comes next.
        self.add_rest();
        for end in ends {
            self.run.spots[end].skip = self.run.spots.len() - end - 1;
        }
    }

    /// Adds a test that decides between two texts, if that is what the last branches are.
    fn add_choice(&mut self, condition: &Condition, body: &[Node], otherwise: &[Node]) -> bool {
        let (Some(text), Some(other)) = (plain_text(body), plain_text(otherwise)) else {
            return false;
        };
        if matches!(condition, Condition::And(..) | Condition::Or(..)) {
            return false;
        }
        let choice = format!(
            ".choose(&[{}, {}])",
            padded_text(&other),
            padded_text(&text)
        );
        let mut tests = Vec::new();
        self.add_test(condition, "If", &mut tests);
        for test in tests {
            self.run.spots[test].spot.text.push_str(&choice);
        }
        true
    }

    /// Adds a test. `tests` becomes the places of all that skip what depends on it. `truth`
    /// is what the truth of a value alone is tested by.
    fn add_test(&mut self, condition: &Condition, truth: &str, tests: &mut Vec<usize>) {
        let place = self.run.spots.len();
        match condition {
            Condition::Truth(value, site) => {
                self.add_spot(value, *site, &format!(".act(rt::Act::{truth})"));
            }
            Condition::Not(inner) => {
                if let Condition::Truth(value, site) = &**inner {
                    self.add_spot(value, *site, ".act(rt::Act::IfNot)");
                }
            }
            Condition::Compare {
                operator,
                left,
                right,
                site,
            } => {
                if let (Compared::Value(left), Some(number)) = (left, number(right))
                    && is_order(*operator)
                {
                    let operator = expression::comparison(*operator);
                    let comparison = format!("rt::Comparison::{operator}");
                    let act = format!(".act(rt::Act::IfNumber({comparison})).number({number})");
                    self.add_spot(left, *site, &act);
                } else if let Some((left, right)) = self.are_compared(left, right) {
                    let operator = expression::comparison(*operator);
                    let Some(right) = self.kept_spot(right, *site) else {
                        return;
                    };
                    let act = format!(".compare(rt::Comparison::{operator}, {right})");
                    self.add_spot(left, *site, &act);
                }
            }
            Condition::And(left, right) => {
                self.add_test(left, "IfKnown", tests);
                self.add_test(right, "IfKnown", tests);
                return;
            }
            Condition::Or(..) => {}
        }
        tests.push(place);
    }

    fn add_spot(&mut self, value: &Expression, site: SiteId, act: &str) {
        let before = std::mem::take(&mut self.before);
        let Some((mut text, _)) = self.spot(value, value.filters.len(), Some(site), &before) else {
            return;
        };
        text.push_str(act);
        self.run.spots.push(Step::new(Some(site), text));
    }

    /// Adds the text that is still to be written, if there is any.
    fn add_rest(&mut self) {
        if !self.before.is_empty() {
            self.add_words();
        }
    }

    fn add_words(&mut self) {
        let text = words(&std::mem::take(&mut self.before));
        self.run.spots.push(Step::new(None, text));
    }

    /// Ends the run, and gives the number of its spots.
    fn end_run(&mut self) -> (usize, Option<ValueId>) {
        let run = std::mem::take(&mut self.run);
        let spots = run.spots.into_iter().map(|Step { mut spot, skip, .. }| {
            if skip > 0 {
                spot.text.push_str(&format!(".skip({skip})"));
            }
            spot
        });
        self.runs.push(spots.collect());
        (self.runs.len() - 1, run.row)
    }

    /// Prints the run, if there is one. Text that is still to be written stays so.
    pub(super) fn print_run(&mut self) {
        let Some(first) = self.run.spots.first() else {
            self.run.row = None;
            return;
        };
        if let Some(site) = first.spot.site {
            self.at(site);
        }
        if let [
            Step {
                alone: Some(line), ..
            },
        ] = self.run.spots.as_slice()
        {
            self.out.line(line);
            self.run = Run::default();
            return;
        }
        let (number, row) = self.end_run();
        let row = self.row(row);
        self.out
            .line(&format!("rt::run(&R{number}, {row}, f, s)?;"));
    }

    /// Prints the run, and that the text is written that is still to be written.
    pub(super) fn flush(&mut self) {
        if !self.run.spots.is_empty() {
            self.add_rest();
            self.print_run();
        } else if !self.before.is_empty() {
            self.run = Run::default();
            let text = std::mem::take(&mut self.before);
            self.out
                .line(&format!("rt::text({}, f)?;", super::quote::quote(&text)));
        }
    }

    /// The local that a loop needs, if its body can be a run.
    fn loop_local(&mut self, each: &For) -> Option<Option<ValueId>> {
        let [(_, variable)] = each.variables.as_slice() else {
            return None;
        };
        let is_plain = (!each.is_seen || each.parent == Some(LoopParent::Context))
            && each.states.is_empty()
            && each.level.cells.is_empty()
            && each.level.layer.is_none()
            && each.empty.is_empty();
        if !is_plain {
            return None;
        }
        let row = self.spot_local(&each.sequence)?;
        let outside = self.rows.clone();
        self.rows.enter_run(each);
        let body = self.list_local(&each.body);
        self.rows = outside;
        body.is_some_and(|body| body.is_none_or(|body| body == *variable))
            .then_some(row)
    }

    fn add_loop(&mut self, each: &For) {
        let (before, run) = (
            std::mem::take(&mut self.before),
            std::mem::take(&mut self.run),
        );
        let sequence = &each.sequence;
        let site = Some(each.site);
        let sequence = self.spot(sequence, sequence.filters.len(), site, &before);
        let outside = self.rows.clone();
        self.rows.enter_run(each);
        let (start, body) = leading_text(&each.body);
        self.add_list(body);
        let end = std::mem::take(&mut self.before);
        let names: Vec<String> = (each.variables.iter())
            .flat_map(|&(_, variable)| self.rows.names(variable).to_vec())
            .collect();
        let (body, _) = self.end_run();
        let seen = self.rows.seen.take().filter(|_| each.is_seen);
        self.rows = outside;
        self.run = run;
        let Some((sequence, _)) = sequence else {
            return;
        };
        let (number, names, reversed) = (self.loops.len(), quote_list(&names), each.reversed);
        // What ends a round and starts the next is written at once.
        let texts = [&start, &format!("{end}{start}"), &end].map(|text| padded_text(text));
        let texts = texts.join(", ");
        let seen = match seen {
            Some(seen) => format!(".seen(&N{})", self.kept_names(seen.names.to_vec())),
            None => String::new(),
        };
        self.loops.push(format!(
            "static E{number}: rt::Each = rt::Each::new({sequence}, {names}, &R{body}, {reversed})\
             .around([{texts}]){seen};"
        ));
        let text = format!("rt::Spot::each(&E{number})");
        self.run.spots.push(Step::new(site, text));
    }
}
