import type { Figure, Figures, ReportedFigure } from './figures.ts';

/** A figure that differs from the undamaged dump's. */
export interface Difference {
  readonly path: string;
  readonly before: Figure | undefined;
  readonly after: Figure | undefined;
  /** Whether the report itself says that the figure is not known, or may be higher or lower. */
  readonly uncertain: boolean;
}

/** All figures that differ, including those that the report calls uncertain. */
export function differences(before: Figures, after: Figures): Difference[] {
  const found: Difference[] = [];
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(path), after.get(path)];
    if (was?.value === is?.value || isNoFigure(path)) continue;
    found.push({
      path,
      before: was?.value,
      after: is?.value,
      uncertain: isUncertain(path, before, after),
    });
  }
  return found;
}

/** Whether a path only marks a count as inexact, which makes no figure wrong. */
function isNoFigure(path: string): boolean {
  return /(^|\.)(countExact|exact|modulesExact)$/.test(path);
}

function isUncertain(path: string, before: Figures, after: Figures): boolean {
  const [was, is] = [before.get(path), after.get(path)];
  if (is === undefined) return isGone(path, after);
  if (is.value === null) return true;
  if (was === undefined) return isNew(path, is, before, after);
  const numbers = typeof was.value === 'number' && typeof is.value === 'number';
  return is.atLeast && numbers && (is.value as number) <= (was.value as number);
}

/**
 * Whether a figure is missing: it is in something that is null, or in a list that says that it is incomplete.
 */
function isGone(path: string, after: Figures): boolean {
  for (let at = parent(path); ; at = parent(at)) {
    const held = after.get(at);
    if (held?.value === null) return true;
    if (held !== undefined) return held.atLeast;
    if (at === '') return false;
  }
}

/** A bound is new beside a figure that is not known; anything else new is a figure. */
function isNew(path: string, is: ReportedFigure, before: Figures, after: Figures): boolean {
  if (is.value === null || is.value === false || is.value === 'list') return true;
  const bound = /\.?(atLeast|atMost)$/.exec(path)?.[1];
  if (bound === undefined || typeof is.value !== 'number') return false;
  const inside = parent(path);
  const unknown = [...before].filter(
    ([other, { value }]) =>
      typeof value === 'number' && parent(other) === inside && after.get(other)?.value === null,
  );
  return unknown.some(([, { value }]) =>
    bound === 'atLeast'
      ? (is.value as number) <= (value as number)
      : (is.value as number) >= (value as number),
  );
}

/** The path of what contains a value. */
function parent(path: string): string {
  let depth = 0;
  for (let i = path.length - 1; i >= 0; i--) {
    const character = path[i];
    if (character === ']') depth++;
    else if (character === '[' && --depth === 0) return path.slice(0, i);
    else if (character === '.' && depth === 0) return path.slice(0, i);
  }
  return '';
}

/** A path without the names of elements: the same for all elements of a list. */
export function general(path: string): string {
  return path.replace(/\[(?:[^[\]]|\[[^\]]*\])*\]/g, '[]');
}
