// Whether each script is sent as the same program that lies in the repository: sent.mjs ACORN BASE
import fs from "node:fs";

const [acorn, base] = process.argv.slice(2);
const { parse } = await import(acorn);
const assets = new URL("../../../crates/gateway/src/api/assets", import.meta.url).pathname;
const PLACES = ["start", "end", "raw"];
const program = (text) => JSON.stringify(parse(text, { ecmaVersion: "latest", sourceType: "module" }), (name, value) => PLACES.includes(name) ? undefined : value);
const names = fs.readdirSync(assets).filter((name) => name.endsWith(".js"));
for (const name of names) {
  const sent = await (await fetch(`${base}/assets/${name}`)).text();
  if (program(sent) !== program(fs.readFileSync(`${assets}/${name}`, "utf8"))) throw new Error(`${name} is sent as another program`);
}
console.log(`${names.length} scripts are sent as the programs that they are`);
