//! The order of reading: what each piece of a page is, for those who do not see it (PDF/UA-1, ISO 14289-1).

use krilla::tagging::{Identifier, Node as TagNode, TableHeaderScope, Tag, TagGroup, TagKind, TagTree};
use std::num::NonZeroU16;

/// What a part of a document is.
#[derive(Debug, Clone)]
pub enum Role {
    /// The level, from 1, and the text.
    Heading(u16, String),
    Paragraph,
    Table,
    TableRow,
    ColumnHeader,
    RowHeader,
    Cell,
    /// What the picture shows, in words.
    Figure(String),
    Caption,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeId(usize);

struct Node {
    role: Role,
    parent: Option<NodeId>,
    /// What was painted of it.
    marks: Vec<Identifier>,
}

/// A tree whose nodes are added in the order of reading. A node holds other nodes or what is painted, not both.
#[derive(Default)]
pub struct Structure {
    nodes: Vec<Node>,
}

impl Structure {
    pub fn add(&mut self, role: Role, parent: Option<NodeId>) -> NodeId {
        self.nodes.push(Node {
            role,
            parent,
            marks: Vec::new(),
        });
        NodeId(self.nodes.len() - 1)
    }

    pub fn mark(&mut self, node: NodeId, mark: Identifier) {
        self.nodes[node.0].marks.push(mark);
    }

    pub fn into_tags(self, language: &str) -> TagTree {
        let mut tree = TagTree::new().with_lang(Some(language.to_owned()));
        // Parents come before their children, so that whatever is taken from the end is complete.
        let mut children: Vec<Vec<TagNode>> = self.nodes.iter().map(|_| Vec::new()).collect();
        let mut roots = Vec::new();
        for (place, node) in self.nodes.into_iter().enumerate().rev() {
            let mut held = std::mem::take(&mut children[place]);
            held.reverse();
            held.extend(node.marks.into_iter().map(TagNode::from));
            if held.is_empty() {
                continue;
            }
            let group = TagNode::from(TagGroup::with_children(tag(node.role), held));
            match node.parent {
                Some(parent) => children[parent.0].push(group),
                None => roots.push(group),
            }
        }
        roots.into_iter().rev().for_each(|root| tree.push(root));
        tree
    }
}

fn tag(role: Role) -> TagKind {
    match role {
        Role::Heading(level, title) => Tag::Hn(NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN), Some(title)).into(),
        Role::Paragraph => Tag::P.into(),
        Role::Table => Tag::Table.into(),
        Role::TableRow => Tag::TR.into(),
        Role::ColumnHeader => Tag::TH(TableHeaderScope::Column).into(),
        Role::RowHeader => Tag::TH(TableHeaderScope::Row).into(),
        Role::Cell => Tag::TD.into(),
        Role::Figure(words) => Tag::Figure(Some(words)).into(),
        Role::Caption => Tag::Caption.into(),
    }
}
