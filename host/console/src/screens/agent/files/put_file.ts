// Sends a file. Only this kind of request tells how much of it has left.
import { api } from "../../../api/client.ts";
import { ApiProblem, noAnswer } from "../../../api/problem.ts";

export interface Upload {
  readonly file: Blob;
  readonly name: string;
  readonly signal: AbortSignal;
  /** Called with the share that has left, 0 to 1. */
  readonly onprogress: (share: number) => void;
}

/** Puts a file at an address of the API; the answer is its document. */
export function putFile<T>(target: string, { file, name, signal, onprogress }: Upload): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", target);
    request.responseType = "text";
    request.setRequestHeader("accept", "application/json");
    request.setRequestHeader("x-patchbay-console", "1");
    // Browsers disagree about types, such as that of .ogg; the bytes decide at the host.
    request.setRequestHeader("content-type", "application/octet-stream");
    request.setRequestHeader("content-disposition", `attachment; filename*=UTF-8''${encodeName(name)}`);
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) onprogress(event.loaded / event.total);
    };
    request.onload = () => {
      const document = parse(request.responseText);
      if (request.status === 200 || request.status === 201) {
        resolve(document as T);
        return;
      }
      if (request.status === 401) api.onSignedOut();
      const title = request.statusText || `HTTP ${request.status}`;
      const known = { type: "about:blank", title, status: request.status, ...(document as object | undefined) };
      const retryAfter = Number(request.getResponseHeader("retry-after") ?? Number.NaN);
      reject(new ApiProblem(known, Number.isFinite(retryAfter) ? retryAfter : undefined));
    };
    request.onerror = () => reject(noAnswer("offline"));
    request.ontimeout = () => reject(noAnswer("timeout"));
    request.onabort = () => reject(new DOMException("given up", "AbortError"));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(file);
  });
}

/** A name in a header (RFC 8187): `encodeURIComponent` leaves some characters that it must not. */
export function encodeName(name: string): string {
  return encodeURIComponent(name).replace(/[!'()*]/gu, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
