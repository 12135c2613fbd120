import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { createRuntime } from "../index.ts";

test("a run holds 64 MiB of answers at a time, and not what another run holds", async () => {
  const piece = Buffer.alloc(20 * 1024 * 1024);
  const server = createServer((request, response) => {
    if (request.url === "/small") response.setHeader("content-type", "text/plain").end("small");
    // Never complete, so that all of it stays in memory.
    else response.writeHead(200, { "content-length": piece.length + 1 }).write(piece);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const runtime = await createRuntime();
  const run = (body: string) =>
    runtime.run({
      filename: "pipeline.js",
      source: `import { http_get } from "std/http";
        const get = (path) => http_get("http://127.0.0.1:${port}" + path, { max_bytes: 64 * 1024 * 1024, timeout: 3600 });
        export default async () => { ${body} };`,
      grants: { net: [`127.0.0.1:${port}`] },
    });
  try {
    const full = run(`return await Promise.race([1, 2, 3, 4].map(() => get("/large").catch((error) =>
      [error.code, error.message.slice(-62), error.hint])));`);
    expect((await full).result).toEqual([
      "HARN-RUN-014",
      "The requests and answers of one run may hold 64 MiB at a time.",
      "Await some requests before starting more, or ask for less with max_bytes.",
    ]);
    expect((await run(`return (await get("/small")).body;`)).result).toBe("small");
  } finally {
    await runtime.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
