// A phone's keyboard covers the page where the browser does not shrink it: the page then is as high as
// what is left to see.

/** Keeps `--visible-height` until the returned function is called. */
export function followVisibleHeight(): () => void {
  const view = window.visualViewport;
  const root = document.documentElement;
  if (!view) return () => {};
  const follow = (): void => {
    // Zoomed in by fingers the page stays as it is.
    const isCovered = view.scale < 1.01 && view.height < window.innerHeight - 1;
    if (isCovered) root.style.setProperty("--visible-height", `${Math.floor(view.height)}px`);
    else root.style.removeProperty("--visible-height");
    // Some browsers push the page up instead, and with it the head of the conversation.
    if (isCovered && view.offsetTop > 0) window.scrollTo(0, 0);
  };
  view.addEventListener("resize", follow);
  follow();
  return () => view.removeEventListener("resize", follow);
}
