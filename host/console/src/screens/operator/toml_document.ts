// A reader of TOML that knows where each value stands, and a writer for settings. It reads
// what company files are written in; the host checks every file itself.

export type TomlValue = string | number | boolean | TomlValue[] | { [key: string]: TomlValue };
export type TomlTable = { [key: string]: TomlValue };

/** A table header, or a key with its value: its path, and its lines from 0. */
export interface Statement {
  readonly kind: "table" | "value";
  readonly path: readonly string[];
  readonly first: number;
  readonly last: number;
}

export interface TomlDocument {
  readonly table: TomlTable;
  readonly statements: readonly Statement[];
}

/** The text is not TOML that this reader knows; `line` counts from 1. */
export class TomlError extends Error {
  readonly line: number;

  constructor(message: string, line: number) {
    super(`${message} in line ${line}`);
    this.line = line;
  }
}

class Reader {
  #at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get line(): number {
    return this.#text.slice(0, this.#at).split("\n").length - 1;
  }

  read(): TomlDocument {
    const table: TomlTable = {};
    const statements: Statement[] = [];
    let current: TomlTable = table;
    let prefix: string[] = [];
    for (;;) {
      this.#skip(true);
      if (this.#at >= this.#text.length) return { table, statements };
      const first = this.line;
      if (this.#take("[[")) {
        prefix = this.#key();
        this.#expect("]]");
        current = this.#append(table, prefix);
        statements.push({ kind: "table", path: prefix, first, last: this.line });
      } else if (this.#take("[")) {
        prefix = this.#key();
        this.#expect("]");
        current = this.#descend(table, prefix);
        statements.push({ kind: "table", path: prefix, first, last: this.line });
      } else {
        const key = this.#key();
        this.#skip(false);
        this.#expect("=");
        this.#skip(false);
        const value = this.#value();
        this.#descend(current, key.slice(0, -1))[key.at(-1) ?? ""] = value;
        statements.push({ kind: "value", path: [...prefix, ...key], first, last: this.line });
      }
      this.#skip(false);
      if (this.#at < this.#text.length && !/[\r\n]/.test(this.#text[this.#at] ?? "")) this.#fail("unexpected text");
    }
  }

  #fail(message: string): never {
    throw new TomlError(message, this.line + 1);
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #expect(text: string): void {
    this.#skip(false);
    if (!this.#take(text)) this.#fail(`expected ${text}`);
  }

  /** Passes spaces and comments, and line ends if `lines`. */
  #skip(lines: boolean): void {
    for (;;) {
      const character = this.#text[this.#at];
      if (character === " " || character === "\t" || (lines && (character === "\n" || character === "\r"))) this.#at += 1;
      else if (character === "#") while (this.#at < this.#text.length && this.#text[this.#at] !== "\n") this.#at += 1;
      else return;
    }
  }

  #key(): string[] {
    const parts: string[] = [];
    do {
      this.#skip(false);
      const character = this.#text[this.#at];
      if (character === '"' || character === "'") {
        parts.push(this.#string());
      } else {
        const bare = /[A-Za-z0-9_-]+/y;
        bare.lastIndex = this.#at;
        const found = bare.exec(this.#text)?.[0];
        if (!found) this.#fail("expected a key");
        this.#at += found.length;
        parts.push(found);
      }
      this.#skip(false);
    } while (this.#take("."));
    return parts;
  }

  #value(): TomlValue {
    const character = this.#text[this.#at];
    if (character === '"' || character === "'") return this.#string();
    if (this.#take("[")) return this.#list();
    if (this.#take("{")) return this.#inlineTable();
    const word = /[^\s,\]}#]+(?: \d{2}:\d{2}[^\s,\]}#]*)?/y;
    word.lastIndex = this.#at;
    const text = word.exec(this.#text)?.[0];
    if (!text) this.#fail("expected a value");
    this.#at += text.length;
    if (text === "true" || text === "false") return text === "true";
    const number = Number(text.replaceAll("_", ""));
    // Dates and times stay texts.
    return Number.isNaN(number) ? text : number;
  }

  #list(): TomlValue[] {
    const items: TomlValue[] = [];
    for (;;) {
      this.#skip(true);
      if (this.#take("]")) return items;
      items.push(this.#value());
      this.#skip(true);
      if (!this.#take(",")) {
        this.#skip(true);
        this.#expect("]");
        return items;
      }
    }
  }

  #inlineTable(): TomlTable {
    const table: TomlTable = {};
    this.#skip(true);
    if (this.#take("}")) return table;
    for (;;) {
      this.#skip(true);
      const key = this.#key();
      this.#expect("=");
      this.#skip(false);
      this.#descend(table, key.slice(0, -1))[key.at(-1) ?? ""] = this.#value();
      this.#skip(true);
      if (this.#take("}")) return table;
      if (!this.#take(",")) this.#fail("expected , or }");
    }
  }

  #string(): string {
    const quote = this.#text[this.#at] ?? "";
    const isLong = this.#text.startsWith(quote.repeat(3), this.#at);
    const end = isLong ? quote.repeat(3) : quote;
    this.#at += end.length;
    if (isLong && this.#text[this.#at] === "\n") this.#at += 1;
    let value = "";
    for (;;) {
      if (this.#at >= this.#text.length || (!isLong && this.#text[this.#at] === "\n")) this.#fail("unclosed text");
      if (this.#take(end)) return value;
      if (quote === '"' && this.#take("\\")) value += this.#escape();
      else value += this.#text[this.#at++];
    }
  }

  #escape(): string {
    const character = this.#text[this.#at++] ?? "";
    const simple = { b: "\b", t: "\t", n: "\n", f: "\f", r: "\r", '"': '"', "\\": "\\" }[character];
    if (simple !== undefined) return simple;
    if (character === "u" || character === "U") {
      const digits = this.#text.slice(this.#at, this.#at + (character === "u" ? 4 : 8));
      this.#at += digits.length;
      return String.fromCodePoint(Number.parseInt(digits, 16));
    }
    if (/\s/.test(character)) {
      while (/\s/.test(this.#text[this.#at] ?? "")) this.#at += 1;
      return "";
    }
    return this.#fail("unknown escape");
  }

  #descend(table: TomlTable, path: readonly string[]): TomlTable {
    let at = table;
    for (const part of path) {
      if (!Object.hasOwn(at, part)) at[part] = {};
      const next = at[part];
      const inner = Array.isArray(next) ? next.at(-1) : next;
      if (typeof inner !== "object" || Array.isArray(inner)) this.#fail(`${part} is not a table`);
      at = inner;
    }
    return at;
  }

  #append(table: TomlTable, path: readonly string[]): TomlTable {
    const parent = this.#descend(table, path.slice(0, -1));
    const name = path.at(-1) ?? "";
    const list = Object.hasOwn(parent, name) ? parent[name] : (parent[name] = []);
    if (!Array.isArray(list)) this.#fail(`${name} is not a list of tables`);
    const item: TomlTable = {};
    list.push(item);
    return item;
  }
}

/** Reads a document. Throws `TomlError`. */
export function readToml(text: string): TomlDocument {
  return new Reader(text).read();
}

/** The table at a path; undefined if there is none. */
export function tableAt(document: TomlTable, path: readonly string[]): TomlTable | undefined {
  let at: TomlValue | undefined = document;
  for (const part of path) {
    if (typeof at !== "object" || Array.isArray(at) || !Object.hasOwn(at, part)) return undefined;
    at = at[part];
  }
  return typeof at === "object" && !Array.isArray(at) ? at : undefined;
}

/** Text of a table and of the tables below it. */
export function writeTable(path: readonly string[], table: TomlTable): string {
  const isTable = (value: TomlValue): value is TomlTable => typeof value === "object" && !Array.isArray(value);
  const values = Object.entries(table).filter(([, value]) => !isTable(value));
  const tables = Object.entries(table).filter(([, value]) => isTable(value));
  const own = values.length > 0 || tables.length === 0 ? [`[${path.map(writeKey).join(".")}]`, ...values.map(([key, value]) => `${writeKey(key)} = ${writeValue(value)}`)].join("\n") : "";
  const below = tables.map(([key, value]) => writeTable([...path, key], value as TomlTable));
  return [own, ...below].filter(Boolean).join("\n\n");
}

/** Replaces everything at and below a path of a document by a table; the other lines stay. */
export function replaceTable(text: string, path: readonly string[], table: TomlTable): string {
  const { statements } = readToml(text);
  const lines = text.split("\n");
  const isInside = (statement: Statement): boolean => path.every((part, index) => statement.path[index] === part);
  const gone = new Set<number>();
  let place = -1;
  for (const statement of statements.filter(isInside)) {
    for (let line = statement.first; line <= statement.last; line += 1) gone.add(line);
    if (statement.kind === "table" && place < 0) place = statement.first;
  }
  const parent = path.slice(0, -1);
  const inParent = statements.filter((statement) => parent.every((part, index) => statement.path[index] === part) && !isInside(statement));
  const written = writeTable(path, table);
  if (place < 0 && inParent.length > 0) place = Math.max(...inParent.map(({ last }) => last)) + 1;
  if (place < 0) return `${text.replace(/\n*$/, "")}\n\n${written}\n`;
  const before = lines.slice(0, place).filter((_, index) => !gone.has(index));
  const after = lines.slice(place).filter((_, index) => !gone.has(place + index));
  const joined = [before.join("\n").replace(/\n*$/, ""), written, after.join("\n").replace(/^\n*/, "")];
  return joined.filter((part, index) => index === 1 || part !== "").join("\n\n").replace(/\n{3,}/g, "\n\n");
}

function writeKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key);
}

function writeValue(value: TomlValue): string {
  if (Array.isArray(value)) return `[${value.map(writeValue).join(", ")}]`;
  if (typeof value === "object") return `{ ${Object.entries(value).map(([key, one]) => `${writeKey(key)} = ${writeValue(one)}`).join(", ")} }`;
  if (typeof value !== "string") return String(value);
  // JSON's escapes are TOML's, but for DEL.
  return JSON.stringify(value).replaceAll("\u007f", "\\u007f");
}
