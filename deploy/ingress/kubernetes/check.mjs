// Holds the manifests beside this file against the schemas of their kinds: values against the schema, and the names of
// fields, which the schemas leave open, against the types. Prints what is wrong, and exits with 1 if anything is.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [manifests, schemas] = process.argv.slice(2);
const require = createRequire(join(schemas, "package.json"));
const { parseAllDocuments } = require("yaml");

const module_of = (apiVersion) =>
  apiVersion.startsWith("gateway.networking.k8s.io/")
    ? `@kubernetes-models/gateway-api/${apiVersion}`
    : `kubernetes-models/${apiVersion}`;

const wrong = [];
const typed = [];
for (const file of readdirSync(manifests).filter((name) => name.endsWith(".yaml")).sort()) {
  for (const document of parseAllDocuments(readFileSync(join(manifests, file), "utf8"))) {
    wrong.push(...document.errors.map((error) => `${file}: ${error.message}`));
    const { apiVersion, kind, ...rest } = document.toJS();
    const path = `${module_of(apiVersion)}/${kind}`;
    try {
      const model = await import(pathToFileURL(join(schemas, "node_modules", `${path}.js`)));
      new (model[kind] ?? model.default[kind])(rest).validate();
    } catch (error) {
      wrong.push(`${file}: ${kind}: ${error.message}`);
    }
    typed.push({ file, kind, path, text: JSON.stringify({ apiVersion, kind, ...rest }) });
  }
}
const lines = typed.map(
  ({ kind, path, text }, number) =>
    `import type { I${kind} as T${number} } from "${path}"; export const d${number}: T${number} = ${text};`,
);
writeFileSync(join(schemas, "manifests.ts"), lines.join("\n"));
const flags = ["--noEmit", "--strict", "--skipLibCheck", "--module", "esnext", "--moduleResolution", "node", "manifests.ts"];
const checked = spawnSync(process.execPath, [require.resolve("typescript/bin/tsc"), ...flags], { cwd: schemas });
for (const line of checked.stdout.toString().split("\n")) {
  const [, number, message] = line.match(/^manifests\.ts\((\d+),\d+\): (.*)$/) ?? [];
  if (message) wrong.push(`${typed[number - 1].file}: ${typed[number - 1].kind}: ${message}`);
  else if (line.trim() && !line.startsWith(" ")) wrong.push(line);
}
if (typed.length === 0 || (checked.status !== 0 && wrong.length === 0)) wrong.push("nothing was checked");
console.log(wrong.length > 0 ? wrong.join("\n") : `${typed.length} manifests are as their schemas say`);
process.exitCode = wrong.length > 0 ? 1 : 0;
