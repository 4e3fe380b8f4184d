// What moves on its own takes its time; for whoever asks for less motion, it takes none.

const LESS = '(prefers-reduced-motion: reduce)'

/** Return how long a movement takes that would take so many milliseconds. */
export function motionMs(ms: number): number {
  return matchMedia(LESS).matches ? 0 : ms
}
