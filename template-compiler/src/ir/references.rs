//! Which other units a unit names: what whoever derives something from it depends on.

use std::collections::BTreeSet;

use super::{
    Call, CallScope, Compared, Condition, CycleValues, Expression, FilterFunction, Function,
    Literal, Node, Operand, Unit,
};

/// Another unit that a unit names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reference {
    /// A block or a partial of the same template, by the unit's name.
    Own(String),
    /// A template, or a partial of one, by the name that is written.
    Template(String),
    /// A template whose name is not known before it is rendered.
    AnyTemplate,
    /// A filter, as `library|filter`.
    Filter(String),
    /// A tag, as `library.tag`.
    Tag(String),
}

impl Unit {
    /// The units that it names, each once, in order. `template` is the name of the template
    /// that it stands in.
    pub fn references(&self, template: &str) -> BTreeSet<Reference> {
        let mut found = Found {
            template,
            references: BTreeSet::new(),
        };
        found.nodes(&self.body);
        for values in &self.cycles {
            found.expressions(values);
        }
        found.references
    }
}

struct Found<'t> {
    template: &'t str,
    references: BTreeSet<Reference>,
}

impl Found<'_> {
    fn add(&mut self, reference: Reference) {
        self.references.insert(reference);
    }

    fn nodes(&mut self, nodes: &[Node]) {
        nodes.iter().for_each(|node| self.node(node));
    }

    fn node(&mut self, node: &Node) {
        match node {
            Node::Text(_) | Node::ResetCycle(_) | Node::Raise { .. } => {}
            Node::Output(value, _) => self.expression(value),
            Node::If {
                branches,
                otherwise,
            } => {
                for (condition, body) in branches {
                    self.condition(condition);
                    self.nodes(body);
                }
                self.nodes(otherwise);
            }
            Node::For(each) => {
                self.expression(&each.sequence);
                self.nodes(&each.body);
                self.nodes(&each.empty);
            }
            Node::With { bindings, body, .. } => {
                self.expressions(bindings.iter().map(|binding| &binding.value));
                self.nodes(body);
            }
            Node::Autoescape { body, .. } | Node::Spaceless(body) => self.nodes(body),
            Node::Include { name, bindings, .. } => {
                self.template(name);
                self.expressions(bindings.iter().map(|binding| &binding.value));
            }
            Node::Extend { parent, .. } => self.template(parent),
            Node::Block { name, .. } => self.add(Reference::Own(self.block(name))),
            Node::Call(call) => self.call(call),
            Node::Setting {
                arguments, body, ..
            } => {
                self.expressions(arguments.iter().map(|argument| &argument.value));
                self.nodes(body);
            }
            Node::Cycle(cycle) => {
                if let CycleValues::Inline(values) = &cycle.values {
                    self.expressions(values);
                }
            }
            Node::FirstOf(first) => {
                self.expressions(first.values.iter().map(|(value, _)| value));
            }
            Node::IfChanged(changed) => {
                self.expressions(changed.values.iter().map(|(value, _)| value));
                self.nodes(&changed.body);
                self.nodes(&changed.otherwise);
            }
            Node::Regroup(regroup) => self.expressions([&regroup.target, &regroup.key]),
            Node::Filter { filters, body, .. } => {
                self.expression(filters);
                self.nodes(body);
            }
            Node::Partial(partial) => {
                let name = format!("{}#{}", self.template, partial.name);
                self.add(Reference::Own(name));
            }
        }
    }

    fn block(&self, name: &str) -> String {
        format!("{}/{name}", self.template)
    }

    fn call(&mut self, call: &Call) {
        if let Function::Library(tag) = &call.function {
            self.add(Reference::Tag(format!("{}.{}", tag.library, tag.name)));
            match &tag.include {
                Some((template, _)) => self.add(Reference::Template(template.clone())),
                // It sees the whole context, and what is in there may be a template.
                None if call.scope == CallScope::Layer => self.add(Reference::AnyTemplate),
                None => {}
            }
        }
        self.expressions(call.bindings.iter().map(|binding| &binding.value));
        self.expressions(call.arguments.iter().map(|argument| &argument.value));
        call.bodies.iter().for_each(|body| self.nodes(body));
    }

    /// The template that an expression names.
    fn template(&mut self, name: &Expression) {
        match &name.operand {
            Operand::Literal(Literal::Text {
                text,
                translated: false,
            }) if name.filters.is_empty() => self.add(Reference::Template(text.clone())),
            _ => {
                self.add(Reference::AnyTemplate);
                self.expression(name);
            }
        }
    }

    fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::Truth(value, _) => self.expression(value),
            Condition::Not(inner) => self.condition(inner),
            Condition::And(left, right) | Condition::Or(left, right) => {
                self.condition(left);
                self.condition(right);
            }
            Condition::Compare { left, right, .. } => {
                for side in [left, right] {
                    match side {
                        Compared::Value(value) => self.expression(value),
                        Compared::Condition(inner) => self.condition(inner),
                    }
                }
            }
        }
    }

    fn expressions<'e>(&mut self, values: impl IntoIterator<Item = &'e Expression>) {
        values.into_iter().for_each(|value| self.expression(value));
    }

    fn expression(&mut self, value: &Expression) {
        for call in &value.filters {
            if let FilterFunction::Library { library, name, .. } = &call.filter {
                self.add(Reference::Filter(format!("{library}|{name}")));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Reference::{self, AnyTemplate, Own, Template};
    use crate::{Options, Source, compile};

    #[track_caller]
    fn check(text: &str, expected: &[Reference]) {
        let source = Source::new("page.html", text);
        let compiled = compile(&source, &Options::default()).expect("the template is right");
        let found = compiled.ir.units[0].references("page.html");
        let found: Vec<Reference> = found.into_iter().collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn units_name_templates_blocks_and_partials() {
        let template = |name: &str| Template(name.to_owned());
        let own = |name: &str| Own(name.to_owned());
        check("plain {{ text|upper }}", &[]);
        check("{% include 'a.html' %}", &[template("a.html")]);
        check(
            "{% for x in y %}{% if x %}{% include 'a.html#row' %}{% endif %}{% endfor %}",
            &[template("a.html#row")],
        );
        check("{% include name %}", &[AnyTemplate]);
        check(
            "{% extends 'base.html' %}{% block b %}{% include 'x' %}{% endblock %}",
            &[template("base.html")],
        );
        check("{% block b %}{% endblock %}", &[own("page.html/b")]);
        check(
            "{% partialdef p %}x{% endpartialdef %}{% partial p %}",
            &[own("page.html#p")],
        );
    }
}
