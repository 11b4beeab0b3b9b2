//! What a unit needs of the scope that it runs in.

use std::collections::BTreeSet;

use super::walk::{self, Visit};
use super::{Expression, Node, Operand};

/// What a unit looks up in the scope that it runs in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needs {
    /// The names that it looks up itself.
    pub names: BTreeSet<String>,
    /// The templates that it includes by a literal name, in order.
    pub includes: Vec<Included>,
}

/// A template that a unit includes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Included {
    /// Its name.
    pub template: String,
    /// The names of the unit's own that it sees, and so does not look for further out;
    /// nothing if it sees no others.
    pub hidden: Option<BTreeSet<String>>,
}

impl Needs {
    /// What nodes need.
    pub(crate) fn of(nodes: &[Node]) -> Self {
        let mut needs = Self::default();
        walk::nodes(&mut needs, nodes);
        needs
    }

    fn operand(&mut self, operand: &Operand) {
        match operand {
            Operand::Context { parts } => {
                if let Some(name) = parts.first().filter(|name| !self.names.contains(*name)) {
                    self.names.insert(name.clone());
                }
            }
            Operand::Cell { otherwise, .. } => self.operand(otherwise),
            _ => {}
        }
    }
}

impl Visit for Needs {
    fn node(&mut self, node: &Node) {
        let Node::Include {
            name,
            bindings,
            scope,
            only,
            ..
        } = node
        else {
            return;
        };
        let Some(template) = name.constant_text() else {
            return;
        };
        let here = scope.0.iter().map(|(name, _)| name);
        let bound = bindings.iter().map(|binding| &binding.name);
        let hidden = (!only).then(|| here.chain(bound).cloned().collect());
        let template = template.to_owned();
        self.includes.push(Included { template, hidden });
    }

    fn expression(&mut self, value: &Expression) {
        value.operands().for_each(|operand| self.operand(operand));
    }
}

#[cfg(test)]
mod tests {
    use crate::{Options, Source, compile};

    /// The names, and for each include what it hides, or `only`.
    #[track_caller]
    fn check(text: &str, names: &[&str], includes: &[&str]) {
        let source = Source::new("page.html", text);
        let compiled = compile(&source, &Options::default()).expect("the template is right");
        let needs = &compiled.ir.units[0].needs;
        let found: Vec<&str> = needs.names.iter().map(String::as_str).collect();
        assert_eq!(found, names, "{text}");
        let found = needs.includes.iter().map(|include| {
            let hidden = include.hidden.as_ref().map_or("only".to_owned(), |hidden| {
                hidden.iter().cloned().collect::<Vec<_>>().join(",")
            });
            format!("{} {hidden}", include.template)
        });
        assert_eq!(found.collect::<Vec<_>>(), includes, "{text}");
    }

    #[test]
    fn units_need_names_and_what_they_include() {
        check(
            "{{ a.b|add:c }}{% if d %}{{ a.e }}{% endif %}x",
            &["a", "c", "d"],
            &[],
        );
        check(
            "{% for a in b %}{{ a }}{{ c }}{% endfor %}{{ a }}",
            &["a", "b", "c"],
            &[],
        );
        check("{% firstof a as b %}{{ b }}", &["a", "b"], &[]);
        check("{% include 'x' %}{% include y %}", &["y"], &["x "]);
        check(
            "{% for a in b %}{% include 'x' with c=d %}{% include 'y' with e=f only %}{% endfor %}",
            &["b", "d", "f"],
            &["x a,c,forloop", "y only"],
        );
    }
}
