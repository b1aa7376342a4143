/** Names of containers: what is allowed, and made-up ones. */
import { randomInt } from 'node:crypto';
import { EngineError } from '../../contract/errors.ts';

const ALLOWED = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

const ADJECTIVES = `able agile amber ample azure bold brave bright brisk calm candid clever cosy crisp
  curious daring deft eager early earnest fair fleet fond frank fresh gentle glad golden grand happy
  hardy honest humble jolly keen kind lively loyal lucid lucky mellow merry mild modest neat nimble
  noble patient placid plucky polite proud quick quiet rapid ready serene sharp silent silver smart
  snug solid spry steady stout sunny swift tidy tender trusty upbeat vivid warm wise witty zesty`;

/** People of science and engineering. */
const SURNAMES = `abel agnesi ampere archimedes avicenna babbage banach bardeen bell bernoulli bohr
  boole bose brahe cantor carnot cauchy cerf chandra church curie dalton darwin dijkstra dirac
  einstein erdos euclid euler faraday fermat fermi feynman fibonacci fourier franklin galileo galois
  gauss germain godel goodall hamilton hamming hawking heisenberg hertz hilbert hopper hubble huygens
  hypatia jacobi johnson joule kepler khwarizmi kolmogorov kovalevskaya lagrange lamarr laplace
  leibniz liskov lorentz lovelace maxwell meitner mendel minkowski napier nash newton noether ohm
  pascal pasteur pauli planck poincare ptolemy ramanujan riemann ritchie rosalind rubin shannon
  somerville tesla thales turing volta watt weyl wiles wu yalow yonath zhang`;

const adjectives = ADJECTIVES.split(/\s+/);
const surnames = SURNAMES.split(/\s+/);

/** Without the slash Docker's clients may put before it. Throws `invalid-argument`. */
export function checkName(text: string): string {
  const name = text.startsWith('/') ? text.slice(1) : text;
  if (ALLOWED.test(name)) return name;
  throw new EngineError(
    'invalid-argument',
    `Invalid container name (${text}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
  );
}

/** `steady_noether`; with a number when many are taken. */
export function makeName(isTaken: (name: string) => boolean): string {
  const pick = (words: readonly string[]) => words[randomInt(words.length)] ?? '';
  for (let attempt = 0; ; attempt++) {
    const name = `${pick(adjectives)}_${pick(surnames)}`;
    const candidate = attempt < 8 ? name : `${name}${randomInt(10 ** Math.min(9, attempt - 7))}`;
    if (!isTaken(candidate)) return candidate;
  }
}

/** Docker's own text, which tools match on. */
export function nameConflict(name: string, holderId: string): EngineError {
  return new EngineError(
    'conflict',
    `Conflict. The container name "/${name}" is already in use by container "${holderId}". You have to remove (or rename) that container to be able to reuse that name.`,
  );
}
