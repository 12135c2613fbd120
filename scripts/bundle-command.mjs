// Joins the files of the command in dist/ into a few, because finding and reading 270 of them takes longer than a script.
// Packages that it depends on stay packages.
//
// dist/cli/main.js then only imports the joined one. A file that looks for another beside it still finds it: it is told
// where it was. The conformance command stays apart, since its probes load files of dist/ one by one.
import { writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { rolldown } from "rolldown";

/** Loaded where they are, not joined. `usage-error` is shared with the conformance command, and must be one class. */
const apart = ["conformance.js", "usage-error.js"];

/** Joins the command of the compiled project in `dist`. */
export async function bundleCommand(dist) {
  const cli = join(dist, "cli");
  const folder = join(dist, "command");
  const from = (file) => relative(folder, file).split(sep).join("/");
  const keepPlaces = {
    name: "keep-places",
    resolveId(specifier, importer) {
      const name = apart.find((file) => specifier === `./${file}`);
      return name && importer?.startsWith(cli) ? { id: `../cli/${name}`, external: true } : null;
    },
    transform: {
      filter: { code: "import.meta.url" },
      handler: (code, file) =>
        code.replaceAll("import.meta.url", `new URL(${JSON.stringify(from(file))}, import.meta.url).href`),
    },
  };
  const bundle = await rolldown({
    input: join(cli, "main.js"),
    platform: "node",
    external: /^[^./]/,
    plugins: [keepPlaces],
  });
  await bundle.write({ dir: folder, format: "esm", chunkFileNames: "[name].js" });
  await bundle.close();
  writeFileSync(join(cli, "main.js"), '#!/usr/bin/env node\nimport "../command/main.js";\n');
}
