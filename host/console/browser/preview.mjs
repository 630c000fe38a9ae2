// Serves the built console as the host does, with its security headers, and passes requests
// of the API on to a running host: `npm run preview -- http://127.0.0.1:7420 [port]`.
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer, request } from "node:http";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const dist = process.env.CONSOLE_DIST ?? join(dirname(fileURLToPath(import.meta.url)), "../dist");
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types svelte-trusted-html",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

/**
 * Starts the server; answers with its address and a way to stop it. `intercept` may answer a
 * request itself, and then returns true.
 */
export async function preview(host, port = 0, intercept = () => false) {
  const target = new URL(host);
  const server = createServer((incoming, outgoing) => {
    if (intercept(incoming, outgoing)) return undefined;
    const path = new URL(incoming.url, "http://console").pathname;
    if (path.startsWith("/v1/") || path === "/openapi.json") return pass(target, incoming, outgoing);
    if (!path.startsWith("/console/")) {
      outgoing.writeHead(307, { location: "/console/" }).end();
      return;
    }
    const file = join(dist, normalize(path.slice("/console/".length)) || "index.html");
    const name = path === "/console/" ? join(dist, "index.html") : file;
    if (!name.startsWith(dist) || !existsSync(name) || !statSync(name).isFile()) {
      outgoing.writeHead(404).end();
      return;
    }
    outgoing.writeHead(200, { ...HEADERS, "content-type": TYPES[extname(name)] ?? "application/octet-stream" });
    createReadStream(name).pipe(outgoing);
  });
  await new Promise((listening) => server.listen(port, "127.0.0.1", listening));
  const address = `http://127.0.0.1:${server.address().port}/console/`;
  return { address, stop: () => (server.closeAllConnections(), server.close()) };
}

function pass(target, incoming, outgoing) {
  // The host answers requests of its own pages only.
  const headers = { ...incoming.headers, host: target.host };
  if (headers.origin) headers.origin = target.origin;
  const forwarded = request(target, { method: incoming.method, path: incoming.url, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode, answer.headers);
    outgoing.flushHeaders();
    answer.pipe(outgoing);
  });
  forwarded.on("error", () => outgoing.destroy());
  outgoing.on("close", () => forwarded.destroy());
  incoming.pipe(forwarded);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { address } = await preview(process.argv[2] ?? "http://127.0.0.1:7420", Number(process.argv[3] ?? 0));
  console.log(address);
}
