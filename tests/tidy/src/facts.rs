//! What the rules want to know of a parsed file, kept without the parsed form, which cannot be shared by threads.

use std::ops::RangeInclusive;

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::Visit;

/// The facts of one file.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// Every function with a body, also inside of functions.
    pub(crate) functions: Vec<Function>,
    /// Every item that is `pub` without restriction.
    pub(crate) public_items: Vec<PublicItem>,
    /// The modules at the top of the file.
    pub(crate) modules: Vec<Module>,
    /// The lines of items that only tests build.
    pub(crate) test_lines: Vec<RangeInclusive<usize>>,
    /// Every token, flattened.
    pub(crate) tokens: Vec<Token>,
}

/// A function with a body.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) lines: usize,
}

/// A public item.
#[derive(Debug)]
pub(crate) struct PublicItem {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) documented: bool,
}

/// A module, in a file of its own or in place.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) name: String,
    pub(crate) line: usize,
    /// Behind `#[cfg(test)]`.
    pub(crate) test_only: bool,
    /// The file that `#[path]` names.
    pub(crate) path: Option<String>,
    /// The modules inside, where the content stands in place.
    pub(crate) inner: Option<Vec<Self>>,
}

/// A token with its line. A group is its opening mark, its content and its closing mark; a literal is `""`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
}

impl Facts {
    /// Parses a file and gathers its facts.
    pub(crate) fn of(text: &str) -> Result<Self, syn::Error> {
        let syntax = syn::parse_file(text)?;
        let mut facts = Self { modules: modules(&syntax.items), ..Self::default() };
        for item in &syntax.items {
            if attributes_of(item).is_some_and(is_test_only) {
                facts.test_lines.push(item.span().start().line..=item.span().end().line);
            }
        }
        facts.visit_file(&syntax);
        flatten(text.parse()?, &mut facts.tokens);
        Ok(facts)
    }

    fn function(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let line = signature.span().start().line;
        let lines = block.span().end().line + 1 - line;
        self.functions.push(Function { name: signature.ident.to_string(), line, lines });
    }

    fn item(
        &mut self,
        visibility: &syn::Visibility,
        attributes: &[syn::Attribute],
        name: &syn::Ident,
    ) {
        if matches!(visibility, syn::Visibility::Public(_)) {
            let documented = attributes.iter().any(|attribute| attribute.path().is_ident("doc"));
            let line = name.span().start().line;
            self.public_items.push(PublicItem { name: name.to_string(), line, documented });
        }
    }
}

impl<'ast> Visit<'ast> for Facts {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.item(&item.vis, &item.attrs, &item.sig.ident);
        self.function(&item.sig, &item.block);
        syn::visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.item(&item.vis, &item.attrs, &item.sig.ident);
        self.function(&item.sig, &item.block);
        syn::visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig, block);
        }
        syn::visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.item(&item.vis, &item.attrs, &item.ident);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.item(&item.vis, &item.attrs, &item.ident);
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.item(&item.vis, &item.attrs, &item.ident);
        syn::visit::visit_item_trait(self, item);
    }

    fn visit_item_type(&mut self, item: &'ast syn::ItemType) {
        self.item(&item.vis, &item.attrs, &item.ident);
    }
}

fn modules(items: &[syn::Item]) -> Vec<Module> {
    let mut found = Vec::new();
    for item in items {
        let syn::Item::Mod(module) = item else { continue };
        found.push(Module {
            name: module.ident.to_string(),
            line: module.ident.span().start().line,
            test_only: is_test_only(&module.attrs),
            path: path_attribute(&module.attrs),
            inner: module.content.as_ref().map(|(_, inner)| modules(inner)),
        });
    }
    found
}

fn path_attribute(attributes: &[syn::Attribute]) -> Option<String> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("path")).find_map(|attribute| {
        let value = &attribute.meta.require_name_value().ok()?.value;
        let syn::Expr::Lit(literal) = value else { return None };
        let syn::Lit::Str(text) = &literal.lit else { return None };
        Some(text.value())
    })
}

fn is_test_only(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    })
}

fn attributes_of(item: &syn::Item) -> Option<&[syn::Attribute]> {
    if let syn::Item::Mod(module) = item {
        Some(&module.attrs)
    } else if let syn::Item::Fn(function) = item {
        Some(&function.attrs)
    } else if let syn::Item::Impl(block) = item {
        Some(&block.attrs)
    } else {
        None
    }
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    let push = |text: String, span: Span, tokens: &mut Vec<Token>| {
        tokens.push(Token { text, line: span.start().line });
    };
    for tree in stream {
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                push(open.to_owned(), group.span_open(), tokens);
                flatten(group.stream(), tokens);
                push(close.to_owned(), group.span_close(), tokens);
            }
            TokenTree::Literal(literal) => push("\"\"".to_owned(), literal.span(), tokens),
            TokenTree::Ident(ident) => push(ident.to_string(), ident.span(), tokens),
            TokenTree::Punct(punct) => push(punct.to_string(), punct.span(), tokens),
        }
    }
}
