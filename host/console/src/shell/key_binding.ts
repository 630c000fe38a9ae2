// Which key presses mean which command.

/** What of a keyboard event counts. */
export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
  readonly isComposing: boolean;
  readonly keyCode?: number;
  getModifierState?(modifier: string): boolean;
}

/** A key with its modifiers, such as `Mod+K`, `Shift+A` or `?`. `Mod` is Ctrl, or Command on a Mac. */
export type KeyName = string;

/** Combinations that belong to the browser or the system: no command may have one. */
export const BROWSER_KEYS: readonly KeyName[] = [
  ..."TWNLRDPFGHJOSUEQ".split("").map((key) => `Mod+${key}`),
  ..."TWNRPIJCKBO".split("").map((key) => `Mod+Shift+${key}`),
  ..."0123456789+-=".split("").map((key) => `Mod+${key}`),
  ..."DEF".split("").map((key) => `Alt+${key}`),
  ...Array.from({ length: 12 }, (_, index) => `F${index + 1}`),
  "Alt+ArrowLeft",
  "Alt+ArrowRight",
  "Alt+F4",
  "Mod+Tab",
  "Alt+Tab",
];

/** Whether a name has no modifier and is one character: such a key can be switched off. */
export function isSingleKey(name: KeyName): boolean {
  return !/^(Mod|Alt|Shift)\+/.test(name) && [...name].length === 1;
}

/**
 * The name of a key press. Undefined where it writes text: while a word is composed, and with
 * AltGr, which Windows reports as Ctrl and Alt.
 */
export function keyName(press: KeyPress, isMac: boolean): KeyName | undefined {
  const { key } = press;
  if (press.isComposing || press.keyCode === 229 || key === "Process" || key === "Dead") return undefined;
  if (["Control", "Shift", "Alt", "Meta", "AltGraph"].includes(key)) return undefined;
  const isPrintable = [...key].length === 1;
  if (press.getModifierState?.("AltGraph")) return undefined;
  if (press.ctrlKey && press.altKey && isPrintable) return undefined;
  // Option writes characters on a Mac.
  if (isMac && press.altKey && isPrintable) return undefined;
  const isMod = isMac ? press.metaKey : press.ctrlKey;
  // Ctrl on a Mac and the system's key elsewhere are not ours.
  if (isMac ? press.ctrlKey : press.metaKey) return undefined;
  const isLetter = isPrintable && key.toLowerCase() !== key.toUpperCase();
  const modifiers = [
    isMod ? "Mod+" : "",
    press.altKey ? "Alt+" : "",
    // For a sign, Shift is part of the sign: `?` has it on some keyboards only.
    press.shiftKey && (!isPrintable || isLetter) ? "Shift+" : "",
  ];
  return modifiers.join("") + (isPrintable ? key.toUpperCase() : key);
}

/** Where a key press happens. */
export interface KeyPlace {
  /** Whether the focus is where text is typed. */
  readonly isTyping: boolean;
  /** Whether single keys are commands at all (WCAG 2.1.4). */
  readonly singleKeys: boolean;
}

/** Whether a command may have a press, by its place. */
export function isAllowed(name: KeyName, place: KeyPlace): boolean {
  if (isSingleKey(name) || name.startsWith("Shift+")) return place.singleKeys && !place.isTyping;
  return true;
}

/**
 * Tells whether Enter ends the composition of a word. Some browsers report the end of a
 * composition before the Enter that ended it.
 */
export class CompositionGuard {
  #ended = false;

  end(): void {
    this.#ended = true;
    setTimeout(() => (this.#ended = false), 0);
  }

  /** Whether a press belongs to a composition. */
  blocks(press: KeyPress): boolean {
    return press.isComposing || press.keyCode === 229 || this.#ended;
  }
}
