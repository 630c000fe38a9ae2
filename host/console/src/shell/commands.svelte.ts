// Everything a person can do by key or from the command menu.
import { untrack } from "svelte";
import { preferences } from "./preferences.svelte.ts";
import { BROWSER_KEYS, isAllowed, type KeyName, keyName } from "./key_binding.ts";

/** One command. */
export interface Command {
  /** Stable name, such as `conversation.resolve`. */
  readonly id: string;
  /** What the menu shows. */
  readonly title: string;
  /** Group in the menu and in the help. */
  readonly group: string;
  readonly keys?: readonly KeyName[];
  /** Why it cannot run now; it is then shown, but not run. */
  readonly blocked?: string | undefined;
  readonly run: () => void;
}

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

class CommandRegistry {
  #sets = $state.raw<readonly (() => readonly Command[])[]>([]);

  /** All commands of what is shown now; those of the innermost view first. */
  get all(): readonly Command[] {
    return this.#sets.toReversed().flatMap((commands) => commands());
  }

  /** Adds commands until the returned function is called. */
  add(commands: () => readonly Command[]): () => void {
    this.#sets = [...untrack(() => this.#sets), commands];
    return () => {
      this.#sets = this.#sets.filter((it) => it !== commands);
    };
  }

  /** Runs the command of a key press; false if it has none here. */
  handle(event: KeyboardEvent): boolean {
    if (event.defaultPrevented) return false;
    const name = keyName(event, isMac);
    if (!name || BROWSER_KEYS.includes(name)) return false;
    const place = { isTyping: isTyping(event.target), singleKeys: preferences.singleKeys };
    if (!isAllowed(name, place)) return false;
    // A dialog has the keys to itself.
    if (document.querySelector("dialog[open]") && name !== "Mod+Enter") return false;
    const command = this.all.find((it) => it.keys?.includes(name));
    if (!command) return false;
    event.preventDefault();
    if (!command.blocked) command.run();
    return true;
  }
}

export const commands = new CommandRegistry();

/** Adds commands as long as the component lives. Call it while the component starts. */
export function useCommands(list: () => readonly Command[]): void {
  $effect(() => commands.add(list));
}

/** A key as its keyboard shows it. */
export function keyLabel(name: KeyName): string {
  const label = isMac
    ? name.replace("Mod+", "⌘").replace("Alt+", "⌥").replace("Shift+", "⇧")
    : name.replace("Mod+", "Ctrl+");
  return label.replace("Enter", "↵").replace("ArrowUp", "↑").replace("ArrowDown", "↓").replace("Escape", "Esc");
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio", "button", "submit", "range"].includes(target.type);
}
