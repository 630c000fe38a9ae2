/** A command for a shell that sends a request; the token comes from the environment. */
export function curlCommand(method: string, address: string, options: { body?: unknown; stream?: boolean; token?: boolean } = {}): string {
  const parts = ["curl", options.stream ? "-N" : "-s"];
  if (method !== "GET") parts.push("-X", method);
  if (options.token ?? true) parts.push("-H", '"Authorization: Bearer $PATCHBAY_TOKEN"');
  if (options.body !== undefined) parts.push("-H", quote("content-type: application/json"), "-d", quote(JSON.stringify(options.body)));
  return [...parts, quote(address)].join(" ");
}

/** A word that no shell changes. */
function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
