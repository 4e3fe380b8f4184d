// A walk as it is told: who begins it, and one line after the other. In the words of scenarios.
import type { components } from '@/api/schema'

type Walk = components['schemas']['Walk']
export type WalkFound = components['schemas']['WalkFound']

export type Consent = 'granted' | 'denied' | 'unknown'

export type Who = {
  zone: string
  /** On the wall of their zone: `2026-03-02 10:00`. */
  at: string
  /** By channel, by purpose, or by both: `email`, `marketing`, `marketing/email`. */
  consents: Record<string, Consent>
  /** `name: value`, a line each. */
  traits: string
  /** By split, the arm that they draw; what is not said is left to chance. */
  arms: Record<string, string>
  /** A holdout that keeps everything promotional from them; empty: none. */
  heldOutBy: string
  /** What else a story says of them. */
  more: Record<string, unknown>
}

export type Script = { who: Who; lines: readonly unknown[] }

const PERSON = 'ana'
const SECOND = 1_000_000
const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const

export const ANA: Who = {
  zone: 'Europe/London',
  at: '2026-03-02 10:00',
  consents: {},
  traits: '',
  arms: {},
  heldOutBy: '',
  more: {},
}

export function walkOf(journey: string, { who, lines }: Script): Walk {
  const traits = valuesOf(who.traits)
  return {
    kind: 'walk',
    journey,
    given: {
      ...who.more,
      person: PERSON,
      ...(who.zone !== '' && { zone: who.zone }),
      at: who.at,
      consents: told(who.consents),
      ...(Object.keys(traits).length > 0 && { traits }),
      ...(Object.keys(who.arms).length > 0 && { arms: who.arms }),
      ...(who.heldOutBy !== '' && { held_out_by: who.heldOutBy }),
    },
    lines: [...lines],
  }
}

/** As stories say them: by channel or purpose, or by channel below a purpose. */
function told(consents: Who['consents']): Record<string, unknown> {
  const found: Record<string, unknown> = {}
  for (const [key, said] of Object.entries(consents)) {
    const [purpose = '', channel] = key.split('/')
    if (said === 'unknown') continue
    if (channel === undefined) found[purpose] = said
    else found[purpose] = { ...(found[purpose] as object | undefined), [channel]: said }
  }
  return found
}

function consentsOf(given: unknown): Record<string, Consent> {
  const entries = Object.entries(isRecord(given) ? given : {})
  return Object.fromEntries(
    entries.flatMap(([name, said]) =>
      isRecord(said)
        ? Object.entries(said).map(([channel, each]) => [`${name}/${channel}`, each as Consent])
        : [[name, said as Consent]],
    ),
  )
}

/** What is said on the way, the last of it: by the same names as what was said before. */
export function saidLater(lines: Script['lines']): Record<string, Consent> {
  const said = lines.map((line) => (isRecord(line) ? consentsOf(line.consents) : {}))
  return Object.assign({}, ...said) as Record<string, Consent>
}

/** What is asked of somebody: of each channel, or what the story says of it, purpose by purpose. */
export function asked(channels: readonly string[], consents: Who['consents']): string[] {
  const told = Object.keys(consents)
  const byChannel = channels.flatMap((channel) => {
    const own = told.filter((key) => key.endsWith(`/${channel}`))
    const isAsked = own.length === 0 || channel in consents
    return isAsked ? [channel, ...own] : own
  })
  return [...byChannel, ...told.filter((key) => !key.includes('/') && !channels.includes(key))]
}

/** The story of a broken promise, to be gone through from its beginning. */
export function scriptOf({ given, lines = [] }: Walk): Script {
  const { zone, at, traits, arms, consents, held_out_by: heldOut, ...more } = given
  return {
    who: {
      zone: typeof zone === 'string' ? zone : '',
      at: typeof at === 'string' ? at : ANA.at,
      consents: consentsOf(consents),
      traits: Object.entries(isRecord(traits) ? traits : {})
        .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
        .join('\n'),
      arms: isRecord(arms) ? (arms as Record<string, string>) : {},
      heldOutBy: typeof heldOut === 'string' ? heldOut : '',
      more,
    },
    lines,
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `value: 80` a line; what reads as JSON is that, everything else a text. */
export function valuesOf(text: string): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const line of text.split('\n')) {
    const at = line.indexOf(':')
    const name = line.slice(0, at).trim()
    if (at > 0 && name !== '') values[name] = valueOf(line.slice(at + 1).trim())
  }
  return values
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Time passes: `after 1d 2h`. */
export function after(seconds: number): string {
  let rest = Math.max(1, Math.ceil(seconds))
  const parts: string[] = []
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(`${count}${unit}`)
  }
  return `after ${parts.join(' ')}`
}

/** Time passes until something happens by itself; nothing where nothing will. */
export function untilNext({ wakes_at: wakes, now }: WalkFound): string | null {
  return wakes == null ? null : after((wakes - now) / SECOND)
}
