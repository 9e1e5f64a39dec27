//! Which modules open a path of an API: the rules of the longest prefix decide that has one for the method.

use std::collections::HashMap;

use super::{
    modules::{ModuleIndex, ModuleSet},
    path::fold,
};
use crate::catalogue::rule::{Rule, Segment, is_for};

/// What a rule says of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Opener {
    /// It needs no key.
    Public,
    /// A module opens it.
    Module(ModuleIndex),
}

/// A rule at the end of its path.
#[derive(Debug)]
struct Decider {
    method: Option<String>,
    opener: Opener,
    /// As the catalogue has it.
    text: Box<str>,
}

/// The rules that decide about a request.
#[derive(Debug, Clone, Copy)]
pub struct Openers<'a> {
    rules: &'a [Decider],
    method: &'a str,
}

impl<'a> Openers<'a> {
    /// The rules themselves, as the catalogue has them, and what they say.
    pub fn rules(self) -> impl Iterator<Item = (&'a str, Opener)> {
        let deciders = self.rules.iter().filter(move |it| is_for(it.method.as_deref(), self.method));
        deciders.map(|it| (it.text.as_ref(), it.opener))
    }

    fn all(&self) -> impl Iterator<Item = Opener> {
        self.rules().map(|(_, opener)| opener)
    }

    /// The modules that open it, the narrowest first. None for a request that no rule is for: it belongs to *All* alone.
    pub fn modules(&self) -> impl Iterator<Item = ModuleIndex> {
        self.all().filter_map(|opener| match opener {
            Opener::Public => None,
            Opener::Module(module) => Some(module),
        })
    }

    /// Whether it needs no key. A rule of a module that names the method outranks a public one that names none.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.all().next() == Some(Opener::Public)
    }

    /// The module of a set that opens the request; none where it needs none.
    ///
    /// # Errors
    /// The narrowest module that would.
    pub fn opened_by(&self, set: &ModuleSet) -> Result<Option<ModuleIndex>, ModuleIndex> {
        let mut narrowest = None;
        for module in self.modules() {
            if set.opens(module) {
                return Ok(Some(module));
            }
            narrowest.get_or_insert(module);
        }
        match narrowest {
            _ if self.is_public() => Ok(None),
            Some(module) => Err(module),
            None if set.opens(0) => Ok(Some(0)),
            None => Err(0),
        }
    }
}

/// The rules of an API.
#[derive(Debug, Default)]
pub struct Rules {
    root: Node,
    /// Whether one names a method.
    has_methods: bool,
    /// Whether the API ignores case; then they are in lower case.
    ignore_case: bool,
}

impl Rules {
    /// None yet.
    #[must_use]
    pub fn new(ignore_case: bool) -> Self {
        Self { ignore_case, ..Self::default() }
    }

    /// Adds a rule.
    pub fn add(&mut self, rule: &Rule, opener: Opener) {
        let node = rule.segments.iter().fold(&mut self.root, |node, segment| match segment {
            Segment::Any => node.any.get_or_insert_default(),
            Segment::Literal(text) if self.ignore_case => node.literals.entry(fold(text).into()).or_default(),
            Segment::Literal(text) => node.literals.entry(text.as_str().into()).or_default(),
        });
        node.rules.push(Decider { method: rule.method.clone(), opener, text: rule.text.as_str().into() });
        node.rules.sort_by_key(|it| (it.method.is_none(), it.opener));
        self.has_methods |= rule.method.is_some();
    }

    /// Whether a rule names a method, so that a path alone does not say what opens it.
    #[must_use]
    pub fn has_methods(&self) -> bool {
        self.has_methods
    }

    /// The rules for a request whose path is normalised, given without the base path, and in lower case where the API
    /// ignores case.
    ///
    /// Within the path of another rule, a prefix may also end at a sign: many APIs read `/reports/secret.json` as
    /// `/reports/secret`, so it is not left to the rule for `/reports`.
    #[must_use]
    pub fn of_request<'a>(&'a self, method: &'a str, path: &str) -> Openers<'a> {
        let mut found = Found::default();
        better(&mut found.exact, Rank::default(), &self.root, method);
        self.root.find(path, method, Rank::default(), &mut found);
        let node = found.exact.map(|exact| match found.spelled {
            Some(spelled) if spelled.0 > exact.0 => spelled.1,
            _ => exact.1,
        });
        Openers { rules: node.map_or(&[], |node| node.rules.as_slice()), method }
    }
}

/// The rules for a path, and those for the paths below it.
#[derive(Debug, Default)]
struct Node {
    /// Those with a method first: they are narrower.
    rules: Vec<Decider>,
    literals: HashMap<Box<str>, Node>,
    any: Option<Box<Node>>,
}

/// How good a rule is: its number of segments, then a bit for each that is written out, from the left.
type Rank = (usize, u128);

/// The best rules so far, and how good they are.
#[derive(Default)]
struct Found<'a> {
    /// By the path as it is written.
    exact: Option<(Rank, &'a Node)>,
    /// By another spelling of its last segment.
    spelled: Option<(Rank, &'a Node)>,
}

impl Node {
    fn is_for(&self, method: &str) -> bool {
        self.rules.iter().any(|it| is_for(it.method.as_deref(), method))
    }

    fn is_public(&self, method: &str) -> bool {
        self.rules.iter().find(|it| is_for(it.method.as_deref(), method)).is_some_and(|it| it.opener == Opener::Public)
    }

    /// Looks below this node, which has this rank. The better of two: the one with more segments; of as many, the one that is
    /// written out at the first segment in which they differ.
    fn find<'a>(&'a self, rest: &str, method: &str, (depth, written): Rank, found: &mut Found<'a>) {
        let Some(rest) = rest.strip_prefix('/').filter(|rest| !rest.is_empty()) else { return };
        let (segment, rest) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let bit = 1_u128.checked_shl(127_u32.saturating_sub(u32::try_from(depth).unwrap_or(u32::MAX))).unwrap_or(0);
        let (literal, any) = ((depth + 1, written | bit), (depth + 1, written));
        if let Some(node) = self.literals.get(segment) {
            better(&mut found.exact, literal, node, method);
            node.find(rest, method, literal, found);
        }
        if let Some(node) = &self.any {
            better(&mut found.exact, any, node, method);
            node.find(rest, method, any, found);
        }
        for end in signs(segment) {
            // Another spelling may need more, never less.
            if let Some(node) = self.literals.get(&segment[..end]).filter(|node| !node.is_public(method)) {
                better(&mut found.spelled, literal, node, method);
            }
        }
    }
}

fn better<'a>(best: &mut Option<(Rank, &'a Node)>, rank: Rank, node: &'a Node, method: &str) {
    if node.is_for(method) && best.is_none_or(|(other, _)| rank > other) {
        *best = Some((rank, node));
    }
}

/// Where a segment may end for a program that takes what follows for a format or a parameter.
pub(super) fn signs(segment: &str) -> impl Iterator<Item = usize> {
    let is_sign = |next: char| next != '-' && next != '_' && !next.is_alphanumeric();
    segment.char_indices().filter(move |(_, next)| is_sign(*next)).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [ModuleIndex; 0] = [];

    /// Rules, each after the number of its module.
    fn rules(ignore_case: bool, all: &[(ModuleIndex, &str)]) -> Rules {
        let mut rules = Rules::new(ignore_case);
        for (module, rule) in all {
            rules.add(&rule.parse().unwrap(), Opener::Module(*module));
        }
        rules
    }

    fn openers(rules: &Rules, method: &str, path: &str) -> Vec<ModuleIndex> {
        rules.of_request(method, path).modules().collect()
    }

    #[test]
    fn path_belongs_to_the_rule_with_its_prefix() {
        let rules = rules(false, &[(1, "/agreements")]);
        for own in ["/agreements", "/agreements/", "/agreements/AGP-000-000-001", "/agreements/a/b"] {
            assert_eq!(openers(&rules, "GET", own), [1], "{own}");
        }
        for other in ["/agreementsX", "/unknown", "/Agreements", "/"] {
            assert_eq!(openers(&rules, "GET", other), NONE, "{other}");
        }
    }

    #[test]
    fn longest_prefix_with_a_rule_for_the_method_decides() {
        let rules = rules(false, &[(1, "/orders"), (2, "GET /orders"), (3, "GET /orders/reports"), (4, "POST /")]);
        // Several modules open it, the narrowest first.
        assert_eq!(openers(&rules, "GET", "/orders/7"), [2, 1]);
        assert_eq!(openers(&rules, "HEAD", "/orders/7"), [2, 1]);
        assert_eq!(openers(&rules, "POST", "/orders/7"), [1]);
        assert_eq!(openers(&rules, "GET", "/orders/reports"), [3]);
        // The longer prefix has no rule for it.
        assert_eq!(openers(&rules, "DELETE", "/orders/reports/1"), [1]);
        assert_eq!(openers(&rules, "POST", "/"), [4]);
        assert_eq!(openers(&rules, "POST", "/else/where"), [4]);
        assert_eq!(openers(&rules, "GET", "/else/where"), NONE);
    }

    #[test]
    fn braces_stand_for_one_segment_and_a_written_one_is_preferred() {
        let all = [(1, "/repos/{owner}/{repo}"), (2, "/repos/{owner}/{repo}/issues"), (3, "/repos/search")];
        let rules = rules(false, &all);
        assert_eq!(openers(&rules, "GET", "/repos/a/b"), [1]);
        assert_eq!(openers(&rules, "GET", "/repos/a/b/pulls"), [1]);
        assert_eq!(openers(&rules, "GET", "/repos/a/b/issues/7"), [2]);
        assert_eq!(openers(&rules, "GET", "/repos/search"), [3]);
        // More segments decide, also where the shorter one is written out.
        assert_eq!(openers(&rules, "GET", "/repos/search/b"), [1]);
        assert_eq!(openers(&rules, "GET", "/repos/a"), NONE);
        assert_eq!(openers(&rules, "GET", "/repos/a/b/issues.json"), [2]);
    }

    #[test]
    fn spelling_of_a_nested_path_is_not_left_to_the_outer_rule() {
        let all = [(1, "/reports"), (2, "/reports/secret")];
        let (written, folded) = (rules(false, &all), rules(true, &all));
        for end in ["", "/", "/x", ".json", ".json/x", "(1)", ":run", ",x=1", "!", "@v1", "\u{200b}", "~", " x"] {
            assert_eq!(openers(&written, "GET", &format!("/reports/secret{end}")), [2], "{end:?}");
        }
        for other in [
            "/reports",
            "/reports/x",
            "/reports/secrets",
            "/reports/secret-2",
            "/reports/secret_a",
            "/reports/a.secret",
        ] {
            assert_eq!(openers(&written, "GET", other), [1], "{other}");
        }
        // Where nobody owns the path around it, it stays nobody's.
        assert_eq!(openers(&written, "GET", "/reports.json"), NONE);
        assert_eq!(openers(&folded, "GET", &fold("/Reports/\u{17f}ecret")), [2]);
        assert_eq!(openers(&folded, "GET", &fold("/REPORTS/SECRET.json")), [2]);
    }

    #[test]
    fn public_rule_is_one_among_the_others() {
        let mut rules = rules(
            false,
            &[(1, "/docs/internal"), (2, "/status"), (3, "DELETE /open"), (4, "/users"), (5, "/people/admin/{x}")],
        );
        for rule in ["/docs", "GET /status", "/open", "GET /users/me", "/people/{id}/avatar"] {
            rules.add(&rule.parse().unwrap(), Opener::Public);
        }
        let is_public = |method: &str, path: &str| rules.of_request(method, path).is_public();
        assert!(is_public("GET", "/docs/start") && is_public("POST", "/docs"));
        // The longer prefix decides, also in another spelling.
        assert!(!is_public("GET", "/docs/internal") && !is_public("GET", "/docs/internal.html"));
        assert!(is_public("HEAD", "/status") && !is_public("PUT", "/status") && !is_public("GET", "/"));
        assert!(is_public("GET", "/open") && !is_public("DELETE", "/open"));
        // Another spelling of a public path is not public: it may be somebody's name.
        assert!(is_public("GET", "/users/me") && is_public("GET", "/users/me/photo"));
        for other in ["/users/me.smith", "/users/me@example.com", "/users/me+1", "/users/me x"] {
            assert_eq!(openers(&rules, "GET", other), [4], "{other}");
        }
        // The first segment in which they differ decides.
        assert!(is_public("GET", "/people/7/avatar") && !is_public("GET", "/people/admin/avatar"));
    }
}
