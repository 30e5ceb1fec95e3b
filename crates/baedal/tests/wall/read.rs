//! Reads the sticky notes off the code.

use std::fs;
use std::path::{Path, PathBuf};

use kernel::Context;
use syn::{Fields, File, ImplItem, Item, ItemEnum, ItemFn, ItemImpl, ItemStruct, Type, Visibility};

use crate::syntax::{self, EventNotes};

/// Something with a name, what it says and what it carries.
#[derive(Debug)]
pub struct Note {
    /// Its name in the code.
    pub name: String,
    /// The first paragraph of its documentation.
    pub doc: String,
    /// What it carries, as published events write it.
    pub fields: Vec<String>,
}

/// An aggregate with what can be asked of it.
#[derive(Debug)]
pub struct Aggregate {
    /// Its name and documentation.
    pub note: Note,
    /// The enum of its commands.
    pub asked: String,
    /// Its commands.
    pub commands: Vec<Note>,
}

/// What follows by itself when something happened.
#[derive(Debug)]
pub struct Policy {
    /// Its name in the code.
    pub name: String,
    /// The command that it gives.
    pub command: String,
    /// The event that it follows.
    pub event: String,
    /// Why.
    pub doc: String,
}

/// A row that is folded from events.
#[derive(Debug)]
pub struct View {
    /// The row.
    pub note: Note,
    /// The enum of the events that it is folded from.
    pub folds: String,
}

/// How long a context waits for something.
#[derive(Debug)]
pub struct Duration {
    /// Its name in the settings, its documentation.
    pub note: Note,
    /// How long unless set otherwise, for people.
    pub default: String,
}

/// Why something is refused.
#[derive(Debug)]
pub struct Reason {
    /// The variant.
    pub name: String,
    /// The problem's type.
    pub slugs: Vec<String>,
    /// The sentence for people.
    pub sentence: String,
}

/// All that a context has on the wall.
#[derive(Debug)]
pub struct Notes {
    /// Whose.
    pub context: Context,
    /// Yellow, with blue.
    pub aggregates: Vec<Aggregate>,
    /// Orange.
    pub events: Vec<Note>,
    /// Lilac.
    pub policies: Vec<Policy>,
    /// Green: what each file of views is about, and its rows.
    pub views: Vec<(String, Vec<View>)>,
    /// Waits that act by themselves, each with a durable timer.
    pub timers: Vec<Note>,
    /// How long each wait is.
    pub durations: Vec<Duration>,
    /// Red: each enum of reasons.
    pub rejections: Vec<(Note, Vec<Reason>)>,
    /// Pink: what lies outside.
    pub ports: Vec<Note>,
    /// The text of every file that decides.
    pub deciding: String,
}

/// The notes of `context`.
pub fn notes(context: Context) -> Notes {
    let source = root().join(format!("crates/{context}/src"));
    let domain = source.join("domain");
    let files = all_files(&domain);
    let commands = parsed(&domain.join("commands.rs"));
    let waits = parsed(&domain.join("waits.rs"));
    let policies = ["policies.rs", "policies/mod.rs"].map(|name| domain.join(name));
    let views = ["views.rs", "views/mod.rs", "storefront.rs"].map(|name| domain.join(name));
    let ports = Some(source.join("ports.rs")).filter(|path| path.is_file());
    let texts = files.iter().filter_map(|(path, _)| fs::read_to_string(path).ok());
    Notes {
        context,
        aggregates: files.iter().flat_map(|(_, file)| aggregates(file, &commands)).collect(),
        events: events(context),
        policies: policies.iter().filter(|path| path.is_file()).flat_map(|path| policies_of(&parsed(path))).collect(),
        views: views.iter().filter(|path| path.is_file()).map(|path| views_of(&parsed(path))).collect(),
        timers: timers(&waits),
        durations: durations(&waits),
        rejections: files.iter().flat_map(|(_, file)| rejections(file)).collect(),
        ports: ports.iter().flat_map(|path| traits(&parsed(path))).collect(),
        deciding: texts.filter(|text| text.contains("fn decide(")).collect(),
    }
}

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the crate lies in crates/").to_path_buf()
}

fn parsed(path: &Path) -> File {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn all_files(directory: &Path) -> Vec<(PathBuf, File)> {
    let entries = fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let files = paths.into_iter().flat_map(|path| {
        if path.is_dir() {
            return all_files(&path);
        }
        let is_rust = path.extension().is_some_and(|extension| extension == "rs");
        if is_rust { vec![(path.clone(), parsed(&path))] } else { Vec::new() }
    });
    files.collect()
}

fn events(context: Context) -> Vec<Note> {
    let file = parsed(&root().join(format!("crates/kernel/src/events/{context}.rs")));
    let written = file.items.iter().find_map(|item| match item {
        Item::Macro(item) if item.mac.path.is_ident("events") => Some(item.mac.parse_body::<EventNotes>()),
        _ => None,
    });
    let written = written.unwrap_or_else(|| panic!("{context}'s events are not written with `events!`"));
    written.unwrap_or_else(|error| panic!("{context}'s events: {error}")).0
}

fn aggregates(file: &File, commands: &File) -> Vec<Aggregate> {
    let impls = impls(file).filter(|block| {
        let of = block.trait_.as_ref().and_then(|(_, path, _)| path.segments.last());
        of.is_some_and(|segment| segment.ident == "Decider")
    });
    let aggregates = impls.map(|block| {
        let name = syntax::type_name(&block.self_ty);
        let own = format!("{name}What");
        let asked = enums(commands)
            .find(|item| item.ident == own)
            .or_else(|| enums(commands).find(|item| item.ident == "What"));
        let asked = asked.unwrap_or_else(|| panic!("commands.rs has neither `{own}` nor `What` for {name}"));
        let doc =
            structs(file).find(|item| item.ident == name).map(|item| syntax::doc(&item.attrs)).unwrap_or_default();
        let commands = asked.variants.iter().map(|variant| Note {
            name: variant.ident.to_string(),
            doc: syntax::doc(&variant.attrs),
            fields: command_fields(&variant.fields, commands),
        });
        let (asked, commands) = (asked.ident.to_string(), commands.collect());
        Aggregate { note: Note { name, doc, fields: Vec::new() }, asked, commands }
    });
    aggregates.collect()
}

/// The fields of a command; where it wraps a struct of this file, those of the struct.
fn command_fields(fields: &Fields, commands: &File) -> Vec<String> {
    match fields {
        Fields::Named(_) | Fields::Unit => syntax::field_names(fields),
        Fields::Unnamed(inner) => {
            let names = inner.unnamed.iter().map(|field| syntax::innermost_type_name(&field.ty));
            let fields = names.flat_map(|name| {
                let wrapped = structs(commands).find(|item| item.ident == name);
                wrapped.map_or_else(|| vec![name.clone()], |item| syntax::field_names(&item.fields))
            });
            fields.collect()
        }
    }
}

fn policies_of(file: &File) -> Vec<Policy> {
    let policies = functions(file).filter_map(|function| {
        let name = function.sig.ident.to_string();
        let (act, event) = name.split_once("_when_")?;
        let (command, event) = (syntax::camel(act), syntax::camel(event));
        Some(Policy { command, event, doc: syntax::doc(&function.attrs), name })
    });
    policies.collect()
}

/// What a file of views is about, and every row that a public function folds events into.
fn views_of(file: &File) -> (String, Vec<View>) {
    let free = functions(file).map(|function| (None, &function.sig));
    let methods = impls(file).flat_map(|block| {
        let own = syntax::type_name(&block.self_ty);
        block.items.iter().filter_map(move |item| match item {
            ImplItem::Fn(item) if matches!(item.vis, Visibility::Public(_)) => Some((Some(own.clone()), &item.sig)),
            _ => None,
        })
    });
    let rows = free.chain(methods).filter_map(|(own, signature)| {
        let (row, folds) = syntax::fold(signature)?;
        let row = own.filter(|_| row == "Self").unwrap_or(row);
        let item = structs(file).find(|item| item.ident == row)?;
        let note = Note { name: row, doc: syntax::doc(&item.attrs), fields: syntax::field_names(&item.fields) };
        Some(View { note, folds })
    });
    (syntax::doc(&file.attrs), rows.collect())
}

fn timers(waits: &File) -> Vec<Note> {
    let constants = waits.items.iter().filter_map(|item| match item {
        Item::Const(item) if matches!(*item.ty, Type::Reference(_)) => {
            let name = syntax::text(&item.expr)?;
            Some(Note { name, doc: syntax::doc(&item.attrs), fields: Vec::new() })
        }
        _ => None,
    });
    constants.collect()
}

fn durations(waits: &File) -> Vec<Duration> {
    let Some(item) = structs(waits).find(|item| item.ident == "Waits") else { return Vec::new() };
    let defaults = impls(waits).filter(|block| block.trait_.is_some()).find_map(syntax::default_durations);
    let defaults = defaults.unwrap_or_default();
    let durations = item.fields.iter().filter_map(|field| {
        let name = field.ident.as_ref()?.to_string();
        let seconds = defaults.iter().find(|(known, _)| *known == name).map(|(_, seconds)| *seconds);
        let default = seconds.map(for_people).unwrap_or_default();
        let note = Note { name: name.replace('_', "-"), doc: syntax::doc(&field.attrs), fields: Vec::new() };
        Some(Duration { note, default })
    });
    durations.collect()
}

fn for_people(seconds: u64) -> String {
    match seconds {
        days if days % 86_400 == 0 => format!("{} days", days / 86_400),
        hours if hours % 3_600 == 0 => format!("{} h", hours / 3_600),
        minutes if minutes % 60 == 0 => format!("{} min", minutes / 60),
        seconds => format!("{seconds} s"),
    }
}

/// Every enum whose variants have a slug.
fn rejections(file: &File) -> Vec<(Note, Vec<Reason>)> {
    let slugs = impls(file).filter_map(|block| Some((syntax::type_name(&block.self_ty), syntax::slugs(block)?)));
    let rejections = slugs.filter_map(|(name, slugs)| {
        let item = enums(file).find(|item| item.ident == name)?;
        let reasons = item.variants.iter().map(|variant| {
            let name = variant.ident.to_string();
            let slugs = slugs.iter().filter(|(known, _)| *known == name).map(|(_, slug)| slug.clone()).collect();
            Reason { name, slugs, sentence: syntax::sentence(&variant.attrs) }
        });
        Some((Note { name, doc: syntax::doc(&item.attrs), fields: Vec::new() }, reasons.collect()))
    });
    rejections.collect()
}

fn traits(file: &File) -> Vec<Note> {
    let traits = file.items.iter().filter_map(|item| match item {
        Item::Trait(item) => {
            let methods = item.items.iter().filter_map(|item| match item {
                syn::TraitItem::Fn(item) => Some(item.sig.ident.to_string()),
                _ => None,
            });
            Some(Note { name: item.ident.to_string(), doc: syntax::doc(&item.attrs), fields: methods.collect() })
        }
        _ => None,
    });
    traits.collect()
}

fn impls(file: &File) -> impl Iterator<Item = &ItemImpl> {
    file.items.iter().filter_map(|item| if let Item::Impl(item) = item { Some(item) } else { None })
}

fn enums(file: &File) -> impl Iterator<Item = &ItemEnum> {
    file.items.iter().filter_map(|item| if let Item::Enum(item) = item { Some(item) } else { None })
}

fn structs(file: &File) -> impl Iterator<Item = &ItemStruct> {
    file.items.iter().filter_map(|item| if let Item::Struct(item) = item { Some(item) } else { None })
}

/// The public functions.
fn functions(file: &File) -> impl Iterator<Item = &ItemFn> {
    let functions = file.items.iter().filter_map(|item| if let Item::Fn(item) = item { Some(item) } else { None });
    functions.filter(|item| matches!(item.vis, Visibility::Public(_)))
}
