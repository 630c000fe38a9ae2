/**
 * Lets events refresh a view at most every so often: the first at once, those that follow
 * together when the time is over. Call it while the component starts; what it answers says
 * whether to refresh now.
 */
export function refreshPace(pauseMs: () => number, refreshLater: () => void): () => boolean {
  let last = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  $effect(() => () => clearTimeout(timer));
  return () => {
    if (timer) return false;
    const wait = last + pauseMs() - Date.now();
    if (wait <= 0) {
      last = Date.now();
      return true;
    }
    timer = setTimeout(() => {
      timer = undefined;
      last = Date.now();
      refreshLater();
    }, wait);
    return false;
  };
}
