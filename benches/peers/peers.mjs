// Times crisp's reply and forward parsers over the texts of a JSON file; says which are absent.
// Install them with `npm install --prefix benches/peers`.
import { readFileSync } from "node:fs";

const texts = JSON.parse(readFileSync(process.argv[2], "utf8"));

function time(name, parse) {
  for (const text of texts) parse(text);
  let best = 0;
  for (let round = 0; round < 5; round++) {
    const before = process.cpuUsage();
    for (const text of texts) parse(text);
    const used = process.cpuUsage(before);
    best = Math.max(best, texts.length / ((used.user + used.system) / 1e6));
  }
  console.log(`${name}: ${Math.round(best)} texts a second (CPU time, best of 5)`);
}

async function peer(name, make) {
  try {
    time(name, make(await import(name)));
  } catch (error) {
    console.log(`${name}: absent (${error.code ?? error.message})`);
  }
}

await peer("email-reply-parser", (module) => {
  const Parser = module.default?.default ?? module.default ?? module;
  const parser = new Parser();
  return (text) => parser.read(text).getVisibleText();
});
await peer("email-forward-parser", (module) => {
  const Parser = module.default?.default ?? module.default ?? module;
  const parser = new Parser();
  return (text) => parser.read(text, "Fwd: x");
});
