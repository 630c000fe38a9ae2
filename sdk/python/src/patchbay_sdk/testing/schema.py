"""The settings schema of a pack."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ..policy import Policy
from ..settings_schema import schema_of


def schema_matches(policy: type[Policy[Any]], file: str | Path = "settings.schema.json") -> None:
    """Fails if a schema file is not that of the policy's settings. With `PATCHBAY_UPDATE=1` in the
    environment it writes the file instead, as `patchbay build --update-schema` does.
    """
    schema = schema_of(policy.settings_type())
    path = Path(file)
    if os.environ.get("PATCHBAY_UPDATE") == "1":
        path.write_text(json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
        return
    found = json.loads(path.read_text())
    if found != schema:
        raise AssertionError(
            f"{path} is not the schema of the settings; run `patchbay build --update-schema`"
        )
