//! Every command line in the documents and in the help texts parses.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory, Parser};
use patchbay_model::alert::AlertKind;

use super::Cli;

/// The Markdown documents whose commands are checked.
fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let fixed = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"];
    let mut paths: Vec<PathBuf> = fixed.iter().map(|path| root.join(path)).collect();
    let is_page = |path: &PathBuf| path.extension().is_some_and(|end| end == "md");
    paths.extend(entries(&root.join("docs")).filter(is_page));
    for packages in ["sdk", "plugins"] {
        let directory = root.join(packages);
        let readmes = entries(&directory).map(|package| package.join("README.md"));
        paths.extend(readmes.filter(|readme| readme.is_file()));
    }
    paths
}

fn entries(directory: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(directory).expect("a directory");
    entries.map(|entry| entry.expect("an entry").path())
}

/// Command lines of the ```console blocks: the text after `$ `, with continued
/// lines joined.
fn console_lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let (mut is_console, mut continues) = (false, false);
    for line in text.lines() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            is_console = language == "console";
        } else if let Some(command) = line.trim_start().strip_prefix("$ ").filter(|_| is_console) {
            continues = command.ends_with('\\');
            lines.push(command.trim_end_matches('\\').to_owned());
        } else if continues && let Some(last) = lines.last_mut() {
            continues = line.ends_with('\\');
            *last += line.trim_end_matches('\\');
        }
    }
    lines
}

/// Code spans of the prose that begin with `patchbay `.
fn command_spans(text: &str) -> Vec<String> {
    let mut is_code = false;
    let mut prose = String::new();
    for line in text.lines() {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        if !is_code && !is_fence {
            prose += line;
            prose.push(' ');
        }
    }
    let spans = prose.split('`').skip(1).step_by(2);
    spans
        .filter(|span| span.starts_with("patchbay "))
        .map(str::to_owned)
        .collect()
}

/// The simple commands of a shell line as words, without redirections and
/// comments.
fn simple_commands(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut characters = line.chars().peekable();
    let mut word: Option<String> = None;
    let mut is_redirected = false;
    loop {
        let character = characters.next();
        let ends_word = character.is_none_or(|c| c.is_whitespace() || "&|;>".contains(c));
        if ends_word
            && let Some(word) = word.take()
            && !std::mem::take(&mut is_redirected)
        {
            commands.last_mut().expect("one").push(word);
        }
        match character {
            None => return commands,
            Some('#') if word.is_none() => return commands,
            Some('>') => is_redirected = true,
            Some('&' | '|' | ';') => commands.push(Vec::new()),
            Some(quote @ ('"' | '\'')) => {
                let quoted = characters.by_ref().take_while(|c| *c != quote);
                word.get_or_insert_default().extend(quoted);
            }
            Some(other) if !ends_word => word.get_or_insert_default().push(other),
            Some(_) => {}
        }
    }
}

/// The arguments of a command that starts `patchbay`, as `cargo run` or by name.
fn arguments(words: &[String]) -> Option<Vec<String>> {
    let rest = match words {
        [name, rest @ ..] if name == "patchbay" => rest,
        [cargo, run, release, dashes, rest @ ..]
            if [cargo, run, release, dashes].map(String::as_str)
                == ["cargo", "run", "--release", "--"] =>
        {
            rest
        }
        _ => return None,
    };
    // An abbreviated id, `9d3e…`, stands for one of full length.
    let rest = rest.iter().map(|word| match word.strip_suffix('…') {
        Some(start) => format!("{start:0<64}"),
        None => word.clone(),
    });
    let name = std::iter::once("patchbay".to_owned());
    Some(name.chain(rest).collect())
}

/// The help examples of a command and all its subcommands.
fn help_examples(command: &Command, examples: &mut Vec<String>) {
    let help = command.get_after_help().map(ToString::to_string);
    let help = help.unwrap_or_default();
    let lines = help.lines().filter_map(|line| line.strip_prefix("  "));
    examples.extend(lines.map(str::to_owned));
    for subcommand in command.get_subcommands() {
        help_examples(subcommand, examples);
    }
}

#[test]
fn the_documents_of_every_sdk_and_pack_are_checked() {
    let documents: Vec<String> = documents()
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    for part in [
        "sdk/rust",
        "sdk/javascript",
        "sdk/python",
        "plugins/office-hours",
        "plugins/customer-tiers",
    ] {
        let readme = format!("{part}/README.md");
        assert!(
            documents.iter().any(|path| path.ends_with(&readme)),
            "{readme}"
        );
    }
}

#[test]
fn command_lines_of_lists_are_indented_and_seen() {
    let text = "1. Export.\n\n   ```console\n   $ patchbay status\n   all is well\n   $ patchbay apply \\\n       a.toml\n   ```\n\n```console\n$ patchbay top\n```\n   $ patchbay no-block\n";
    let expected = [
        "patchbay status",
        "patchbay apply        a.toml",
        "patchbay top",
    ];
    assert_eq!(console_lines(text), expected);
    let migrate = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/migrate.md");
    let migrate = fs::read_to_string(migrate).expect("readable");
    let lines = console_lines(&migrate);
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("patchbay pack import chatwoot ")),
        "{lines:?}"
    );
}

#[test]
fn every_documented_command_line_parses() {
    let mut lines = Vec::new();
    for path in documents() {
        let text = fs::read_to_string(&path).expect("readable");
        let name = path.display().to_string();
        lines.extend(
            console_lines(&text)
                .into_iter()
                .map(|line| (name.clone(), line)),
        );
    }
    let mut examples = Vec::new();
    help_examples(&Cli::command(), &mut examples);
    lines.extend(examples.into_iter().map(|line| ("--help".to_owned(), line)));
    let (mut wrong, mut commands) = (Vec::new(), 0);
    for (place, line) in &lines {
        for words in simple_commands(line) {
            let Some(arguments) = arguments(&words) else {
                continue;
            };
            commands += 1;
            if let Err(error) = Cli::try_parse_from(arguments)
                && error.use_stderr()
            {
                wrong.push(format!("{place}: {line}\n{error}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(commands > 80, "only {commands} command lines found");
}

#[test]
fn every_command_named_in_prose_exists() {
    let mut spans: Vec<(String, String)> = Vec::new();
    for path in documents() {
        let text = fs::read_to_string(&path).expect("readable");
        let found = command_spans(&text).into_iter();
        spans.extend(found.map(|span| (path.display().to_string(), span)));
    }
    check_spans(&spans);
}

/// Advice, errors and comments of the host.
#[test]
fn every_command_named_in_the_host_exists() {
    let mut spans: Vec<(String, String)> = Vec::new();
    for kind in AlertKind::ALL {
        let found = line_spans(kind.advice());
        spans.extend(found.map(|span| (format!("alert {kind}"), span)));
    }
    assert!(spans.len() > 8, "{spans:?}");
    let host = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut directories = vec![host];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).expect("readable") {
            let path = entry.expect("an entry").path();
            let is_test = path
                .components()
                .any(|part| part.as_os_str() == "tests" || part.as_os_str() == "target");
            if path.is_dir() && !is_test {
                directories.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(&path).expect("readable");
                let found = text.lines().flat_map(line_spans);
                spans.extend(found.map(|span| (path.display().to_string(), span)));
            }
        }
    }
    assert!(spans.len() > 60, "only {} commands found", spans.len());
    check_spans(&spans);
}

/// Code spans of one line that begin with the command's name and a verb or flag.
fn line_spans(line: &str) -> impl Iterator<Item = String> {
    let starts = line.match_indices("`patchbay ");
    starts.filter_map(|(at, _)| {
        let span = &line[at + 1..];
        let end = span.find('`')?;
        let verb = span["patchbay ".len()..].chars().next()?;
        (verb.is_ascii_lowercase() || verb == '-').then(|| span[..end].to_owned())
    })
}

/// Fails for each span, with its place, that names no command or an unknown
/// flag.
fn check_spans(spans: &[(String, String)]) {
    let mut wrong = Vec::new();
    for (place, span) in spans {
        let mut command = Cli::command();
        command.build();
        let mut names_a_command = false;
        for word in span.split_whitespace().skip(1) {
            let word = word.trim_matches(['[', ']']);
            let flag = word.strip_prefix("--").map(|flag| flag.split('=').next());
            if let Some(flag) = flag {
                let known = |argument: &clap::Arg| argument.get_long() == flag;
                if !command.get_arguments().any(known) && flag != Some("help") {
                    wrong.push(format!("{place}: `{span}`: no flag {word}"));
                }
                continue;
            }
            for one in word.split('|') {
                let Some(next) = command.find_subcommand(one) else {
                    continue;
                };
                names_a_command = true;
                if one == word {
                    command = next.clone();
                    break;
                }
            }
        }
        if !names_a_command && !span.contains("--") && !span.contains("VERB") {
            wrong.push(format!("{place}: `{span}`: no such command"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
