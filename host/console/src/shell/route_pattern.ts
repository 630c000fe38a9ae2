/** The fields of a path that a pattern names, such as `id` in `/c/:id`; undefined if it does not match. */
export function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const [wanted, given] = [pattern.split("/"), path.replace(/\/+$/, "").split("/")];
  if (path === "/") given.push("");
  if (wanted.length !== given.length) return undefined;
  const fields: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? "";
    if (part.startsWith(":")) {
      try {
        fields[part.slice(1)] = decodeURIComponent(value);
      } catch {
        return undefined;
      }
      if (!value) return undefined;
    } else if (part !== value) {
      return undefined;
    }
  }
  return fields;
}
