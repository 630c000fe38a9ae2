// Company files that are being edited, in memory: going to another page keeps the text.

const files = new Map<string, string>();

const keyOf = (company: string, generation: number): string => `${company}/${generation}`;

/** The edited text of a generation's file; undefined if nothing was changed. */
export function editedText(company: string, generation: number): string | undefined {
  return files.get(keyOf(company, generation));
}

/** Keeps a text; undefined forgets it. */
export function keepEditedText(company: string, generation: number, text: string | undefined): void {
  if (text === undefined) files.delete(keyOf(company, generation));
  else files.set(keyOf(company, generation), text);
}
