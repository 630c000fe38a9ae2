//! `patchbay pack import`: a company file from another system's export.

use std::io::Read;
use std::path::{Path, PathBuf};

use patchbay_command::args::PackImportArgs;
use patchbay_command::exit::{Exit, Failure, Outcome, io};
use patchbay_command::output;
use patchbay_import::{Import, MAX_BYTES, Options};
use serde_json::json;

pub(super) fn run(args: &PackImportArgs, as_json: bool) -> Outcome {
    check_company(&args.company)?;
    let text = read(&args.file)?;
    let usual = || format!("{}@^0.1", args.system.pack);
    let options = Options {
        company: args.company.clone(),
        pack: args.pack.clone().unwrap_or_else(usual),
    };
    let import = (args.system.import)(&text, &options).map_err(|error| {
        let message = format!("{}: {error}", args.file.display());
        let help = format!(
            "expected is an export of {}; see docs/migrate.md",
            args.system.name
        );
        Failure::advised(Exit::NotRight, message, help)
    })?;
    let is_refused = !args.partial && !import.unsupported.is_empty();
    let directory = args
        .output
        .clone()
        .unwrap_or_else(|| PathBuf::from(&args.company));
    if !is_refused {
        write(&import, &directory)?;
    }
    report(&import, &directory, is_refused, as_json)?;
    Ok(Exit::success_if(!is_refused))
}

fn check_company(name: &str) -> Result<(), Failure> {
    let is_code = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !name.is_empty() && name.len() <= 64 && name.bytes().all(is_code) {
        return Ok(());
    }
    let message = format!("`{name}` is no company name: lower-case letters, digits and hyphens");
    Err(Failure::new(Exit::Usage, message))
}

/// The export, of at most as many bytes as an import takes.
fn read(path: &Path) -> Result<String, Failure> {
    let most = MAX_BYTES as u64 + 1;
    let mut text = String::new();
    let read = match path.as_os_str() == "-" {
        true => std::io::stdin().lock().take(most).read_to_string(&mut text),
        false => {
            std::fs::File::open(path).and_then(|file| file.take(most).read_to_string(&mut text))
        }
    };
    read.map_err(io(path))?;
    Ok(text)
}

fn write(import: &Import, directory: &Path) -> Result<(), Failure> {
    let paths: Vec<PathBuf> = import
        .files
        .iter()
        .map(|file| directory.join(file.name))
        .collect();
    if let Some(path) = paths.iter().find(|path| path.exists()) {
        let message = format!("{} exists already", path.display());
        return Err(Failure::advised(
            Exit::NotRight,
            message,
            "name another directory with --output, or remove the file",
        ));
    }
    std::fs::create_dir_all(directory).map_err(io(directory))?;
    for (file, path) in import.files.iter().zip(&paths) {
        std::fs::write(path, &file.text).map_err(io(path))?;
    }
    Ok(())
}

fn report(
    import: &Import,
    directory: &Path,
    is_refused: bool,
    as_json: bool,
) -> Result<(), Failure> {
    let written = || import.files.iter().filter(|_| !is_refused);
    if as_json {
        let constructs = import.unsupported.iter();
        let constructs = constructs.map(|it| json!({"path": it.path, "message": it.message}));
        return output::json(&json!({
            "written": written().map(|file| directory.join(file.name)).collect::<Vec<_>>(),
            "unsupported": constructs.collect::<Vec<_>>(),
            "notes": import.notes,
        }));
    }
    for file in written() {
        output::line(format!(
            "{}: {}",
            directory.join(file.name).display(),
            file.what
        ))?;
    }
    for note in &import.notes {
        output::note(format!("note: {note}"));
    }
    for construct in &import.unsupported {
        let verb = if is_refused {
            "not supported"
        } else {
            "left out"
        };
        output::note(format!("{verb}: {construct}"));
    }
    if is_refused {
        let parts = match import.unsupported.len() {
            1 => "the part".to_owned(),
            count => format!("the {count} parts"),
        };
        output::note(format!(
            "Nothing is written. Change {parts} in the export that Patchbay does not express, or leave {} out \
             with --partial.",
            if parts == "the part" { "it" } else { "them" }
        ));
        return Ok(());
    }
    let company = directory.join("company.toml");
    output::line(format!(
        "\nNext: patchbay apply {} --new --dry-run",
        company.display()
    ))
}
