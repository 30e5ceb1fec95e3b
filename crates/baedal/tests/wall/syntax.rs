//! The small pieces of Rust that the notes are written in.

use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{
    Attribute, BinOp, Block, Expr, Field, Fields, FnArg, GenericArgument, Ident, ImplItem, ItemImpl, Lit, Member, Meta,
    Pat, PathArguments, ReturnType, Signature, Stmt, Token, Type, braced,
};

use crate::read::Note;

/// The events of a context, as `events!` takes them.
pub struct EventNotes(pub Vec<Note>);

impl Parse for EventNotes {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        input.call(Attribute::parse_outer)?;
        let (_name, _of) = (input.parse::<Ident>()?, input.parse::<Ident>()?);
        input.parse::<Expr>()?;
        input.parse::<Token![;]>()?;
        let mut notes = Vec::new();
        while !input.is_empty() {
            let attributes = input.call(Attribute::parse_outer)?;
            let name = input.parse::<Ident>()?.to_string();
            let body;
            braced!(body in input);
            let body: Punctuated<Field, Token![,]> = body.parse_terminated(Field::parse_named, Token![,])?;
            let mut fields: Vec<_> =
                body.iter().filter_map(|field| Some(lower_camel(&field.ident.as_ref()?.to_string()))).collect();
            if input.peek(Token![+]) {
                input.parse::<Token![+]>()?;
                fields.push(input.parse::<Ident>()?.to_string());
            }
            notes.push(Note { name, doc: doc(&attributes), fields });
        }
        Ok(Self(notes))
    }
}

/// The first paragraph of what is documented, as one line.
pub fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => text(&meta.value),
        _ => None,
    });
    let lines = lines.map(|line| line.trim().to_owned()).take_while(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ").replace("[`", "`").replace("`]", "`")
}

/// What a rejection says to people. Where its words depend on the case, what is documented says more.
pub fn sentence(attributes: &[Attribute]) -> String {
    let error = attributes.iter().find(|attribute| attribute.path().is_ident("error"));
    let format = error.and_then(|error| {
        error
            .parse_args_with(|input: ParseStream<'_>| {
                let format = input.parse::<syn::LitStr>()?;
                input.parse::<proc_macro2::TokenStream>()?;
                Ok(format.value())
            })
            .ok()
    });
    let filled = format.map(|format| without_placeholders(&format)).unwrap_or_default();
    if filled.chars().filter(|c| c.is_alphabetic()).count() > 4 { filled } else { doc(attributes) }
}

/// The text of a string literal.
pub fn text(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// The names of named fields, as JSON writes them.
pub fn field_names(fields: &Fields) -> Vec<String> {
    fields.iter().filter_map(|field| Some(lower_camel(&field.ident.as_ref()?.to_string()))).collect()
}

/// The last word of a type's path.
pub fn type_name(ty: &Type) -> String {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default(),
        Type::Reference(reference) => type_name(&reference.elem),
        _ => String::new(),
    }
}

/// `T` of `Box<T>`, and of any other wrapping.
pub fn innermost_type_name(ty: &Type) -> String {
    argument(ty).map_or_else(|| type_name(ty), innermost_type_name)
}

/// The row and the events of a function from `(Option<Row>, &Recorded<Events>)` to `Option<Row>`.
pub fn fold(signature: &Signature) -> Option<(String, String)> {
    let mut inputs = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(input) => Some(&*input.ty),
        FnArg::Receiver(_) => None,
    });
    let (row, recorded) = (inputs.next()?, inputs.next()?);
    let ReturnType::Type(_, to) = &signature.output else { return None };
    let is_fold = type_name(row) == "Option" && type_name(recorded) == "Recorded" && type_name(to) == "Option";
    let Type::Reference(recorded) = recorded else { return None };
    let names = (type_name(argument(row)?), type_name(argument(&recorded.elem)?));
    (is_fold && names.0 == type_name(argument(to)?)).then_some(names)
}

/// The seconds of each duration that `Default` gives.
pub fn default_durations(block: &ItemImpl) -> Option<Vec<(String, u64)>> {
    let Expr::Struct(value) = last_expression(function(block, "default")?)? else { return None };
    let durations = value.fields.iter().filter_map(|field| match &field.member {
        Member::Named(name) => Some((name.to_string(), seconds(&field.expr)?)),
        Member::Unnamed(_) => None,
    });
    Some(durations.collect())
}

/// The slug of each variant, as `fn slug` matches them; a variant can have several.
pub fn slugs(block: &ItemImpl) -> Option<Vec<(String, String)>> {
    let Expr::Match(choice) = last_expression(function(block, "slug")?)? else { return None };
    let slugs = choice.arms.iter().filter_map(|arm| Some((variants(&arm.pat), text(&arm.body)?)));
    Some(slugs.flat_map(|(variants, slug)| variants.into_iter().map(move |variant| (variant, slug.clone()))).collect())
}

/// `RecordPayment` of `record_payment`.
pub fn camel(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        first.to_uppercase() + rest
    });
    words.collect()
}

fn lower_camel(name: &str) -> String {
    let camel = camel(name);
    let (first, rest) = camel.split_at(1);
    first.to_lowercase() + rest
}

fn argument(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

fn function<'a>(block: &'a ItemImpl, name: &str) -> Option<&'a Block> {
    block.items.iter().find_map(|item| match item {
        ImplItem::Fn(item) if item.sig.ident == name => Some(&item.block),
        _ => None,
    })
}

fn last_expression(block: &Block) -> Option<&Expr> {
    match block.stmts.last()? {
        Stmt::Expr(expression, None) => Some(expression),
        _ => None,
    }
}

fn seconds(expression: &Expr) -> Option<u64> {
    let Expr::Call(call) = expression else { return None };
    let Expr::Path(path) = &*call.func else { return None };
    let unit = match path.path.segments.last()?.ident.to_string().as_str() {
        "from_secs" => 1,
        "from_mins" => 60,
        "from_hours" => 3_600,
        _ => return None,
    };
    Some(number(call.args.first()?)? * unit)
}

fn number(expression: &Expr) -> Option<u64> {
    match expression {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => number.base10_parse().ok(),
            _ => None,
        },
        Expr::Binary(product) if matches!(product.op, BinOp::Mul(_)) => {
            Some(number(&product.left)? * number(&product.right)?)
        }
        _ => None,
    }
}

fn variants(pattern: &Pat) -> Vec<String> {
    let path = match pattern {
        Pat::Or(or) => return or.cases.iter().flat_map(variants).collect(),
        Pat::Path(pattern) => &pattern.path,
        Pat::Struct(pattern) => &pattern.path,
        Pat::TupleStruct(pattern) => &pattern.path,
        _ => return Vec::new(),
    };
    path.segments.last().map(|segment| segment.ident.to_string()).into_iter().collect()
}

fn without_placeholders(format: &str) -> String {
    let mut filled = String::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('{') {
        filled += before;
        filled.push('…');
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    filled + rest
}
