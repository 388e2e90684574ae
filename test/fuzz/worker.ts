import { readFileSync, writeSync } from 'node:fs';
import { main } from '../../src/cli/main.ts';
import { type Base, baseNames, baseOf } from './bases.ts';
import { captured, installCapture } from './captured.ts';
import { commandLines, fileName } from './command-lines.ts';
import { Coverage } from './coverage.ts';
import { injectFiles } from './injected-file-source.ts';
import { faultsOf } from './judge.ts';
import { Mutation } from './mutate.ts';
import { OverlaySource } from './overlay-source.ts';
import type { Order, Said } from './protocol.ts';
import { Random } from './random.ts';
import { parseRecipe, type Recipe, recipeText } from './recipe.ts';

/** One input in this many is made from a fixture, which takes a hundred times as long as a made-up dump. */
const REAL_SHARE = 40;

const order = JSON.parse(process.argv[2] ?? '{}') as Order;
/** The parent reads this pipe as data arrive. A write is complete when it returns, whatever follows. */
const say = (said: Said) => writeSync(3, `${JSON.stringify(said)}\n`);

const coverage = order.guided ? new Coverage() : undefined;
/** Inputs that ran something new. */
const kept: Recipe[] = [];

async function recipeOf(index: number): Promise<Recipe> {
  const random = new Random(order.seed, index);
  const { built, real } = baseNames();
  const wanted = (names: readonly string[]) => names.filter((name) => name.includes(order.only ?? ''));
  const [small, large] = [wanted(built), wanted(real)];
  if (kept.length > 0 && random.once(2)) return offspring(random.pick(kept), random);
  const isReal = random.once(REAL_SHARE);
  const name = random.pick((isReal && large.length > 0) || small.length === 0 ? large : small);
  const base = await baseOf(name);
  const mutation = new Mutation(base, random);
  mutation.run();
  const commands = commandLines(base, random);
  return { base: name, files: mutation.files, story: mutation.story, commands, terminal: random.once(3) };
}

/** An input made from another one. */
async function offspring(parent: Recipe, random: Random): Promise<Recipe> {
  const base = await baseOf(parent.base);
  const mutation = new Mutation(base, random, parent.files);
  mutation.run();
  const commands = random.once(2) ? parent.commands : commandLines(base, random);
  return { ...parent, files: mutation.files, commands, story: [...parent.story, ...mutation.story] };
}

function inject(base: Base, recipe: Recipe): void {
  const sources = base.files.map((file, i) => {
    const { edits = [], size = file.size } = recipe.files[i] ?? {};
    return new OverlaySource(file, edits, { path: fileName(i), size, isProcfs: base.isProcfs });
  });
  injectFiles(sources);
}

async function runRecipe(recipe: Recipe, index: number): Promise<void> {
  const base = await baseOf(recipe.base);
  const statuses: number[] = [];
  const faults: string[] = [];
  say({ begun: index, base: recipe.base, ...(order.guided ? { recipe: recipeText(recipe) } : {}) });
  const start = performance.now();
  let slowest = 0;
  for (const args of recipe.commands) {
    inject(base, recipe);
    const from = process.cpuUsage();
    const ran = await captured(() => main(args), recipe.terminal);
    const { user, system } = process.cpuUsage(from);
    slowest = Math.max(slowest, (user + system) / 1000);
    statuses.push(ran.status);
    if (order.show)
      writeSync(1, `--- ${args.join(' ')}\n${ran.stdout}${ran.stderr}--- status ${ran.status}\n`);
    faults.push(
      ...faultsOf({ ...ran, args, terminal: recipe.terminal }, order.schemas).map(
        (fault) => `${args.join(' ')}: ${fault}`,
      ),
    );
  }
  if (coverage?.isNew() && recipe.base.startsWith('fixture') === false) kept.push(recipe);
  const rss = process.resourceUsage().maxRSS;
  const ms = performance.now() - start;
  say({
    done: index,
    statuses,
    ms,
    slowest,
    rss,
    ...(faults.length > 0 ? { faults } : {}),
    ...(coverage ? { covered: [coverage.blocks, kept.length] as const } : {}),
  });
}

async function work(): Promise<void> {
  installCapture();
  if (order.recipe !== undefined) {
    const recipe = parseRecipe(readFileSync(order.recipe, 'utf8'));
    await baseOf(recipe.base);
    await runRecipe(recipe, 0);
    return;
  }
  for (let i = order.first; i < order.end; i += order.step) {
    const recipe = await recipeOf(i);
    if (order.show) writeSync(1, `${recipe.base}\n${recipe.story.join('\n')}\n`);
    if (order.dry) say({ recipe: recipeText(recipe) });
    else await runRecipe(recipe, i);
  }
}

process.on('uncaughtException', (error) => {
  say({ died: String(error.stack) });
  process.exit(70);
});
work().then(() => process.exit(0));
