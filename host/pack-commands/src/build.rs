//! `patchbay build`: build a pack into a component.

use patchbay_command::args::BuildArgs;
use patchbay_command::exit::{Exit, Failure, Outcome, io};
use patchbay_command::numbers::bytes;
use patchbay_command::output;
use patchbay_command::policy::{build_options, pack_failure, warn_of_unused};
use patchbay_engine::component::Digest;
use patchbay_pack::manifest::FILE_NAME;
use patchbay_pack::{Pack, SourceError, read_manifest};
use patchbay_pack_build::PackError;
use patchbay_pack_build::build;
use serde_json::json;

/// Runs `patchbay build`.
pub fn run(args: &BuildArgs) -> Outcome {
    let built = build(&args.dir, &build_options(&args.build))
        .map_err(|error| pack_failure(PackError::Build(error)))?;
    let schema = match args.update_schema {
        true => update_schema(args, &built.component)?,
        false => None,
    };
    let failed = |error: SourceError| pack_failure(PackError::Source(error));
    let mut pack = Pack::from_parts(&args.dir, built.component).map_err(failed)?;
    pack.check_built_parts(&args.dir, &built.file)
        .map_err(failed)?;
    warn_of_unused(&pack.unused);
    let path = match &args.output {
        Some(output) => {
            std::fs::write(output, &*pack.component).map_err(io(output))?;
            output
        }
        None => &built.file,
    };
    let digest = Digest::of(&pack.component);
    let size = pack.component.len();
    let mut document = json!({"component": path, "bytes": size, "digest": digest});
    if let Some(schema) = &schema {
        document["schema"] = json!(schema);
    }
    output::result(args.json, &document, || {
        if let Some(schema) = &schema {
            output::line(format!("wrote {}", schema.display()))?;
        }
        let size = bytes(size as u64);
        output::line(format!("{}\n{digest}  {size}", path.display()))
    })
}

/// Write the schema of the settings type to the file that pack.toml names.
fn update_schema(
    args: &BuildArgs,
    component: &[u8],
) -> Result<Option<std::path::PathBuf>, Failure> {
    let manifest = read_manifest(&args.dir.join(FILE_NAME))
        .map_err(|error| pack_failure(PackError::Source(error)))?;
    let Some(file) = manifest.settings.schema else {
        return Err(Failure::advised(
            Exit::Pack,
            format!(
                "{} names no settings schema",
                args.dir.join(FILE_NAME).display()
            ),
            "add [settings] with schema = \"settings.schema.json\"",
        ));
    };
    let text = Pack::embedded_schema(component).map_err(|error| Failure::new(Exit::Pack, error))?;
    let Some(text) = text else {
        return Err(Failure::advised(
            Exit::Pack,
            "the component does not contain the schema of its settings",
            "only the SDK for Rust puts it there, in the version that `patchbay new` writes to vendor/; in other languages the schema file is yours to write",
        ));
    };
    let path = args.dir.join(file);
    std::fs::write(&path, text).map_err(io(&path))?;
    Ok(Some(path))
}
