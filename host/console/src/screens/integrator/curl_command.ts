/** A command for a shell that sends a request; the token comes from the environment. */
export function curlCommand(method: string, address: string, options: { body?: unknown; stream?: boolean; token?: boolean } = {}): string {
  const parts = ["curl", options.stream ? "-N" : "-s"];
  if (method !== "GET") parts.push("-X", method);
  if (options.token ?? true) parts.push("-H", '"Authorization: Bearer $PATCHBAY_TOKEN"');
  if (options.body !== undefined) parts.push("-H", quote("content-type: application/json"), "-d", quote(JSON.stringify(options.body)));
  return [...parts, quote(address)].join(" ");
}

/** The fields of the events' address that follow the same events as filters of the page, and the filters that no address has. */
export function feedQuery(filters: { readonly kind: string; readonly conversation: string; readonly text: string }): { query: { kinds?: string; conversation?: string }; left: ("conversation" | "text")[] } {
  const isWhole = /^[0-9a-f]{32}$/.test(filters.conversation);
  return {
    query: { ...(filters.kind ? { kinds: filters.kind } : {}), ...(isWhole ? { conversation: filters.conversation } : {}) },
    left: [...(filters.conversation && !isWhole ? (["conversation"] as const) : []), ...(filters.text ? (["text"] as const) : [])],
  };
}

/** A word that no shell changes. */
function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
