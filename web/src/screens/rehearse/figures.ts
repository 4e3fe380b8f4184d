// Figures of two lives beside each other: sums, differences, and money to the last that differs.
export const MICROS = 1_000_000

export type Counts = Record<string, number> | undefined

export function sum(counts: Counts = {}): number {
  return Object.values(counts).reduce((total, each) => total + each, 0)
}

export function figure(value: number, digits = 0): string {
  return value.toLocaleString(undefined, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
}

/** Fractions of a penny are shown where nothing else differs. */
export function digitsOf(micros: number): number {
  return Math.abs(micros) < MICROS / 100 && micros !== 0 ? 4 : 2
}

export function signed(value: number, digits = 0): string {
  if (value === 0) return figure(0, digits)
  return `${value > 0 ? '+' : '−'}${figure(Math.abs(value), digits)}`
}

/** `cap.reached`: a code that programs know, as words. */
export function codeWords(code: string): string {
  return code.replaceAll('.', ' ').replaceAll('_', ' ')
}
