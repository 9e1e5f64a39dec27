//! Which modules open a path of an API: the rules of the longest prefix decide that has one for the method.

use std::collections::HashMap;

use super::{
    Denied,
    modules::{ModuleRef, ModuleSet},
    path::fold,
};
use crate::catalogue::rule::{Rule, Segment, is_for};

/// What a rule says of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Opener {
    /// It needs no key.
    Public,
    /// A module opens it.
    Module(ModuleRef),
}

/// A rule, for [`Modules::rule`](super::Modules::rule).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RuleId(pub(super) u32);

impl RuleId {
    /// That of what rules do not decide.
    pub const NONE: Self = Self(0);
}

/// What decides about a request with the key of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// The module that opens it, or the narrowest that would. None where it needs none.
    pub module: Option<ModuleRef>,
    /// The rule by which it does.
    pub rule: RuleId,
    /// [`Denied::Module`], or what it is denied for in any case.
    pub result: Result<(), Denied>,
}

/// A rule at the end of its path.
#[derive(Debug)]
struct Decider {
    method: Option<String>,
    opener: Opener,
    /// As the catalogue has it.
    text: Box<str>,
    id: RuleId,
}

/// The rules that decide about a request.
#[derive(Debug, Clone, Copy)]
pub struct Openers<'a> {
    rules: &'a [Decider],
    method: &'a str,
    nothing: RuleId,
}

impl<'a> Openers<'a> {
    /// The rules themselves, the narrowest first. None for a request that no rule is for: it belongs to *All* alone.
    fn all(self) -> impl Iterator<Item = &'a Decider> {
        self.rules.iter().filter(move |it| is_for(it.method.as_deref(), self.method))
    }

    /// The rules as the catalogue has them, and what they say.
    pub fn rules(self) -> impl Iterator<Item = (&'a str, Opener)> {
        self.all().map(|it| (it.text.as_ref(), it.opener))
    }

    /// Their ids; that of what no rule is for, if there are none.
    #[must_use]
    pub fn ids(self) -> Vec<RuleId> {
        let ids: Vec<RuleId> = self.all().map(|it| it.id).collect();
        if ids.is_empty() { vec![self.nothing] } else { ids }
    }

    /// Whether it needs no key. A rule of a module that names the method outranks a public one that names none.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.all().next().is_some_and(|first| first.opener == Opener::Public)
    }

    /// What decides for a token that holds a set of modules.
    #[must_use]
    pub fn opening(&self, set: &ModuleSet) -> Opening {
        let mut narrowest = None;
        for rule in self.all() {
            let Opener::Module(module) = rule.opener else { continue };
            if set.opens(module) {
                return Opening { module: Some(module), rule: rule.id, result: Ok(()) };
            }
            narrowest.get_or_insert((module, rule.id));
        }
        let first = self.all().next().filter(|first| first.opener == Opener::Public);
        match (first, narrowest) {
            (Some(public), _) => Opening { module: None, rule: public.id, result: Ok(()) },
            (None, Some((module, rule))) => Opening { module: Some(module), rule, result: Err(Denied::Module(module)) },
            (None, None) => {
                let all = ModuleRef::ALL;
                let result = if set.opens(all) { Ok(()) } else { Err(Denied::Module(all)) };
                Opening { module: Some(all), rule: self.nothing, result }
            }
        }
    }
}

/// The rules of an API.
#[derive(Debug)]
pub struct Rules {
    root: Node,
    /// Whether one names a method.
    has_methods: bool,
    /// Whether the API ignores case; then they are in lower case.
    ignore_case: bool,
    /// That of what no rule is for.
    nothing: RuleId,
}

impl Rules {
    /// None yet. `nothing` is the id of what no rule is for.
    #[must_use]
    pub fn new(ignore_case: bool, nothing: RuleId) -> Self {
        Self { root: Node::default(), has_methods: false, ignore_case, nothing }
    }

    /// Adds a rule.
    pub fn add(&mut self, rule: &Rule, opener: Opener, id: RuleId) {
        let node = rule.segments.iter().fold(&mut self.root, |node, segment| match segment {
            Segment::Any => node.any.get_or_insert_default(),
            Segment::Literal(text) if self.ignore_case => node.literals.entry(fold(text).into()).or_default(),
            Segment::Literal(text) => node.literals.entry(text.as_str().into()).or_default(),
        });
        node.rules.push(Decider { method: rule.method.clone(), opener, text: rule.text.as_str().into(), id });
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
        Openers { rules: node.map_or(&[], |node| node.rules.as_slice()), method, nothing: self.nothing }
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
    use latchkey_shared::{Module, ModuleId};

    use super::*;

    const NONE: [u32; 0] = [];

    /// Rules, each after its id.
    fn rules(ignore_case: bool, all: &[(u32, &str)]) -> Rules {
        let mut rules = Rules::new(ignore_case, RuleId::NONE);
        for (id, rule) in all {
            let module = ModuleId::from_number(u16::try_from(*id).unwrap());
            let module = Module {
                id: module,
                name: String::new(),
                description: String::new(),
                paths: Vec::new(),
                api: None,
                in_all: true,
            };
            rules.add(&rule.parse().unwrap(), Opener::Module((&module).into()), RuleId(*id));
        }
        rules
    }

    fn openers(rules: &Rules, method: &str, path: &str) -> Vec<u32> {
        rules.of_request(method, path).all().map(|rule| rule.id.0).collect()
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
            rules.add(&rule.parse().unwrap(), Opener::Public, RuleId::NONE);
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
