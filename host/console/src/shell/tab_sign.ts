// What the tab of the browser shows of what waits: its title and its icon.

/** Shows a title, before it how much waits, and the icon that goes with it. */
export function showTab(title: string, waiting: number): void {
  document.title = (waiting > 0 ? `(${waiting > 99 ? "99+" : waiting}) ` : "") + title;
  const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  const file = waiting > 0 ? "icon-waiting.svg" : "icon.svg";
  if (icon && !icon.href.endsWith(`/${file}`)) icon.href = file;
}
