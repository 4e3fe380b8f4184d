// Two customers beside each other and as one, line by line, as the server has tried it. Pure.
import type { components } from '@/api/schema'
import type { Profile } from '@/api/types'
import { same } from './same'

export type JoinTrial = components['schemas']['JoinTrial']
export type Said = NonNullable<Profile['consents']>[number]
export type Trait = Profile['traits'][number]

export type Line<Cell> = {
  name: string
  one: Cell | null
  other: Cell | null
  /** Null: it would be there no more. */
  joined: Cell | null
}

export type Beside = {
  known: Line<string[]>[]
  consents: Line<Said>[]
  traits: Line<Trait>[]
  segments: Line<true>[]
  journeys: Line<'goes on' | 'ends'>[]
}

type Other = { other: Profile }

/** What the two are, and would be together; lines in which nothing stands are left out. */
export function besideOf({
  one,
  other,
  joined,
}: Pick<JoinTrial, 'one' | 'joined'> & Other): Beside {
  const sides: Sides = { one, other, joined: joined ?? null }
  return {
    known: linesOf(sides, knownOf),
    consents: linesOf(sides, (profile) =>
      Object.fromEntries((profile.consents ?? []).map((said) => [consentName(said), said])),
    ),
    traits: linesOf(sides, (profile) =>
      Object.fromEntries(profile.traits.map((trait) => [trait.name, trait])),
    ),
    segments: linesOf(sides, (profile) =>
      Object.fromEntries(profile.segments.map((each) => [each.name, true as const])),
    ),
    journeys: journeysOf(sides),
  }
}

/** Whose of two values stays, where both have one and they are not the same. */
export function keptOf(line: Line<{ at: number }>): 'one' | 'other' | null {
  if (line.one === null || line.other === null || line.joined === null) return null
  // What is masked may differ: then the instants tell whose it is.
  const isMasked = JSON.stringify([line.one, line.other]).includes('•')
  if (!isMasked && same({ ...line.one, at: 0 }, { ...line.other, at: 0 })) return null
  if (same(line.joined, line.one)) return 'one'
  return same(line.joined, line.other) ? 'other' : null
}

type Sides = { one: Profile; other: Profile; joined: Profile | null }

function linesOf<Cell>(
  sides: Sides,
  cellsOf: (profile: Profile) => Record<string, Cell>,
): Line<Cell>[] {
  const one = cellsOf(sides.one)
  const other = cellsOf(sides.other)
  const joined = sides.joined === null ? {} : cellsOf(sides.joined)
  const names = [...new Set([...Object.keys(one), ...Object.keys(other), ...Object.keys(joined)])]
  return names.toSorted().map((name) => ({
    name,
    one: one[name] ?? null,
    other: other[name] ?? null,
    joined: joined[name] ?? null,
  }))
}

function knownOf(profile: Profile): Record<string, string[]> {
  const found: Record<string, string[]> = {}
  for (const { kind, value } of profile.identifiers) (found[kind] ??= []).push(value)
  return found
}

function consentName({ purpose, channel, by }: Said): string {
  return `${purpose}/${channel}/${by ?? 'person'}`
}

/** Passages that are under way; of two through one journey the older goes on. */
function journeysOf({ one, other, joined }: Sides): Line<'goes on' | 'ends'>[] {
  const after = new Map((joined?.enrollments ?? []).map((each) => [each.enrollment_id, each]))
  return (['one', 'other'] as const).flatMap((side) =>
    (side === 'one' ? one : other).enrollments
      .filter((each) => each.ended_at === null)
      .map((each) => {
        const goesOn = after.get(each.enrollment_id)?.ended_at === null
        return {
          name: each.journey,
          one: side === 'one' ? ('goes on' as const) : null,
          other: side === 'other' ? ('goes on' as const) : null,
          joined: joined === null ? null : goesOn ? ('goes on' as const) : ('ends' as const),
        }
      }),
  )
}
