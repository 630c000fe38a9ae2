// The contract as a person looks it up: its interfaces, and where a name in a type leads.
import type { Contract, ContractFunction, ContractInterface, ContractType } from "../../api/shapes.ts";

/** An interface with its whole name, such as `patchbay:care/types`. */
export interface InterfaceItem {
  readonly name: string;
  readonly version: string;
  readonly interface: ContractInterface;
}

/** Every interface, in the order of the packages. */
export function listInterfaces(contract: Contract): InterfaceItem[] {
  return contract.packages.flatMap((pack) =>
    pack.interfaces.map((it) => ({ name: `${pack.name}/${it.name}`, version: pack.version, interface: it })),
  );
}

/** A piece of a type as WIT writes it; `to` is the address part of the type that it names. */
export interface TypePiece {
  readonly text: string;
  readonly to?: string | undefined;
}

/** The place of a type on the page. */
export const anchorOf = (owner: string, type: string): string => `type-${owner.replace(/[^a-z0-9]+/g, "-")}-${type}`;

/** Cuts `option<list<tag>>` into pieces, those that name a type of the contract with its place. */
export function typePieces(type: string, within: InterfaceItem): TypePiece[] {
  const own = new Set(within.interface.types.map(({ name }) => name));
  return (type.match(/[a-z0-9-]+|[^a-z0-9-]+/g) ?? []).map((text) => {
    const used = Object.hasOwn(within.interface.uses, text) ? within.interface.uses[text] : undefined;
    const owner = own.has(text) ? within.name : used;
    return { text, to: owner === undefined ? undefined : anchorOf(owner, text) };
  });
}

/** A function's parameters and result: `(limit: u32) -> list<tag>`. */
export function signatureOf({ parameters, result }: ContractFunction): string {
  const inside = parameters.map(({ name, type }) => `${name}: ${type}`).join(", ");
  return `(${inside})${result ? ` -> ${result}` : ""}`;
}

/** Whether every word stands in a name or description of an item. */
export function matches(words: readonly string[], item: ContractType | ContractFunction): boolean {
  const members = "members" in item ? [...item.members, ...item.functions] : [];
  const text = [item, ...members].map(({ name, description }) => `${name} ${description ?? ""}`).join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
}

/** The paragraphs of a description. */
export const paragraphsOf = (description: string | null | undefined): string[] =>
  (description ?? "").split(/\n\s*\n/).map((text) => text.replaceAll("\n", " ").trim()).filter(Boolean);
