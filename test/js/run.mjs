// Runs the functions that one file exports, in the order in which they stand there,
// and prints a line of JSON for each, which the Go tests read.

const { tests } = await import(`./${process.argv[2]}.mjs`);
const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");

for (const [name, test] of Object.entries(tests)) {
  const began = performance.now();
  let error = null;
  try {
    await test();
  } catch (e) {
    error = e?.stack ?? String(e);
  }
  say({ name, seconds: (performance.now() - began) / 1000, error });
}
say({ done: Object.keys(tests).length });
