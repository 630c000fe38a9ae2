// What can be searched for.

/** Whether a text has something to search for: a letter alone finds nothing. */
export function isSearchable(text: string): boolean {
  return text.length > 0 && !/^\p{Script=Latin}$/u.test(text) && /[\p{L}\p{N}]/u.test(text);
}
