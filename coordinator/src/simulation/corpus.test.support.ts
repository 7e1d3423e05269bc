/**
 * Seeds that once showed a fault, with what it was: a mutant that was hard to find, or the real thing. They run first.
 * A change of what the simulation draws gives all seeds another meaning; then those of the mutants are looked up anew.
 */

export const corpus: Readonly<Record<number, string>> = {
  143: 'an expired lease that forgets its worker',
  261: 'a patience that begins anew with each process',
  425: 'somebody who left while no round was under way and is still there',
  805: 'lines that are flushed after their checkpoint',
  16588: 'histories of workers that were forgotten only when somebody joined between two rounds',
};
