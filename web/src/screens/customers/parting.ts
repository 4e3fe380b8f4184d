// What an identifier takes with it, and what that changes of who stays, as tried by the server. Pure.
import type { components } from '@/api/schema'
import type { Profile } from '@/api/types'
import { same } from './same'

export type PartTrial = components['schemas']['PartTrial']

export type Loss = {
  /** Traits that nobody who stays has any more. */
  traits: string[]
  /** Traits that are what they were before. */
  back: string[]
  segments: string[]
  journeys: string[]
}

/** What who stays would have no more, or otherwise. */
export function lossOf({ before, stays }: PartTrial): Loss {
  const after = stays.flatMap((each) => each.traits)
  const names = before.traits.filter((trait) => !trait.is_computed).map((trait) => trait.name)
  return {
    traits: names.filter((name) => !after.some((trait) => trait.name === name)),
    back: before.traits
      .filter((trait) => !trait.is_computed)
      .filter((trait) => after.some((each) => each.name === trait.name))
      .filter((trait) => !after.some((each) => each.name === trait.name && same(each, trait)))
      .map((trait) => trait.name),
    segments: missing(before, stays, (profile) => profile.segments.map((each) => each.name)),
    journeys: missing(before, stays, (profile) =>
      profile.enrollments.filter((each) => each.ended_at === null).map((each) => each.journey),
    ),
  }
}

/** How the server is told which one is meant: a masked value is no name, but its kind may be. */
export function nameOf(
  identifiers: Profile['identifiers'],
  { kind, value }: Profile['identifiers'][number],
): string | null {
  if (!value.includes('•')) return `${kind}:${value}`
  return identifiers.filter((each) => each.kind === kind).length === 1 ? kind : null
}

function missing(
  before: Profile,
  stays: readonly Profile[],
  namesOf: (profile: Profile) => string[],
): string[] {
  const kept = new Set(stays.flatMap(namesOf))
  return [...new Set(namesOf(before))].filter((name) => !kept.has(name))
}
