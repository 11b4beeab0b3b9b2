//! Which other units a unit names: what whoever derives something from it depends on.

use std::collections::BTreeSet;

use super::walk::{self, Visit};
use super::{Call, CallScope, Expression, FilterFunction, Function, Node, Unit};

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
        walk::nodes(&mut found, &self.body);
        for value in self.cycles.iter().flatten() {
            found.expression(value);
        }
        found.references
    }
}

struct Found<'t> {
    template: &'t str,
    references: BTreeSet<Reference>,
}

impl Visit for Found<'_> {
    fn node(&mut self, node: &Node) {
        let template = self.template;
        match node {
            Node::Include { name, .. } => self.template(name),
            Node::Extend { parent, .. } => self.template(parent),
            Node::Block { name, .. } => self.add(Reference::Own(format!("{template}/{name}"))),
            Node::Partial(partial) => {
                self.add(Reference::Own(format!("{template}#{}", partial.name)));
            }
            Node::Call(call) => self.call(call),
            _ => {}
        }
    }

    fn expression(&mut self, value: &Expression) {
        for call in &value.filters {
            if let FilterFunction::Library { library, name, .. } = &call.filter {
                self.add(Reference::Filter(format!("{library}|{name}")));
            }
        }
    }
}

impl Found<'_> {
    fn add(&mut self, reference: Reference) {
        self.references.insert(reference);
    }

    fn call(&mut self, call: &Call) {
        let Function::Library(tag) = &call.function else {
            return;
        };
        self.add(Reference::Tag(format!("{}.{}", tag.library, tag.name)));
        match &tag.include {
            Some((template, _)) => self.add(Reference::Template(template.clone())),
            // It sees the whole context, and what is in there may be a template.
            None if call.scope == CallScope::Layer => self.add(Reference::AnyTemplate),
            None => {}
        }
    }

    /// The template that an expression names.
    fn template(&mut self, name: &Expression) {
        self.add(match name.constant_text() {
            Some(text) => Reference::Template(text.to_owned()),
            None => Reference::AnyTemplate,
        });
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
