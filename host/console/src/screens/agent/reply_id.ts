/** A new id for a reply. Not `randomUUID`: browsers have it on secure pages only. */
export function newReplyId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `console-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
